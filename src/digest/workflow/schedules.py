"""``--schedule``: the moment for which a late run was meant. Pure.

GitHub starts scheduled jobs as well as it can, at times many hours late, and hands them the cron line that they stand
for (docs.github.com/actions/reference/events-that-trigger-workflows#schedule).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

from digest.errors import UsageError
from digest.models import IssueId

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["scheduled_issue", "scheduled_moment"]


def scheduled_moment(line: str, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The latest moment at or before ``now`` that the cron line names.

    Args:
        line: Five fields, such as ``17 5 * * 1``, counted in ``zone``.
        now: Aware.

    Returns: Aware, in UTC.

    Raises:
        UsageError: It is no cron line, or names no moment of the last years.
    """
    # It looks strictly before the moment that it is given.
    start = (now + timedelta(minutes=1)).astimezone(zone).replace(second=0, microsecond=0)
    try:
        moment = next(CronSim(line.strip(), start, reverse=True))
    except (CronSimError, StopIteration):
        raise UsageError(
            f"{line!r} is no cron line", hint='Write it as in the workflow: --schedule "17 5 * * 1"'
        ) from None
    return moment.astimezone(UTC)


def scheduled_issue(line: str, *, zone: ZoneInfo, now: datetime) -> IssueId:
    """The issue of the week for which a run of this schedule was meant, however late it is.

    Raises:
        UsageError: It is no cron line.
    """
    return IssueId.of(scheduled_moment(line, zone=zone, now=now), zone.key)
