"""How a run of a campaign ends: with its numbers, or with the error that fits them. Pure."""

from __future__ import annotations

from digest.delivery.campaign import (
    CampaignDoneError,
    CampaignIncompleteError,
    CampaignInterrupted,
    CampaignState,
    SendReport,
)
from digest.errors import ProviderError

__all__ = ["describe_progress", "judge_outcome"]


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
