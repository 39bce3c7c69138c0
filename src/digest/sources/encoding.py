"""Decode pages and files from bytes to text. Feeds follow the rules of XML, see `digest.sources.feeds.xml_text`."""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import TYPE_CHECKING

from charset_normalizer import from_bytes

from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["decode_page", "decode_text", "is_binary"]

#: Longer marks first, because the mark of UTF-32 begins with the mark of UTF-16.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMENT = re.compile(rb"<!--.*?(?:-->|$)", re.DOTALL)
_XML = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)")
_META = re.compile(rb"<meta[\s/]([^>]{0,500})", re.IGNORECASE)
_CHARSET = re.compile(rb"(?:^|[\s/\"'])charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_CONTENT = re.compile(rb"content\s*=\s*[\"']?[^\"'>]*?charset\s*=\s*([\w.:-]+)", re.IGNORECASE)
_TYPED = re.compile(rb"http-equiv\s*=\s*[\"']?\s*content-type", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HEAD = 8192  # bytes that are searched for a declared encoding; the HTML standard requires the first 1024
_SAMPLE = 65_536  # bytes that are enough to tell text from binary data
_TELLING = 16_384  # bytes of phrases with non-ASCII characters that are enough to guess an encoding
_BEFORE = 200
_WORDS = re.compile(rb"[^<>\n]+")
_C1 = re.compile(rb"[\x80-\x9f]")
_BEYOND = re.compile(rb"[\x80-\xff]")
_BEYOND_ASCII = bytes(range(128, 256))
_DEFAULT = "cp1252"
#: This excludes Python's own codecs, such as "rot13" or "idna", and UTF-7, which the standard forbids.
_OF_PAGES = re.compile(
    r"utf-(?:8|16|32).*|cp\d+|iso8859-\d+|koi8-.|mac-.+|gb.+|big5.*|euc_.+|shift_jis.*|iso2022_.+|hz|johab|ascii"
)
_FEW = 3
#: How many characters in a thousand may be invalid if the encoding is still considered right.
_WRONG = 2
#: This many valid multi-byte characters cannot be a coincidence: the text is UTF-8, whatever its label.
_MANY = 8


def decode_text(data: bytes) -> str:
    """Decode a file by its byte order mark, as UTF-8, or in the most likely encoding."""
    return _by_mark(data) or _utf_8(data) or _guessed(data, ())


def decode_page(data: bytes, content_type: str | None = None) -> str:
    """Decode an HTML page by its byte order mark, the HTTP charset, its own declaration, or its content.

    Labels mean what they mean to browsers (https://encoding.spec.whatwg.org/#names-and-labels). A label that does not
    fit the bytes is ignored. So is one that fits any bytes, such as ISO 8859-1, if the bytes are valid UTF-8.

    Args:
        data: The page.
        content_type: The HTTP Content-Type.
    """
    if (text := _by_mark(data)) is not None:
        return text
    header = _HEADER.search(content_type or "")
    labels = [label for label in (header[1] if header else "", _declared(data[:_HEAD])) if label]
    names = [name for label in labels if (name := _name(label))]
    for name in names:
        if (text := _as_labelled(data, name)) is not None:
            return text
    return _utf_8(data) or _guessed(data, names)


def is_binary(data: bytes) -> bool:
    """Return whether the data is not text in any encoding."""
    head = data[:_SAMPLE]
    if any(head.startswith(mark) for mark, _ in _BOMS) or _wide(head):
        return False
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return b"\0" in head or controls > len(head) / 20


def _by_mark(data: bytes) -> str | None:
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None) or _wide(data[:_SAMPLE])
    return data.decode(encoding, errors="replace") if encoding else None


def _wide(head: bytes) -> str | None:
    """Detect UTF-16 without a byte order mark: in Western text and in markup, every other byte is zero."""
    half = len(head) // 2
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not even and odd > half * 0.4:
        return "utf-16-le"
    return "utf-16-be" if not odd and even > half * 0.4 else None


def _declared(head: bytes) -> str:
    """Return the label in the XML declaration or a <meta> outside of comments, or ""."""
    head = _COMMENT.sub(b"", head)
    if match := _XML.match(head):
        return match[1].decode("ascii", errors="ignore")
    for meta in _META.finditer(head):
        match = _CONTENT.search(meta[1]) if _TYPED.search(meta[1]) else _CHARSET.search(_unquoted(meta[1]))
        if match:
            return match[1].decode("ascii", errors="ignore")
    return ""


def _unquoted(attributes: bytes) -> bytes:
    """Remove ``content`` from attributes: a "charset=" in it is part of a sentence."""
    return re.sub(rb"content\s*=\s*(?:\"[^\"]*\"?|'[^']*'?)", b"", attributes, flags=re.IGNORECASE)


def _name(label: str) -> str:
    """Return Python's name for the encoding that browsers use for a label; "" if web pages may not use it."""
    label = label.strip().lower()
    wider = load_table("encodings")["wider"]
    try:
        name = codecs.lookup(wider.get(label, label)).name
    except (LookupError, ValueError):
        return ""
    name = str(wider.get(name, name))
    return name if _OF_PAGES.fullmatch(name) else ""


def _as_labelled(data: bytes, name: str) -> str | None:
    """Decode the data as its label says; None if the label does not fit."""
    wide = name.startswith(("utf-16", "utf-32"))
    if name == "utf-8" or (wide and b"\0" not in data[:_SAMPLE]):  # a <meta> that can be read as ASCII is not in UTF-16
        return _utf_8(data)
    if not wide and not name.startswith(("iso2022", "hz")):  # their bytes are all ASCII
        text = _strictly(data, "utf-8")
        extra = len(data) - len(text) if text is not None else 0
        if text is not None and (not extra or name == _DEFAULT or extra >= _MANY):
            return text
    if (other := load_table("encodings")["windows"].get(name)) and _C1.search(data):
        name = other
    text = data.decode(name, errors="replace")
    wrong = text.count("\ufffd")
    return text if wrong <= max(_FEW, len(text) * _WRONG / 1000) and not (wrong and _utf_8(data)) else None


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _utf_8(data: bytes) -> str | None:
    """Decode UTF-8, even with some bytes of Windows-1252 in it or cut inside a character; None if it is not UTF-8."""
    if (text := _strictly(data, "utf-8")) is not None:
        return text
    text, _ = codecs.utf_8_decode(data, "surrogateescape", False)
    right = len(codecs.utf_8_decode(data, "ignore", False)[0])
    non_ascii = right - len(data.translate(None, _BEYOND_ASCII))
    return text.translate(_western()) if len(text) - right <= non_ascii else None


@cache
def _western() -> dict[int, str]:
    """Return the Windows-1252 character of each invalid byte, by the surrogate that Python decodes the byte to."""
    return {0xDC00 + byte: bytes([byte]).decode(_DEFAULT, errors="replace") for byte in _BEYOND_ASCII}


def _guessed(data: bytes, names: Sequence[str]) -> str:
    """Decode the data in its most likely encoding, or in the first of ``names`` if none is likely.

    charset-normalizer gets a sample, because its time grows with the length times the number of encodings that fit.
    """
    matches = from_bytes(_telling(data))
    best = matches.best()
    encoding = best.encoding if best else next(iter(names), _DEFAULT)
    # Several code pages often fit a Western text equally well, and charset-normalizer's first choice among them is
    # arbitrary. We take the default of browsers. https://charset-normalizer.readthedocs.io/en/latest/api.html
    equals = [match for match in matches if best and (match.chaos, match.coherence) == (best.chaos, best.coherence)]
    if any(_DEFAULT in {match.encoding, *match.could_be_from_charset} for match in equals):
        encoding = _DEFAULT
    return data.decode(encoding if _name(encoding) else _DEFAULT, errors="replace")


def _telling(data: bytes) -> bytes:
    """Return the phrases that contain non-ASCII bytes: scripts and markup say nothing about the encoding."""
    phrases: list[bytes] = []
    room = _TELLING
    for match in _WORDS.finditer(data):
        phrase = match[0]
        if non_ascii := _BEYOND.search(phrase):
            start = phrase.rfind(b" ", 0, max(non_ascii.start() - _BEFORE, 0)) + 1
            phrases.append(phrase[start : start + room])
            room -= len(phrases[-1])
            if room <= 0:
                break
    return b"\n".join(phrases) or data[:_TELLING]
