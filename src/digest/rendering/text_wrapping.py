"""How the text part is wrapped.

RFC 5322 (section 2.1.1) recommends lines of at most 78 characters. 74 leaves room for the "> " of replies.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TEXT_COLUMNS", "tidy", "wrap_text"]

TEXT_COLUMNS = 74

_HANG = re.compile(r"\s*(?:>\s?)*(?:[-*\u2022]\s+|\d{1,3}[.)]\s+)?")
#: White space at which a line may be broken, which excludes no-break spaces.
_SPACE = re.compile("[^\\S\u00a0\u202f]+")
_BLANK_LINES = re.compile(r"\n{3,}")
#: The line between the body and the footer. The trailing space is part of it (RFC 3676, section 4.3).
_SIGNATURE = "-- "


def wrap_text(text: str, columns: int = TEXT_COLUMNS) -> str:
    """Break the lines of ``text`` at ``columns``; the lines of a list item are indented to align with its first word.

    Words, and so addresses, are never broken. Only runs of wide characters (Chinese, Japanese), which are written
    without spaces, may be broken anywhere.
    """
    return "\n".join(_wrap_line(line, columns) for line in text.split("\n"))


def tidy(text: str) -> str:
    """The text part without trailing spaces, except that of the signature line, and without double blank lines."""
    lines = [line if line == _SIGNATURE else line.rstrip() for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def _wrap_line(line: str, columns: int) -> str:
    if line == _SIGNATURE or _columns(line) <= columns:
        return line
    prefix = _HANG.match(line)
    lead = prefix[0] if prefix else ""
    hang = "".join(mark if mark == ">" else " " for mark in lead)
    lines: list[str] = []
    current, used, empty = [lead], _columns(lead), True
    for space, piece in _pieces(line[len(lead) :], columns - len(lead)):
        wide = _columns(piece)
        if not empty and used + len(space) + wide > columns:
            lines.append("".join(current))
            current, used, empty = [hang], _columns(hang), True
        current.append(piece if empty else space + piece)
        used += wide if empty else len(space) + wide
        empty = False
    return "\n".join([*lines, "".join(current)])


def _pieces(text: str, room: int) -> Iterator[tuple[str, str]]:
    """The pieces between which a line may be broken, each with the space before it if it is not broken there."""
    for word in filter(None, _SPACE.split(text)):
        if word.isascii() or _columns(word) <= room or "://" in word or all(map(_is_narrow, word)):
            yield " ", word
        else:
            yield from ((" " if index == 0 else "", character) for index, character in enumerate(word))


def _columns(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(character) else 1 if _is_narrow(character) else 2 for character in text)


def _is_narrow(character: str) -> bool:
    return unicodedata.east_asian_width(character) not in {"W", "F"}
