"""``--at``: the moment that a person means, in the newsletter's own zone. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from digest.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["read_moment"]

_EDGES = (1, 9999)
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


def read_moment(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """Read ``08:00`` (the next one), ``2026-11-27 08:00``, or a moment with its own offset.

    Args:
        now: Aware.

    Returns: Aware, in UTC, later than ``now``.

    Raises:
        UsageError: It is no moment, is over, or is one that the change to summer time leaves out.
    """
    words = text.strip()
    try:
        moment = _next(words, zone, now) if _TIME.fullmatch(words) else datetime.fromisoformat(words)
    except ValueError:
        raise UsageError(f"{text!r} is no time", hint='Write --at 08:00 or --at "2026-11-27 08:00".') from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if moment.year in _EDGES:  # no zone can be told there
        raise UsageError(f"{text!r} is no time to send", hint="Name a moment of these years.")
    if moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise UsageError(f"there is no {words} on that day: the clocks go forward", hint="Name another time.")
    if moment <= now:
        raise UsageError(f"{words} is over", hint="Name a moment that is still to come.")
    return moment.astimezone(UTC)


def _next(words: str, zone: ZoneInfo, now: datetime) -> datetime:
    hour, minute = map(int, words.split(":"))
    today = now.astimezone(zone).replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None)
    if today.replace(tzinfo=zone) > now:
        return today
    return today + timedelta(days=1)
