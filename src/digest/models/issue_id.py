"""The id of an issue: its ISO week, with a letter for every further issue of that week."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from digest.errors import UsageError

__all__ = ["IssueId", "is_issue_id"]

_FORM = re.compile(r"(?P<year>[1-9][0-9]{3})-W(?P<week>[0-9]{2})(?P<letter>[b-z]?)")


class IssueId(str):
    """An issue id: ``2026-W47``, or ``2026-W47b`` for the second issue of that week, ``2026-W47c`` for the third.

    It is a string, so it formats, hashes and serialises as one, and its order is the order of publication:
    ``2026-W47 < 2026-W47b < 2026-W48``. Weeks are ISO 8601 weeks in the newsletter's time zone. There is no letter
    ``a``, and week 53 exists only in years that have one.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check ``text``; see `parse`."""
        if not is_issue_id(text):
            hint = "An issue is named by its ISO week, such as 2026-W47, or 2026-W47b for a second issue of that week."
            raise UsageError(f"{text!r} is not an issue", hint=hint)
        return super().__new__(cls, text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an id as it is typed on the command line or named by a folder.

        Raises:
            UsageError: ``text`` is not an issue id.
        """
        return cls(text)

    @classmethod
    def of(cls, moment: datetime, timezone: str) -> Self:
        """The first issue of the week that contains ``moment`` (aware). ``timezone`` is an IANA name."""
        year, week, _ = moment.astimezone(ZoneInfo(timezone)).isocalendar()
        return cls(f"{year}-W{week:02}")

    @property
    def week(self) -> tuple[int, int]:
        """The ISO year and the number of the week in it, shared by all issues of one week."""
        return int(self[:4]), int(self[6:8])

    @property
    def letter(self) -> str:
        """The letter of a further issue of its week, from ``b`` on; empty for the first issue."""
        return self[8:]

    def week_bounds(self, timezone: str) -> tuple[datetime, datetime]:
        """The first moment of the issue's week and the first moment after it.

        Args:
            timezone: An IANA name. A week begins at midnight there on a Monday.

        Returns:
            Two aware moments, in UTC.
        """
        zone, monday = ZoneInfo(timezone), date.fromisocalendar(*self.week, 1)
        first, after = (
            datetime(day.year, day.month, day.day, tzinfo=zone) for day in (monday, monday + timedelta(weeks=1))
        )
        return first.astimezone(UTC), after.astimezone(UTC)

    def next_week(self) -> Self:
        """The first issue of the following week.

        Raises:
            UsageError: The following week is past the year 9999.
        """
        year, week, _ = (date.fromisocalendar(*self.week, 1) + timedelta(weeks=1)).isocalendar()
        return type(self)(f"{year}-W{week:02}")


def is_issue_id(text: str) -> bool:
    """Return whether ``text`` is an issue id, such as the name of an issue's folder."""
    match = _FORM.fullmatch(text)
    if match is None:
        return False
    try:
        # A year has 52 or 53 weeks, and `date` ends with the year 9999.
        date.fromisocalendar(int(match["year"]), int(match["week"]), 1) + timedelta(weeks=1)
    except (ValueError, OverflowError):
        return False
    return True
