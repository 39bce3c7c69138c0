"""From bytes to text, for pages and files. Feeds are left to their parser, which knows the rules of XML."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

__all__ = ["decode_page", "decode_text", "is_binary"]

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_SAMPLE = 65_536  # bytes that are enough to tell an encoding
_DEFAULT = "cp1252"
#: What the WHATWG Encoding Standard reads these labels as, as browsers do.
_LABELS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}


def decode_text(data: bytes) -> str:
    """Decode a file: a byte order mark, else UTF-8, else the most likely encoding."""
    return _by_mark(data) or _strictly(data, "utf-8") or _guessed(data)


def decode_page(data: bytes, content_type: str | None = None) -> str:
    """Decode an HTML page: byte order mark, then the HTTP charset, then its <meta>, then UTF-8, then a guess.

    A declared encoding that does not fit the bytes is passed over.
    """
    text = _by_mark(data)
    header = _HEADER.search(content_type or "")
    meta = _META.search(data[:4096])
    for label in (header and header[1], meta and meta[1].decode("ascii")):
        text = text or (_strictly(data, label) if label else None)
    return text or _strictly(data, "utf-8") or _guessed(data, header[1] if header else "")


def is_binary(data: bytes) -> bool:
    """Tell whether ``data`` is no text at all."""
    head = data[:_SAMPLE]
    if any(head.startswith(mark) for mark, _ in _BOMS):
        return False
    controls = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head)
    return b"\0" in head or controls > len(head) / 20


def _by_mark(data: bytes) -> str | None:
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    return data.decode(encoding, errors="replace") if encoding else None


def _strictly(data: bytes, label: str) -> str | None:
    try:
        return data.decode(_LABELS.get(label.lower(), label))
    except (UnicodeDecodeError, LookupError):
        return None


def _guessed(data: bytes, label: str = "") -> str:
    matches = from_bytes(data[:_SAMPLE])
    best = matches.best()
    encoding = best.encoding if best else label or "utf-8"
    # Several code pages often fit a Western text equally well; then it is the one that browsers assume.
    equals = [match for match in matches if best and (match.chaos, match.coherence) == (best.chaos, best.coherence)]
    if any(_DEFAULT in {match.encoding, *match.could_be_from_charset} for match in equals):
        encoding = _DEFAULT
    try:
        return data.decode(encoding, errors="replace")
    except LookupError:
        return data.decode("utf-8", errors="replace")
