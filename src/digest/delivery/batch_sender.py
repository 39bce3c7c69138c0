"""Sending pending batches, one after the other: claim, post, settle; and what to do if a call is not accepted.

Whose fault a refusal is decides (`Fault`): the recipient's rejects the recipient, the sender's stops the send, a
temporary one puts the recipient at the end, and an unclear one waits for what happens to the others (`Refusals`).
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from digest.delivery.batch_ledger import ClaimLostError
from digest.delivery.recipients import plan_batch
from digest.delivery.refusals import Breaker, Deferrals, Refusals
from digest.delivery.retry import MAX_ATTEMPTS, MAX_WAIT, CallPace, delay_before, retry_query
from digest.delivery.stores.issue_recipients import MailedMeanwhileError
from digest.errors import CredentialsError, DigestError, ProviderError
from digest.providers import CallRefused, Deferred, Fault, NotSent, Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from digest.delivery.batch_ledger import BatchLedger
    from digest.delivery.campaign import SendReport
    from digest.delivery.composer import Composer
    from digest.delivery.recipients import AudienceIndex, BatchPlan, PlannedBatch
    from digest.delivery.retry import Stop
    from digest.providers import Provider, Recipient

__all__ = ["BatchSender"]

#: How many recipients are read from the ledger at a time.
_READ_AHEAD = 64_000
#: How many seconds to wait for the calls of other senders.
_OTHERS_SECONDS = 300
#: Seconds between two progress reports.
_PROGRESS_SECONDS = 0.25


@dataclass(slots=True)
class _Call:
    """The next batch to post, with its recipients once they are composed."""

    plan: BatchPlan
    recipients: Sequence[Recipient] | None = None
    postponed: bool = False


class _GaveUpError(Exception):
    """The provider accepts nothing now, after enough attempts."""


@dataclass(kw_only=True)
class BatchSender:
    """Posts the pending batches of one campaign.

    Attributes:
        batches: The campaign's batches in the ledger.
        provider: Makes the calls.
        composer: Makes the content and the recipients.
        people: Today's audience by keyed hash.
        stop: Whether the user asked to stop.
        sleep: Waits the given number of seconds.
        progress: Called with the campaign's numbers, a few times a second.
        patience: How many seconds a run waits for recipients that the provider puts off.
        clock: The time of day in the newsletter's zone, for messages.
        closed: Returns why nobody may be mailed any more, such as the end of the send window; empty if somebody may.
            Asked before each claim, with the batch's recipients who have left the lists.
    """

    batches: BatchLedger
    provider: Provider
    composer: Composer
    people: AudienceIndex
    stop: Stop
    sleep: Callable[[float], object]
    progress: Callable[[SendReport], None]
    patience: float
    clock: Callable[[], datetime]
    closed: Callable[[Collection[bytes]], str] = lambda _left: ""
    _queue: deque[_Call] = field(default_factory=deque, init=False)
    _reported_at: float = field(default=0.0, init=False)
    _pace: CallPace = field(init=False)
    _breaker: Breaker = field(default_factory=Breaker, init=False)
    _refusals: Refusals = field(init=False)
    _deferrals: Deferrals = field(init=False)

    def __post_init__(self) -> None:
        self._pace = CallPace(self.provider.capabilities.calls_per_minute)

    def resolve_unknown(self, *, resend: bool, in_time: bool) -> None:
        """Settle unknown outcomes if possible.

        A record at the provider proves acceptance. A missing record, or no answer, proves nothing.

        Args:
            resend: The user decided to mail recipients again whose outcome stays unknown.
            in_time: Whether the issue may still be sent. If not, those outcomes stay unknown.
        """
        repeatable = self.provider.capabilities.repeatable
        number = 0
        while batch := self.batches.next_unknown(after=number):
            number = batch.no
            accepted = self._look_up(batch)
            if accepted:
                self.batches.confirm(batch.no, accepted=accepted)
            if in_time and (repeatable or resend):
                self.batches.resend(
                    batch.no, reason="a repetition is harmless" if repeatable else "the user decided so"
                )

    def send_pending(self) -> str:
        """Post until nothing is pending, or nothing more can be done now.

        Returns: Why something is still pending; empty if nothing is.

        Raises:
            ProviderError, CredentialsError: The provider accepts nothing until the user changes something. Everything
                else is still pending.
        """
        refusals = self._refusals = Refusals(self.batches)
        deferrals = self._deferrals = Deferrals(patience=self.patience)
        postponed: set[int] = set()
        while True:
            deferrals.begin_round()
            try:
                if deferrals.previous:
                    self._send_pass(lambda number: number in deferrals.previous, again=True)
                self._send_pass(lambda number: number not in deferrals.numbers and number not in refusals)
                postponed |= self._send_pass(lambda number: number not in refusals, postponed=True)
            except _GaveUpError as error:
                return str(error)
            if self.stop.requested:
                return "stopped"
            if not deferrals.numbers:
                refusals.finish(postponed=frozenset(postponed))
                return ""
            wait = deferrals.next_wait()
            if wait is None:
                refusals.settle_singles(postponed=frozenset(postponed))
                time_of_day = self.clock() + timedelta(seconds=deferrals.go_on_after)
                return f"{deferrals.reason}; try again after {time_of_day:%H:%M}"
            self.stop.wait(wait, self.sleep)

    def send_with_others(self) -> str:
        """Do `send_pending`, then wait for other senders' calls that may be in flight, and take over from dead senders.

        Returns: Why something is still pending; empty if nothing is.
        """
        trouble = self.send_pending()
        while not trouble and not self.stop.requested and self.batches.waits_for_others():
            if not self.wait_for_others():
                return "another digest process is still sending"
            self.batches.recover()
            self.resolve_unknown(resend=False, in_time=True)
            trouble = self.send_pending()
        return trouble

    def wait_for_others(self) -> bool:
        """Wait until no call of another sender is in flight. Returns False if that takes too long."""
        for _ in range(_OTHERS_SECONDS):
            self.stop.wait(1.0, self.sleep)
            if self.stop.requested or not self.batches.waits_for_others():
                return True
        return False

    def _send_pass(
        self, wanted: Callable[[int], bool], *, again: bool = False, postponed: bool = False
    ) -> frozenset[int]:
        """Post each pending batch that is wanted once, or fewer if the provider puts everybody off.

        Args:
            wanted: Whether to post the batch of a number.
            again: They were put off in an earlier round.
            postponed: Post the batches over which an earlier run stopped, and no others.

        Returns: The numbers of the postponed batches that were tried.
        """
        number = 0
        tried: set[int] = set()
        self._queue.clear()
        self._deferrals.begin_pass(again=again)
        while not self.stop.requested and (call := self._next_call(wanted, after=number, postponed=postponed)):
            number = call.plan.no
            if postponed:
                tried.add(number)
            if not call.plan.keys:
                self._require_unclosed(call.plan)
                with suppress(ClaimLostError):
                    self.batches.pass_over(number, gone=call.plan.gone)
                continue
            try:
                divided = self._send_batch(call)
            except Deferred as error:
                if self._deferrals.add(number, error):
                    break
            except MailedMeanwhileError as error:  # plan the batch again, without them
                self.people.mailed.update(error.mailed)
                number -= 1
                self._queue.clear()
            except ClaimLostError:
                continue  # another sender has it
            else:
                if divided:  # the first half has the number of the whole batch
                    number -= 1
                    self._queue.clear()
            self._report_progress()
        return frozenset(tried)

    def _next_call(self, wanted: Callable[[int], bool], *, after: int, postponed: bool) -> _Call | None:
        size = self.provider.capabilities.max_recipients
        while not self._queue:
            rows = self.batches.pending(after=after, limit=max(2, _READ_AHEAD // size), postponed=postponed)
            if not rows:
                return None
            after = rows[-1][0].no
            for batch, settled in rows:
                if wanted(batch.no):
                    plan = plan_batch(batch, people=self.people, settled=settled, size=size)
                    self._queue.append(_Call(plan, postponed=postponed))
        return self._queue.popleft()

    def _recipients_of(self, call: _Call) -> Sequence[Recipient]:
        if call.recipients is None:
            call.recipients = self.composer.recipients(call.plan.keys, call.plan.people)
        return call.recipients

    def _prepare_next(self) -> None:
        """Prepare the next call while this one is under way. Its errors are raised when its turn comes."""
        if not self._queue or not self._queue[0].plan.keys:
            return
        call = self._queue[0]
        with suppress(DigestError):
            recipients = self._recipients_of(call)
            self.provider.prepare(self.composer.content, recipients, reference=_reference(call.plan.no))

    def _report_progress(self) -> None:
        """Report progress, but only a few times a second: adding up all batches takes time."""
        seconds = time.monotonic()
        if seconds - self._reported_at >= _PROGRESS_SECONDS:
            self._reported_at = seconds
            self.progress(self.batches.campaign().report)

    def _send_batch(self, call: _Call) -> bool:
        """Post one batch until it is accepted or refused. Returns whether it was divided instead."""
        for attempt in range(2, MAX_ATTEMPTS + 2):
            self._pace.wait(self.stop, self.sleep)
            try:
                return self._post(call)
            except Deferred:
                raise
            except NotSent as error:
                wait = delay_before(attempt, error.retry_after)
                if wait > MAX_WAIT:
                    raise _GaveUpError(f"{error.reason}; the provider asks to wait {wait:.0f} seconds") from None
                if attempt > MAX_ATTEMPTS or self.stop.requested:
                    raise _GaveUpError(error.reason) from None
                self.stop.wait(wait, self.sleep)
        raise AssertionError(call.plan.no)  # the last attempt returns or raises

    def _post(self, call: _Call) -> bool:
        """Make one call, recorded before and after. Returns whether the batch was divided.

        Raises:
            _GaveUpError: Too many calls in a row had no clear answer.
        """
        plan, recipients = call.plan, self._recipients_of(call)
        claims: list[str] = []

        def begin() -> None:
            self._require_unclosed(plan)
            claims.append(self.batches.claim(plan.no, gone=plan.gone))

        try:
            result = self.provider.send(
                self.composer.content,
                recipients,
                reference=_reference(plan.no),
                begin=begin,
                meanwhile=self._prepare_next,
            )
        except CallRefused as error:
            self._breaker.answered()
            if len(recipients) > 1:
                claim = claims[0] if claims else self.batches.claim(plan.no, gone=plan.gone, answered=True)
                self.batches.divide(plan.no, claim, reason=error.reason)
                return True
            result = SendResult(outcome=Outcome.REJECTED, reason=error.reason)
        except (NotSent, CredentialsError, ProviderError) as error:
            if claims:
                self.batches.release(plan.no, claims[0], reason=str(error))
            raise
        self._record(call, claims[0] if claims else None, result)
        return False

    def _require_unclosed(self, plan: BatchPlan) -> None:
        if reason := self.closed(plan.left):
            raise _GaveUpError(reason)

    def _record(self, call: _Call, claim: str | None, result: SendResult) -> None:
        """Record what a call returned, or hand a refusal of unclear fault to `Refusals`."""
        plan = call.plan
        verdicts = {result.outcome: result.fault}
        if result.exceptions:
            verdicts = {result.of(key.hex()).outcome: result.of(key.hex()).fault for key in plan.keys}
        if [*verdicts] == [Outcome.REJECTED] and verdicts[Outcome.REJECTED] is not Fault.RECIPIENT:
            self._breaker.answered()
            self._refusals.add(plan, claim, reason=_reason(result), again=call.postponed)
            return
        self._settle(plan, claim or self.batches.claim(plan.no, gone=plan.gone, answered=True), result)
        if Outcome.ACCEPTED in verdicts:
            self._refusals.accepted()
            self._deferrals.accepted(plan.no)
        if Outcome.UNKNOWN not in verdicts:
            self._breaker.answered()
        elif self._breaker.unanswered():
            raise _GaveUpError(f"several calls in a row had no clear answer: {_reason(result)}")

    def _settle(self, plan: BatchPlan, claim: str, result: SendResult) -> None:
        exceptions = {
            bytes.fromhex(key): (verdict.outcome.value, verdict.reason) for key, verdict in result.exceptions.items()
        }
        self.batches.settle(
            plan.no,
            claim,
            outcome=result.outcome.value,
            exceptions=exceptions,
            message_id=result.message_id,
            reason=result.reason,
        )

    def _look_up(self, batch: PlannedBatch) -> frozenset[bytes]:
        """The recipients of a batch that the provider has a record of."""
        plan = plan_batch(batch, people=self.people, settled=(), size=self.provider.capabilities.max_recipients)
        recipients = self.composer.recipients(plan.keys, plan.people)
        if not recipients:
            return frozenset()
        content = self.composer.content
        try:
            keys = retry_query(
                lambda: self.provider.lookup(content, recipients, reference=_reference(batch.no)),
                stop=self.stop,
                sleep=self.sleep,
            )
        except (NotSent, CredentialsError, ProviderError):
            return frozenset()  # a failed lookup proves nothing
        return frozenset(bytes.fromhex(key) for key in keys)


def _reference(no: int) -> str:
    return f"b{no}"


def _reason(result: SendResult) -> str:
    """The reason of the whole call, or else that of a recipient."""
    return result.reason or next((verdict.reason for verdict in result.exceptions.values()), "")
