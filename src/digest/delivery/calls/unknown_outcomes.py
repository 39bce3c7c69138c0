"""Recipients whose outcome is unknown: asking the provider, and mailing them again if that is harmless or decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.delivery.calls.retry import retry_query
from digest.errors import CredentialsError, ProviderError
from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.delivery.batch_ledger import BatchLedger
    from digest.delivery.calls.retry import Stop
    from digest.delivery.recipients import PlannedBatch
    from digest.providers import Provider

__all__ = ["find_record", "resolve_unknown"]


def resolve_unknown(
    batches: BatchLedger,
    look_up: Callable[[PlannedBatch], frozenset[bytes]],
    *,
    resend: bool,
    in_time: bool,
    provider: Provider,
) -> None:
    """Settle unknown outcomes if possible.

    A record at the provider proves acceptance. A missing record, or no answer, proves nothing.

    Args:
        batches: The campaign's batches in the ledger.
        look_up: Returns the recipients of a batch that the provider has a record of.
        resend: The user decided to mail recipients again whose outcome stays unknown.
        in_time: Whether the issue may still be sent. If not, those outcomes stay unknown.
        provider: The provider of the campaign.
    """
    repeatable = provider.capabilities.repeatable
    number = 0
    while batch := batches.next_unknown(after=number):
        number = batch.no
        accepted = look_up(batch)
        if accepted:
            batches.confirm(batch.no, accepted=accepted)
        if in_time and (repeatable or resend):
            batches.resend(batch.no, reason="a repetition is harmless" if repeatable else "the user decided so")


def find_record(
    lookup: Callable[[], frozenset[str]], *, stop: Stop, sleep: Callable[[float], object]
) -> frozenset[bytes]:
    """The keys for which `Provider.lookup` has a record. A failed question proves nothing, as if there were none."""
    try:
        keys = retry_query(lookup, stop=stop, sleep=sleep)
    except (NotSent, CredentialsError, ProviderError):
        return frozenset()
    return frozenset(bytes.fromhex(key) for key in keys)
