"""Dates as publishers write them, in many shapes and languages, as aware moments in UTC."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

from dateutil import parser as dateutil_parser
from dateutil.parser import ParserError
from dateutil.tz import tzoffset

from digest.sources.tables import load_table

__all__ = ["parse_date"]

#: RFC 822, section 5, and what passes for it: any weekday, months of any language, one to four letters of zone.
_MAIL = re.compile(
    r"(?:[^\W\d_]+\.?,?\s*)?(\d{1,2})[\s-]+([^\W\d_]{3,12})\.?[\s-]+(\d{4}|\d{2})"
    r"(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(?:\s*([+-]\d{2}):?(\d{2})|\s+([A-Za-z]{1,5}))?(?:\s*\([^)]*\))?"
)
_LEAP_SECOND = re.compile(r"(?<=\d:\d\d):60(?!\d)")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_WORD = re.compile(r"[^\W\d_]+\.?")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DOTTED = re.compile(r"\b\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b")
#: A weekday in front; some ("mar.") look like a month.
_WEEKDAY = re.compile(r"^[^\W\d_]+\.?,\s*(?=\d)")
_LONE_COLON = re.compile(r":(?!\d)")
_MAX_LENGTH = 100
_NULL_YEAR = re.compile(r"(?<![\d:.+-])00\d\d(?![\d:])")  # dateutil would read 0001 as 2001
#: Before this a feed's date is a null date (1970-01-01, 0001-01-01), not a day on which something was published.
_FIRST_YEAR = 1971
#: Two days that share nothing: what differs between two readings was not in the text.
_FILL = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 12, 30, tzinfo=UTC))

#: An offset and the zone's name after it, "[Europe/Paris]" or "(CET)": the offset is enough.
_NAMED_OFFSET = re.compile(r"(?<=\d)\s*(?:\[[^\]]*\]|\([^)]*\))$")
_REGION = re.compile(r"\b[A-Z][a-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?$")
#: "UTC+2" is two hours ahead, but for dateutil, as in POSIX, behind.
_FROM_UTC = re.compile(r"\b(?:UTC|GMT|Z)\s*([+-])(\d{1,2})(?::?(\d{2}))?(?!\d)", re.IGNORECASE)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(?::00(?:\.0+)?)?")
_EAST_DAY = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号號]?")
_EAST_TIME = re.compile(r"(\d{1,2})\s*[時时시点點]\s*(?:(\d{1,2})\s*[分분])?\s*(?:(\d{1,2})\s*[秒초])?")
_HALF_FIRST = re.compile(r"(上午|午前|오전|下午|午後|오후|晚上)\s*(\d{1,2}(?::\d{2}){0,2})")
_YEAR_FIRST = re.compile(r"^(\d{4})\.?\s+([^\W\d_]+)\.?\s+(\d{1,2})\.")
#: In this order: what is replaced by what before dateutil sees it.
_SHAPES = (
    (_EAST_DAY, r"\1-\2-\3 "),
    (_YEAR_FIRST, r"\3 \2 \1"),
    (re.compile(r"(?<=/\d{4}):(?=\d{2}:\d{2})"), " "),  # as web servers log
    (re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE), r"\1m"),
    (re.compile(r"\b(\d{1,2})\.(\d{2})(?=\s*Uhr)", re.IGNORECASE), r"\1:\2"),
    (
        re.compile(r"(?<=\d{4})(,?\s+(?:(?:klo|kl|alle|um|ore)\.?\s+)?\d{1,2})\.(\d{2})(?![\d.])", re.IGNORECASE),
        r"\1:\2",
    ),
    (re.compile(r"(?<=\d)(?:h|Uhr)(?=\d|\b)", re.IGNORECASE), ":"),
)


def parse_date(text: str) -> datetime | None:
    """Read a date, with or without a time, such as ``lun., 05 janv. 2026 10:00:00 +0100`` or ``Nov 27, 2025``.

    A date without a zone is taken as UTC, a date without a time as midnight. Without year, month or day it is no date;
    seconds or milliseconds since 1970 are one. ``01/05/2026`` is read as in the United States.

    Returns:
        Aware, in UTC; None when it cannot be read.
    """
    text = " ".join(text.split())
    if len(text) > _MAX_LENGTH:
        return None
    if not text.isascii():
        text = _plain_digits(text)
    if not text:
        return None
    if ":60" in text:
        text = _LEAP_SECOND.sub(":59", text)
    moment = _iso(text) or _mail(text)
    if moment is None and not _NULL_YEAR.search(text):
        moment = _epoch(text) or _unusual(text)
    if moment is None or moment.year < _FIRST_YEAR:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _plain_digits(text: str) -> str:
    """The digits of any script in ASCII, without marks of direction."""
    text = unicodedata.normalize("NFKC", text)
    digits = (str(unicodedata.decimal(character, character)) for character in text)
    return "".join(digit for digit in digits if unicodedata.category(digit) != "Cf").strip()


def _iso(text: str) -> datetime | None:
    """RFC 3339 and ISO 8601, which need no guessing."""
    if not text[0].isdecimal():
        return None
    try:
        if _ISO_DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    found = _MAIL.fullmatch(text)
    if found is None:
        return None
    day, word, year, hour, minute, second, hours, minutes, zone = found.groups()
    month = _months().get(word.casefold())
    offset = _offset(hours, minutes) if hours else _zones().get((zone or "UTC").upper())
    if month is None or offset is None:
        return None
    # RFC 2822, section 4.3: two digits from 50 on are of the last century.
    number = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 50 else 1900)
    try:
        return datetime(number, month, int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=offset)
    except ValueError:
        return None


def _offset(hours: str, minutes: str) -> timezone | None:
    ahead = timedelta(hours=int(hours[1:]), minutes=int(minutes))
    return timezone(-ahead if hours[0] == "-" else ahead) if ahead < timedelta(hours=24) else None


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _unusual(text: str) -> datetime | None:
    """What is no standard's: taken apart with care before dateutil sees it."""
    text = _NAMED_OFFSET.sub("", text)
    region = _REGION.search(text)
    if region:
        text = text[: region.start()].rstrip()
    text, days = _MIDNIGHT.subn("00:00", text)
    text = _FROM_UTC.sub(lambda zone: f" {zone[1]}{int(zone[2]):02}:{zone[3] or '00'}", text)
    moment = _iso(text.replace(" +", "+").replace(" Z", "Z")) or _mail(text) or _free(text)
    if moment is None:
        return None
    try:
        if region and moment.tzinfo in {None, UTC}:
            moment = moment.replace(tzinfo=ZoneInfo(region[0]))
        return moment + timedelta(days=days)
    except (OSError, ValueError, KeyError, OverflowError):
        return None


def _free(text: str) -> datetime | None:
    text = _EAST_TIME.sub(_clock, _WEEKDAY.sub("", text))
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    text = _HALF_FIRST.sub(lambda half: f"{half[2]} {'am' if half[1] in '上午午前오전' else 'pm'}", text)
    english = _LONE_COLON.sub(" ", _WORD.sub(_translate, text).strip(" ,:;|"))
    readings = []
    for fill in _FILL:
        try:
            moment = dateutil_parser.parse(
                english, default=fill, tzinfos=_dateutil_zones(), dayfirst=bool(_DOTTED.search(english))
            )
        except (ParserError, OverflowError, ValueError, TypeError, AttributeError):
            return None
        readings.append(moment)
    first, second = readings
    return first if first.date() == second.date() else None


def _clock(match: re.Match[str]) -> str:
    return f"{match[1]}:{match[2] or '0':0>2}:{match[3] or '0':0>2}"


def _translate(match: re.Match[str]) -> str:
    """A month in English; a zone, a month and am/pm as they are; any other word (a weekday, "at", "le") is left out."""
    word = match[0].rstrip(".")
    known = _words().get(word.casefold())
    if known is not None:
        return known
    return word if word.upper() in _zones() or word.casefold() in {"t", "am", "pm", "a", "p"} else " "


@cache
def _words() -> dict[str, str]:
    months = load_table("dates")["months"]
    words = {name.casefold(): month for month, names in months.items() for name in names}
    return words | {month.casefold()[:length]: month for month in months for length in (3, 9)}


@cache
def _months() -> dict[str, int]:
    numbers = {month: number for number, month in enumerate(load_table("dates")["months"], start=1)}
    return {word: numbers[month] for word, month in _words().items()}


@cache
def _zones() -> dict[str, timezone]:
    zones = load_table("dates")["zones"]
    return {name: timezone(timedelta(minutes=minutes)) for name, minutes in zones.items()}


@cache
def _dateutil_zones() -> dict[str, tzoffset]:
    return {name: tzoffset(name, minutes * 60) for name, minutes in load_table("dates")["zones"].items()}
