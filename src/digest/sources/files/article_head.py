"""The head of a local article: its title, its byline and its date, as people write them above a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.sources.author_names import split_names
from digest.sources.date_parsing import parse_date
from digest.sources.html_text import plain_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["Head", "parted_head", "read_byline", "read_head", "without_dateline"]

Head = tuple[tuple[str, ...], "datetime | None"]

_BYLINE = re.compile(
    r"(?:(?:by|written by|von|par|por)\b:?\s+|(?:authors?|reporter|autor|autorin)\s*:\s*)(\S.*)", re.IGNORECASE
)
_TITLE = re.compile(r"^(?:title|headline)\s*:\s*(?=\S)", re.IGNORECASE)
_BAR = re.compile(r"\s*[|•·]\s*|\s+[\u2013—-]\s+")
_DATED = re.compile(
    r"^(?:first |last )?(?:published|posted|updated|created|date|dated|datum|veröffentlicht)\b\s*(?:on\b|am\b|:)?\s*",
    re.IGNORECASE,
)
_PLACE = re.compile(r"\s+in\s+[^\W\d_a-z][^\d|,]*$")
_NAME = re.compile(r"(?:[^\W\d_a-z][\w.'\u2019-]*\s+){1,3}[^\W\d_a-z][\w'\u2019-]+")
_LINK = re.compile(r"(?:(?:source|link|url)\s*:\s*)?(?:https?://|www\.)\S+", re.IGNORECASE)
_NUMBER = re.compile(r"^(\s*\d+)([.)])(?=\s)")
_UNDERLINE = re.compile(r"\s*(?:=+|-{2,})\s*")
#: "LONDON, Nov 27 (Reuters) - " and "NEW DELHI: "; a place in small letters only with the agency's name.
_DATELINE = re.compile(
    r"^(?:[A-Z]{3}[A-Z .'/-]*(?:, [A-Z][\w. ]{1,20}?)?(?:,? [A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)?\s*"
    r"(?:\([A-Z][\w/ .]{1,20}\)\s*)?(?:[-\u2013—]{1,2}\s|:\s)"
    r"|[A-Z][\w .'-]{2,30}(?:, [A-Z][\w. ]{1,20})?\s*"
    r"\((?:AP|AFP|Reuters|PTI|ANI|IANS|UPI|dpa|EFE|ANSA)\)\s*[-\u2013—]{1,2}\s)"
    r"\s*(?=[\"\u201c\u2018'A-Z\d])"
)
_BYLINE_LENGTH = 150
_HEAD_LINES = 5  # after the title, within which a byline and a date are looked for


def read_head(lines: Sequence[str], *, title: str = "") -> tuple[str, Head, list[str]]:
    """Title, byline and date, and the lines without them; without a ``title`` the first line is it.

    A date or a byline may stand above the title too.
    """
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    left = [number for number, line in enumerate(lines) if line.strip()]
    taken: set[int] = set()
    wanted = title
    for place, number in enumerate(left[: _HEAD_LINES + 1]):
        line = _unmarked(lines[number])
        after = _unmarked(lines[left[place + 1]]) if place + 1 < len(left) else ""
        names, moment = _byline(line, after) if title else read_byline(line)
        if (names and not authors) or (moment and published is None):
            authors, published = authors or names, published or moment
        elif not title or (place == 0 and line.casefold() == wanted.casefold()):
            title = title or _TITLE.sub("", line)
        elif not _LINK.fullmatch(line) and not _UNDERLINE.fullmatch(lines[number]):
            break
        taken.add(number)
    return title, (authors, published), [line for number, line in enumerate(lines) if number not in taken]


def parted_head(text: str) -> str:
    """Markdown whose title, byline and date are paragraphs of their own, as a reader sees them in the file."""
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    for number, line in list(enumerate(lines))[first : first + 2 * _HEAD_LINES]:
        after = lines[number + 1] if number + 1 < len(lines) else ""
        said = _unmarked(line)
        found = any(_byline(said, _unmarked(after))) or _LINK.fullmatch(said) is not None
        if (found or number == first) and not _UNDERLINE.fullmatch(after) and not line.startswith(">"):
            whole = _NUMBER.sub(r"\1\\\2", line) if found else line  # "27. November" begins no list
            lines[number] = f"{whole}\n"
    return "\n".join(lines)


def without_dateline(line: str) -> str:
    """The first line of a text without where and when it was written, such as "LONDON, Nov 27 (Reuters) - "."""
    return _DATELINE.sub("", line, count=1)


def _unmarked(line: str) -> str:
    """A line without the marks of Markdown around it."""
    return plain_line(line).lstrip("# ").strip("*_ ")


def _byline(line: str, after: str) -> Head:
    """What a line says; a name needs no "By" where a date follows."""
    found = read_byline(line)
    bare = not any(found) and _NAME.fullmatch(line) and _date(after) is not None
    return (split_names(line), None) if bare else found


def read_byline(line: str) -> tuple[tuple[str, ...], datetime | None]:
    """Names and date (aware, in UTC) of a line such as "By Ann Lee | Nov 27, 2025"; nothing for any other line."""
    if len(line) > _BYLINE_LENGTH:
        return (), None
    found = _BYLINE.fullmatch(line)
    parts = _BAR.split(found[1] if found else line)
    names, moment = "", None
    if found:
        names, moment = _named(_PLACE.sub("", parts.pop(0)))
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
