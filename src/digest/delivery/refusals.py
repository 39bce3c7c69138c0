"""Refusals that may be everybody's: they are written down only when the provider has taken somebody.

A relay that wants a password and a header that the provider forbids are refused for one person after the other, each
time as if it were that person's fault. Until one mail was accepted nobody is therefore written off.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from digest.delivery.book import ClaimLostError
from digest.errors import ProviderError

if TYPE_CHECKING:
    from digest.delivery.book import CampaignBook
    from digest.delivery.plan import BatchPlan

__all__ = ["Refusals"]

#: So many people are refused, and nobody was taken, before the provider is no longer asked.
_ENOUGH = 5


class Refusals:
    """The refusals of one round."""

    def __init__(self, book: CampaignBook) -> None:
        self._book = book
        self._open: dict[int, tuple[BatchPlan, str]] = {}
        self._taken = False

    def add(self, plan: BatchPlan, claim: str | None, *, reason: str) -> None:
        """Take note that everybody in this batch was refused.

        Args:
            claim: Of the batch; None where it was refused before it was claimed.

        Raises:
            ProviderError: They are so many that the fault must be everybody's. All are pending.
        """
        if self._taken or self._book.campaign().report.accepted:
            self._settle(plan, claim, reason)
            return
        if claim is not None:
            self._book.release(plan.no, claim, reason=reason)
        self._open[plan.no] = plan, reason
        if self._count() >= _ENOUGH:
            self.give_up()

    def accepted(self) -> None:
        """Write the refusals down: somebody was taken, so they were each person's own."""
        self._taken = True
        while self._open:
            _, (plan, reason) = self._open.popitem()
            with suppress(ClaimLostError):  # another sender has it, and its own answer
                self._settle(plan, None, reason)

    def give_up(self) -> None:
        """End a round in which nobody was taken.

        Raises:
            ProviderError: Somebody was refused. All are pending.
        """
        if self._open and self._book.campaign().report.accepted:
            self.accepted()  # another sender's call was, meanwhile
        if not self._open:
            return
        _, reason = next(reversed(self._open.values()))
        raise ProviderError(
            f"the provider refused {self._count():,} in a row and has taken nobody: {reason}",
            hint="Mend that, or take out who is refused rightly, then: digest send --live --resume",
        )

    def _count(self) -> int:
        return sum(len(plan.keys) for plan, _ in self._open.values())

    def _settle(self, plan: BatchPlan, claim: str | None, reason: str) -> None:
        claim = claim or self._book.claim(plan.no, gone=plan.gone)
        self._book.settle(plan.no, claim, outcome="rejected", reason=reason)
