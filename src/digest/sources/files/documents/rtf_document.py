"""Read Rich Text Format (.rtf) with striprtf. RTF is specified in [MSFT-RTF], version 1.9.1."""

from __future__ import annotations

import re

from digest.errors import Place, SourceError

__all__ = ["text_of_rtf"]

#: The bytes of pictures and objects in hexadecimal digits.
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}\s*){64,}")
#: Groups and runs of hidden and deleted text.
_HIDDEN = re.compile(
    r"\{(?:\\[a-z]+-?\d*\s?)*\\(?:v|deleted)(?![a-z0-9])[^{}]*\}|\\v(?![a-z0-9])[^{}]*?\\v0(?![0-9])\s?"
)
_LIST_SIGN = re.compile(r"\{(?:\\\*)?\\(?:pntext|listtext)\b[^{}]*\}")
_LONGEST = 4_000_000  # characters without pictures


def text_of_rtf(data: bytes, *, path: str) -> str:
    """Return the text of a document, a blank line between paragraphs, and "• " before the items of lists.

    Raises:
        SourceError: The file is not RTF, or too long.
        ImportError: striprtf is not installed.
    """
    from striprtf.striprtf import rtf_to_text  # noqa: PLC0415 - an extra

    if not data.lstrip().startswith(b"{\\rtf"):
        raise SourceError("this is not RTF", place=Place(path), hint="Save it again as .rtf, or its text as .txt.")
    source = _HEX.sub("", data.decode("cp1252", errors="replace"))
    if len(source) > _LONGEST:
        raise SourceError("the document is too long for an article", place=Place(path), hint="Save its text as .txt.")
    source = _LIST_SIGN.sub(r"\\bullet  ", _HIDDEN.sub("", source))
    text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    return "\n\n".join(line.strip() for line in text.splitlines() if line.strip())
