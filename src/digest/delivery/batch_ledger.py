"""One campaign's batches in the ledger, and how they change state.

::

    pending ──claim──▶ sending ──settle──▶ accepted | rejected | unknown      (in a group, first prepared)
       ▲                  │                                        │
       ├──────release─────┤ provably not accepted                  │
       ├──────divide──────┘ in two, after a 400                    │
       └───────────────resend, if the user decides so──────────────┘

A claim is one conditional UPDATE, committed before the first byte leaves. A batch in ``sending`` without a live sender
belonged to a process that died, and its outcome is unknown. The claim is kept: if that process turns out to be alive
and reports the outcome, the outcome is recorded.
"""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import and_, delete, func, not_, or_, select, update

from digest.delivery.recipients import PlannedBatch
from digest.delivery.stores.batch_rows import BatchRows, ClaimLostError
from digest.delivery.stores.campaign_counts import count_campaign
from digest.delivery.stores.issue_recipients import OtherCampaigns
from digest.delivery.stores.ledger_schema import batch, call_group, campaign, exception
from digest.delivery.stores.rejections import suppress_bounces
from digest.delivery.stores.store import SENDER_DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from digest.delivery.campaign import Campaign
    from digest.delivery.stores.store import Store

__all__ = ["BatchLedger", "transaction"]

#: No recipients: the default for those that a claim leaves out.
_NOBODY: Mapping[bytes, str] = MappingProxyType({})
#: Begins the reason of a pending batch that `BatchLedger.postpone` has marked.
_POSTPONED = "postponed: "


_Args = ParamSpec("_Args")
_Result = TypeVar("_Result")
_Batches = TypeVar("_Batches", bound="BatchLedger")


def transaction(
    method: Callable[Concatenate[_Batches, Connection, _Args], _Result],
) -> Callable[Concatenate[_Batches, _Args], _Result]:
    """Make a method one transaction of the ledger. The store may run it more than once.

    It first records the answers that `BatchLedger.settle_with_next` has kept.
    """

    @wraps(method)
    def run(self: _Batches, /, *args: _Args.args, **kwargs: _Args.kwargs) -> _Result:
        def change(connection: Connection) -> _Result:
            self.record_answers(connection)
            return method(self, connection, *args, **kwargs)

        result = self.store.write(change)
        self.forget_answers()
        return result

    return run


class _Answer(NamedTuple):
    """The arguments of `BatchLedger.settle`."""

    no: int
    claim: str
    outcome: str
    exceptions: Mapping[bytes, tuple[str, str]]
    message_id: str
    reason: str


class BatchLedger(BatchRows):
    """The batches of one campaign. Each method is one transaction, durable when it returns."""

    def __init__(self, store: Store, number: int, *, now: Callable[[], datetime]) -> None:
        super().__init__(store, number, now=now)
        self._others = OtherCampaigns(number)
        self._unrecorded: list[_Answer] = []

    def finish(self) -> Campaign:
        """Set the campaign's state from its batches: ``sent``, ``scheduled``, ``held`` or still ``sending``.

        Once nobody is pending, addresses that bounced are suppressed (`suppress_bounces`), unless too many recipients
        were rejected.
        """
        self._set_state()
        return self.campaign()

    @transaction
    def _set_state(self, connection: Connection) -> None:
        here, row, now = campaign.c.id == self._id, self._row(connection), self._now()
        if row["state"] == "cancelled":
            return  # by another process, while this one was sending
        report = count_campaign(connection, row, senders=self.store.live_senders(), now=now).report
        done = "scheduled" if row["send_at"] is not None and row["send_at"] > now else "sent"
        state = "sending" if report.pending else "held" if report.unknown else done
        if report.rejected and not report.pending and not report.keeps_bounces:
            suppress_bounces(connection, row, now=now)
        if state != row["state"]:
            ended = now if state == done else None
            connection.execute(update(campaign).where(here).values(state=state, finished_at=ended))
            self._note(connection, None, state, "")

    def campaign(self) -> Campaign:
        """The campaign with its numbers."""
        self.flush()
        with self.store.begin() as connection:
            row = self._row(connection)
            return count_campaign(connection, row, senders=self.store.live_senders(), now=self._now())

    def waits_for_others(self) -> bool:
        """Whether another live sender may have a call in flight."""
        here = and_(batch.c.campaign == self._id, batch.c.state == "sending")
        with self.store.begin() as connection:
            claims = connection.execute(select(batch.c.claim).where(here)).scalars().all()
            held = and_(
                call_group.c.campaign == self._id, call_group.c.state.in_(("preparing", "prepared", "committing"))
            )
            claims = [*claims, *connection.execute(select(call_group.c.claim).where(held)).scalars().all()]
        others = [claim for claim in claims if claim and claim[:SENDER_DIGITS] != self.store.sender]
        return bool(others) and any(map(self.store.live_senders().hold, others))

    def pending(
        self, *, after: int, limit: int, postponed: bool | None = None
    ) -> list[tuple[PlannedBatch, frozenset[bytes]]]:
        """The first pending batches whose number is greater than ``after``.

        Args:
            after: A batch's number; 0 to begin.
            limit: The most batches to return.
            postponed: Only those that `postpone` has marked, or only the others; None for both.

        Returns: Up to ``limit`` batches, each with the recipients in it who already have an outcome.
        """
        self.flush()
        here = and_(batch.c.campaign == self._id, batch.c.state == "pending", self._within, batch.c.no > after)
        if postponed is not None:
            is_marked = batch.c.reason.startswith(_POSTPONED)
            here = and_(here, is_marked if postponed else not_(is_marked))
        query = select(batch.c.no, batch.c.recipients).where(here).order_by(batch.c.no).limit(limit)
        with self.store.begin() as connection:
            rows = connection.execute(query).all()
            if not rows:
                return []
            within = exception.c.batch.between(rows[0].no, rows[-1].no)
            own = select(exception.c.batch, exception.c.recipient).where(exception.c.campaign == self._id, within)
            settled: dict[int, set[bytes]] = {}
            for row in connection.execute(own):
                settled.setdefault(row.batch, set()).add(row.recipient)
        return [(PlannedBatch(no=row.no, keys=row.recipients), frozenset(settled.get(row.no, ()))) for row in rows]

    def next_unknown(self, *, after: int) -> PlannedBatch | None:
        """The first batch after this number with a recipient whose outcome is unknown, with only those recipients."""
        self.flush()
        single = select(exception.c.batch).where(exception.c.campaign == self._id, exception.c.outcome == "unknown")
        is_unknown = or_(batch.c.state == "unknown", batch.c.no.in_(single))
        here = and_(batch.c.campaign == self._id, self._within, batch.c.no > after)
        query = select(func.min(batch.c.no)).where(here, is_unknown)
        with self.store.begin() as connection:
            no = connection.execute(query).scalar_one()
            return None if no is None else PlannedBatch(no=no, keys=b"".join(self._unknown(connection, no)))

    @transaction
    def claim(
        self, connection: Connection, no: int, *, gone: Mapping[bytes, str] = _NOBODY, answered: bool = False
    ) -> str:
        """Claim a pending batch, durably, right before it is posted. Returns the claim, for `settle` and so on.

        Args:
            no: The batch.
            gone: Recipients who are not mailed, each with the reason.
            answered: Nothing is posted: the outcome is known already.

        Raises:
            MailedMeanwhileError: Another campaign of the issue has mailed some of the recipients, or is mailing them.
            ClaimLostError: It is not pending.
        """
        self._require_open(connection)
        if not answered:
            self._others.require_unmailed(connection, no, gone=gone)
        token = self._claim(connection, no)
        self._except(connection, no, {key: ("skipped", reason) for key, reason in gone.items()})
        return token

    @transaction
    def settle(
        self,
        connection: Connection,
        no: int,
        claim: str,
        *,
        outcome: str,
        exceptions: Mapping[bytes, tuple[str, str]] | None = None,
        message_id: str = "",
        reason: str = "",
    ) -> None:
        """Record the outcome of a call.

        Args:
            no: The batch.
            claim: Its claim.
            outcome: ``accepted``, ``rejected`` or ``unknown``.
            exceptions: The outcome and reason of each recipient whose outcome differs.
            message_id: The provider's id of the call.
            reason: The provider's reason.

        Raises:
            ClaimLostError: Another process has taken the batch over.
        """
        self._settle(connection, _Answer(no, claim, outcome, exceptions or {}, message_id, reason))

    def settle_with_next(
        self,
        no: int,
        claim: str,
        *,
        outcome: str,
        exceptions: Mapping[bytes, tuple[str, str]],
        message_id: str,
        reason: str,
    ) -> None:
        """Record the outcome of a call together with the next change, which is usually the claim of the next call.

        Two changes on the disk become one. If another process has taken the batch over, nothing is recorded. `flush`
        before anything that may take long. The arguments are those of `settle`.
        """
        self._unrecorded.append(_Answer(no, claim, outcome, exceptions, message_id, reason))
        if self.one_by_one:
            self.flush()

    def flush(self) -> None:
        """Record what `settle_with_next` has kept."""
        if self._unrecorded:
            self._change_nothing()

    @transaction
    def _change_nothing(self, connection: Connection) -> None:
        """Commit what `transaction` adds."""

    def record_answers(self, connection: Connection) -> None:
        """Record what `settle_with_next` has kept, in the transaction of another change."""
        for answer in self._unrecorded:
            with suppress(ClaimLostError):
                self._settle(connection, answer)

    def forget_answers(self) -> None:
        """Discard what `record_answers` has recorded, once it is durable."""
        self._unrecorded.clear()

    def _settle(self, connection: Connection, answer: _Answer) -> None:
        outcome = answer.outcome
        state = self._accepted if outcome == "accepted" else outcome
        self._move(connection, answer.no, answer.claim, state=state, message_id=answer.message_id, reason=answer.reason)
        own = {key: verdict for key, verdict in answer.exceptions.items() if verdict[0] != outcome}
        self._except(connection, answer.no, own)
        if answer.reason or outcome != "accepted":
            self._note(connection, answer.no, outcome, answer.reason)

    @transaction
    def release(self, connection: Connection, no: int, claim: str, *, reason: str) -> None:
        """Make a batch that was provably not accepted pending again."""
        self._move(connection, no, claim, state="pending", reason=reason)
        self._note(connection, no, "not sent", reason)

    @transaction
    def postpone(self, connection: Connection, numbers: Sequence[int], *, reason: str) -> None:
        """Mark pending batches over which a run stops, so that the next one tries them after all others."""
        mark = update(batch).where(batch.c.campaign == self._id, batch.c.no.in_(numbers), batch.c.state == "pending")
        connection.execute(mark.values(reason=_POSTPONED + reason))
        self._note(connection, None, "postponed", f"{len(numbers)}: {reason}")

    @transaction
    def divide(self, connection: Connection, no: int, claim: str, *, reason: str) -> None:
        """Divide a batch that was refused as a whole into two pending ones."""
        self._move(connection, no, claim, state="pending", reason=reason)
        own = set(
            connection.execute(
                select(exception.c.recipient).where(exception.c.campaign == self._id, exception.c.batch == no)
            ).scalars()
        )
        # Recipients who have an outcome stay in the first half, because their outcome is recorded for that batch.
        unsettled = [key for key in self._recipients(connection, no) if key not in own]
        self._move_out(connection, no, unsettled[len(unsettled) // 2 :])
        self._note(connection, no, "divided", reason)

    def pass_over(self, no: int, *, gone: Mapping[bytes, str]) -> None:
        """Finish a batch in which nobody is left to mail, without a call."""
        claim = self.claim(no, gone=gone, answered=True)
        self.settle(no, claim, outcome="rejected", reason="everybody has left")

    @transaction
    def recover(self, connection: Connection) -> None:
        """Mark batches that dead senders left in ``sending`` as unknown.

        Call it only between this process's own provider calls.
        """
        left = and_(batch.c.campaign == self._id, batch.c.state == "sending", self._within)
        senders = self.store.live_senders()
        for no, claim in connection.execute(select(batch.c.no, batch.c.claim).where(left)).all():
            if not senders.hold(claim):
                self._note(connection, no, "unknown", "the sender died")
                dead = update(batch).where(left, self._is(no))
                connection.execute(dead.values(state="unknown", reason="the sender died"))

    @transaction
    def confirm(self, connection: Connection, no: int, *, accepted: frozenset[bytes]) -> None:
        """Record proof that the provider accepted these recipients, whose outcome was unknown."""
        unknown = set(self._unknown(connection, no))
        whole = 0
        if unknown <= accepted:
            proven = update(batch).values(state="accepted", settled_at=self._now())
            whole = connection.execute(proven.where(self._is(no), batch.c.state == "unknown")).rowcount
        if not whole:
            self._except(
                connection, no, dict.fromkeys(unknown & accepted, ("accepted", "the provider has a record of it"))
            )
        self._note(connection, no, "confirmed", f"{len(unknown & accepted)} of {len(unknown)}")

    @transaction
    def resend(self, connection: Connection, no: int, *, reason: str) -> None:
        """Make recipients with an unknown outcome pending again, by the user's decision or because it is harmless.

        If only some recipients of a settled batch are unknown, they become a batch of their own.
        """
        people = self._unknown(connection, no)
        again = update(batch).values(state="pending", claim=None, reason=reason)
        if not connection.execute(again.where(self._is(no), batch.c.state == "unknown")).rowcount:
            if not people:
                return
            self._move_out(connection, no, people)
        own = and_(exception.c.campaign == self._id, exception.c.batch == no, exception.c.outcome == "unknown")
        connection.execute(delete(exception).where(own))
        self._note(connection, no, "resend", reason)

    def _require_open(self, connection: Connection) -> None:
        """Refuse a claim if nothing more may be posted. Only a group can be closed in this way."""
