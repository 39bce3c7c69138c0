"""Tries a campaign without mailing its audience: the dry run, and a test message to a few addresses."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from digest.delivery.campaign import planned_report
from digest.delivery.campaign_rails import (
    delivery_time,
    is_replaced,
    require_expected_size,
    require_in_time,
    require_in_window,
    require_remaining_audience,
    require_resumable,
    require_schedulable,
    require_startable,
)
from digest.delivery.composer import Composer
from digest.delivery.recipients import count_mailed
from digest.errors import CredentialsError, LedgerError, ProviderError, UsageError
from digest.mail import normalise_address
from digest.models import Subscriber
from digest.providers import CallRefused, NotSent, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.delivery.campaign import SendReport
    from digest.delivery.stores.ledger_snapshot import LedgerSnapshot
    from digest.models import Audience, RenderedIssue
    from digest.providers import Provider

__all__ = ["preview_campaign", "send_test_message", "with_numbers"]


def preview_campaign(
    rendered: RenderedIssue,
    audience: Audience,
    *,
    ledger: LedgerSnapshot | None,
    provider: Provider,
    config: Config,
    now: Callable[[], datetime],
    secret: bytes,
    resume: bool = False,
    at: datetime | None = None,
) -> SendReport:
    """Do what `send_campaign` does, without the network and without writing to the ledger.

    The message and one recipient's values and headers are composed, so that content that cannot be sent is found now.

    Args:
        rendered: The issue.
        audience: The audience as selected now.
        ledger: What the ledger holds; None if there is no ledger yet.
        provider: The configured provider.
        config: The newsletter's configuration.
        now: The clock; aware.
        secret: Signs the unsubscribe links.
        resume: Whether the user asked to resume the campaign.
        at: When the provider delivers it; aware. None means at once.

    Returns: The numbers, with the state ``planned`` for a campaign that has not started.

    Raises:
        CampaignDoneError: The campaign is finished, or there is nobody to mail.
        CampaignIncompleteError: It was interrupted, and ``resume`` is not set.
        CampaignRefusedError: A safety rail refused the send.
        ProviderError: The provider cannot send this content.
    """
    manifest = rendered.manifest
    campaign = ledger.campaign(manifest.issue, manifest.audience) if ledger else None
    if campaign is not None and not is_replaced(campaign, token=rendered.token, provider=provider.name):
        require_resumable(campaign, token=rendered.token, provider=provider.name, resume=resume)
        if campaign.report.pending:
            require_in_time(manifest, now=now(), report=campaign.report)
            due = delivery_time(provider, config, at=campaign.send_at, now=now())
            require_in_window(due, config=config, report=campaign.report)
            # The live send compares the recipients one by one. At least this many are missing.
            gone = max(0, campaign.report.pending - len(audience.subscribers) - count_mailed(audience))
            require_remaining_audience(gone, config=config, report=campaign.report)
        return campaign.report
    previous = None
    if ledger is not None:
        audience = ledger.without_suppressed(audience)
        previous = ledger.previous_size(manifest.issue, manifest.audience)
    report = planned_report(rendered, audience)
    due = delivery_time(provider, config, at=at, now=now())
    require_startable(rendered, audience, config=config, due=due, report=report)
    require_expected_size(audience, config=config, previous=previous, report=report)
    require_schedulable(at, provider=provider, now=now(), report=report)
    composer = Composer(rendered, config=config, secret=secret, date=now(), send_at=at)
    with with_numbers(lambda: report):
        provider.check(composer.content)
    composer.recipient(b"", audience.subscribers[0])
    return report


@contextmanager
def with_numbers(report: Callable[[], SendReport]) -> Iterator[None]:
    """Attach the campaign's numbers to a provider's error, for ``--json``."""
    try:
        yield
    except (CredentialsError, ProviderError) as error:
        with suppress(LedgerError):
            error.data = report().as_data()
        raise


def send_test_message(
    rendered: RenderedIssue,
    to: Sequence[str],
    *,
    provider: Provider,
    config: Config,
    now: Callable[[], datetime],
    secret: bytes,
    sandbox: bool = False,
) -> None:
    """Send the built issue to each address, with "[TEST]" before the subject and a working unsubscribe link.

    No list is read, and the ledger does not record it.

    Args:
        rendered: The issue.
        to: The addresses.
        provider: The configured provider.
        config: The newsletter's configuration.
        now: The clock; aware.
        secret: Signs the unsubscribe links.
        sandbox: Let the provider check the message without sending it.

    Raises:
        UsageError: An address is invalid; nothing was sent.
        ProviderError: A message was not accepted, or its outcome is unknown.
        CredentialsError: The key is missing or was refused.
    """
    time = now()
    composer = Composer(rendered, config=config, secret=secret, date=time, sandbox=sandbox)
    content = replace(
        composer.content,
        subject=f"[TEST] {composer.content.subject}",
        campaign=f"{composer.content.campaign}.test{time:%H%M%S%f}",
        edition=f"{composer.content.edition}.test",
    )
    provider.check(content)
    recipients = []
    for email in [_test_address(text) for text in to]:
        key = blake2b(f"{content.campaign}\0{email}".encode(), digest_size=16).digest()
        recipients.append(composer.recipient(key, Subscriber(email=email)))
    for number, recipient in enumerate(recipients, start=1):
        try:
            result = provider.send(content, [recipient], reference=f"t{number}", begin=_record_nothing)
        except (NotSent, CallRefused) as error:
            raise ProviderError(f"the test message was not accepted: {error.reason}") from None
        if result.outcome is not Outcome.ACCEPTED:
            raise ProviderError(f"the outcome of the test message is {result.outcome}: {result.reason}")


def _test_address(text: str) -> str:
    try:
        return normalise_address(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is not an email address; nothing was sent", hint="digest send-test --to you@example.org"
        ) from None


def _record_nothing() -> None:
    """A test message has no claim in the ledger."""
