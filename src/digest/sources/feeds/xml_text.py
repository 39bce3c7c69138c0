"""The text of an XML document: detecting its encoding, limiting its length, and small repairs."""

from __future__ import annotations

import codecs
import re
from html import escape
from html.entities import html5

from digest.sources.encoding import decode_text
from digest.sources.tables import load_table

__all__ = ["decode_xml", "head_of_xml", "repair_xml"]

#: Byte order marks, and how a document begins without one.
_STARTS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    *((start.encode("utf-16-le"), "utf-16-le") for start in "<\n\r "),
    *((start.encode("utf-16-be"), "utf-16-be") for start in "<\n\r "),
)
_WIDE = tuple(start for start, encoding in _STARTS if encoding != "utf-8")
_DECLARED = re.compile(rb"^[^<]{0,200}<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]{1,40})")
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
#: Labels that servers and programs use by default, whatever the encoding is.
_BLAND = frozenset({"us-ascii", "ascii", "iso-8859-1", "latin1", "latin-1"})
_UNICODE = frozenset({"utf-8", "utf8"})
_FEW = 200  # invalid bytes, too few for guessing another encoding
_ROOTS = "rss|feed|rdf|opml|urlset|sitemapindex"
_START = re.compile(rf"<\?xml\b|<!doctype\b|<!--|<(?:\w+:)?(?:{_ROOTS})\b", re.IGNORECASE)
_PAGE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_START_WITHIN = 20_000  # characters of warnings and the like before the document

_ESCAPES = re.compile("[\udc80-\udcff]")  # invalid bytes, as Python's surrogateescape decodes them
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(
    r"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))|&(?:(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{0,40});)?",
    re.DOTALL,
)
_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
_END = re.compile(rf"</(?:\w+:)?(?:{_ROOTS})\s*>", re.IGNORECASE)


_LARGE = 4 * 2**20  # bytes up to which a document of few tags is read whole
_TAGS = 200_000  # each costs up to 500 bytes of memory
_KEPT = 6 * 2**20  # bytes of a larger document
_RUN = 2**20  # bytes of one tag or one text; no article is half as long
_LEAD = 20_000  # bytes in front of the first tag

_PART = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<[^<]*", re.DOTALL)
_ITEM_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)


def decode_xml(data: bytes, content_type: str | None = None) -> bytes:
    """Return an XML document in UTF-8, from its first markup on. Its declaration is left as it is.

    A byte order mark decides. Otherwise anything that is valid UTF-8 is read as UTF-8, whatever its label. Next
    comes the encoding of the HTTP header or of the declaration, if it fits. RFC 7303 puts the header first
    (https://www.rfc-editor.org/rfc/rfc7303#section-3), but servers label everything ISO 8859-1, so more specific labels
    come before that one. Finally it is UTF-8 whose invalid bytes are read as Windows-1252, or a guess.

    Args:
        data: The document as it was sent.
        content_type: The HTTP Content-Type.
    """
    data = data if data.startswith(_WIDE) else head_of_xml(data)
    text, is_utf8 = _decode(data, content_type)
    if _START.match(text):
        return data if is_utf8 else text.encode("utf-8", errors="replace")
    text = text.lstrip("\ufeff\0 \t\r\n")
    start = _START.search(text, 0, _START_WITHIN)
    if start and not _PAGE.search(text, 0, start.start()):
        text = text[start.start() :]
    return text.encode("utf-8", errors="replace")


def repair_xml(data: bytes) -> bytes:
    """Repair what can be repaired without guessing, in a document in UTF-8.

    That is: forbidden characters, lone ampersands, HTML's named character references, and text after the root element.
    """
    text = _REFERENCE.sub(_reference, _FORBIDDEN.sub("", data.decode("utf-8")))
    ends = [end.end() for end in _END.finditer(text)]
    return (text[: ends[-1]] if ends else text).encode("utf-8")


def _reference(match: re.Match[str]) -> str:
    if match[1]:
        return match[0]
    name = match[2]
    if name is None:
        return "&amp;"
    if name in _XML_NAMES:
        return match[0]
    if name.startswith("#"):
        code = int(f"0{name[1:]}", 16) if name[1] in "xX" else int(name[1:])
        valid = code in {9, 10, 13} or 32 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
        return f"&#{code};" if valid else ""
    return escape(html5.get(f"{name};", f"&{name};"), quote=False)


def _decode(data: bytes, content_type: str | None) -> tuple[str, bool]:
    """Return the text, and whether ``data`` is its UTF-8 already."""
    marked = next((encoding for start, encoding in _STARTS if data.startswith(start)), None)
    if marked:
        text = data.decode(marked, errors="replace")
        if marked != "utf-8":
            text = head_of_xml(text.encode("utf-8", errors="replace")).decode("utf-8", "replace")
        return text, False
    declared = _DECLARED.match(data[:500])
    header = _HEADER.search(content_type or "")
    labels = [label.lower() for label in (header and header[1], declared and declared[1].decode("ascii")) if label]
    shifting = [label for label in labels if label.startswith("iso-2022")]  # their bytes are all ASCII
    others = sorted(set(labels) - _UNICODE, key=lambda label: (label in _BLAND, labels.index(label)))
    for label in (*shifting, "utf-8", *others):
        if (fitting := _strictly(data, label)) is not None:
            return fitting, label == "utf-8"
    return _mixed(data), False


def _strictly(data: bytes, label: str) -> str | None:
    try:
        return data.decode(load_table("encodings")["wider"].get(label, label))
    except (UnicodeDecodeError, LookupError, ValueError):
        return None


def _mixed(data: bytes) -> str:
    """Decode UTF-8 with some bytes of Windows-1252 in it, or another encoding if most of it is invalid."""
    text = data.decode("utf-8", errors="surrogateescape")
    bad = len(text) - len(_ESCAPES.sub("", text))
    non_ascii = sum(not character.isascii() for character in text) - bad
    if bad > _FEW and bad > non_ascii:
        return decode_text(data)
    return _ESCAPES.sub(_western, text)


def _western(match: re.Match[str]) -> str:
    return bytes([ord(match[0]) - 0xDC00]).decode("cp1252", errors="replace")


def head_of_xml(data: bytes) -> bytes:
    """Return the beginning of a document up to the end of an item, with very long texts cut; nearly always all of it.

    The document may be a podcast's whole history, or made to fill the memory. The newest items come first, so its
    beginning is what matters.

    Args:
        data: The document, in any encoding whose markup is ASCII.
    """
    if len(data) <= _LARGE and data.count(b"<") <= _TAGS:
        return data
    first = data.find(b"<")
    parts = [data[: min(first, _LEAD)] if first >= 0 else data[:_LEAD]]
    size, tags, whole = 0, 0, 0
    for match in _PART.finditer(data):
        part = _shortened(match[0])
        size, tags = size + len(part), tags + 1
        if size > _KEPT or tags > _TAGS:
            return b"".join(parts[:whole] if whole else parts)
        parts.append(part)
        if part.startswith(b"</") and _ITEM_END.match(part):
            whole = len(parts)
    return b"".join(parts)


def _shortened(part: bytes) -> bytes:
    if len(part) <= _RUN:
        return part
    if part.startswith(b"<![CDATA["):
        return part[:_RUN] + b"]]>"
    # A tag that is itself too long holds nothing of use.
    return part[:_RUN] if part.find(b">", 0, _RUN) >= 0 else b""
