"""The text of an XML document that may be sent in another encoding than it says, or be slightly broken."""

from __future__ import annotations

import codecs
import re
from html import escape
from html.entities import html5

from digest.sources.encoding import decode_text
from digest.sources.tables import load_table

__all__ = ["decode_xml", "head_of_xml", "repair_xml"]

#: Byte order marks, and what begins with "<" without one.
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
#: Labels that servers send, and programs write, without looking at the text.
_BLAND = frozenset({"us-ascii", "ascii", "iso-8859-1", "latin1", "latin-1"})
_UNICODE = frozenset({"utf-8", "utf8"})
_FEW = 200  # bytes that are no UTF-8, among which a guess would be a gamble
_START = re.compile(r"<\?xml\b|<!doctype\b|<!--|<(?:\w+:)?(?:rss|feed|rdf)\b", re.IGNORECASE)
_PAGE = re.compile(r"<(?:html|body)\b", re.IGNORECASE)
_START_WITHIN = 20_000  # characters of warnings and the like in front of a document

_ESCAPES = re.compile("[\udc80-\udcff]")  # bytes that are no UTF-8
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(
    r"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))|&(?:(#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{0,40});)?",
    re.DOTALL,
)
_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
_END = re.compile(r"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)


_LARGE = 4 * 2**20  # bytes up to which a document of few tags is read whole
_TAGS = 200_000  # each costs up to 500 bytes of memory
_KEPT = 6 * 2**20  # bytes of a larger document
_RUN = 2**20  # bytes of one tag or one text; no article is half as long
_LEAD = 20_000  # bytes in front of the first tag

_PART = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<[^<]*", re.DOTALL)
_ITEM_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)


def decode_xml(data: bytes, content_type: str | None = None) -> bytes:
    """An XML document in UTF-8, from its first markup on, whatever its declaration goes on saying.

    A byte order mark decides; then whatever is valid UTF-8 is UTF-8, whatever it is called; then the encoding of the
    declaration or of the HTTP header that fits (RFC 7303, section 3, puts the header first, but servers call everything
    ISO 8859-1); then UTF-8 whose bad bytes are taken for Windows-1252, or a guess.
    """
    data = data if data.startswith(_WIDE) else head_of_xml(data)
    text, is_utf8 = _decode(data, content_type)
    if _START.match(text):
        return data if is_utf8 else text.encode("utf-8", errors="replace")
    text = text.lstrip("\ufeff\0 \t\r\n")
    found = _START.search(text, 0, _START_WITHIN)
    if found and not _PAGE.search(text, 0, found.start()):
        text = text[found.start() :]
    return text.encode("utf-8", errors="replace")


def repair_xml(data: bytes) -> bytes:
    """Mend what can be mended without guessing.

    That is: forbidden characters, lone ampersands, HTML's names of characters, and what follows the document's end.
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
    """The text, and whether ``data`` was its UTF-8 already."""
    marked = next((encoding for start, encoding in _STARTS if data.startswith(start)), None)
    if marked:
        text = data.decode(marked, errors="replace")
        if marked != "utf-8":
            text = head_of_xml(text.encode("utf-8", errors="replace")).decode("utf-8", "replace")
        return text, False
    declared = _DECLARED.match(data[:500])
    header = _HEADER.search(content_type or "")
    labels = [found.lower() for found in (header and header[1], declared and declared[1].decode("ascii")) if found]
    shifting = [label for label in labels if label.startswith("iso-2022")]  # to look at, these are ASCII
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
    """UTF-8 with some bytes of Windows-1252 in between, or something else altogether."""
    text = data.decode("utf-8", errors="surrogateescape")
    bad = len(text) - len(_ESCAPES.sub("", text))
    beyond = sum(not character.isascii() for character in text) - bad
    if bad > _FEW and bad > beyond:
        return decode_text(data)
    return _ESCAPES.sub(_western, text)


def _western(match: re.Match[str]) -> str:
    return bytes([ord(match[0]) - 0xDC00]).decode("cp1252", errors="replace")


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


def _shortened(part: bytes) -> bytes:
    if len(part) <= _RUN:
        return part
    if part.startswith(b"<![CDATA["):
        return part[:_RUN] + b"]]>"
    # A tag that is too long itself has nothing to say.
    return part[:_RUN] if part.find(b">", 0, _RUN) >= 0 else b""
