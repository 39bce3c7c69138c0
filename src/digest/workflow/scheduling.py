"""Times in the newsletter's zone: when to deliver, which week a late run is for, when an issue is due. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

from digest.errors import UsageError
from digest.models import IssueId

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["issue_due_at", "last_scheduled_run", "parse_send_time", "parse_since", "scheduled_issue"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AGE = re.compile(r"(\d{1,6})\s*(h(?:ours?)?|d(?:ays?)?|w(?:eeks?)?)", re.IGNORECASE)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_TIME = re.compile(r"(\d{1,2}):(\d{2})")


def parse_send_time(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """Parse the value of ``--at``: ``08:00`` (the next one), ``2026-11-27 08:00``, or a time with its own offset.

    Args:
        zone: The zone of a time without an offset.
        now: The current time; aware.

    Returns:
        The time to send; aware, in UTC, later than ``now``.

    Raises:
        UsageError: ``text`` is not a time, is a date without a time, has already passed, or is skipped when the
            clocks go forward.
    """
    stripped = text.strip()
    if _is_date(stripped):  # `datetime.fromisoformat` would read it as midnight
        raise UsageError(f"{text!r} is a date without a time", hint=f'Add the time: --at "{stripped} 08:00".')
    try:
        moment = _next_time(stripped, zone, now) if _TIME.fullmatch(stripped) else datetime.fromisoformat(stripped)
    except ValueError:
        raise UsageError(f"{text!r} is not a time", hint='Write --at 08:00 or --at "2026-11-27 08:00".') from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if moment.year in {1, 9999}:  # converting to another zone may leave the range of `datetime`
        raise UsageError(f"{text!r} is not a time to send at", hint="Choose a time within the next few days.")
    if moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise UsageError(f"{stripped} does not exist on that day: the clocks go forward", hint="Choose another time.")
    if moment <= now:
        raise UsageError(f"{stripped} has already passed", hint="Choose a later time.")
    return moment.astimezone(UTC)


def parse_since(text: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """Parse the value of ``--since``: ``2026-11-01``, a date with a time, or an age such as ``30 days`` or ``4 weeks``.

    Args:
        zone: The zone of a time without an offset; a date means its midnight there.
        now: The current time; aware.

    Returns:
        Aware, in UTC, not later than ``now``.

    Raises:
        UsageError: ``text`` is neither, or lies in the future.
    """
    age = _AGE.fullmatch(text.strip())
    try:
        moment = now - int(age[1]) * _UNITS[age[2][0].lower()] if age else datetime.fromisoformat(text.strip())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        hint = 'Write a date or an age: --since 2026-11-01 or --since "30 days".'
        raise UsageError(f"{text!r} is neither a date nor an age", hint=hint) from None
    if moment > now:
        raise UsageError(f"{text.strip()} lies in the future", hint="Choose an earlier date.")
    return moment


def _is_date(text: str) -> bool:
    """Whether ``text`` is a date in a form of ISO 8601: ``2026-11-27``, ``20261127`` or ``2026-W48-5``."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _next_time(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The next time ``HH:MM`` in ``zone`` after ``now``, as a naive datetime."""
    hour, minute = map(int, text.split(":"))
    today = now.astimezone(zone).replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None)
    return today if today.replace(tzinfo=zone) > now else today + timedelta(days=1)


def last_scheduled_run(cron: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The latest time at or before ``now`` that matches a cron expression.

    GitHub may start a scheduled job many hours late, and passes the cron expression that triggered it as
    ``github.event.schedule``: https://docs.github.com/actions/reference/events-that-trigger-workflows#schedule

    Args:
        cron: Five fields, such as ``17 5 * * 1``, evaluated in ``zone``.
        now: The current time; aware.

    Returns:
        The time of the run; aware, in UTC.

    Raises:
        UsageError: ``cron`` is not a cron expression, or has matched no time in recent years.
    """
    # CronSim only returns times strictly before the one it is passed.
    start = (now + timedelta(minutes=1)).astimezone(zone).replace(second=0, microsecond=0)
    try:
        moment = next(CronSim(cron.strip(), start, reverse=True))
    except (CronSimError, StopIteration):
        raise UsageError(
            f"{cron!r} is not a cron expression", hint='Copy it from the workflow: --schedule "17 5 * * 1"'
        ) from None
    return moment.astimezone(UTC)


def scheduled_issue(cron: str, *, zone: ZoneInfo, now: datetime) -> IssueId:
    """The issue of the week that a run of this schedule was meant for, however late the run is.

    Raises:
        UsageError: ``cron`` is not a cron expression.
    """
    return IssueId.of(last_scheduled_run(cron, zone=zone, now=now), zone.key)


def issue_due_at(id: str, *, due: str, zone: ZoneInfo) -> datetime:
    """When an issue should have been sent.

    Args:
        id: The issue's id.
        due: ``delivery.due``, such as ``thu 12:00``; empty for the end of the issue's week.
        zone: The newsletter's zone.

    Returns:
        The deadline; aware, in UTC.
    """
    first, after = IssueId.parse(id).week_bounds(zone.key)
    if not due:
        return after
    day, _, time = due.partition(" ")
    hour, minute = map(int, time.split(":"))
    date = first.astimezone(zone) + timedelta(days=_DAYS.index(day))
    return date.replace(hour=hour, minute=minute).astimezone(UTC)
