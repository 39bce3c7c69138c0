"""What a campaign has come to: its numbers, and the errors that carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from digest.errors import DigestError, IncompleteError, NothingToDoError, Place, RefusedError

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "Campaign",
    "CampaignDoneError",
    "CampaignError",
    "CampaignIncompleteError",
    "CampaignInterrupted",
    "CampaignRefusedError",
    "SendReport",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class SendReport:
    """Numbers of recipients, cumulative over the campaign.

    Attributes:
        state: ``planned``, ``sending``, ``scheduled``, ``sent``, ``held`` or ``cancelled``.
        accepted: The provider took their mail.
        rejected: The provider will not take it.
        unknown: Their call's answer was lost; they are not mailed again unless somebody says so.
        skipped: Rows with a bad address when the audience was frozen, and people who left after that.
        pending: Nothing was posted for them yet.
        token: Of the campaign.
    """

    state: str
    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    skipped: int = 0
    pending: int = 0
    token: str = ""

    @property
    def settled(self) -> int:
        """How many have an outcome."""
        return self.accepted + self.rejected + self.unknown

    def as_data(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "state": self.state,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "unknown": self.unknown,
            "skipped": self.skipped,
            "pending": self.pending,
            "token": self.token,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """A campaign as the ledger knows it. Moments are aware, in UTC.

    Attributes:
        provider: By the name under which it began.
        state: ``sending``, ``held``, ``sent``, …, as in `SendReport`.
        finished_at: When every recipient was settled.
        send_at: When the provider was asked to deliver; None for at once. ``schedule`` is its name for that.
    """

    issue: str
    audience: str
    token: str
    provider: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    report: SendReport
    send_at: datetime | None = None
    schedule: str = ""


class CampaignError(DigestError):
    """An error that carries the campaign's numbers, in ``report``; None when there is no campaign."""

    def __init__(
        self, message: str, *, place: Place | None = None, hint: str = "", report: SendReport | None = None
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.report = report
        if report is not None:
            self.data = report.as_data()


class CampaignRefusedError(CampaignError, RefusedError):
    """A safety rail held (exit 6)."""


class CampaignIncompleteError(CampaignError, IncompleteError):
    """Partly sent, or something is unknown (exit 7)."""


class CampaignDoneError(CampaignError, NothingToDoError):
    """The campaign is finished, or there is nobody to mail (exit 8)."""


class CampaignInterrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C, and the call in flight was waited for and written down (exit 130)."""

    def __init__(self, report: SendReport) -> None:
        super().__init__()
        self.report = report
