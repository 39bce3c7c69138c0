"""Plain text articles: a title, a byline, paragraphs, and bullets that are the author's key points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.sources.article_cleaning import is_furniture, is_promotion
from digest.sources.files.article_head import read_head, without_dateline
from digest.sources.html_text import plain_line
from digest.sources.pages.key_points import is_key_point_heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

__all__ = ["PlainText", "read_plain_text"]

_BULLET = re.compile(r"\s*(?:([·*\u2013—-])\s+|([•‣▪◦●])\s*)(\S.*)")
_NUMBER = re.compile(r"\s*\(?\d{1,2}[.)]\s+(\S.*)")
#: These are bullets even when there is one; the others may be a dash in the text.
_SURE = frozenset("•‣▪◦●")
_RULE = re.compile(r"\s*[^\w\s]{3,}\s*")
_ENDS = frozenset('.!?:"”»)…')
_STATEMENT = 40  # characters from which a line that ends like a sentence may be a paragraph
_MOSTLY = 0.8
_WRAPPED = 120
_MOST = 10  # key points without bullets


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainText:
    """What was read; ``published`` is aware, in UTC."""

    title: str
    paragraphs: tuple[str, ...]
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    key_points: tuple[str, ...] = ()


def read_plain_text(text: str, *, title: str = "") -> PlainText:
    """Read plain text; without a ``title`` its first line is the title.

    Lines that only lead elsewhere ("Also Read: …") are dropped wherever they stand.
    """
    lines: Sequence[str] = _stripped(list(_without_promotion(text.expandtabs(4).splitlines())))
    title, (authors, published), lines = read_head(lines, title=title)
    points, lines = _points(list(_without_furniture(lines)))
    paragraphs = list(_paragraphs(lines))
    if paragraphs:
        paragraphs[0] = without_dateline(paragraphs[0])
    return PlainText(title=title, paragraphs=tuple(paragraphs), authors=authors, published=published, key_points=points)


def _without_promotion(lines: Sequence[str]) -> Iterator[str]:
    """Lines without those that lead elsewhere; where such a line names no headline, the lines below it do."""
    skipping = False
    for line in lines:
        if not line.strip():
            skipping = False
        elif is_promotion(line):
            skipping = line.rstrip().endswith((":", "|"))
            continue
        if not skipping:
            yield line


def _without_furniture(lines: Sequence[str]) -> Iterator[str]:
    """Lines without those that ask for something or say who helped; one in the middle of a sentence stays."""
    before = ""
    for line in lines:
        begins = not before.strip() or before.rstrip()[-1:] in _ENDS
        if not _RULE.fullmatch(line) and not (begins and line.strip() and is_furniture(line)):
            yield line
        before = line


def _points(lines: Sequence[str]) -> tuple[tuple[str, ...], Sequence[str]]:
    """The first run of bullets that is not introduced by a sentence of the text, and the lines without it.

    "The plan has three parts:" introduces a list of the text; "Key points:" does not. Numbers are bullets under such
    a heading and at the beginning; under one the lines of a block are bullets without any mark.
    """
    number = 0
    before: int | None = None  # the last line with words
    while number < len(lines):
        heading = before is not None and is_key_point_heading(lines[before])
        mark = _mark(lines[number])
        if not mark and not (heading and lines[number].strip()):
            before = number if lines[number].strip() else before
            number += 1
            continue
        end, points = _run(lines, number, mark) if mark else _block(lines, number)
        introduced = before is not None and lines[before].rstrip().endswith(":") and not heading
        alone = mark != "1" or before is None
        if points and not introduced and (mark in _SURE or heading or (len(points) > 1 and alone)):
            start = before if heading and before is not None else number
            return tuple(points), [*lines[:start], "", *lines[end:]]
        before, number = end - 1, end
    return (), lines


def _mark(line: str) -> str:
    """The bullet of a line, "1" for any number, "" for none."""
    if found := _BULLET.match(line):
        return found[1] or found[2]
    return "1" if _NUMBER.match(line) else ""


def _said(line: str) -> str:
    """What stands behind the bullet."""
    found = _BULLET.match(line)
    return found[3] if found else _NUMBER.sub(r"\1", line)


def _run(lines: Sequence[str], start: int, mark: str) -> tuple[int, list[str]]:
    """Where a run of bullets with one mark ends, and its bullets; blank and indented lines belong to it."""
    points: list[str] = []
    number = end = start
    while number < len(lines):
        line = lines[number]
        found = _mark(line)
        if found == mark:
            points.append(plain_line(_said(line)))
        elif found or (line.strip() and not (line.startswith("  ") and lines[number - 1].strip())):
            break
        elif line.strip():
            points[-1] = f"{points[-1]} {plain_line(line)}"
        number += 1
        end = number if line.strip() else end
    return end, points


def _block(lines: Sequence[str], start: int) -> tuple[int, list[str]]:
    """Lines without bullets up to a blank one, if there are some and each begins like a sentence."""
    end = next((number for number in range(start, len(lines)) if not lines[number].strip()), len(lines))
    points = [plain_line(line) for line in lines[start:end]]
    fits = 1 < len(points) <= _MOST and all(point[0].isupper() or not point[0].isalpha() for point in points)
    return end, points if fits and not any(map(_mark, lines[start:end])) else []


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Paragraphs: blank lines part them, and so does an indented first line; a bullet is one of its own."""
    block: list[str] = []
    each = _are_whole(lines)
    for line in (*lines, ""):
        bullet = _mark(line)
        indented = line.startswith("  ") and bool(block) and not block[-1].startswith(" ")
        if (bullet or indented or not line.strip()) and block:
            yield _joined(block)
            block = []
        if line.strip():
            block.append(line if bullet in {"", "1"} else _said(line))
        if block and (len(line) > _WRAPPED or (each and line.rstrip()[-1:] in _ENDS)):
            yield _joined(block)
            block = []


def _are_whole(lines: Sequence[str]) -> bool:
    """Tell whether lines that follow each other are paragraphs: nearly all of them end like sentences."""
    pairs = pairwise(lines)
    inner = [
        line.rstrip() for line, after in pairs if len(line.strip()) >= _STATEMENT and after.strip() and not _mark(after)
    ]
    return sum(line[-1] in _ENDS for line in inner) >= _MOSTLY * len(inner) > 0


def _joined(block: Sequence[str]) -> str:
    """Lines as one; a hyphen at the end of one joins its word to the next."""
    return plain_line(re.sub(r"(?<=[^\W\d_]-)\n\s*(?=[^\W\d_])", "", "\n".join(map(str.rstrip, block))))


def _stripped(lines: Sequence[str]) -> Sequence[str]:
    """Lines from the first one that has a word in it."""
    while lines and not re.search(r"\w", lines[0]):
        lines = lines[1:]
    return lines
