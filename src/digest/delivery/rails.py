"""Whether a campaign may begin or go on: decided from data alone, for the rehearsal and the real thing alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.delivery.report import CampaignDoneError, CampaignIncompleteError, CampaignRefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from digest.delivery.report import Campaign, SendReport
    from digest.models import Manifest

__all__ = ["require_in_time", "require_not_too_many", "require_resumable"]


def require_resumable(campaign: Campaign, *, token: str, provider: str, resume: bool) -> None:
    """Refuse to touch a campaign that there is, unless it is to be resumed, with the build and provider it began with.

    Raises:
        CampaignDoneError: It is finished, whatever the build.
        CampaignRefusedError: It began with another build, or through another provider.
        CampaignIncompleteError: It was interrupted and nobody said to resume it.
    """
    if campaign.state in {"sent", "cancelled"}:
        raise CampaignDoneError(
            f"{campaign.issue} was {campaign.state}; nothing is ever sent twice",
            hint="See: digest status",
            report=campaign.report,
        )
    if campaign.token != token:
        raise CampaignRefusedError(
            f"{campaign.issue} began to be sent as {campaign.token}, and this build is {token}",
            hint="Nothing is sent twice; what changed can go into the next issue.",
            report=campaign.report,
        )
    if campaign.provider != provider:
        raise CampaignRefusedError(
            f"{campaign.issue} began to be sent through {campaign.provider}, and delivery.provider is now {provider}",
            hint=f'Set it back to go on: [delivery] provider = "{campaign.provider}"',
            report=campaign.report,
        )
    if not resume:
        raise CampaignIncompleteError(
            f"{campaign.issue} was interrupted: {describe(campaign.report)}",
            hint="Go on with: digest send --live --resume",
            report=campaign.report,
        )


def require_in_time(manifest: Manifest, *, now: datetime, report: SendReport) -> None:
    """Refuse to mail anybody an issue that has grown old.

    Raises:
        CampaignRefusedError: ``now`` is after the manifest's ``not_after``.
    """
    if now <= manifest.not_after:
        return
    raise CampaignRefusedError(
        f"{manifest.issue} was not to be sent after {manifest.not_after:%Y-%m-%d %H:%M} UTC",
        # A campaign that has begun takes no other build.
        hint="Build it again if it is still news: digest build" if report.state == "planned" else _too_late(report),
        report=report,
    )


def _too_late(report: SendReport) -> str:
    words = []
    if report.pending:
        words.append(f"{report.pending:,} people stay unmailed in this issue and get the next one")
    if report.unknown:
        words.append(f"{report.unknown:,} whose mail is unknown are not mailed again")
    return f"{'; '.join(words)}. Begin the next issue with: digest collect"


def require_not_too_many(count: int, *, limit: int | None, report: SendReport) -> None:
    """Refuse an audience that is larger than anybody expected.

    Raises:
        CampaignRefusedError: ``count`` is more than ``delivery.max_recipients``.
    """
    if limit is not None and count > limit:
        raise CampaignRefusedError(
            f"{count:,} people would be mailed, and delivery.max_recipients is {limit:,}",
            hint="Look at the lists with `digest subscribers check`, or raise the limit.",
            report=report,
        )


def describe(report: SendReport) -> str:
    """The numbers of an unfinished campaign in words."""
    words = f"{report.accepted:,} accepted, {report.pending:,} not yet sent"
    if report.unknown:
        words += f", {report.unknown:,} unknown"
    if report.rejected:
        words += f", {report.rejected:,} rejected"
    return words
