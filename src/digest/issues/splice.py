"""Changing issue.md in single places, so that every other byte stays as the editor left it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.issues.lines import newline_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Splice", "apply_splices", "insert_blocks", "insert_lines"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Splice:
    """Put ``words`` in the place of ``text[start:end]``."""

    start: int
    end: int
    words: str


def apply_splices(text: str, splices: Iterable[Splice]) -> str:
    """Make all changes at once; they do not overlap, and those at one place stand in the order given."""
    parts: list[str] = []
    at = 0
    for splice in sorted(splices, key=lambda splice: splice.start):
        parts += [text[at : splice.start], splice.words]
        at = splice.end
    return "".join((*parts, text[at:]))


def insert_lines(text: str, at: int, lines: Sequence[str]) -> Splice:
    """Put whole lines at offset ``at``, which is the beginning of a line or the end of the text."""
    newline = newline_of(text)
    before = "" if at == 0 or text[at - 1] in "\r\n\ufeff" else newline
    return Splice(start=at, end=at, words=before + "".join(line + newline for line in lines))


def insert_blocks(text: str, at: int, blocks: Sequence[str]) -> Splice:
    """Put blocks of lines at offset ``at``, with a blank line before each and before what follows."""
    lines: list[str] = []
    for block in blocks:
        if lines or text[:at].strip("\ufeff \t\r\n"):
            lines.append("")
        lines += block.split("\n")
    if text[at:].strip() and text[at] not in "\r\n":
        lines.append("")
    return insert_lines(text, at, lines)
