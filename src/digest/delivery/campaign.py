"""What a campaign is: its state, its numbers, and how a run of it ends. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from digest.errors import DigestError, IncompleteError, NothingToDoError, Place, ProviderError, RefusedError
from digest.providers import wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from digest.models import Audience, IssueId, RenderedIssue

__all__ = [
    "FEWEST_FOR_ANOTHER_CAUSE",
    "MOST_REJECTED_PERCENT",
    "Campaign",
    "CampaignDoneError",
    "CampaignError",
    "CampaignIncompleteError",
    "CampaignInterrupted",
    "CampaignRefusedError",
    "CampaignRejectedError",
    "CampaignState",
    "SendReport",
    "count_skipped",
    "describe_progress",
    "group_reasons",
    "judge_outcome",
    "planned_report",
]

#: If more of a campaign is rejected than this, the cause is probably not the single addresses.
MOST_REJECTED_PERCENT = 10
#: If fewer people are rejected, their mailboxes may really be gone.
FEWEST_FOR_ANOTHER_CAUSE = 10


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
        rejected_by_reason: How many were rejected for each reason of the provider, the most frequent first. What
            differs from one recipient to the next is ``…``.
        suppressed: How many addresses were suppressed when the send ended, because their mailbox does not exist.
    """

    state: CampaignState
    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    skipped: int = 0
    pending: int = 0
    token: str = ""
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict, hash=False)
    suppressed: int = 0

    @property
    def settled(self) -> int:
        """The number of recipients with an outcome."""
        return self.accepted + self.rejected + self.unknown

    @property
    def size(self) -> int:
        """The number of recipients of the whole campaign."""
        return self.settled + self.pending

    @property
    def many_rejected(self) -> bool:
        """Whether so large a part of the campaign was rejected that someone has to look at it."""
        return self.rejected * 100 > self.size * MOST_REJECTED_PERCENT

    @property
    def keeps_bounces(self) -> bool:
        """Whether so many were rejected that the reasons say nothing about the addresses: nobody is suppressed.

        A misconfigured server may say of everybody that the mailbox does not exist.
        """
        return self.many_rejected and self.rejected >= FEWEST_FOR_ANOTHER_CAUSE

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
            "rejected_by_reason": dict(self.rejected_by_reason),
            "suppressed": self.suppressed,
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


def group_reasons(reasons: Mapping[str, int]) -> dict[str, int]:
    """Count recipients by the wording of their reason, the most frequent first. Pure.

    Args:
        reasons: The number of recipients for each recorded reason.
    """
    counts = Counter[str]()
    for reason, number in reasons.items():
        counts[wording(reason) or "no reason given"] += number
    return {reason: number for reason, number in counts.most_common() if number > 0}


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


class CampaignRejectedError(CampaignError, ProviderError):
    """Everybody was refused (exit 1)."""


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
        CampaignRejectedError: Everybody was refused.
        CampaignDoneError: The campaign was cancelled meanwhile.
        CampaignInterrupted: The user has asked to stop, and somebody is still pending or unknown.
        CampaignIncompleteError: Somebody is still pending or unknown.
    """
    if report.state in {CampaignState.SENT, CampaignState.SCHEDULED}:
        if report.rejected and not report.accepted:
            raise CampaignRejectedError(
                f"{issue} reached nobody: {report.rejected:,} were refused",
                hint=f"See why: digest report {issue}. Nothing is sent twice; they will receive the next issue.",
                report=report,
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
