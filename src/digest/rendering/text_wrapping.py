"""How the text part is wrapped and tidied.

RFC 5322, section 2.1.1, asks for lines of at most 78 characters; 74 leaves room for a reply's "> ".
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
#: White space at which a line may end; a no-break space holds two words together.
_SPACE = re.compile("[^\\S\u00a0\u202f]+")
_BLANK_LINES = re.compile(r"\n{3,}")
#: What ends the body and begins the footer (RFC 3676, section 4.3); its trailing space belongs to it.
_SIGNATURE = "-- "


def wrap_text(text: str, columns: int = TEXT_COLUMNS) -> str:
    """Break every line of ``text`` at ``columns``, hanging what follows a bullet or a number under its first word.

    A word is never broken, so an address stays whole; only runs of wide characters, which are written without spaces,
    break anywhere.
    """
    return "\n".join(_wrap_line(line, columns) for line in text.split("\n"))


def tidy(text: str) -> str:
    """The text part as it is sent: no trailing space but the signature's, and never two blank lines."""
    lines = [line if line == _SIGNATURE else line.rstrip() for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def _wrap_line(line: str, columns: int) -> str:
    if line == _SIGNATURE or _columns(line) <= columns:
        return line
    prefix = _HANG.match(line)
    lead = prefix[0] if prefix else ""
    hang = "".join(mark if mark == ">" else " " for mark in lead)
    done: list[str] = []
    current, used, empty = [lead], _columns(lead), True
    for space, piece in _pieces(line[len(lead) :], columns - len(lead)):
        wide = _columns(piece)
        if not empty and used + len(space) + wide > columns:
            done.append("".join(current))
            current, used, empty = [hang], _columns(hang), True
        current.append(piece if empty else space + piece)
        used += wide if empty else len(space) + wide
        empty = False
    return "\n".join([*done, "".join(current)])


def _pieces(text: str, room: int) -> Iterator[tuple[str, str]]:
    """What a line may be broken between, each with the space that stands before it when it is not."""
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
