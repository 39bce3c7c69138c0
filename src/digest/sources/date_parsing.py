"""Read dates as publishers write them, in many forms and languages."""

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

#: The date of a mail header (https://www.rfc-editor.org/rfc/rfc5322#section-3.3), which RSS also uses, and the variants
#: that publishers write: weekdays and months in any language, two-digit years, and names of time zones.
_MAIL = re.compile(
    r"(?:[^\W\d_]+\.?,?\s*)?(\d{1,2})[\s-]+([^\W\d_]{3,12})\.?[\s-]+(\d{4}|\d{2})"
    r"(?:\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(?:\s*([+-]\d{2}):?(\d{2})|\s+([A-Za-z]{1,5}))?(?:\s*\([^)]*\))?"
)
_LEAP_SECOND = re.compile(r"(?<=\d:\d\d):60(?!\d)")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
_WORD = re.compile(r"[^\W\d_]+\.?")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DOTTED = re.compile(r"\b\d{1,2}\.\s?\d{1,2}\.\s?\d{4}\b")
#: A leading weekday. Some, such as "mar." (mardi), look like a month.
_WEEKDAY = re.compile(r"^[^\W\d_]+\.?,\s*(?=\d)")
_LONE_COLON = re.compile(r":(?!\d)")
_MAX_LENGTH = 100
_NULL_YEAR = re.compile(r"(?<![\d:.+-])00\d\d(?![\d:])")  # dateutil reads 0001 as 2001
#: An earlier date is a null date such as 1970-01-01 or 0001-01-01, not a day on which something was published.
_FIRST_YEAR = 1971
#: dateutil fills in missing fields from a default date, and does not report which ones. These two defaults have no
#: field in common, so a text that gives the same day with both contains the whole day.
#: https://dateutil.readthedocs.io/en/stable/parser.html
_FILL = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2004, 12, 30, tzinfo=UTC))

#: The name of the zone after an offset, such as "[Europe/Paris]" or "(CET)". The offset is enough.
_NAMED_OFFSET = re.compile(
    r"(?<=[\dZz])\s*(?:\[[^\]]*\]|\([^)]*\))$|(?:(?<=[+-]\d{4})|(?<=[+-]\d{2}:\d{2}))\s+[A-Z]{2,5}$"
)
#: Dashes that word processors put in place of the sign of an offset.
_TYPOGRAPHIC_MINUS = re.compile(r"[\u2010-\u2013\u2212\ufe63\uff0d](?=\d{1,2}:?\d{2}(?!\d))")
_REGION = re.compile(r"\b[A-Z][a-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?$")
#: "UTC+2" means two hours ahead of UTC. dateutil reads it as POSIX does, as two hours behind:
#: https://dateutil.readthedocs.io/en/stable/parser.html#dateutil.parser.parse
_FROM_UTC = re.compile(r"\b(?:UTC|GMT|Z)\s*([+-])(\d{1,2})(?::?(\d{2}))?(?!\d)", re.IGNORECASE)
_MIDNIGHT = re.compile(r"(?<!\d)24:00(?::00(?:\.0+)?)?")
_EAST_DAY = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일号號]?")
_EAST_TIME = re.compile(r"(\d{1,2})\s*[時时시点點]\s*(?:(\d{1,2})\s*[分분])?\s*(?:(\d{1,2})\s*[秒초])?")
_HALF_FIRST = re.compile(r"(上午|午前|오전|下午|午後|오후|晚上)\s*(\d{1,2}(?::\d{2}){0,2})")
_YEAR_FIRST = re.compile(r"^(\d{4})\.?\s+([^\W\d_]+)\.?\s+(\d{1,2})\.")
#: Rewritten in this order before dateutil reads the text.
_SHAPES = (
    (_EAST_DAY, r"\1-\2-\3 "),
    (_YEAR_FIRST, r"\3 \2 \1"),
    (re.compile(r"(?<=/\d{4}):(?=\d{2}:\d{2})"), " "),  # 05/Jan/2026:10:00:00, as in the logs of web servers
    (re.compile(r"\s[\u2013\u2014|\u00b7\u2022]\s"), " "),
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

    The text must name a year, a month and a day, or be a number of seconds or milliseconds since 1970. A date without a
    time zone is in UTC, and a date without a time is midnight. ``01/05/2026`` is January 5, as in the United States.

    Returns:
        The time, aware and in UTC; None if the text is not such a date.
    """
    text = " ".join(text.split())
    if len(text) > _MAX_LENGTH:
        return None
    if not text.isascii():
        text = _TYPOGRAPHIC_MINUS.sub("-", _plain_digits(text))
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
    """Replace the digits of any script by ASCII ones, and drop marks of direction."""
    text = unicodedata.normalize("NFKC", text)
    digits = (str(unicodedata.decimal(character, character)) for character in text)
    return "".join(digit for digit in digits if unicodedata.category(digit) != "Cf").strip()


def _iso(text: str) -> datetime | None:
    """Read RFC 3339 and ISO 8601, which need no guessing."""
    if not text[0].isdecimal():
        return None
    try:
        if _ISO_DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    """Read the date of a mail header."""
    match = _MAIL.fullmatch(text)
    if match is None:
        return None
    day, name, year, hour, minute, second, hours, minutes, zone = match.groups()
    month = _months().get(name.casefold())
    offset = _offset(hours, minutes) if hours else _zones().get((zone or "UTC").upper())
    if month is None or offset is None:
        return None
    # Two-digit years from 50 on belong to the last century: https://www.rfc-editor.org/rfc/rfc5322#section-4.3
    number = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 50 else 1900)
    try:
        return datetime(number, month, int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=offset)
    except ValueError:
        return None


def _offset(hours: str, minutes: str) -> timezone | None:
    """Return the zone of an offset such as "-05" and "30"; None if the offset is a day or more."""
    ahead = timedelta(hours=int(hours[1:]), minutes=int(minutes))
    return timezone(-ahead if hours[0] == "-" else ahead) if ahead < timedelta(hours=24) else None


def _epoch(text: str) -> datetime | None:
    """Read seconds or milliseconds since 1970."""
    if not _EPOCH.fullmatch(text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _unusual(text: str) -> datetime | None:
    """Read a date that follows no standard, after undoing the habits that dateutil would misread."""
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
    """Read a date in running text, translated into English for dateutil."""
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
    """Translate a month into English, keep zones, "T" and am/pm, and drop any other word, such as "at" or "le"."""
    word = match[0].rstrip(".")
    month = _month_names().get(word.casefold())
    if month is not None:
        return month
    return word if word.upper() in _zones() or word.casefold() in {"t", "am", "pm", "a", "p"} else " "


@cache
def _month_names() -> dict[str, str]:
    """Return the English name of each month, by its names in all languages, in lower case."""
    months = load_table("dates")["months"]
    names = {name.casefold(): month for month, names in months.items() for name in names}
    return names | {month.casefold()[:length]: month for month in months for length in (3, 9)}


@cache
def _months() -> dict[str, int]:
    numbers = {month: number for number, month in enumerate(load_table("dates")["months"], start=1)}
    return {name: numbers[month] for name, month in _month_names().items()}


@cache
def _zones() -> dict[str, timezone]:
    zones = load_table("dates")["zones"]
    return {name: timezone(timedelta(minutes=minutes)) for name, minutes in zones.items()}


@cache
def _dateutil_zones() -> dict[str, tzoffset]:
    return {name: tzoffset(name, minutes * 60) for name, minutes in load_table("dates")["zones"].items()}
