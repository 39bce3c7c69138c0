"""What a campaign is: its state, its numbers, and how a run of it ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from digest.errors import DigestError, IncompleteError, NothingToDoError, Place, ProviderError, RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from digest.models import Audience, IssueId, RenderedIssue

__all__ = [
    "Campaign",
    "CampaignDoneError",
    "CampaignError",
    "CampaignIncompleteError",
    "CampaignInterrupted",
    "CampaignRefusedError",
    "CampaignState",
    "SendReport",
    "count_skipped",
    "describe_progress",
    "judge_outcome",
    "planned_report",
]


class CampaignState(StrEnum):
    """The state of a campaign. ``--json`` prints these values."""

    #: Nothing has been written to the ledger yet.
    PLANNED = "planned"
    #: Some recipients are still pending.
    SENDING = "sending"
    #: The provider has accepted every message and delivers at a later time.
    SCHEDULED = "scheduled"
    #: Every recipient has an outcome, and none of them is unknown.
    SENT = "sent"
    #: Nobody is pending, but the outcome of some recipients is unknown.
    HELD = "held"
    #: The campaign was cancelled before delivery.
    CANCELLED = "cancelled"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more is posted for the campaign."""
        return self in {CampaignState.SCHEDULED, CampaignState.SENT, CampaignState.CANCELLED}

    @property
    def is_closed(self) -> bool:
        """Whether the campaign can no longer change: it is finished and cannot be cancelled either."""
        return self in {CampaignState.SENT, CampaignState.CANCELLED}


@dataclass(frozen=True, kw_only=True, slots=True)
class SendReport:
    """Numbers of recipients, cumulative over the campaign.

    Attributes:
        accepted: The provider accepted their message.
        rejected: The provider refused their message for good.
        unknown: The reply to their call was lost. They are not mailed again unless the user decides so.
        skipped: Rows with a bad address when the audience was frozen, and recipients who left later.
        pending: Nothing was posted for them yet.
        token: The token of the campaign's build.
    """

    state: CampaignState
    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    skipped: int = 0
    pending: int = 0
    token: str = ""

    @property
    def settled(self) -> int:
        """The number of recipients with an outcome."""
        return self.accepted + self.rejected + self.unknown

    def as_data(self) -> dict[str, Any]:
        """The report as ``--json`` prints it."""
        return {
            "state": str(self.state),
            "accepted": self.accepted,
            "rejected": self.rejected,
            "unknown": self.unknown,
            "skipped": self.skipped,
            "pending": self.pending,
            "token": self.token,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """A campaign as recorded in the ledger. Times are aware, in UTC.

    Attributes:
        issue: The issue's id.
        audience: The audience's name.
        token: The token of the build that the campaign started with.
        provider: The name of the provider that the campaign started with.
        finished_at: When the last recipient was settled; None before that.
        send_at: When the provider delivers; None for immediate delivery.
        schedule: The provider's name for the scheduled delivery; empty for immediate delivery.
        replaceable: Whether it is certain that nobody was mailed, so that another build may take the campaign's place.
    """

    issue: IssueId
    audience: str
    token: str
    provider: str
    state: CampaignState
    started_at: datetime
    finished_at: datetime | None
    report: SendReport
    send_at: datetime | None = None
    schedule: str = ""
    replaceable: bool = False


def planned_report(rendered: RenderedIssue, audience: Audience) -> SendReport:
    """The numbers of a campaign that has not started."""
    return SendReport(
        state=CampaignState.PLANNED,
        pending=len(audience.subscribers),
        skipped=count_skipped(audience),
        token=rendered.token,
    )


def count_skipped(audience: Audience) -> int:
    """Count the rows of the lists that have a bad address."""
    return audience.left_out.get("bad address", 0)


class CampaignError(DigestError):
    """An error about a campaign.

    Attributes:
        report: The campaign's numbers; None if there is no campaign.
    """

    def __init__(
        self, message: str, *, place: Place | None = None, hint: str = "", report: SendReport | None = None
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.report = report
        if report is not None:
            self.data = report.as_data()


class CampaignRefusedError(CampaignError, RefusedError):
    """A safety rail refused the send (exit 6)."""


class CampaignIncompleteError(CampaignError, IncompleteError):
    """The issue is partly sent, or some outcome is unknown (exit 7)."""


class CampaignDoneError(CampaignError, NothingToDoError):
    """The campaign is finished, or there is nobody to mail (exit 8)."""


class CampaignInterrupted(KeyboardInterrupt):
    """The user pressed Ctrl-C. The call in flight was awaited and its outcome recorded (exit 130)."""

    def __init__(self, report: SendReport) -> None:
        super().__init__()
        self.report = report


def judge_outcome(report: SendReport, trouble: str, *, issue: str, interrupted: bool) -> SendReport:
    """Judge the numbers with which a run of a campaign ends.

    Args:
        report: The campaign's numbers.
        trouble: Why somebody is still pending; empty if nobody is.
        issue: The issue's id.
        interrupted: Whether the user has asked to stop.

    Returns: The numbers of a campaign in which everybody is settled.

    Raises:
        ProviderError: Everybody was refused.
        CampaignDoneError: The campaign was cancelled meanwhile.
        CampaignInterrupted: The user has asked to stop, and somebody is still pending or unknown.
        CampaignIncompleteError: Somebody is still pending or unknown.
    """
    if report.state in {CampaignState.SENT, CampaignState.SCHEDULED}:
        if report.rejected and not report.accepted:
            raise ProviderError(
                f"{issue} reached nobody: {report.rejected:,} were refused",
                hint="Nothing is sent twice; they will receive the next issue. Start it with: digest collect",
            )
        return report
    if report.state is CampaignState.CANCELLED:
        raise CampaignDoneError(f"{issue} was cancelled meanwhile", hint="See: digest status", report=report)
    if interrupted:
        raise CampaignInterrupted(report)
    if report.pending:
        raise CampaignIncompleteError(
            f"{issue} is partly sent ({trouble}): {describe_progress(report)}",
            hint="Continue later with: digest send --live --resume",
            report=report,
        )
    raise CampaignIncompleteError(
        f"{issue}: it is unknown whether {report.unknown:,} people received it, so they are not mailed again",
        hint="Check with the provider: digest send --live --resume. To mail them again, add --on-unknown resend.",
        report=report,
    )


def describe_progress(report: SendReport) -> str:
    """The numbers of an unfinished campaign, for a message."""
    text = f"{report.accepted:,} accepted, {report.pending:,} not yet sent"
    if report.unknown:
        text += f", {report.unknown:,} unknown"
    if report.rejected:
        text += f", {report.rejected:,} rejected"
    return text
