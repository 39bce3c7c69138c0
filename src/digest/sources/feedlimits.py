"""What of a feed is read: enough for any newsletter, and little enough for any machine.

A feed of 20 MiB may be a podcast's whole history, or made to fill memory. The newest items stand first, so that reading
its beginning loses nothing that anybody waits for.
"""

from __future__ import annotations

import re

__all__ = ["MAX_BROKEN", "MAX_BYTES", "MAX_ITEMS", "MAX_REPEATS", "head_of_xml", "is_crowded_json"]

#: What the fetcher hands over at most.
MAX_BYTES = 20 * 2**20
#: Bytes of a broken document; for hostile ones feedparser takes time by the square of their length.
MAX_BROKEN = 256 * 2**10
#: Ten times what the largest feeds of publishers hold.
MAX_ITEMS = 5000
#: Links, authors, pictures and the like of one item.
MAX_REPEATS = 100

_LARGE = 4 * 2**20  # bytes up to which a document of few tags is read whole
_TAGS = 200_000  # each costs up to 500 bytes of memory
_KEPT = 6 * 2**20  # bytes of a larger document
_RUN = 2**20  # bytes of one tag or one text; no article is half as long
_LEAD = 20_000  # bytes in front of the first tag

_PART = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<[^<]*", re.DOTALL)
_ITEM_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)

_JSON_BYTES = 8 * 2**20  # its strings may take four bytes a character, and twice
_JSON_OBJECTS = 200_000
_JSON_VALUES = 1_500_000


def head_of_xml(data: bytes) -> bytes:
    """The beginning of a document up to the end of an item, with texts of a bearable length; nearly always all of it.

    Args:
        data: In any encoding that has ASCII's markup as it is.
    """
    if len(data) <= _LARGE and data.count(b"<") <= _TAGS:
        return data
    first = data.find(b"<")
    parts = [data[: min(first, _LEAD)] if first >= 0 else data[:_LEAD]]
    size, tags, whole = 0, 0, 0
    for found in _PART.finditer(data):
        part = _shortened(found[0])
        size, tags = size + len(part), tags + 1
        if size > _KEPT or tags > _TAGS:
            return b"".join(parts[:whole] if whole else parts)
        parts.append(part)
        if part.startswith(b"</") and _ITEM_END.match(part):
            whole = len(parts)
    return b"".join(parts)


def is_crowded_json(data: bytes) -> bool:
    """Tell whether JSON is so large, or holds so many values, that reading it would fill the memory."""
    objects = data.count(b"{") + data.count(b"[")
    return len(data) > _JSON_BYTES or objects > _JSON_OBJECTS or max(map(data.count, (b",", b'"'))) > _JSON_VALUES


def _shortened(part: bytes) -> bytes:
    if len(part) <= _RUN:
        return part
    if part.startswith(b"<![CDATA["):
        return part[:_RUN] + b"]]>"
    # A tag that is too long itself has nothing to say.
    return part[:_RUN] if part.find(b">", 0, _RUN) >= 0 else b""
