"""Calling off a campaign that the provider is to deliver later."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from digest.delivery.patience import Stop, ask_again
from digest.delivery.rails import require_cancellable, require_holds
from digest.delivery.report import CampaignDoneError
from digest.errors import ProviderError
from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from digest.delivery.groups import CallGroup, GroupsBook
    from digest.delivery.ledger import Ledger
    from digest.delivery.report import SendReport
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
    """Call off a campaign that is to be delivered later: nobody gets it. It is not sent again either.

    Raises:
        CampaignDoneError: There is none, it was cancelled already, or delivered (exit 8).
        CampaignRefusedError: It is too late, it is delivered at once, or another process is sending (exit 6).
        ProviderError, CredentialsError: The provider could not be asked; it is still scheduled.
    """
    stop = Stop()
    with ledger.sending(), stop.listening():
        known = ledger.campaign(issue, audience)
        book = ledger.book(issue, audience)
        if known is None or book is None or known.state in {"sent", "cancelled"}:
            words = f"{issue} was {known.state}" if known else f"no send of {issue} has begun"
            raise CampaignDoneError(words, hint="See: digest status", report=known.report if known else None)
        groups = book.groups()
        require_cancellable(known, groups, provider=provider, now=now())
        require_holds(groups, provider=provider, report=known.report)
        try:
            if known.schedule:  # also where the rest went on in groups: two-phase sending was switched on meanwhile
                ask_again(lambda: provider.call_off(known.schedule), stop=stop, sleep=sleep)
            _cancel_groups(book, groups, provider=provider, stop=stop, sleep=sleep)
        except NotSent as error:
            hint = "What was not cancelled is still scheduled. Try again at once: digest cancel"
            raise ProviderError(f"{provider.name} could not be asked: {error.reason}", hint=hint) from None
        return book.cancel().report


def _cancel_groups(
    book: GroupsBook,
    groups: Sequence[CallGroup],
    *,
    provider: Provider,
    stop: Stop,
    sleep: Callable[[float], object],
) -> None:
    """Call off each group that was let go, and never let go what is held back."""
    for group in groups:
        if group.state in {"preparing", "prepared"}:
            book.abandon(group.no, reason="the campaign is called off")
        elif group.state in {"committing", "committed"}:
            ask_again(partial(provider.call_off, group.schedule), stop=stop, sleep=sleep)
            book.call_off(group.no)
