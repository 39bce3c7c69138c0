"""Plain text articles: a title, a byline, paragraphs, and bullets that are the author's key points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.sources.dates import parse_date
from digest.sources.keypoints import is_key_point_heading
from digest.sources.markup import plain_line
from digest.sources.names import split_names
from digest.sources.promotion import is_promotion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

__all__ = ["PlainText", "read_byline", "read_plain_text"]

_BULLET = re.compile(r"\s*([•‣▪◦●·*\u2013—-])\s+(\S.*)")
#: These are bullets even when there is one; the others may be a dash in the text.
_SURE = frozenset("•‣▪◦●")
_BYLINE = re.compile(r"(?:by|written by|von|par|por)\b:?\s+(\S.*)", re.IGNORECASE)
_BAR = re.compile(r"\s*[|•·]\s*|\s+[\u2013—-]\s+")
_DATED = re.compile(r"^(?:published|posted|updated|date|dated)\b\s*(?:on\b|:)?\s*", re.IGNORECASE)
_BYLINE_LENGTH = 150
_WRAPPED = 120
_HEAD_LINES = 4  # after the title, within which a byline and a date are looked for


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
    lines: Sequence[str] = list(_without_promotion(text.expandtabs(4).splitlines()))
    lines = _stripped(lines)
    if not title and lines:
        title, lines = plain_line(lines[0]).lstrip("# "), lines[1:]
    elif lines and plain_line(lines[0]).lstrip("# ").casefold() == title.casefold():
        lines = lines[1:]
    authors, published, lines = _head(lines)
    points, lines = _points(lines)
    return PlainText(
        title=title, paragraphs=tuple(_paragraphs(lines)), authors=authors, published=published, key_points=points
    )


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


def _head(lines: Sequence[str]) -> tuple[tuple[str, ...], datetime | None, Sequence[str]]:
    """The byline and the date, and the lines without them."""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    taken: set[int] = set()
    for number in [number for number, line in enumerate(lines) if line.strip()][:_HEAD_LINES]:
        line = plain_line(lines[number])
        names, moment = read_byline(line)
        if not (names and not authors) and not (moment and published is None):
            break
        authors, published = authors or names, published or moment
        taken.add(number)
    return authors, published, [line for number, line in enumerate(lines) if number not in taken]


def read_byline(line: str) -> tuple[tuple[str, ...], datetime | None]:
    """Names and date (aware, in UTC) of a line such as "By Ann Lee | Nov 27, 2025"; nothing for any other line."""
    if len(line) > _BYLINE_LENGTH:
        return (), None
    found = _BYLINE.fullmatch(line)
    parts = _BAR.split(found[1] if found else line)
    names, moment = "", None
    if found:
        names, moment = _named(parts.pop(0))
        if not _is_names(names):
            return (), None
    for part in parts:
        dated = _date(part)
        if dated is None and not found:
            return (), None  # a line of the text
        moment = moment or dated
    return split_names(names), moment


def _named(text: str) -> tuple[str, datetime | None]:
    """The names in front of a byline, and the date that may follow after a comma."""
    for comma in re.finditer(r",\s*", text):
        if (moment := _date(text[comma.end() :])) is not None:
            return text[: comma.start()], moment
    return text, None


def _is_names(text: str) -> bool:
    """Tell names from a sentence that begins with "By", such as "By noon the hall was full."."""
    words = re.findall(r"[^\W\d_]+", text)
    return (
        0 < len(words) <= 12
        and not re.search(r"\d|[^\s.]{3,}[.!?]$", text)
        and sum(word[0].isupper() or word[0].lower() == word[0].upper() for word in words) >= len(words) / 2
    )


def _date(text: str) -> datetime | None:
    """A date that is the whole text; a sentence with a date in it is none."""
    text = _DATED.sub("", text.strip())
    words = re.findall(r"[^\W\d_]+", text)
    return parse_date(text) if re.search(r"\d", text) and len(words) <= 4 else None


def _points(lines: Sequence[str]) -> tuple[tuple[str, ...], Sequence[str]]:
    """The first run of bullets that is not introduced by a sentence of the text, and the lines without it.

    "The plan has three parts:" introduces a list of the text; "Key points:" does not.
    """
    number = 0
    while number < len(lines):
        if _BULLET.match(lines[number]) is None:
            number += 1
            continue
        end, points = _run(lines, number)
        before = next((index for index in range(number - 1, -1, -1) if lines[index].strip()), None)
        heading = before is not None and is_key_point_heading(lines[before])
        introduced = before is not None and lines[before].rstrip().endswith(":") and not heading
        sure = lines[number].strip()[0] in _SURE
        if not introduced and (sure or heading or len(points) > 1):
            start = before if heading and before is not None else number
            return tuple(points), [*lines[:start], "", *lines[end:]]
        number = end
    return (), lines


def _run(lines: Sequence[str], start: int) -> tuple[int, list[str]]:
    """Where a run of bullets with one mark ends, and its bullets; blank and indented lines belong to it."""
    points: list[str] = []
    mark = lines[start].strip()[0]
    number = end = start
    while number < len(lines):
        line = lines[number]
        found = _BULLET.match(line)
        if found and found[1] == mark:
            points.append(plain_line(found[2]))
        elif found or (line.strip() and not (line.startswith("  ") and lines[number - 1].strip())):
            break
        elif line.strip():
            points[-1] = f"{points[-1]} {plain_line(line)}"
        number += 1
        end = number if line.strip() else end
    return end, points


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Paragraphs: blank lines part them; a bullet of a list in the text is one of its own."""
    block: list[str] = []
    for line in (*lines, ""):
        bullet = _BULLET.match(line)
        if (bullet or not line.strip()) and block:
            yield plain_line(" ".join(block))
            block = []
        if line.strip():
            block.append(bullet[2] if bullet else line)
        if len(line) > _WRAPPED and block:  # no wrapped line is that long: it is a whole paragraph
            yield plain_line(" ".join(block))
            block = []


def _stripped(lines: Sequence[str]) -> Sequence[str]:
    """Lines from the first one that has a word in it."""
    while lines and not re.search(r"\w", lines[0]):
        lines = lines[1:]
    return lines
