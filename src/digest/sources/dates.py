"""Dates as publishers write them, in many shapes and languages, as aware moments in UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from functools import cache

from dateutil import parser as dateutil_parser
from dateutil.parser import ParserError
from dateutil.tz import tzoffset

from digest.sources.tables import read_table

__all__ = ["parse_date"]

_WORD = re.compile(r"[^\W\d_]+\.?")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DOTTED = re.compile(r"\b\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b")
#: A weekday in front; some ("mar.") look like a month.
_WEEKDAY = re.compile(r"^[^\W\d_]+\.?,\s*(?=\d)")
_DOTTED_TIME = re.compile(r"\b(\d{1,2})\.(\d{2})(?=\s*Uhr)", re.IGNORECASE)
_JOINED_TIME = re.compile(r"(?<=\d)(?:h|Uhr)(?=\d|\b)", re.IGNORECASE)
_LONE_COLON = re.compile(r":(?!\d)")
_MAX_LENGTH = 100
_NULL_YEAR = re.compile(r"(?<![\d:.+-])00\d\d(?![\d:])")  # dateutil would read 0001 as 2001
#: Before this a feed's date is a null date (1970-01-01, 0001-01-01), not a day on which something was published.
_FIRST_YEAR = 1971
#: Two days that share nothing: what differs between two readings was not in the text.
_FILL = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 12, 30, tzinfo=UTC))


def parse_date(text: str) -> datetime | None:
    """Read a date, with or without a time, such as ``lun., 05 janv. 2026 10:00:00 +0100`` or ``Nov 27, 2025``.

    A date without a zone is taken as UTC, a date without a time as midnight. Without year, month or day it is no date.

    Returns:
        Aware, in UTC; None when it cannot be read.
    """
    text = " ".join(text.split())
    if not text or len(text) > _MAX_LENGTH or _NULL_YEAR.search(text):
        return None
    moment = _iso(text) or _free(text)
    if moment is None or moment.year < _FIRST_YEAR:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _iso(text: str) -> datetime | None:
    """RFC 3339 and ISO 8601, which need no guessing."""
    try:
        if _ISO_DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _free(text: str) -> datetime | None:
    text = _DOTTED_TIME.sub(r"\1:\2", _WEEKDAY.sub("", text))
    english = _WORD.sub(_translate, _JOINED_TIME.sub(":", text)).strip(" ,:;|")
    english = _LONE_COLON.sub(" ", english)
    readings = []
    for fill in _FILL:
        try:
            moment = dateutil_parser.parse(
                english, default=fill, tzinfos=_zones(), dayfirst=bool(_DOTTED.search(english))
            )
        except (ParserError, OverflowError, ValueError, TypeError, AttributeError):
            return None
        readings.append(moment)
    first, second = readings
    return first if first.date() == second.date() else None


def _translate(match: re.Match[str]) -> str:
    """A month in English; a zone, a month and am/pm as they are; any other word (a weekday, "at", "le") is left out."""
    word = match[0].rstrip(".")
    known = _words().get(word.casefold())
    if known is not None:
        return known
    return word if word.upper() in _zones() or word.casefold() in {"t", "am", "pm", "a", "p"} else " "


@cache
def _words() -> dict[str, str]:
    months = read_table("dates")["months"]
    words = {name.casefold(): month for month, names in months.items() for name in names}
    return words | {month.casefold()[:length]: month for month in months for length in (3, 9)}


@cache
def _zones() -> dict[str, tzoffset]:
    return {name: tzoffset(name, minutes * 60) for name, minutes in read_table("dates")["zones"].items()}
