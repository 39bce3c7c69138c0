"""What a campaign must pass before it begins, and the rehearsal, which goes no further."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from digest.delivery.compose import Composer
from digest.delivery.rails import (
    require_familiar_size,
    require_in_time,
    require_in_window,
    require_not_too_many,
    require_resumable,
    require_schedulable,
)
from digest.delivery.report import CampaignDoneError, SendReport
from digest.delivery.suppressing import without_suppressed
from digest.errors import CredentialsError, LedgerError, ProviderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from digest.config import Config
    from digest.delivery.ledger import Ledger
    from digest.delivery.ledger_snapshot import LedgerSnapshot
    from digest.models import Audience, Manifest, RenderedIssue
    from digest.providers import Provider

__all__ = [
    "count_skipped",
    "due_moment",
    "last_size",
    "planned_report",
    "preview_campaign",
    "require_open_window",
    "require_size",
    "require_startable",
    "with_numbers",
]


def preview_campaign(
    rendered: RenderedIssue,
    audience: Audience,
    *,
    ledger: Ledger | LedgerSnapshot | None,
    provider: Provider,
    config: Config,
    now: Callable[[], datetime],
    secret: bytes,
    resume: bool = False,
    at: datetime | None = None,
) -> SendReport:
    """Do everything that `send_campaign` does, but for the network and the ledger's pages.

    A recipient's values and headers are made, so that what could not be sent is found now.

    Args:
        ledger: None when there is none yet; it is not made for a rehearsal.

    Returns: The numbers, with state ``planned`` for a campaign that has not begun.

    Raises:
        CampaignDoneError, CampaignIncompleteError, CampaignRefusedError, ProviderError: As `send_campaign`.
    """
    manifest = rendered.manifest
    known = ledger.campaign(manifest.issue, manifest.audience) if ledger else None
    if known is not None:
        require_resumable(known, token=rendered.token, provider=provider.name, resume=resume)
        if known.report.pending:
            require_in_time(manifest, now=now(), report=known.report)
            require_open_window(config, due_moment(provider, config, at=known.send_at, now=now()), known.report)
        return known.report
    if ledger is not None:
        audience = without_suppressed(audience, ledger)
    report = planned_report(rendered, audience)
    before = last_size(ledger, manifest) if ledger else None
    due = due_moment(provider, config, at=at, now=now())
    require_startable(rendered, audience, config=config, due=due, report=report)
    require_size(audience, config=config, before=before, report=report)
    require_schedulable(at, provider=provider, now=now(), report=report)
    composer = Composer(rendered, config=config, secret=secret, date=now(), send_at=at)
    with with_numbers(lambda: report):
        provider.check(composer.content)
    composer.recipient(b"", audience.subscribers[0])
    return report


def due_moment(provider: Provider, config: Config, *, at: datetime | None, now: datetime) -> datetime:
    """When readers get what is handed over now: in two phases, not before the time to undo is over. All aware."""
    wait = provider.capabilities.undo_until + timedelta(minutes=config.delivery.undo_minutes)
    return max(at or now, now + (wait if provider.holds is not None else timedelta(0)))


def require_open_window(config: Config, moment: datetime, report: SendReport) -> None:
    """Refuse a moment at which the configuration wants nobody mailed.

    Raises:
        CampaignRefusedError: As `require_in_window`.
    """
    delivery, zone = config.delivery, config.newsletter.zone
    require_in_window(moment, window=delivery.send_window, days=delivery.send_days, zone=zone, report=report)


@contextmanager
def with_numbers(report: Callable[[], SendReport]) -> Iterator[None]:
    """Let an error that stops a campaign carry its numbers, for --json."""
    try:
        yield
    except (CredentialsError, ProviderError) as error:
        with suppress(LedgerError):
            error.data = report().as_data()
        raise


def require_startable(
    rendered: RenderedIssue,
    audience: Audience,
    *,
    config: Config,
    due: datetime,
    report: SendReport,
) -> None:
    """Refuse a campaign that is too late, outside of the hours for it, or for nobody.

    Args:
        due: Aware; when readers get it, as `due_moment` says.

    Raises:
        CampaignRefusedError: It is too late, or outside.
        CampaignDoneError: There is nobody to mail.
    """
    require_in_time(rendered.manifest, now=due, report=report)
    require_open_window(config, due, report)
    if not audience.subscribers:
        raise CampaignDoneError(
            f"there is nobody to mail in the audience {audience.name}",
            hint="Look at the lists with: digest subscribers check",
            report=report,
        )


def require_size(audience: Audience, *, config: Config, before: int | None, report: SendReport) -> None:
    """The rails on how many are mailed, which count whom the provider leaves in."""
    delivery = config.delivery
    require_not_too_many(len(audience.subscribers), limit=delivery.max_recipients, report=report)
    percent = delivery.max_change_percent
    require_familiar_size(len(audience.subscribers), before=before, percent=percent, report=report)


def last_size(ledger: Ledger | LedgerSnapshot, manifest: Manifest) -> int | None:
    """How many people the last issue to this audience went to; None where there was none."""
    done = [one for one in ledger.campaigns() if one.audience == manifest.audience and one.issue < manifest.issue]
    if not done:
        return None
    report = max(done, key=lambda one: one.issue).report
    return report.accepted + report.rejected + report.unknown + report.pending


def planned_report(rendered: RenderedIssue, audience: Audience) -> SendReport:
    """The numbers of a campaign that has not begun."""
    return SendReport(
        state="planned", pending=len(audience.subscribers), skipped=count_skipped(audience), token=rendered.token
    )


def count_skipped(audience: Audience) -> int:
    """How many rows of the lists have a bad address."""
    return audience.left_out.get("bad address", 0)
