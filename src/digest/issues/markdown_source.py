"""The text of issue.md as lines with offsets, and edits that leave every other byte as the editor wrote it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.errors import IssueError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Line", "TextEdit", "apply_edits", "insert_blocks", "insert_lines", "newline_of", "split_lines"]

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
#: CommonMark 0.31, section 4.5. The info string of a backtick fence contains no backtick.
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
#: An escape or a code span may contain ``<!--`` without starting a comment. Possessive, so that matching stays linear.
_COMMENT = re.compile(r"\\.|(?<!`)(?P<code>`++).*?(?<!`)(?P=code)(?!`)|(?P<open><!--)", re.DOTALL)

_MAX_PARAGRAPH, _MAX_MARKS, _MAX_MARKS_OF_FILE = 20_000, 1_000, 10_000
#: What may begin a link, an emphasis, a code span, an address or a reference, unless it is escaped.
_MARKS = re.compile(r"(?<!\\)[\[*_`<&~]")
#: A heading or a list item, which begins a paragraph of its own.
_BLOCK = re.compile(r"\s*(?:#{1,6}|[-*+]|\d{1,9}[.)])\s")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of issue.md. All offsets count characters from the start of the file.

    Attributes:
        number: Counted from 1.
        start: Where the line begins; ``end`` is where its text ends, and ``next`` where the following line begins.
        text: The text of the line, with spaces in place of comments.
        code: Whether it belongs to a fenced code block, fences included.
        commented: Whether part of it is a comment.
        open: Whether a comment continues after it.
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
        """Whether it contains only white space."""
        return not self.code and not self.text.strip()


def newline_of(text: str) -> str:
    """The line break that ``text`` uses: the one that ends its first line."""
    match = re.search(r"\r\n|\n|\r", text)
    return match[0] if match else "\n"


def split_lines(text: str, *, start: int, number: int, file: str) -> list[Line]:
    """Split ``text`` into lines from offset ``start``, which is line ``number``.

    Raises:
        IssueError: A comment or a code block is never closed, so everything after it would be lost.
    """
    lines: list[Line] = []
    comment = fence = 0
    mark = ""
    for match in _LINE.finditer(text, start):
        if match.start() == len(text) and lines:
            break
        content, commented = match[1], False
        if mark:
            code = True
            if _closes(content, mark):
                mark = ""
        else:
            content, commented, open_comment = _mask(content, inside=bool(comment))
            comment = (comment or number) if open_comment else 0
            opened = None if commented else _FENCE.match(content)
            code = bool(opened)
            if opened:
                mark, fence = opened[1], number
        lines.append(
            Line(
                number=number,
                start=match.start(),
                end=match.end(1),
                next=match.end(),
                text=content,
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
    _require_paragraphs(lines, file)
    return lines


def _require_paragraphs(lines: Sequence[Line], file: str) -> None:
    """Refuse a paragraph that no reader would read, and for which a Markdown parser would take minutes."""
    first = size = marks = total = 0
    for line in lines:
        if line.code:
            continue
        if line.blank:
            first = size = marks = 0
            continue
        if not first or _BLOCK.match(line.text):
            first, size, marks = line.number, 0, 0
        size += len(line.text)
        count = len(_MARKS.findall(line.text))
        marks, total = marks + count, total + count
        if size > _MAX_PARAGRAPH:
            raise _too_much(f"this paragraph has more than {_MAX_PARAGRAPH:,} characters", Place(file, first))
        if marks > _MAX_MARKS:
            raise _too_much(f"this paragraph has more than {_MAX_MARKS:,} marks such as [ and *", Place(file, first))
        if total > _MAX_MARKS_OF_FILE:
            message = f"the file has more than {_MAX_MARKS_OF_FILE:,} marks such as [ and *"
            raise _too_much(message, Place(file, line.number))


def _too_much(message: str, place: Place) -> IssueError:
    return IssueError(message, place=place, hint="Shorten the text, or divide it with empty lines.")


def _unclosed(block: str, end: str, place: Place) -> IssueError:
    return IssueError(
        f"a {block} begins here and never ends", place=place, hint=f"End it with {end}, or everything after it is lost."
    )


def _closes(line: str, mark: str) -> bool:
    content = line.strip()
    return len(content) >= len(mark) and not content.strip(mark[0]) and not line.startswith(("    ", "\t"))


def _mask(line: str, *, inside: bool) -> tuple[str, bool, bool]:
    """Replace comments by spaces. Returns the line, whether it had a comment, and whether one is still open."""
    parts: list[str] = []
    at, commented = 0, inside
    while True:
        if inside:
            end = line.find("-->", at)
            if end < 0:
                parts.append(" " * (len(line) - at))
                return "".join(parts), True, True
            parts.append(" " * (end + 3 - at))
            at, inside = end + 3, False
        opening = next((match for match in _COMMENT.finditer(line, at) if match["open"]), None)
        if opening is None:
            parts.append(line[at:])
            return "".join(parts), commented, False
        parts.append(line[at : opening.start()])
        at, inside, commented = opening.start(), True, True


@dataclass(frozen=True, kw_only=True, slots=True)
class TextEdit:
    """Replace ``text[start:end]`` by ``replacement``."""

    start: int
    end: int
    replacement: str


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """Apply all edits at once. They must not overlap; insertions at one offset keep the order given."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += [text[at : edit.start], edit.replacement]
        at = edit.end
    return "".join((*parts, text[at:]))


def insert_lines(text: str, at: int, lines: Sequence[str]) -> TextEdit:
    """Insert whole lines at offset ``at``, which is the start of a line or the end of the text."""
    newline = newline_of(text)
    before = "" if at == 0 or text[at - 1] in "\r\n\ufeff" else newline
    return TextEdit(start=at, end=at, replacement=before + "".join(line + newline for line in lines))


def insert_blocks(text: str, at: int, blocks: Sequence[str]) -> TextEdit:
    """Insert blocks of lines at offset ``at``, with a blank line before each block and before the following text."""
    lines: list[str] = []
    for block in blocks:
        if lines or text[:at].strip("\ufeff \t\r\n"):
            lines.append("")
        lines += block.split("\n")
    if text[at:].strip() and text[at] not in "\r\n":
        lines.append("")
    return insert_lines(text, at, lines)
