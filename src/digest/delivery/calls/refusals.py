"""What happens if a provider does not accept a call: refusals of unclear fault, deferrals, and unclear replies.

A refusal that names the mailbox is settled at once (`BatchSender`). The three classes here decide about the others,
each for one run.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from digest.delivery.stores.batch_rows import ClaimLostError
from digest.errors import ProviderError
from digest.providers import is_greylisting, wording

if TYPE_CHECKING:
    from digest.delivery.batch_ledger import BatchLedger
    from digest.delivery.recipients import BatchPlan
    from digest.providers import NotSent

__all__ = ["Breaker", "Deferrals", "Refusals"]

#: This many refusals in the same words, with no acceptance between, have a common cause.
_MAX_SAME = 5
#: The same for refusals in any words: some servers word each reply differently.
_MAX_ANY = 20
#: After this many deferrals in the same words in a row, the provider defers everybody.
_MAX_DEFERRED = 10
#: How many calls then find out whether it still does: for recipients deferred before, and for the others.
_PROBES_DEFERRED, _PROBES_OTHERS = 1, 2
#: Seconds before the second, third and further rounds. Greylisting servers often accept after one minute, and most do
#: after five (RFC 6647, section 4.5).
_WAITS = (15.0, 30.0, 60.0)
#: Seconds after which to continue, if the provider does not say.
_GO_ON_AFTER = 300.0
#: After this many calls in a row without a clear answer, no more recipients are put at risk.
_MAX_UNKNOWN = 3


class Refusals:
    """Refusals whose fault is unclear. They are settled when the provider accepts somebody else.

    A relay that wants a password, a header that the provider forbids or a spent quota make it refuse one recipient
    after the other, each time as if it were that recipient's fault. So nobody is rejected for good before another
    message was accepted, and after a few refusals in the same words the send stops. Those recipients stay pending; the
    next run asks for them last, and rejects whoever is refused again after others were mailed.
    """

    def __init__(self, batches: BatchLedger) -> None:
        self._batches = batches
        self._open: dict[int, tuple[BatchPlan, str]] = {}
        self._any_accepted = False

    def __contains__(self, number: object) -> bool:
        """Whether the batch of this number was refused in this run and is not settled."""
        return number in self._open

    def add(self, plan: BatchPlan, claim: str | None, *, reason: str, again: bool = False) -> None:
        """Note that every recipient of a batch was refused.

        Args:
            plan: The batch.
            claim: The batch's claim; None if it was refused before it was claimed.
            reason: The provider's reason.
            again: Whether an earlier run stopped over this batch.

        Raises:
            ProviderError: The cause must be a common one. All of them are pending.
        """
        if again and self._any_accepted:
            self._settle(plan, claim, reason)
            return
        if claim is not None:
            self._batches.release(plan.no, claim, reason=reason)
        self._open[plan.no] = plan, reason
        same = wording(reason)
        count = sum(len(other.keys) for other, text in self._open.values() if wording(text) == same)
        nobody_yet = not (self._any_accepted or self._batches.campaign().report.accepted)
        if count >= _MAX_SAME or self._count() >= (_MAX_SAME if nobody_yet else _MAX_ANY):
            self._give_up()

    def accepted(self) -> None:
        """Record the refusals: another message was accepted, so each refusal was about its recipient."""
        self._any_accepted = True
        while self._open:
            _, (plan, reason) = self._open.popitem()
            with suppress(ClaimLostError):  # another sender has the batch, and its own answer
                self._settle(plan, None, reason)

    def settle_singles(self, *, postponed: frozenset[int]) -> bool:
        """Record the last refusals of a run as those of their recipients, if the campaign has mailed others.

        Args:
            postponed: Batches over which an earlier run stopped. If this run mailed nobody, they stay pending.

        Returns: Whether all refusals are recorded.
        """
        if self._any_accepted or (not postponed & self._open.keys() and self._batches.campaign().report.accepted):
            self.accepted()
        return not self._open

    def finish(self, *, postponed: frozenset[int] = frozenset()) -> None:
        """End a run in which nothing else is left to do. ``postponed`` is as for `settle_singles`.

        Raises:
            ProviderError: Some refusals cannot be recorded. Their recipients are pending.
        """
        if self._open and not self.settle_singles(postponed=postponed):
            self._give_up()

    def _give_up(self) -> None:
        _, reason = next(reversed(self._open.values()))
        self._batches.postpone([*self._open], reason=reason)
        accepted = self._batches.campaign().report.accepted
        raise ProviderError(
            f"the provider refused {self._count():,} in a row{'' if accepted else ' and accepted nobody'}: {reason}",
            hint="Fix the cause, or remove the addresses that are rightly refused. Then: digest send --live --resume",
        )

    def _count(self) -> int:
        return sum(len(plan.keys) for plan, _ in self._open.values())

    def _settle(self, plan: BatchPlan, claim: str | None, reason: str) -> None:
        claim = claim or self._batches.claim(plan.no, gone=plan.gone, answered=True)
        self._batches.settle(plan.no, claim, outcome="rejected", reason=reason)


class Deferrals:
    """Batches that the provider has put off. Each round tries them again, until the time for waiting is spent.

    Attributes:
        numbers: The batches put off in this round.
        previous: The batches put off in the rounds before.
        reason: The last reason.
    """

    def __init__(self, *, patience: float) -> None:
        """``patience``: how many seconds a run waits in all."""
        self.numbers: set[int] = set()
        self.previous: set[int] = set()
        self.reason = ""
        self._patience = patience
        self._waited = 0.0
        self._rounds = 0
        self._retry_after: float | None = None
        self._in_a_row = Counter[str]()
        self._limit = _MAX_DEFERRED
        self._defers_everybody = False

    def begin_round(self) -> None:
        """Begin a round, with all that was put off before still to do."""
        self.previous, self.numbers = self.numbers, set()
        self._retry_after = None

    def begin_pass(self, *, again: bool) -> None:
        """Begin to try batches: those that were put off before (``again``), or the others."""
        probes = _PROBES_DEFERRED if again else _PROBES_OTHERS
        self._limit = probes if self._defers_everybody else _MAX_DEFERRED
        self._in_a_row.clear()

    def add(self, number: int, error: NotSent) -> bool:
        """Note that a batch was put off. Returns whether the provider puts everybody off, so further calls are useless.

        Greylisting does not count: each recipient has to be named once before waiting helps.
        """
        self.numbers.add(number)
        self.reason = error.reason
        self._retry_after = error.retry_after
        if is_greylisting(error.reason):
            return False
        same = wording(error.reason)
        self._in_a_row = Counter({same: self._in_a_row[same] + 1})
        if self._in_a_row[same] < self._limit:
            return False
        self._defers_everybody = True
        self.numbers |= self.previous
        return True

    def accepted(self, number: int) -> None:
        """Note that a batch was accepted, so the provider does not put everybody off."""
        self.previous.discard(number)
        self._in_a_row.clear()
        self._limit = _MAX_DEFERRED
        self._defers_everybody = False

    def next_wait(self) -> float | None:
        """The seconds to wait before the next round; None once waiting in this run is no use."""
        wait = max(_WAITS[min(self._rounds, len(_WAITS) - 1)], self._retry_after or 0.0)
        left = self._patience - self._waited
        self._rounds += 1
        if left <= 0 or (self._retry_after or 0.0) > left:
            return None
        wait = min(wait, left)
        self._waited += wait
        return wait

    @property
    def go_on_after(self) -> float:
        """The seconds after which another run may do better."""
        return max(self._retry_after or 0.0, _GO_ON_AFTER)


class Breaker:
    """Counts calls without a clear answer. Each puts all its recipients at risk: nobody may mail them again."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def allows(self, under_way: int) -> bool:
        """Whether this many calls may be under way: if no reply is clear, no more than the limit are at risk."""
        return self._in_a_row + under_way <= _MAX_UNKNOWN

    def answered(self) -> None:
        """Note a clear answer, whatever it says."""
        self._in_a_row = 0

    def unanswered(self) -> bool:
        """Note a call whose outcome is unknown. Returns whether to stop."""
        self._in_a_row += 1
        return self._in_a_row >= _MAX_UNKNOWN
