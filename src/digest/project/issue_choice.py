"""Which issue a command works on when none is named. Pure."""

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


def issue_to_collect(
    existing: Sequence[IssueId], begun: Collection[str], *, sent: Collection[str], now: datetime, timezone: str
) -> IssueId:
    """The open issue, or else this week's, or else that of the week after the newest one.

    An issue older than the newest sent one is not open: it was abandoned, and this week's news does not belong in it.

    Args:
        existing: Ids, oldest first.
        begun: Issues of which a send has begun, whatever became of it: nothing is collected into them any more.
        sent: Those of ``begun`` that were not cancelled.
        now: Aware.

    Raises:
        IssueError: The newest id in the ledger is not an issue id.
    """
    candidate = open_issue(existing, begun)
    if candidate is not None and candidate > max(sent, default=""):
        return candidate
    current = IssueId.of(now, timezone)
    newest = max((*begun, *existing), default="")
    if newest < current:
        return current
    try:
        return IssueId.parse(newest).next_week()
    except UsageError as error:
        raise IssueError(f"the newest issue is called {newest!r}", hint="Name one: digest collect 2026-W47") from error
