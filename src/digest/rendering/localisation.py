"""Everything that depends on the language: how dates are written, and which direction text runs in.

Dates are written in words in English, and in ISO 8601 in every other language.
"""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest.models import IssueId

if TYPE_CHECKING:
    from datetime import date, datetime

__all__ = ["first_direction", "format_day", "format_week", "is_rtl_language"]

_TO = "\N{EN DASH}"
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_RTL_LANGUAGES = frozenset({"ar", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"})


def format_week(issue: str, *, timezone: str, language: str) -> str:
    """The week of an issue: its days, year and ``Week 47`` in English, otherwise its first and last day and its id."""
    zone = ZoneInfo(timezone)
    first, end = (moment.astimezone(zone).date() for moment in IssueId.parse(issue).week_bounds(timezone))
    last = end - timedelta(days=1)
    if not _is_english(language):
        return f"{first} {_TO} {last} · {issue}"
    week = f"Week {last.isocalendar().week}"
    if first.month == last.month:
        return f"{first.day}{_TO}{_english(last)} · {week}"
    begin = _english(first) if first.year != last.year else f"{first.day} {_MONTHS[first.month - 1]}"
    return f"{begin} {_TO} {_english(last)} · {week}"


def format_day(moment: datetime, *, timezone: str, language: str, year: int) -> str:
    """The day of ``moment`` (aware) in the newsletter's time zone. English leaves out the year if it is ``year``."""
    day = moment.astimezone(ZoneInfo(timezone)).date()
    if not _is_english(language):
        return day.isoformat()
    return f"{day.day} {_MONTHS[day.month - 1]}" if day.year == year else _english(day)


def _english(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _is_english(language: str) -> bool:
    return language.lower().split("-")[0] == "en"


def first_direction(text: str) -> str:
    """``rtl`` or ``ltr``, by the first strong character (UAX #9, rule P2); empty if there is none."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return "ltr"
        if kind in {"R", "AL"}:
            return "rtl"
    return ""


def is_rtl_language(tag: str) -> bool:
    """Return whether the language of a BCP 47 tag is written from right to left."""
    parts = tag.lower().replace("_", "-").split("-")
    return parts[0] in _RTL_LANGUAGES or "arab" in parts[1:] or "hebr" in parts[1:]
