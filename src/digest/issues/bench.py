"""The last section of issue.md, "Not in this issue": the next best stories, one line each. Pure.

`collect` rewrites the section as long as every line in it is one that it wrote. A line that the editor deleted or
moved is dropped and does not come back; any other change makes the whole section the editor's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digest.issues.markdown_source import TextEdit, insert_blocks, insert_lines
from digest.issues.story_notation import read_bench_line, write_bench_line, write_id
from digest.models import BENCH_SECTION, Issue, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from digest.issues.issue_outline import Outline, SectionBlock
    from digest.models import BenchLine

__all__ = [
    "BenchMerge",
    "bench_block",
    "bench_of",
    "dropped_lines",
    "merge_bench",
    "with_bench",
    "without_line",
    "without_outlets",
]

#: How many stories are listed. They replace what an editor drops; more would only be scrolled past.
_MOST_LINES = 10
_BREAK = re.compile(r"\r\n|\n|\r")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_HEADING = re.compile(r"^ {0,3}###([ \t]+\[[^\r\n]*)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchMerge:
    """What becomes of the section.

    Attributes:
        edits: The changes of the text.
        lines: The section as the tool wrote it last, for the next merge; None if it never wrote one.
        edited: Whether the section is the editor's now, and was left as it is.
    """

    edits: tuple[TextEdit, ...] = ()
    lines: tuple[BenchLine, ...] | None = None
    edited: bool = False


def with_bench(issue: Issue, lines: Sequence[BenchLine] | None) -> Issue:
    """The issue with the first lines as its last section; without such a section if ``lines`` is None."""
    sections = tuple(section for section in issue.sections if section.title != BENCH_SECTION)
    bench = () if lines is None else (Section(title=BENCH_SECTION, text=_text(lines[:_MOST_LINES])),)
    return replace(issue, sections=(*sections, *bench))


def bench_of(issue: Issue | None) -> tuple[BenchLine, ...] | None:
    """The lines of the section that the tool wrote; None if the issue has no such section."""
    texts = [section.text for section in issue.sections if section.title == BENCH_SECTION] if issue else []
    return tuple(filter(None, map(read_bench_line, _lines(texts[-1])))) if texts else None


def bench_block(outline: Outline) -> SectionBlock | None:
    """The section in the file; the last one if there are several."""
    blocks = [section for section in outline.sections if section.title == BENCH_SECTION]
    return blocks[-1] if blocks else None


def dropped_lines(text: str, outline: Outline, *, base: Iterable[BenchLine] | None) -> tuple[BenchLine, ...]:
    """The lines that the editor deleted, or moved up as stories."""
    present = _present(text, outline)
    return tuple(line for line in base or () if write_bench_line(line) not in present)


def _present(text: str, outline: Outline) -> list[str]:
    """The lines of the section below its heading, without blank ones."""
    block = bench_block(outline)
    return _lines(text[block.start : block.end])[1:] if block else []


def merge_bench(
    text: str,
    outline: Outline,
    *,
    base: Sequence[BenchLine] | None,
    fresh: Iterable[BenchLine],
    at: int,
    is_known: Callable[[str], bool],
) -> BenchMerge:
    """Rewrite the section, unless the editor has changed it.

    Args:
        text: The file.
        outline: Its outline.
        base: The section as the tool wrote it last; None if it never wrote one.
        fresh: All stories that are not in the issue, the best first.
        at: The offset for a new section.
        is_known: Whether the story with a key is in the issue, or was dropped by the editor.
    """
    block, present = bench_block(outline), _present(text, outline)
    if block is None and base is not None:  # the editor deleted the section
        return BenchMerge(lines=tuple(base))
    if block and (base is None or present != [line for line in map(write_bench_line, base) if line in present]):
        return BenchMerge(lines=None if base is None else tuple(base), edited=True)
    lines = tuple(line for line in fresh if not is_known(line.key))[:_MOST_LINES]
    edits: tuple[TextEdit, ...] = ()
    if block is None and lines:
        edits = (insert_blocks(text, at, [f"## {BENCH_SECTION}", _text(lines)]),)
    elif block and [write_bench_line(line) for line in lines] != present:
        edits = (_rewrite(text, block, lines),)
    return BenchMerge(edits=edits, lines=lines if lines or block else None)


def _rewrite(text: str, block: SectionBlock, lines: Sequence[BenchLine]) -> TextEdit:
    """Replace the section's lines, and keep its heading, even if no line is left."""
    rows = [f"## {BENCH_SECTION}", *(["", *map(write_bench_line, lines)] if lines else [])]
    return TextEdit(start=block.start, end=block.filled, replacement=insert_lines(text, block.start, rows).replacement)


def without_line(text: str, outline: Outline, *, key: str) -> list[TextEdit]:
    """Take the line of a story out of the section."""
    block = bench_block(outline)
    edits = []
    for line in _LINE.finditer(text, block.start, block.end) if block else ():
        listed = read_bench_line(line[0])
        if listed and listed.key == key:
            edits.append(TextEdit(start=line.start(), end=line.end(), replacement=""))
    return edits


def without_outlets(text: str, lines: Iterable[BenchLine]) -> str:
    """The file with lines that the editor moved up as headings in the form of a heading.

    ``### [Headline](https://a.example), The Paper`` loses what follows the link; an id gets a line of its own.
    """
    tails = {
        line.key: write_bench_line(line).removeprefix(write_bench_line(replace(line, outlet="", id="")))
        for line in lines
    }

    def as_heading(match: re.Match[str]) -> str:
        moved = read_bench_line(f"-{match[1]}")
        tail = tails.get(moved.key, "") if moved else ""
        if moved is None or not tail or not match[0].endswith(f"){tail}"):
            return match[0]
        return "\n".join((match[0].removesuffix(tail), *write_id(moved.id)))

    return _HEADING.sub(as_heading, text)


def _text(lines: Iterable[BenchLine]) -> str:
    return "\n".join(map(write_bench_line, lines))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in _BREAK.split(text) if line.strip()]
