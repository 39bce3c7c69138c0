"""One batch after the other: claim, post, settle; and what to do when a call was not taken."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.delivery.book import ClaimLostError
from digest.delivery.patience import ATTEMPTS, LONGEST_WAIT, ask_again, delay_before
from digest.delivery.plan import plan_batch
from digest.delivery.refusals import Refusals
from digest.errors import CredentialsError, DigestError, ProviderError
from digest.providers import CallRefused, Deferred, NotSent, Outcome, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from digest.delivery.book import CampaignBook
    from digest.delivery.compose import Composer
    from digest.delivery.patience import Stop
    from digest.delivery.plan import BatchPlan, PlannedBatch
    from digest.delivery.report import SendReport
    from digest.delivery.roster import Roster
    from digest.providers import Provider, Recipient

__all__ = ["BatchSender"]

#: How often those are tried again whom the provider put off, each time after everybody else.
_ROUNDS = 3


#: People whose batches are fetched from the ledger at a time.
_AHEAD = 64_000
#: Seconds, one after the other, in which the calls of other senders are waited for.
_OTHERS = 300
#: Seconds between two reports on how far it has come.
_TELLING = 0.25


@dataclass(slots=True)
class _Call:
    """A batch whose turn comes, with its recipients once they are made."""

    plan: BatchPlan
    recipients: Sequence[Recipient] | None = None


class _GaveUpError(Exception):
    """The provider takes nothing now, and was asked often enough."""


@dataclass(kw_only=True)
class BatchSender:
    """Posts the pending batches of one campaign.

    Attributes:
        people: Today's audience by keyed hash.
    """

    book: CampaignBook
    provider: Provider
    composer: Composer
    people: Roster
    stop: Stop
    sleep: Callable[[float], object]
    progress: Callable[[SendReport], None]
    _waiting: deque[_Call] = field(default_factory=deque, init=False)
    _told: float = field(default=0.0, init=False)

    def resolve_unknown(self, *, resend: bool, in_time: bool) -> None:
        """Settle what is unknown where that can be done: presence at the provider proves acceptance, absence nothing.

        Args:
            resend: A person decided to mail those again who stay unknown.
            in_time: Whether anybody may be mailed now; else those people stay unknown.
        """
        repeatable = self.provider.capabilities.repeatable
        number = 0
        while batch := self.book.next_unknown(after=number):
            number = batch.no
            found = self._looked_up(batch)
            if found:
                self.book.confirm(batch.no, accepted=found)
            if in_time and (repeatable or resend):
                self.book.resend(batch.no, reason="repeating it is harmless" if repeatable else "a person decided so")

    def send_pending(self) -> str:
        """Post until nothing is pending, or nothing more can be done now.

        Returns: Why something is still pending; empty when nothing is.

        Raises:
            ProviderError, CredentialsError: It takes nothing before somebody changes something; the rest is pending.
        """
        trouble = ""
        for attempt in range(1, _ROUNDS + 1):
            refusals = Refusals(self.book)
            try:
                put_off = self._send_round(refusals)
            except _GaveUpError as error:
                return str(error)
            if self.stop.asked:
                return "stopped"
            if not put_off:
                refusals.give_up()
                return ""
            trouble = put_off.reason
            if attempt < _ROUNDS:
                self.stop.wait(delay_before(attempt + 2, put_off.retry_after), self.sleep)
        return trouble

    def send_with_others(self) -> str:
        """As `send_pending`; then wait for the calls of other senders that may be in flight, and take over the dead's.

        Returns: Why something is still pending; empty when nothing is.
        """
        trouble = self.send_pending()
        while not trouble and not self.stop.asked and self.book.waits_for_others():
            if not self.others_end():
                return "another sender is still at work"
            self.book.recover()
            self.resolve_unknown(resend=False, in_time=True)
            trouble = self.send_pending()
        return trouble

    def others_end(self) -> bool:
        """Wait until no call of another sender is in flight. Returns False when that takes too long."""
        for _ in range(_OTHERS):
            self.stop.wait(1.0, self.sleep)
            if self.stop.asked or not self.book.waits_for_others():
                return True
        return False

    def _send_round(self, refusals: Refusals) -> Deferred | None:
        """Post each pending batch once. Returns the last that was put off."""
        put_off: Deferred | None = None
        number = 0
        self._waiting.clear()
        while not self.stop.asked and (call := self._next_call(after=number)):
            number = call.plan.no
            if not call.plan.keys:
                with suppress(ClaimLostError):
                    self.book.pass_over(number, gone=call.plan.gone)
                continue
            try:
                divided = self._send_batch(call.plan, self._recipients_of(call), refusals)
            except Deferred as error:
                put_off = error
            except ClaimLostError:
                continue  # another sender has it
            else:
                if divided:  # the first half stands where the whole stood
                    number -= 1
                    self._waiting.clear()
            self._tell()
        return put_off

    def _next_call(self, *, after: int) -> _Call | None:
        if not self._waiting:
            size = self.provider.capabilities.max_recipients
            for batch, settled in self.book.pending(after=after, limit=max(2, _AHEAD // size)):
                self._waiting.append(_Call(plan_batch(batch, people=self.people, settled=settled, size=size)))
        return self._waiting.popleft() if self._waiting else None

    def _recipients_of(self, call: _Call) -> Sequence[Recipient]:
        if call.recipients is None:
            call.recipients = self.composer.recipients(call.plan.keys, call.plan.people)
        return call.recipients

    def _prepare_next(self) -> None:
        """Make the next call ready while this one is under way; what is wrong with it is said when its turn comes."""
        if not self._waiting or not self._waiting[0].plan.keys:
            return
        call = self._waiting[0]
        with suppress(DigestError):
            recipients = self._recipients_of(call)
            self.provider.prepare(self.composer.content, recipients, reference=_reference(call.plan.no))

    def _tell(self) -> None:
        """Tell how far it has come, a few times a second: adding up all batches takes time."""
        moment = time.monotonic()
        if moment - self._told >= _TELLING:
            self._told = moment
            self.progress(self.book.campaign().report)

    def _send_batch(self, plan: BatchPlan, recipients: Sequence[Recipient], refusals: Refusals) -> bool:
        """Post one batch until it is taken or refused. Returns whether it was divided instead."""
        for attempt in range(2, ATTEMPTS + 2):
            try:
                return self._post(plan, recipients, refusals)
            except Deferred:
                raise
            except NotSent as error:
                wait = delay_before(attempt, error.retry_after)
                if wait > LONGEST_WAIT:
                    raise _GaveUpError(f"{error.reason}; it asks to wait {wait:.0f} seconds") from None
                if attempt > ATTEMPTS or self.stop.asked:
                    raise _GaveUpError(error.reason) from None
                self.stop.wait(wait, self.sleep)
        raise AssertionError(plan.no)  # the last attempt returns or raises

    def _post(self, plan: BatchPlan, recipients: Sequence[Recipient], refusals: Refusals) -> bool:
        """One call, written down before and after. Returns whether the batch was divided."""
        claims: list[str] = []

        def begin() -> None:
            claims.append(self.book.claim(plan.no, gone=plan.gone))

        try:
            result = self.provider.send(
                self.composer.content,
                recipients,
                reference=_reference(plan.no),
                begin=begin,
                meanwhile=self._prepare_next,
            )
        except CallRefused as error:
            if len(recipients) > 1:
                claim = claims[0] if claims else self.book.claim(plan.no, gone=plan.gone)
                self.book.divide(plan.no, claim, reason=error.reason)
                return True
            result = SendResult(outcome=Outcome.REJECTED, reason=error.reason)
        except (NotSent, CredentialsError, ProviderError) as error:
            if claims:
                self.book.release(plan.no, claims[0], reason=str(error))
            raise
        outcomes = {result.outcome}
        if result.exceptions:
            outcomes = {result.of(person.key).outcome for person in recipients}
        if outcomes == {Outcome.REJECTED}:
            refusals.add(plan, claims[0] if claims else None, reason=_reason(result))
            return False
        self._settle(plan, claims[0] if claims else self.book.claim(plan.no, gone=plan.gone), result)
        if Outcome.ACCEPTED in outcomes:
            refusals.accepted()
        return False

    def _settle(self, plan: BatchPlan, claim: str, result: SendResult) -> None:
        differing = {
            bytes.fromhex(key): (verdict.outcome.value, verdict.reason) for key, verdict in result.exceptions.items()
        }
        self.book.settle(
            plan.no,
            claim,
            outcome=result.outcome.value,
            exceptions=differing,
            message_id=result.message_id,
            reason=result.reason,
        )

    def _looked_up(self, batch: PlannedBatch) -> frozenset[bytes]:
        plan = plan_batch(batch, people=self.people, settled=(), size=self.provider.capabilities.max_recipients)
        recipients = self.composer.recipients(plan.keys, plan.people)
        if not recipients:
            return frozenset()
        content = self.composer.content
        try:
            found = ask_again(
                lambda: self.provider.lookup(content, recipients, reference=_reference(batch.no)),
                stop=self.stop,
                sleep=self.sleep,
            )
        except (NotSent, CredentialsError, ProviderError):
            return frozenset()  # no answer proves nothing either
        return frozenset(bytes.fromhex(key) for key in found)


def _reference(no: int) -> str:
    return f"b{no}"


def _reason(result: SendResult) -> str:
    """Why everybody was refused, where the provider says it of each."""
    return result.reason or next((verdict.reason for verdict in result.exceptions.values()), "")
