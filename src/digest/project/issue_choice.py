"""Which issue a command works on if the user names none. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import IssueError, UsageError
from digest.models import IssueId

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

__all__ = ["is_abandoned", "issue_to_collect", "open_issue"]


def open_issue(existing: Sequence[IssueId], ended: Collection[str], *, sent: Collection[str]) -> IssueId | None:
    """The newest issue that exists and is neither ended nor abandoned, or None.

    Args:
        existing: Ids, oldest first.
        ended: Ids that no command works on by default, such as those that were sent or cancelled.
        sent: Issues whose send has started and was not cancelled.
    """
    return next((id for id in reversed(existing) if id not in ended and not is_abandoned(id, sent)), None)


def is_abandoned(id: str, sent: Collection[str]) -> bool:
    """Whether an issue is older than the newest sent one. No command chooses it; it can still be named."""
    return id < max(sent, default="")


def issue_to_collect(
    existing: Sequence[IssueId], started: Collection[str], *, sent: Collection[str], now: datetime, timezone: str
) -> IssueId:
    """The open issue; otherwise this week's issue, or that of the week after the newest one if this week's is taken.

    Args:
        existing: Ids, oldest first.
        started: Issues whose send has started and may have mailed somebody. Nothing more is collected into them.
        sent: Those of ``started`` that were not cancelled.
        now: The current time; aware.
        timezone: The newsletter's time zone, as an IANA name.

    Raises:
        IssueError: The newest id in the ledger is not an issue id.
    """
    candidate = open_issue(existing, started, sent=sent)
    if candidate is not None:
        return candidate
    current = IssueId.of(now, timezone)
    newest = max((*started, *existing), default="")
    if newest < current:
        return current
    try:
        return IssueId.parse(newest).next_week()
    except UsageError as error:
        raise IssueError(f"{newest!r} is not an issue id", hint="Name the issue: digest collect 2026-W47") from error
