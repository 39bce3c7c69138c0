"""Which issue a command means when it names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import IssueError, UsageError
from digest.models import IssueId

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

__all__ = ["issue_to_collect", "open_issue"]


def open_issue(existing: Sequence[IssueId], ended: Collection[str]) -> IssueId | None:
    """The newest issue that exists and has not ended (been sent or cancelled), or None.

    Args:
        existing: Ids, oldest first.
        ended: Ids that no command works on by default.
    """
    return next((id for id in reversed(existing) if id not in ended), None)


def issue_to_collect(existing: Sequence[IssueId], ended: Collection[str], *, now: datetime, timezone: str) -> IssueId:
    """The open issue, or else this week's, or else the week's after the newest one that has ended."""
    found = open_issue(existing, ended)
    if found is not None:
        return found
    current = IssueId.of(now, timezone)
    newest = max((*ended, *existing), default="")
    if newest < current:
        return current
    try:
        return IssueId.parse(newest).next_week()
    except UsageError as error:
        raise IssueError(f"the newest issue is called {newest!r}", hint="Name one: digest collect 2026-W47") from error
