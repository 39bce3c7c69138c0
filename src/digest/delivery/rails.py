"""Whether a campaign may begin or go on: decided from data alone, for the rehearsal and the real thing alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.delivery.report import CampaignDoneError, CampaignIncompleteError, CampaignRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from digest.delivery.groups import CallGroup
    from digest.delivery.report import Campaign, SendReport
    from digest.models import Manifest
    from digest.providers import Provider

__all__ = [
    "describe",
    "is_in_window",
    "require_cancellable",
    "require_familiar_size",
    "require_holds",
    "require_in_time",
    "require_in_window",
    "require_new",
    "require_not_too_many",
    "require_resumable",
    "require_schedulable",
]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def require_resumable(campaign: Campaign, *, token: str, provider: str, resume: bool) -> None:
    """Refuse to touch a campaign that there is, unless it is to be resumed, with the build and provider it began with.

    Raises:
        CampaignDoneError: It is finished, whatever the build.
        CampaignRefusedError: It began with another build, or through another provider.
        CampaignIncompleteError: It was interrupted and nobody said to resume it.
    """
    if campaign.state in {"sent", "cancelled", "scheduled"}:
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


def require_holds(groups: Sequence[CallGroup], *, provider: Provider, report: SendReport) -> None:
    """Refuse to go on in one phase with what was begun in two.

    What is held back would not be found, and what is sent now could not be called off with the rest.

    Raises:
        CampaignRefusedError: Something is left to do, and the provider holds nothing back.
    """
    left = report.pending or report.unknown or any(group.open for group in groups)
    if provider.holds is None and groups and left:
        raise CampaignRefusedError(
            "this send was begun in two phases, and is not at its end",
            hint=f"Go on as it began: [providers.{provider.name}] two_phase = true",
            report=report,
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


def is_in_window(moment: datetime, *, window: str, days: Sequence[str], zone: ZoneInfo) -> bool:
    """Tell whether readers may be mailed at a moment, as `require_in_window` asks."""
    clock, day = _clock_and_day(moment, zone)
    begin, _, end = window.partition("-")
    within = not window or (begin <= clock < end if begin < end else clock >= begin or clock < end)
    return within and (not days or day in days)


def _clock_and_day(moment: datetime, zone: ZoneInfo) -> tuple[str, str]:
    there = moment.astimezone(zone)
    return f"{there:%H:%M}", _DAYS[there.weekday()]


def require_in_window(
    moment: datetime, *, window: str, days: Sequence[str], zone: ZoneInfo, report: SendReport
) -> None:
    """Refuse to deliver at a time at which readers are not to be mailed.

    Args:
        window: ``delivery.send_window``, such as 07:00-19:00, or over midnight 22:00-02:00; empty for the whole day.
        days: ``delivery.send_days``; empty for all.

    Raises:
        CampaignRefusedError: It is outside.
    """
    if is_in_window(moment, window=window, days=days, zone=zone):
        return
    clock, day = _clock_and_day(moment, zone)
    allowed = " ".join(filter(None, [", ".join(days), window]))
    raise CampaignRefusedError(
        f"{day} {clock} is outside of when readers are mailed: {allowed} ({zone.key})",
        hint="Send then, or name a time with --at; delivery.send_window and send_days set it.",
        report=report,
    )


def require_familiar_size(count: int, *, before: int | None, percent: int | None, report: SendReport) -> None:
    """Refuse an audience that has grown or shrunk more than anybody expected since the last issue.

    Raises:
        CampaignRefusedError: ``count`` differs from ``before`` by more than ``percent``.
    """
    if percent is None or not before or abs(count - before) * 100 <= percent * before:
        return
    raise CampaignRefusedError(
        f"{count:,} people would be mailed, and the last issue went to {before:,}: that differs by more than "
        f"delivery.max_change_percent = {percent}",
        hint="Look at the lists with `digest subscribers check`, or raise the limit.",
        report=report,
    )


def require_schedulable(at: datetime | None, *, provider: Provider, now: datetime, report: SendReport) -> None:
    """Refuse a moment that the provider cannot be told.

    Raises:
        CampaignRefusedError: It cannot deliver later, or not so much later.
    """
    if at is None:
        return
    if at <= now:
        raise CampaignRefusedError(
            f"{at:%Y-%m-%d %H:%M} UTC is over", hint="Name a later time, or send without --at.", report=report
        )
    ahead = provider.capabilities.schedules
    if not ahead:
        raise CampaignRefusedError(
            f"{provider.name} cannot be told to deliver later",
            hint="Send without --at when the time has come, such as from cron.",
            report=report,
        )
    if at - now > ahead:
        hours = int(ahead.total_seconds() // 3600)
        raise CampaignRefusedError(
            f"{provider.name} can be told at most {hours} hours ahead", hint="Send later.", report=report
        )


def require_cancellable(campaign: Campaign, groups: Sequence[CallGroup], *, provider: Provider, now: datetime) -> None:
    """Refuse to call off what cannot be called off any more.

    Args:
        groups: Of a campaign that is sent in two phases: it can be called off until the first of them is due.

    Raises:
        CampaignRefusedError: It is delivered at once, through another provider, or its moment is near.
    """
    let_go = [group.send_at for group in groups if group.state in {"committing", "committed"}]
    send_at = min(let_go, default=None) if groups else campaign.send_at
    unbegun = provider.holds is not None and not campaign.report.settled  # it died before its first group
    if not groups and not unbegun and (send_at is None or not campaign.schedule):
        words, hint = (
            f"{campaign.issue} is delivered at once, and cannot be called off",
            "Use --at to have time for it.",
        )
    elif campaign.provider != provider.name:
        words = f"{campaign.issue} is delivered by {campaign.provider}, and delivery.provider is now {provider.name}"
        hint = f'Set it back: [delivery] provider = "{campaign.provider}"'
    elif send_at is not None and now > send_at - provider.capabilities.undo_until:
        minutes = int(provider.capabilities.undo_until.total_seconds() // 60)
        words = f"it is too late: {provider.name} can be told until {minutes} minutes before"
        hint = f"It is delivered at {send_at:%H:%M} UTC."
    else:
        return
    raise CampaignRefusedError(words, hint=hint, report=campaign.report)


def require_new(knows: bool, *, issue: str, provider: str, report: SendReport) -> None:
    """Refuse a campaign that this ledger does not know and the provider does: the ledger is not the one it had.

    Raises:
        CampaignRefusedError: ``knows``.
    """
    if knows:
        raise CampaignRefusedError(
            f"{provider} has mailed {issue} to this audience already, and this ledger does not know of it",
            hint="Bring back the ledger with which it was sent. Without it nobody can tell who has the issue.",
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
