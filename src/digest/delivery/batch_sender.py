"""Sending pending batches, one after the other: claim, post, settle; and what to do if a call is not accepted.

What a refusal leads to depends on whose fault it is (`Fault`): the recipient's rejects the recipient, the sender's
stops the send, a temporary one moves the recipient to the end, and an unclear one waits for the outcomes of others
(`Refusals`).
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from digest.delivery.calls.refusals import Breaker, Deferrals, Refusals
from digest.delivery.calls.retry import Attempts, CallPace, GaveUpError
from digest.delivery.calls.unknown_outcomes import find_record, resolve_unknown
from digest.delivery.recipients import plan_batch
from digest.delivery.stores.batch_rows import ClaimLostError
from digest.delivery.stores.issue_recipients import MailedMeanwhileError
from digest.errors import CredentialsError, DigestError, ProviderError
from digest.providers import CallRefused, Deferred, Fault, NotSent, Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from digest.delivery.batch_ledger import BatchLedger
    from digest.delivery.calls.retry import Stop
    from digest.delivery.campaign import SendReport
    from digest.delivery.composer import Composer
    from digest.delivery.recipients import AudienceIndex, BatchPlan, PlannedBatch
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
    """A batch to post, with its recipients once they are composed.

    Attributes:
        claim: Its claim in the ledger; None if nothing of it has left.
        reply: Waits for the reply, once the call is under way.
    """

    plan: BatchPlan
    postponed: bool = False
    recipients: Sequence[Recipient] | None = None
    claim: str | None = None
    reply: Callable[[], SendResult] | None = None


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
        progress: Called with the campaign's numbers, a few times a second; None if nobody wants to see them.
        patience: How many seconds a run waits for recipients that the provider puts off.
        clock: Returns the current time in the newsletter's zone, for messages.
        closed: Returns why nobody may be mailed any more, such as the end of the send window; empty if somebody may.
            Asked before each claim, with the batch's recipients who have left the lists.
    """

    batches: BatchLedger
    provider: Provider
    composer: Composer
    people: AudienceIndex
    stop: Stop
    sleep: Callable[[float], object]
    progress: Callable[[SendReport], None] | None
    patience: float
    clock: Callable[[], datetime]
    closed: Callable[[Collection[bytes]], str] = lambda _left: ""
    _queue: deque[_Call] = field(default_factory=deque, init=False)
    _under_way: deque[_Call] = field(default_factory=deque, init=False)
    _after: int = field(default=0, init=False)
    _is_refused: bool = field(default=False, init=False)
    _wait: float = field(default=0.0, init=False)
    _attempts: Attempts = field(default_factory=Attempts, init=False)
    _reported_at: float = field(default=0.0, init=False)
    _pace: CallPace = field(init=False)
    _breaker: Breaker = field(default_factory=Breaker, init=False)
    _refusals: Refusals = field(init=False)
    _deferrals: Deferrals = field(init=False)

    def __post_init__(self) -> None:
        self._pace = CallPace(self.provider.capabilities.calls_per_minute)

    def resolve_unknown(self, *, resend: bool, in_time: bool) -> None:
        """Settle unknown outcomes if possible, as `digest.delivery.calls.unknown_outcomes.resolve_unknown` does."""
        resolve_unknown(self.batches, self._look_up, resend=resend, in_time=in_time, provider=self.provider)

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
                    self._send_pass(
                        lambda number: number in deferrals.previous and number not in deferrals.numbers, again=True
                    )
                self._send_pass(lambda number: number not in deferrals.numbers and number not in refusals)
                postponed |= self._send_pass(lambda number: number not in refusals, postponed=True)
            except GaveUpError as error:
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
            self.stop.wait(wait, self._pause)

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
        tried: set[int] = set()
        self._rewind(0)
        self._is_refused, self._wait = False, 0.0
        self._deferrals.begin_pass(again=again)
        try:
            while True:
                if self._may_post() and (call := self._next_call(wanted, postponed=postponed)):
                    if postponed:
                        tried.add(call.plan.no)
                    self._begin(call)
                elif self._under_way:
                    self._prepare_next()
                    self._end()
                    self._report_progress()
                elif self._wait:
                    self.stop.wait(self._wait, self._pause)
                    self._wait = 0.0
                else:
                    return frozenset(tried)
        except (DigestError, GaveUpError):
            self._drain()
            raise

    def _may_post(self) -> bool:
        """Whether another call may be made before the replies to those under way."""
        if self.stop.requested or self._wait or self._is_refused:
            return False
        at_once = 1 if self.batches.one_by_one else self.provider.capabilities.calls_at_once
        return len(self._under_way) < at_once and self._breaker.allows(len(self._under_way) + 1)

    def _rewind(self, after: int) -> None:
        """Read the pending batches behind a number again, because one of them has changed or is tried again."""
        self._after = min(self._after, after) if after else 0
        self._queue.clear()

    def _pause(self, seconds: float) -> None:
        """Sleep, but not before what is known is recorded."""
        self.batches.flush()
        self.sleep(seconds)

    def _next_call(self, wanted: Callable[[int], bool], *, postponed: bool) -> _Call | None:
        size = self.provider.capabilities.max_recipients
        after = self._after
        while not self._queue:
            rows = self.batches.pending(after=after, limit=max(2, _READ_AHEAD // size), postponed=postponed)
            if not rows:
                return None
            after = rows[-1][0].no
            for batch, settled in rows:
                if wanted(batch.no):
                    plan = plan_batch(batch, people=self.people, settled=settled, size=size)
                    self._queue.append(_Call(plan, postponed=postponed))
        call = self._queue.popleft()
        self._after = call.plan.no
        return call

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
        if self.progress is not None and seconds - self._reported_at >= _PROGRESS_SECONDS:
            self._reported_at = seconds
            self.progress(self.batches.campaign().report)

    def _begin(self, call: _Call) -> None:
        """Make one call, recorded before its first byte leaves, without waiting for its reply.

        Raises:
            GaveUpError: Nobody may be mailed any more, or the provider accepts nothing now.
            ProviderError, CredentialsError: It accepts nothing until the user changes something.
        """
        plan = call.plan
        if not plan.keys:
            self._require_unclosed(plan)
            with suppress(ClaimLostError):
                self.batches.pass_over(plan.no, gone=plan.gone)
            return

        def begin() -> None:
            self._require_unclosed(plan)
            call.claim = self.batches.claim(plan.no, gone=plan.gone)

        self._pace.wait(self.stop, self._pause)
        try:
            call.reply = self.provider.post(
                self.composer.content, self._recipients_of(call), reference=_reference(plan.no), begin=begin
            )
        except MailedMeanwhileError as error:  # plan the batch again, without them
            self.people.mailed.update(error.mailed)
            self._rewind(plan.no - 1)
        except ClaimLostError:
            pass  # another sender has it
        except (NotSent, CallRefused, CredentialsError, ProviderError) as error:
            self._take_refusal(call, error)
        else:
            self._under_way.append(call)

    def _end(self) -> None:
        """Wait for the reply to the oldest call under way, and record it. Raises as `_begin`."""
        call = self._under_way.popleft()
        reply, call.reply = call.reply, None  # the two refer to each other, and would keep the call's body in memory
        if reply is None:
            raise AssertionError(call.plan.no)
        try:
            result = reply()
        except (NotSent, CallRefused, CredentialsError, ProviderError) as error:
            self._take_refusal(call, error)
        else:
            with suppress(ClaimLostError):  # another sender has it
                self._record(call, result)

    def _drain(self) -> None:
        """Wait for the calls under way and record their outcomes, after an error that ends the send."""
        while self._under_way:
            with suppress(DigestError, GaveUpError):
                self._end()

    def _take_refusal(self, call: _Call, error: NotSent | CallRefused | CredentialsError | ProviderError) -> None:
        """Make a batch pending again of which certainly nothing was accepted, perhaps divided, and decide what to do.

        Raises: As `_begin`.
        """
        plan = call.plan
        try:
            if isinstance(error, CallRefused):
                self._breaker.answered()
                if len(plan.keys) == 1:
                    self._record(call, SendResult(outcome=Outcome.REJECTED, reason=error.reason))
                    return
                claim = call.claim or self.batches.claim(plan.no, gone=plan.gone, answered=True)
                self.batches.divide(plan.no, claim, reason=error.reason)
                self._rewind(plan.no - 1)  # the first half has the number of the whole batch
                return
            if call.claim is not None:
                self.batches.release(plan.no, call.claim, reason=str(error))
        except ClaimLostError:
            return  # another sender has it
        if isinstance(error, Deferred):
            self._is_refused |= self._deferrals.add(plan.no, error)
        elif isinstance(error, NotSent):
            self._wait = max(self._wait, self._attempts.wait_after(plan.no, error, stopping=self.stop.requested))
            self._rewind(plan.no - 1)
        else:
            raise error

    def _require_unclosed(self, plan: BatchPlan) -> None:
        if reason := self.closed(plan.left):
            raise GaveUpError(reason)

    def _record(self, call: _Call, result: SendResult) -> None:
        """Record what a call returned, or hand a refusal of unclear fault to `Refusals`.

        Raises:
            GaveUpError: Too many calls in a row had no clear answer.
        """
        plan = call.plan
        self._attempts.end(plan.no)
        verdicts = {result.outcome: result.fault}
        if result.exceptions:
            verdicts = {result.of(key.hex()).outcome: result.of(key.hex()).fault for key in plan.keys}
        if [*verdicts] == [Outcome.REJECTED] and verdicts[Outcome.REJECTED] is not Fault.RECIPIENT:
            self._breaker.answered()
            self._refusals.add(plan, call.claim, reason=_reason(result), again=call.postponed)
            return
        self._settle(call, result)
        if Outcome.ACCEPTED in verdicts:
            self._refusals.accepted()
            self._deferrals.accepted(plan.no)
        if Outcome.UNKNOWN not in verdicts:
            self._breaker.answered()
        elif self._breaker.unanswered():
            raise GaveUpError(f"several calls in a row had no clear answer: {_reason(result)}")

    def _settle(self, call: _Call, result: SendResult) -> None:
        plan = call.plan
        exceptions = {
            bytes.fromhex(key): (verdict.outcome.value, verdict.reason) for key, verdict in result.exceptions.items()
        }
        self.batches.settle_with_next(
            plan.no,
            call.claim or self.batches.claim(plan.no, gone=plan.gone, answered=True),
            outcome=result.outcome.value,
            exceptions=exceptions,
            message_id=result.message_id,
            reason=result.reason,
        )

    def _look_up(self, batch: PlannedBatch) -> frozenset[bytes]:
        """The recipients of a batch that the provider has a record of."""
        plan = plan_batch(batch, people=self.people, settled=(), size=self.provider.capabilities.max_recipients)
        recipients = self.composer.recipients(plan.keys, plan.people)
        lookup = partial(self.provider.lookup, self.composer.content, recipients, reference=_reference(batch.no))
        return find_record(lookup, stop=self.stop, sleep=self.sleep) if recipients else frozenset()


def _reference(no: int) -> str:
    return f"b{no}"


def _reason(result: SendResult) -> str:
    """The reason of the whole call, or else that of a recipient."""
    return result.reason or next((verdict.reason for verdict in result.exceptions.values()), "")
