"""Cancels a campaign whose delivery is scheduled for later."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from digest.delivery.calls.retry import Stop, retry_query
from digest.delivery.campaign import CampaignDoneError
from digest.delivery.campaign_rails import require_cancellable, require_same_phases
from digest.errors import ProviderError
from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from digest.delivery.campaign import SendReport
    from digest.delivery.group_ledger import CallGroup, CampaignLedger
    from digest.delivery.ledger import Ledger
    from digest.providers import Provider

__all__ = ["cancel_campaign"]


def cancel_campaign(
    issue: str,
    audience: str,
    *,
    ledger: Ledger,
    provider: Provider,
    now: Callable[[], datetime],
    sleep: Callable[[float], object] = time.sleep,
) -> SendReport:
    """Cancel a campaign that is scheduled for later. Nobody receives it, and it is not sent again.

    Args:
        issue: The issue's id.
        audience: The audience's name.
        ledger: The ledger, opened or refreshed a moment ago.
        provider: The configured provider.
        now: The clock; aware.
        sleep: Waits the given number of seconds.

    Returns: The campaign's numbers.

    Raises:
        CampaignDoneError: There is no campaign, or it was already cancelled or delivered (exit 8).
        CampaignRefusedError: It is too late, it is delivered at once, or another process is sending (exit 6).
        ProviderError, CredentialsError: The provider did not answer; the campaign is still scheduled.
    """
    stop = Stop()
    with ledger.sending(), stop.listening():
        campaign, batches = ledger.campaign(issue, audience), ledger.open_campaign(issue, audience)
        if campaign is None or batches is None:
            raise CampaignDoneError(f"no send of {issue} has started", hint="See: digest status")
        if campaign.state.is_closed:
            raise CampaignDoneError(f"{issue} was {campaign.state}", hint="See: digest status", report=campaign.report)
        groups = batches.groups()
        require_cancellable(campaign, groups, provider=provider, now=now())
        require_same_phases(groups, provider=provider, report=campaign.report)
        try:
            # A campaign may have both: two-phase sending was switched on after it had started.
            if campaign.schedule:
                retry_query(lambda: provider.call_off(campaign.schedule), stop=stop, sleep=sleep)
            _cancel_groups(batches, groups, provider=provider, stop=stop, sleep=sleep)
        except NotSent as error:
            hint = "The rest is still scheduled. Try again at once: digest cancel"
            raise ProviderError(f"{provider.name} did not answer: {error.reason}", hint=hint) from None
        return batches.cancel().report


def _cancel_groups(
    batches: CampaignLedger,
    groups: Sequence[CallGroup],
    *,
    provider: Provider,
    stop: Stop,
    sleep: Callable[[float], object],
) -> None:
    """Cancel each group that was released, and never release one that is held back."""
    for group in groups:
        if group.state in {"preparing", "prepared"}:
            batches.abandon(group.no, reason="the campaign was cancelled")
        elif group.state in {"committing", "committed"}:
            retry_query(partial(provider.call_off, group.schedule), stop=stop, sleep=sleep)
            batches.mark_cancelled(group.no)
