"""The lines of issue.md with their offsets: which are code, and which are comments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.errors import IssueError, Place

__all__ = ["Line", "newline_of", "split_lines"]

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
#: CommonMark 0.31, section 4.5. The info string of a backtick fence holds no backtick.
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
#: What may hold ``<!--`` without beginning a comment: an escape, or a code span. Possessive, so that it stays linear.
_COMMENT = re.compile(r"\\.|(?<!`)(?P<code>`++).*?(?<!`)(?P=code)(?!`)|(?P<open><!--)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line.

    Attributes:
        number: Counted from 1.
        start: Where it begins in the text, in characters; ``end`` is where its words end and ``next`` where the
            following line begins.
        text: The words, with spaces in the place of comments.
        code: Whether it belongs to a fenced code block, with the fences.
        commented: Whether a part of it is a comment.
        open: Whether a comment goes on after it.
    """

    number: int
    start: int
    end: int
    next: int
    text: str
    code: bool = False
    commented: bool = False
    open: bool = False

    @property
    def blank(self) -> bool:
        """Whether there is nothing on it but white space."""
        return not self.code and not self.text.strip()


def newline_of(text: str) -> str:
    """The line break that ``text`` is written with: the one that ends its first line."""
    found = re.search(r"\r\n|\n|\r", text)
    return found[0] if found else "\n"


def split_lines(text: str, *, start: int, number: int, file: str) -> list[Line]:
    """The lines of ``text`` from offset ``start``, which is line ``number``.

    Raises:
        IssueError: A comment or a code block is opened and never closed, so everything after it would be lost.
    """
    lines: list[Line] = []
    comment = fence = 0
    mark = ""
    for match in _LINE.finditer(text, start):
        if match.start() == len(text) and lines:
            break
        words, commented = match[1], False
        if mark:
            code = True
            if _closes(words, mark):
                mark = ""
        else:
            words, commented, open_comment = _mask(words, inside=bool(comment))
            comment = (comment or number) if open_comment else 0
            opened = None if commented else _FENCE.match(words)
            code = bool(opened)
            if opened:
                mark, fence = opened[1], number
        lines.append(
            Line(
                number=number,
                start=match.start(),
                end=match.end(1),
                next=match.end(),
                text=words,
                code=code,
                commented=commented,
                open=bool(comment),
            )
        )
        number += 1
    if comment:
        raise _unclosed("comment", "-->", Place(file, comment))
    if mark:
        raise _unclosed("code block", mark, Place(file, fence))
    return lines


def _unclosed(what: str, end: str, place: Place) -> IssueError:
    return IssueError(
        f"a {what} begins here and never ends", place=place, hint=f"End it with {end}, or everything after it is lost."
    )


def _closes(line: str, mark: str) -> bool:
    words = line.strip()
    return len(words) >= len(mark) and not words.strip(mark[0]) and not line.startswith(("    ", "\t"))


def _mask(words: str, *, inside: bool) -> tuple[str, bool, bool]:
    """Put spaces over comments. Gives the words, whether there was a comment, and whether one is still open."""
    kept: list[str] = []
    at, commented = 0, inside
    while True:
        if inside:
            end = words.find("-->", at)
            if end < 0:
                kept.append(" " * (len(words) - at))
                return "".join(kept), True, True
            kept.append(" " * (end + 3 - at))
            at, inside = end + 3, False
        found = next((match for match in _COMMENT.finditer(words, at) if match["open"]), None)
        if found is None:
            kept.append(words[at:])
            return "".join(kept), commented, False
        kept.append(words[at : found.start()])
        at, inside, commented = found.start(), True, True
