"""The head of a local article: the title, the byline and the date that people write above a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.sources.author_names import split_names
from digest.sources.date_parsing import parse_date
from digest.sources.files.wire_copy import is_role_line, name_in_usual_case
from digest.sources.html_text import plain_line
from digest.sources.reporter_addresses import is_contact_line, without_contact

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
#: "LONDON, Nov 27 (Reuters) - " or "NEW DELHI: ". A place in lower case counts only with the name of an agency.
_DATELINE = re.compile(
    r"^(?:[A-Z]{3}[A-Z .'/-]*(?:, [A-Z][\w. ]{1,20}?)?(?:,? [A-Z][a-z]{2,8}\.? \d{1,2}(?:, \d{4})?)?\s*"
    r"(?:\([A-Z][\w/ .]{1,20}\)\s*)?(?:[-\u2013—]{1,2}\s|:\s)"
    r"|[A-Z][\w .'-]{2,30}(?:, [A-Z][\w. ]{1,20})?\s*"
    r"\((?:AP|AFP|Reuters|PTI|ANI|IANS|UPI|dpa|EFE|ANSA)\)\s*[-\u2013—]{1,2}\s)"
    r"\s*(?=[\"\u201c\u2018'A-Z\d])"
)
_BYLINE_LENGTH = 150
_HEAD_LINES = 5  # lines after the title that are searched for a byline and a date


def read_head(lines: Sequence[str], *, title: str = "") -> tuple[str, Head, list[str]]:
    """Separate the title, the byline and the date from the other lines.

    A date or a byline may come before the title.

    Args:
        lines: The lines of the file.
        title: The title, if it is known. Otherwise it is the first line that is not a byline or a date.

    Returns:
        The title, the authors and the date, and the other lines.
    """
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    head: set[int] = set()
    known_title = title
    for place, number in enumerate(numbers[: _HEAD_LINES + 1]):
        line = _unmarked(lines[number])
        next_line = _unmarked(lines[numbers[place + 1]]) if place + 1 < len(numbers) else ""
        names, moment = _byline(line, next_line) if title else read_byline(line)
        if (names and not authors) or (moment and published is None):
            authors, published = authors or names, published or moment
        elif not title or (place == 0 and line.casefold() == known_title.casefold()):
            title = title or _TITLE.sub("", line)
        elif authors and (is_contact_line(line) or is_role_line(line)):
            pass
        elif not _LINK.fullmatch(line) and not _UNDERLINE.fullmatch(lines[number]):
            break
        head.add(number)
    return title, (authors, published), [line for number, line in enumerate(lines) if number not in head]


def parted_head(text: str) -> str:
    """Make the title, the byline and the date of a Markdown file separate paragraphs, as they look in the file."""
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    for number, line in list(enumerate(lines))[first : first + 2 * _HEAD_LINES]:
        next_line = lines[number + 1] if number + 1 < len(lines) else ""
        text_of_line = _unmarked(line)
        in_head = any(_byline(text_of_line, _unmarked(next_line))) or _LINK.fullmatch(text_of_line) is not None
        if (in_head or number == first) and not _UNDERLINE.fullmatch(next_line) and not line.startswith(">"):
            whole = _NUMBER.sub(r"\1\\\2", line) if in_head else line  # "27. November" does not begin a list
            lines[number] = f"{whole}\n"
    return "\n".join(lines)


def without_dateline(line: str) -> str:
    """Remove the dateline from the first line of a text, such as "LONDON, Nov 27 (Reuters) - "."""
    return _DATELINE.sub("", line, count=1)


def _unmarked(line: str) -> str:
    """Remove the marks of Markdown around a line."""
    return plain_line(line).lstrip("# ").strip("*_ ")


def _byline(line: str, next_line: str) -> Head:
    """Read the names and the date of a line. A name does not need "By" if a position or a date follows."""
    head = read_byline(line)
    name, comma, role = line.partition(", ")
    staff = comma and _NAME.fullmatch(name) and is_role_line(role)
    bare = not any(head) and (staff or (_NAME.fullmatch(line) and _date(next_line) is not None))
    return (split_names(name if staff else line), None) if bare else head


def read_byline(line: str) -> tuple[tuple[str, ...], datetime | None]:
    """Read the names and the date (aware, in UTC) of a line such as "By Ann Lee | Nov 27, 2025".

    Both are empty for any other line.
    """
    line = without_contact(line)
    if len(line) > _BYLINE_LENGTH:
        return (), None
    match = _BYLINE.fullmatch(line)
    parts = _BAR.split(match[1] if match else line)
    names, moment = "", None
    if match:
        names, moment = _named(_PLACE.sub("", parts.pop(0)))
        if not _is_names(names):
            return (), None
    for part in parts:
        dated = _date(part)
        if dated is None and not match:
            return (), None  # a line of the text
        moment = moment or dated
    return tuple(map(name_in_usual_case, split_names(names))), moment


def _named(text: str) -> tuple[str, datetime | None]:
    """Return the names of a byline, and the date that may follow a comma."""
    for comma in re.finditer(r",\s*", text):
        if (moment := _date(text[comma.end() :])) is not None:
            return text[: comma.start()], moment
    return text, None


def _is_names(text: str) -> bool:
    """Return whether the text is names, and not a sentence that begins with "By", such as "By noon it was full."."""
    parts = re.findall(r"[^\W\d_]+", text)
    return (
        0 < len(parts) <= 12
        and not re.search(r"\d|[^\s.]{3,}[.!?]$", text)
        and sum(word[0].isupper() or word[0].lower() == word[0].upper() for word in parts) >= len(parts) / 2
    )


def _date(text: str) -> datetime | None:
    """Read a date that is the whole text. A sentence with a date in it does not count."""
    text = _DATED.sub("", text.strip())
    letters = re.findall(r"[^\W\d_]+", text)
    return parse_date(text) if re.search(r"\d", text) and len(letters) <= 4 else None
