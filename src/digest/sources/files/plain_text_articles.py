"""Read articles in plain text: a title, a byline, paragraphs, and bullets that are the author's key points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.sources.article_cleaning import is_furniture, is_promotion
from digest.sources.files.article_head import read_head, without_dateline
from digest.sources.files.wire_copy import without_ending
from digest.sources.html_text import plain_line
from digest.sources.pages.key_points import is_key_point_heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

__all__ = ["PlainText", "read_plain_text"]

_BULLET = re.compile(r"\s*(?:([·*\u2013—-])\s+|([•‣▪◦●])\s*)(\S.*)")
_NUMBER = re.compile(r"\s*\(?\d{1,2}[.)]\s+(\S.*)")
#: One of these is a bullet even if it is the only one. Others may be a dash in the text.
_SURE = frozenset("•‣▪◦●")
_RULE = re.compile(r"\s*[^\w\s]{3,}\s*")
_ENDS = frozenset('.!?:"”»)…')
_STATEMENT = 40  # characters; a shorter line is not a paragraph, even if it ends like a sentence
_MOSTLY = 0.8
_WRAPPED = 120
_MOST = 10  # key points in a block without bullets


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainText:
    """The parts of an article in plain text. ``published`` is aware, in UTC."""

    title: str
    paragraphs: tuple[str, ...]
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    key_points: tuple[str, ...] = ()


def read_plain_text(text: str, *, title: str = "") -> PlainText:
    """Read plain text. Without a ``title``, the first line is the title.

    Lines that only point to something else ("Also Read: …") are dropped anywhere in the text.
    """
    lines: Sequence[str] = without_ending(_stripped(list(_without_promotion(text.expandtabs(4).splitlines()))))
    title, (authors, published), lines = read_head(lines, title=title)
    points, lines = _points(list(_without_furniture(lines)))
    paragraphs = list(_paragraphs(lines))
    if paragraphs:
        paragraphs[0] = without_dateline(paragraphs[0])
    return PlainText(title=title, paragraphs=tuple(paragraphs), authors=authors, published=published, key_points=points)


def _without_promotion(lines: Sequence[str]) -> Iterator[str]:
    """Drop lines of promotion. If such a line ends without a headline, the lines below it are dropped as well."""
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
    """Drop appeals and credits, but not a line in the middle of a sentence."""
    previous = ""
    for line in lines:
        begins = not previous.strip() or previous.rstrip()[-1:] in _ENDS
        if not _RULE.fullmatch(line) and not (begins and line.strip() and is_furniture(line)):
            yield line
        previous = line


def _points(lines: Sequence[str]) -> tuple[tuple[str, ...], Sequence[str]]:
    """Separate the key points from the other lines: the first run of bullets that the text does not introduce.

    "The plan has three parts:" introduces a list that belongs to the text; "Key points:" does not. Numbers are bullets
    at the beginning and under such a heading. Under a heading, the lines of a block are bullets without any mark.
    """
    number = 0
    previous: int | None = None  # the last line that is not blank
    while number < len(lines):
        heading = previous is not None and is_key_point_heading(lines[previous])
        mark = _mark(lines[number])
        if not mark and not (heading and lines[number].strip()):
            previous = number if lines[number].strip() else previous
            number += 1
            continue
        end, points = _run(lines, number, mark) if mark else _block(lines, number)
        introduced = previous is not None and lines[previous].rstrip().endswith(":") and not heading
        alone = mark != "1" or previous is None
        if points and not introduced and (mark in _SURE or heading or (len(points) > 1 and alone)):
            start = previous if heading and previous is not None else number
            return tuple(points), [*lines[:start], "", *lines[end:]]
        previous, number = end - 1, end
    return (), lines


def _mark(line: str) -> str:
    """Return the bullet of a line, "1" for any number, or ""."""
    if match := _BULLET.match(line):
        return match[1] or match[2]
    return "1" if _NUMBER.match(line) else ""


def _without_bullet(line: str) -> str:
    """Return the text after the bullet."""
    match = _BULLET.match(line)
    return match[3] if match else _NUMBER.sub(r"\1", line)


def _run(lines: Sequence[str], start: int, mark: str) -> tuple[int, list[str]]:
    """Return where a run of bullets with one mark ends, and its bullets. Blank and indented lines belong to it."""
    points: list[str] = []
    number = end = start
    while number < len(lines):
        line = lines[number]
        own_mark = _mark(line)
        if own_mark == mark:
            points.append(plain_line(_without_bullet(line)))
        elif own_mark or (line.strip() and not (line.startswith("  ") and lines[number - 1].strip())):
            break
        elif line.strip():
            points[-1] = f"{points[-1]} {plain_line(line)}"
        number += 1
        end = number if line.strip() else end
    return end, points


def _block(lines: Sequence[str], start: int) -> tuple[int, list[str]]:
    """Return where a block of lines without bullets ends, and its lines if each of them begins like a sentence."""
    end = next((number for number in range(start, len(lines)) if not lines[number].strip()), len(lines))
    points = [plain_line(line) for line in lines[start:end]]
    fits = 1 < len(points) <= _MOST and all(point[0].isupper() or not point[0].isalpha() for point in points)
    return end, points if fits and not any(map(_mark, lines[start:end])) else []


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Yield paragraphs. Blank lines and indented first lines separate them, and each bullet is a paragraph."""
    block: list[str] = []
    each = _are_whole(lines)
    for line in (*lines, ""):
        bullet = _mark(line)
        indented = line.startswith("  ") and bool(block) and not block[-1].startswith(" ")
        if (bullet or indented or not line.strip()) and block:
            yield _joined(block)
            block = []
        if line.strip():
            block.append(line if bullet in {"", "1"} else _without_bullet(line))
        if block and (len(line) > _WRAPPED or (each and line.rstrip()[-1:] in _ENDS)):
            yield _joined(block)
            block = []


def _are_whole(lines: Sequence[str]) -> bool:
    """Return whether consecutive lines are paragraphs, because nearly all of them end like sentences."""
    pairs = pairwise(lines)
    inner = [
        line.rstrip()
        for line, following in pairs
        if len(line.strip()) >= _STATEMENT and following.strip() and not _mark(following)
    ]
    return sum(line[-1] in _ENDS for line in inner) >= _MOSTLY * len(inner) > 0


def _joined(block: Sequence[str]) -> str:
    """Join lines into one. A hyphen at the end of a line joins its word to the next."""
    return plain_line(re.sub(r"(?<=[^\W\d_]-)\n\s*(?=[^\W\d_])", "", "\n".join(map(str.rstrip, block))))


def _stripped(lines: Sequence[str]) -> Sequence[str]:
    """Drop the lines before the first one that has a word in it."""
    first = next((number for number, line in enumerate(lines) if re.search(r"\w", line)), len(lines))
    return lines[first:]
