"""Whom not to mail: what the provider says, and an audience without them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from digest.delivery.patience import ask_again
from digest.delivery.roster import Roster
from digest.errors import ProviderError
from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.delivery.ledger import Ledger
    from digest.delivery.ledger_snapshot import LedgerSnapshot
    from digest.delivery.patience import Stop
    from digest.models import Audience
    from digest.providers import Provider

__all__ = ["pull_suppressions", "reduce_audience", "tell_suppressed", "without_suppressed"]


def pull_suppressions(ledger: Ledger, provider: Provider, *, stop: Stop, sleep: Callable[[float], object]) -> None:
    """Ask the provider whom not to mail, and remember it.

    Raises:
        ProviderError: It could not be asked.
    """
    try:
        found = ask_again(lambda: tuple(provider.suppressions()), stop=stop, sleep=sleep)
        ledger.suppress(found, provider=provider.name)
    except NotSent as error:
        raise ProviderError(
            f"whom {provider.name} says not to mail could not be asked: {error.reason}",
            hint="Nothing was sent. Try again later.",
        ) from None


def without_suppressed(audience: Audience, ledger: Ledger | LedgerSnapshot) -> Audience:
    """An audience without whom the ledger knows not to mail, since a provider said so."""
    return reduce_audience(audience, ledger)[0] if ledger.suppressed() else audience


def tell_suppressed(before: Audience, after: Audience, notice: Callable[[str], None]) -> None:
    """Say how many the provider has just taken out."""
    for reason, count in sorted(after.left_out.items()):
        more = count - before.left_out.get(reason, 0)
        if more > 0:
            notice(f"{more:,} more are left out: {reason}")


def reduce_audience(audience: Audience, ledger: Ledger | LedgerSnapshot) -> tuple[Audience, Roster]:
    """The audience without whom the ledger knows not to mail, and its people by their hash."""
    roster = Roster(audience.subscribers, ledger.keys_of)
    suppressed = ledger.suppressed()
    reasons = Counter(f"suppressed: {suppressed[key]}" for key in roster if key in suppressed) if suppressed else {}
    if not reasons:
        return replace(audience, subscribers=roster.people), roster
    roster = roster.only(lambda key: key not in suppressed)
    left_out = Counter(audience.left_out) + Counter(reasons)
    return replace(audience, subscribers=roster.people, left_out=dict(left_out)), roster
