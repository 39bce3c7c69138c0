"""Handles calls that the provider does not accept: waiting, retrying, and refusals with a common cause."""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from digest.delivery.batch_ledger import ClaimLostError
from digest.errors import ProviderError
from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from digest.delivery.batch_ledger import BatchLedger
    from digest.delivery.recipients import BatchPlan

__all__ = ["MAX_ATTEMPTS", "MAX_WAIT", "Refusals", "Stop", "delay_before", "retry_query"]

#: How many times a call that was provably not accepted is made.
MAX_ATTEMPTS = 6
#: The longest wait, in seconds, that a provider may ask for. A longer one ends the send.
MAX_WAIT = 300.0
#: Seconds between two checks for a request to stop.
_SLICE = 0.5
#: How many recipients may be refused in a row, with nobody accepted, before the send stops.
_MAX_REFUSED = 5

_Answer = TypeVar("_Answer")


class Stop:
    """Whether the user has asked to stop. A second Ctrl-C stops at once.

    Attributes:
        requested: Whether SIGINT or SIGTERM has arrived.
    """

    def __init__(self) -> None:
        self.requested = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle SIGINT and SIGTERM, if this is the main thread."""
        previous = {}
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                previous[number] = signal.signal(number, self._handle)
        except ValueError:
            pass  # Python allows signal handlers in the main thread only; in another thread, the caller stops us
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def wait(self, seconds: float, sleep: Callable[[float], object]) -> None:
        """Sleep in slices, until the time is over or a stop is requested."""
        while seconds > 0 and not self.requested:
            sleep(min(seconds, _SLICE))
            seconds -= _SLICE

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


def delay_before(attempt: int, retry_after: float | None) -> float:
    """The seconds to wait before attempt 2, 3 …: what the provider asks for, or twice as long each time."""
    return retry_after if retry_after is not None else float(2 ** (attempt - 2))


def retry_query(query: Callable[[], _Answer], *, stop: Stop, sleep: Callable[[float], object]) -> _Answer:
    """Call a function that changes nothing at the provider, until it gets an answer.

    Raises:
        NotSent: No attempt got an answer.
    """
    for attempt in range(2, MAX_ATTEMPTS + 1):
        try:
            return query()
        except NotSent as error:
            wait = delay_before(attempt, error.retry_after)
            if stop.requested or wait > MAX_WAIT:
                raise
            stop.wait(wait, sleep)
    return query()


class Refusals:
    """The refusals of one round, recorded only once the provider has accepted somebody.

    A relay that requires a password, or a header that the provider forbids, causes one refusal after the other, each of
    which looks like the recipient's fault. Nobody is therefore rejected for good until one message was accepted.
    """

    def __init__(self, batches: BatchLedger) -> None:
        self._batches = batches
        self._open: dict[int, tuple[BatchPlan, str]] = {}
        self._any_accepted = False

    def add(self, plan: BatchPlan, claim: str | None, *, reason: str) -> None:
        """Note that every recipient of a batch was refused.

        Args:
            plan: The batch.
            claim: The batch's claim; None if it was refused before it was claimed.
            reason: The provider's reason.

        Raises:
            ProviderError: So many were refused that they must have a common cause. All of them stay pending.
        """
        if self._any_accepted or self._batches.campaign().report.accepted:
            self._settle(plan, claim, reason)
            return
        if claim is not None:
            self._batches.release(plan.no, claim, reason=reason)
        self._open[plan.no] = plan, reason
        if self._count() >= _MAX_REFUSED:
            self.give_up()

    def accepted(self) -> None:
        """Record the refusals: a message was accepted, so each refusal was about its recipient."""
        self._any_accepted = True
        while self._open:
            _, (plan, reason) = self._open.popitem()
            with suppress(ClaimLostError):  # another sender has the batch, and its own answer
                self._settle(plan, None, reason)

    def give_up(self) -> None:
        """End a round in which nobody was accepted.

        Raises:
            ProviderError: Somebody was refused. All refused recipients stay pending.
        """
        if self._open and self._batches.campaign().report.accepted:
            self.accepted()  # another sender's message was accepted meanwhile
        if not self._open:
            return
        _, reason = next(reversed(self._open.values()))
        raise ProviderError(
            f"the provider refused {self._count():,} in a row and accepted nobody: {reason}",
            hint="Fix the cause, or remove the invalid addresses. Then: digest send --live --resume",
        )

    def _count(self) -> int:
        return sum(len(plan.keys) for plan, _ in self._open.values())

    def _settle(self, plan: BatchPlan, claim: str | None, reason: str) -> None:
        claim = claim or self._batches.claim(plan.no, gone=plan.gone)
        self._batches.settle(plan.no, claim, outcome="rejected", reason=reason)
