"""From bytes to text, for pages and files. Feeds are left to their parser, which knows the rules of XML."""

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

#: The longer marks first: that of UTF-32 begins like that of UTF-16.
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
_HEAD = 8192  # bytes within which a page declares its encoding; the standard asks for 1024
_SAMPLE = 65_536  # bytes that are enough to tell text from what is none
_TELLING = 16_384  # bytes beyond ASCII, with their words, that are enough to tell an encoding
_BEFORE = 200
_WORDS = re.compile(rb"[^<>\n]+")
_C1 = re.compile(rb"[\x80-\x9f]")
_BEYOND = re.compile(rb"[\x80-\xff]")
_BEYOND_ASCII = bytes(range(128, 256))
_DEFAULT = "cp1252"
#: Not Python's own, such as "rot13" or "idna", nor UTF-7, which the standard forbids because it hides markup.
_OF_PAGES = re.compile(
    r"utf-(?:8|16|32).*|cp\d+|iso8859-\d+|koi8-.|mac-.+|gb.+|big5.*|euc_.+|shift_jis.*|iso2022_.+|hz|johab|ascii"
)
_FEW = 3
#: Of a thousand characters so many may be wrong where the encoding itself is right.
_WRONG = 2
#: So many characters of several bytes are UTF-8 and no chance, whatever the label.
_MANY = 8


def decode_text(data: bytes) -> str:
    """Decode a file: a byte order mark, else UTF-8, else the most likely encoding."""
    return _by_mark(data) or _utf_8(data) or _guessed(data, ())


def decode_page(data: bytes, content_type: str | None = None) -> str:
    """Decode an HTML page: byte order mark, then the HTTP charset, then what it declares itself, then its look.

    Labels mean what they mean to browsers (https://encoding.spec.whatwg.org/#names-and-labels). One that does not fit
    the bytes is passed over; so is one that only fits because it fits everything, where the bytes are UTF-8.
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
    """Tell whether ``data`` is no text at all."""
    head = data[:_SAMPLE]
    if any(head.startswith(mark) for mark, _ in _BOMS) or _wide(head):
        return False
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return b"\0" in head or controls > len(head) / 20


def _by_mark(data: bytes) -> str | None:
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None) or _wide(data[:_SAMPLE])
    return data.decode(encoding, errors="replace") if encoding else None


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: in a Western text, or in markup, every other byte is zero."""
    half = len(head) // 2
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not even and odd > half * 0.4:
        return "utf-16-le"
    return "utf-16-be" if not odd and even > half * 0.4 else None


def _declared(head: bytes) -> str:
    """The label in the XML declaration or in a <meta>, "" where there is none; in a comment it does not count."""
    head = _COMMENT.sub(b"", head)
    if found := _XML.match(head):
        return found[1].decode("ascii", errors="ignore")
    for meta in _META.finditer(head):
        found = _CONTENT.search(meta[1]) if _TYPED.search(meta[1]) else _CHARSET.search(_unquoted(meta[1]))
        if found:
            return found[1].decode("ascii", errors="ignore")
    return ""


def _unquoted(attributes: bytes) -> bytes:
    """Attributes without a ``content``: what it says of a charset is a sentence."""
    return re.sub(rb"content\s*=\s*(?:\"[^\"]*\"?|'[^']*'?)", b"", attributes, flags=re.IGNORECASE)


def _name(label: str) -> str:
    """Python's name of the encoding that browsers mean by a label; "" for one that no page is in."""
    label = label.strip().lower()
    wider = load_table("encodings")["wider"]
    try:
        name = codecs.lookup(wider.get(label, label)).name
    except (LookupError, ValueError):
        return ""
    name = str(wider.get(name, name))
    return name if _OF_PAGES.fullmatch(name) else ""


def _as_labelled(data: bytes, name: str) -> str | None:
    wide = name.startswith(("utf-16", "utf-32"))
    if name == "utf-8" or (wide and b"\0" not in data[:_SAMPLE]):  # a <meta> that could be read is not in UTF-16
        return _utf_8(data)
    if not wide and not name.startswith(("iso2022", "hz")):  # these are ASCII to look at
        text = _strictly(data, "utf-8")
        beyond = len(data) - len(text) if text is not None else 0
        if text is not None and (not beyond or name == _DEFAULT or beyond >= _MANY):
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
    """UTF-8, also with some bytes of Windows-1252 in between or cut within a character; None where it is another."""
    if (text := _strictly(data, "utf-8")) is not None:
        return text
    text, _ = codecs.utf_8_decode(data, "surrogateescape", False)
    right = len(codecs.utf_8_decode(data, "ignore", False)[0])
    beyond = right - len(data.translate(None, _BEYOND_ASCII))
    return text.translate(_western()) if len(text) - right <= beyond else None


@cache
def _western() -> dict[int, str]:
    """What the bytes that are no UTF-8 are in Windows-1252, by the surrogate that Python puts for each."""
    return {0xDC00 + byte: bytes([byte]).decode(_DEFAULT, errors="replace") for byte in _BEYOND_ASCII}


def _guessed(data: bytes, names: Sequence[str]) -> str:
    matches = from_bytes(_telling(data))
    best = matches.best()
    encoding = best.encoding if best else next(iter(names), _DEFAULT)
    # Several code pages often fit a Western text equally well; then it is the one that browsers assume.
    equals = [match for match in matches if best and (match.chaos, match.coherence) == (best.chaos, best.coherence)]
    if any(_DEFAULT in {match.encoding, *match.could_be_from_charset} for match in equals):
        encoding = _DEFAULT
    return data.decode(encoding if _name(encoding) else _DEFAULT, errors="replace")


def _telling(data: bytes) -> bytes:
    """The words with bytes beyond ASCII, and some before them: scripts and markup tell nothing."""
    kept: list[bytes] = []
    room = _TELLING
    for found in _WORDS.finditer(data):
        words = found[0]
        if beyond := _BEYOND.search(words):
            start = words.rfind(b" ", 0, max(beyond.start() - _BEFORE, 0)) + 1
            kept.append(words[start : start + room])
            room -= len(kept[-1])
            if room <= 0:
                break
    return b"\n".join(kept) or data[:_TELLING]
