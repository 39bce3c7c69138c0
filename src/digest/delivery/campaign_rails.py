"""The safety rails of a campaign: may it start or continue? Pure, and the same for the dry run and the live send.

Each ``require_…`` function returns if its rail is satisfied, and raises otherwise. ``report`` is always the campaign's
numbers, which are attached to the error.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from digest.delivery.campaign import (
    CampaignDoneError,
    CampaignIncompleteError,
    CampaignRefusedError,
    CampaignState,
    describe_progress,
)
from digest.delivery.recipients import count_mailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from digest.config import Config
    from digest.delivery.campaign import Campaign, SendReport
    from digest.delivery.group_ledger import CallGroup
    from digest.models import Audience, Manifest, RenderedIssue
    from digest.providers import Provider

__all__ = [
    "closing_reason",
    "delivery_time",
    "is_in_window",
    "is_replaced",
    "require_cancellable",
    "require_expected_size",
    "require_in_time",
    "require_in_window",
    "require_recipients",
    "require_remaining_audience",
    "require_resumable",
    "require_same_phases",
    "require_schedulable",
    "require_startable",
    "require_unknown_to_provider",
    "shrinking_reason",
]

#: A resumed send is refused if more than this part of the remaining recipients has disappeared from the lists, and at
#: least this many people, unless ``delivery.max_change_percent`` is higher.
_MAX_GONE_PERCENT, _MIN_GONE = 50, 10
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def delivery_time(provider: Provider, config: Config, *, at: datetime | None, now: datetime) -> datetime:
    """When readers receive mail that is handed to the provider now. All times are aware.

    A two-phase send delays delivery, so that it can be cancelled.
    """
    delay = timedelta(0)
    if provider.holds is not None:
        delay = provider.capabilities.undo_until + timedelta(minutes=config.delivery.undo_minutes)
    return max(at or now, now + delay)


def require_startable(
    rendered: RenderedIssue, audience: Audience, *, config: Config, due: datetime, report: SendReport
) -> None:
    """Refuse to start a campaign that is too late, outside the send window, or for nobody.

    Args:
        rendered: The issue.
        audience: The audience, before the provider's suppressions are pulled.
        config: The newsletter's configuration.
        due: When readers receive the issue, from `delivery_time`; aware.
        report: The campaign's numbers.

    Raises:
        CampaignRefusedError: It is too late, or outside the window.
        CampaignDoneError: There is nobody to mail.
    """
    require_in_time(rendered.manifest, now=due, report=report)
    require_in_window(due, config=config, report=report)
    require_recipients(audience, issue=rendered.manifest.issue, report=report)


def require_recipients(audience: Audience, *, issue: str, report: SendReport) -> None:
    """Refuse a campaign to nobody.

    Raises:
        CampaignDoneError: The audience is empty, perhaps because everybody has the issue already.
    """
    if audience.subscribers:
        return
    if mailed := count_mailed(audience):
        raise CampaignDoneError(
            f"nobody in the audience {audience.name} is left to mail: {mailed:,} have {issue}, or may have it, from a "
            "campaign to another audience",
            hint="An edition for people who have this issue is an issue of its own. See: digest status",
            report=report,
        )
    raise CampaignDoneError(
        f"there is nobody to mail in the audience {audience.name}",
        hint="Check the lists: digest subscribers check",
        report=report,
    )


def is_replaced(campaign: Campaign | None, *, token: str, provider: str) -> bool:
    """Whether a send starts anew in place of a campaign that has certainly mailed nobody.

    Args:
        campaign: The campaign as the ledger has it; None if it has not started.
        token: The token of the current build.
        provider: The name of the configured provider.
    """
    if campaign is None or not campaign.replaceable:
        return False
    return campaign.state.is_finished or (campaign.token, campaign.provider) != (token, provider)


def require_resumable(campaign: Campaign, *, token: str, provider: str, resume: bool) -> None:
    """Refuse to continue a campaign, unless the user resumes it with the build and provider that it started with.

    Args:
        campaign: The campaign as the ledger has it.
        token: The token of the current build.
        provider: The name of the configured provider.
        resume: Whether the user asked to resume.

    Raises:
        CampaignDoneError: The campaign is finished, whatever the build.
        CampaignRefusedError: It started with another build, or through another provider.
        CampaignIncompleteError: It was interrupted, and the user did not ask to resume it.
    """
    if campaign.state.is_finished:
        raise CampaignDoneError(
            f"{campaign.issue} was {campaign.state}; nothing is ever sent twice",
            hint="See: digest status",
            report=campaign.report,
        )
    if campaign.token != token:
        raise CampaignRefusedError(
            f"the send of {campaign.issue} started with the build {campaign.token}, and the current build is {token}",
            hint="Nothing is sent twice. Put the changes into the next issue.",
            report=campaign.report,
        )
    if campaign.provider != provider:
        raise CampaignRefusedError(
            f"the send of {campaign.issue} started with {campaign.provider}, and delivery.provider is now {provider}",
            hint=f'To continue, set it back: [delivery] provider = "{campaign.provider}"',
            report=campaign.report,
        )
    if not resume:
        raise CampaignIncompleteError(
            f"the send of {campaign.issue} was interrupted: {describe_progress(campaign.report)}",
            hint="Continue with: digest send --live --resume",
            report=campaign.report,
        )


def require_same_phases(groups: Sequence[CallGroup], *, provider: Provider, report: SendReport) -> None:
    """Refuse to continue a two-phase send in one phase.

    What the provider holds back would not be found, and what is sent now could not be cancelled with the rest.

    Raises:
        CampaignRefusedError: Something is left to do, and the provider holds nothing back.
    """
    unfinished = report.pending or report.unknown or any(group.open for group in groups)
    if provider.holds is None and groups and unfinished:
        raise CampaignRefusedError(
            "this send started in two phases and is not finished",
            hint=f"Continue as it started: [providers.{provider.name}] two_phase = true",
            report=report,
        )


def require_in_time(manifest: Manifest, *, now: datetime, report: SendReport) -> None:
    """Refuse to mail an issue that is too old.

    Raises:
        CampaignRefusedError: ``now`` is after the manifest's ``not_after``.
    """
    if now <= manifest.not_after:
        return
    # A campaign that may have mailed somebody accepts no other build.
    is_new = report.state is CampaignState.PLANNED or not report.settled
    raise CampaignRefusedError(
        f"{manifest.issue} must not be sent after {manifest.not_after:%Y-%m-%d %H:%M} UTC",
        hint="If it is still news, build it again: digest build" if is_new else _too_late(report),
        report=report,
    )


def _too_late(report: SendReport) -> str:
    parts = []
    if report.pending:
        parts.append(f"{report.pending:,} people will not receive this issue, but will receive the next one")
    if report.unknown:
        parts.append(f"{report.unknown:,} whose outcome is unknown are not mailed again")
    return f"{'; '.join(parts)}. Start the next issue with: digest collect"


def closing_reason(due: datetime, *, manifest: Manifest, config: Config) -> str:
    """Why nobody may be mailed any more, in the course of a send; empty if somebody may.

    Args:
        due: Aware; when readers get what is posted now, as `delivery_time` says.
        manifest: The manifest of the issue.
        config: The newsletter's configuration.
    """
    if due > manifest.not_after:
        return f"{manifest.issue} must not be sent after {manifest.not_after:%Y-%m-%d %H:%M} UTC"
    return "" if is_in_window(due, config=config) else _describe_window(due, config)


def is_in_window(time: datetime, *, config: Config) -> bool:
    """Whether readers may be mailed at this time (aware).

    Reads ``delivery.send_window``, such as 07:00-19:00, or 22:00-02:00 over midnight, and ``delivery.send_days``, in
    the newsletter's time zone. If empty, they allow any time and any day.
    """
    window, days = config.delivery.send_window, config.delivery.send_days
    clock, day = _clock_and_day(time, config.newsletter.zone)
    start, _, end = window.partition("-")
    is_open = not window or (start <= clock < end if start < end else clock >= start or clock < end)
    return is_open and (not days or day in days)


def _clock_and_day(time: datetime, zone: ZoneInfo) -> tuple[str, str]:
    local = time.astimezone(zone)
    return f"{local:%H:%M}", _DAYS[local.weekday()]


def require_in_window(time: datetime, *, config: Config, report: SendReport) -> None:
    """Refuse a delivery outside the configured times.

    Raises:
        CampaignRefusedError: `is_in_window` is false.
    """
    if is_in_window(time, config=config):
        return
    raise CampaignRefusedError(
        _describe_window(time, config),
        hint="Send then, or set a time with --at. Change the times in delivery.send_window and send_days.",
        report=report,
    )


def _describe_window(time: datetime, config: Config) -> str:
    zone, delivery = config.newsletter.zone, config.delivery
    clock, day = _clock_and_day(time, zone)
    allowed = " ".join(filter(None, [", ".join(delivery.send_days), delivery.send_window]))
    return f"{day} {clock} is outside the times when readers may be mailed: {allowed} ({zone.key})"


def require_remaining_audience(gone: int, *, config: Config, report: SendReport) -> None:
    """Refuse to resume a send if unexpectedly many of its recipients are no longer in the lists.

    Raises:
        CampaignRefusedError: `shrinking_reason` gives a reason.
    """
    if reason := shrinking_reason(gone, of=report.pending, config=config, report=report):
        raise CampaignRefusedError(
            reason,
            hint="Restore the lists, and see: digest subscribers check. If those people have really left, set "
            "delivery.max_change_percent to 100 for this send.",
            report=report,
        )


def shrinking_reason(gone: int, *, of: int, config: Config, report: SendReport) -> str:
    """Why a send must not go on with today's lists: too many of its recipients have left. Empty if it may.

    A list that was truncated meanwhile would make them lose the issue without notice.

    Args:
        gone: The number of recipients who were still to be mailed and are no longer in the lists.
        of: The number of recipients who were still to be mailed.
        config: Has ``delivery.max_change_percent``, of all recipients.
        report: The campaign's numbers.
    """
    limit, total = config.delivery.max_change_percent, report.size
    if limit is not None and gone * 100 > limit * total:
        return (
            f"{gone:,} of the {total:,} recipients of this send are no longer in the lists: more than "
            f"delivery.max_change_percent = {limit} allows"
        )
    percent = max(limit or 0, _MAX_GONE_PERCENT)
    if gone >= _MIN_GONE and gone * 100 > percent * of:
        return (
            f"{gone:,} of the {of:,} people who are still to be mailed are no longer in the lists: more than "
            f"{percent} percent"
        )
    return ""


def require_expected_size(audience: Audience, *, config: Config, previous: int | None, report: SendReport) -> None:
    """Refuse an audience that is unexpectedly large, or differs too much from the previous issue's.

    Args:
        audience: The audience, without the provider's suppressions.
        config: Has ``delivery.max_recipients`` and ``delivery.max_change_percent``.
        previous: The number of recipients of the previous issue; None if there is none.
        report: The campaign's numbers.

    Raises:
        CampaignRefusedError: The audience exceeds one of the limits.
    """
    count = len(audience.subscribers)
    limit, percent = config.delivery.max_recipients, config.delivery.max_change_percent
    if limit is not None and count > limit:
        raise CampaignRefusedError(
            f"{count:,} people would be mailed, and delivery.max_recipients is {limit:,}",
            hint="Check the lists with `digest subscribers check`, or raise the limit.",
            report=report,
        )
    if percent is not None and previous and abs(count - previous) * 100 > percent * previous:
        raise CampaignRefusedError(
            f"{count:,} people would be mailed, and the last issue went to {previous:,}: the difference exceeds "
            f"delivery.max_change_percent = {percent}",
            hint="Check the lists with `digest subscribers check`, or raise the limit.",
            report=report,
        )


def require_schedulable(at: datetime | None, *, provider: Provider, now: datetime, report: SendReport) -> None:
    """Refuse a delivery time that the provider cannot schedule.

    Raises:
        CampaignRefusedError: The time has passed, the provider cannot schedule, or not that far ahead.
    """
    if at is None:
        return
    if at <= now:
        raise CampaignRefusedError(
            f"{at:%Y-%m-%d %H:%M} UTC has already passed",
            hint="Choose a later time, or send without --at.",
            report=report,
        )
    ahead = provider.capabilities.schedules
    if not ahead:
        raise CampaignRefusedError(
            f"{provider.name} cannot schedule a delivery",
            hint="Send without --at at the time you want, such as from cron.",
            report=report,
        )
    if at - now > ahead:
        hours = int(ahead.total_seconds() // 3600)
        raise CampaignRefusedError(
            f"{provider.name} schedules at most {hours} hours ahead", hint="Send later.", report=report
        )


def require_cancellable(campaign: Campaign, groups: Sequence[CallGroup], *, provider: Provider, now: datetime) -> None:
    """Refuse to cancel a delivery that can no longer be cancelled.

    Args:
        campaign: The campaign.
        groups: The groups of a send in two phases. It can be cancelled until the first of them is due.
        provider: The configured provider.
        now: The current time; aware.

    Raises:
        CampaignRefusedError: It is delivered at once, through another provider, or too soon.
    """
    committed = [group.send_at for group in groups if group.state in {"committing", "committed"}]
    send_at = min(committed, default=None) if groups else campaign.send_at
    has_no_group_yet = provider.holds is not None and not campaign.report.settled  # it died before its first group
    if not groups and not has_no_group_yet and (send_at is None or not campaign.schedule):
        message = f"{campaign.issue} is delivered at once and cannot be cancelled"
        hint = "Use --at to leave time for it."
    elif campaign.provider != provider.name:
        message = f"{campaign.issue} is delivered by {campaign.provider}, and delivery.provider is now {provider.name}"
        hint = f'Set it back: [delivery] provider = "{campaign.provider}"'
    elif send_at is not None and now > send_at - provider.capabilities.undo_until:
        minutes = int(provider.capabilities.undo_until.total_seconds() // 60)
        message = f"it is too late: {provider.name} cancels until {minutes} minutes before the delivery"
        hint = f"It is delivered at {send_at:%H:%M} UTC."
    else:
        return
    raise CampaignRefusedError(message, hint=hint, report=campaign.report)


def require_unknown_to_provider(is_known: bool, *, issue: str, provider: str, report: SendReport) -> None:
    """Refuse a new campaign that the provider has already mailed: this ledger is not the one it was sent with.

    Raises:
        CampaignRefusedError: ``is_known``.
    """
    if is_known:
        raise CampaignRefusedError(
            f"{provider} has already mailed {issue} to this audience, and this ledger has no record of it",
            hint="Restore the ledger that it was sent with. Without it, nobody can tell who received the issue.",
            report=report,
        )
