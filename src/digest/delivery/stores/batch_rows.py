"""The rows of one campaign in the ledger's tables: reading them, and changing them within a transaction."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import Integer, and_, bindparam, func, insert, select, update

from digest.delivery.recipients import split_keys
from digest.delivery.stores.campaign_counts import select_campaigns
from digest.delivery.stores.ledger_schema import batch, batch_row, campaign, event, exception
from digest.delivery.stores.store import upsert
from digest.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from digest.delivery.stores.store import Store

__all__ = ["BatchRows", "ClaimLostError"]

_THIS = and_(
    batch.c.campaign == bindparam("this"),
    batch.c.no == bindparam("which"),
    batch.c.group_no.is_not_distinct_from(bindparam("within", type_=Integer)),
)
_CLAIM = (
    update(batch)
    .where(_THIS, batch.c.state == "pending")
    .values(state="sending", claim=bindparam("token"), attempt=batch.c.attempt + 1, claimed_at=bindparam("now"))
)
_MOVE = (
    update(batch)
    .where(_THIS, batch.c.state.in_(("sending", "unknown")), batch.c.claim == bindparam("token"))
    .values(
        state=bindparam("outcome"),
        claim=None,
        message_id=bindparam("message"),
        reason=bindparam("why"),
        settled_at=bindparam("now"),
    )
)


class ClaimLostError(LedgerError):
    """Another process has claimed the batch. This one has posted nothing."""


class BatchRows:
    """The batches of one campaign, or of one of its groups, and what belongs to them.

    Methods with an underscore run within a transaction of `digest.delivery.batch_ledger.BatchLedger`.
    """

    #: The group whose batches these are; None for batches in no group.
    _group: int | None = None
    #: The state of a batch that the provider has accepted.
    _accepted = "accepted"

    def __init__(self, store: Store, number: int, *, now: Callable[[], datetime]) -> None:
        self.store = store
        self._id = number
        self._now = now

    @property
    def one_by_one(self) -> bool:
        """Whether the outcome of each call is recorded before the next call is made.

        In a group each change depends on those before it; in some stores each change costs seconds.
        """
        return self._group is not None or self.store.one_by_one

    def _row(self, connection: Connection) -> RowMapping:
        row = connection.execute(select_campaigns().where(campaign.c.id == self._id)).mappings().first()
        if row is None:
            raise LedgerError(
                "another digest process has replaced this campaign with one from another build",
                hint="See: digest status",
            )
        return row

    @property
    def _within(self) -> ColumnElement[bool]:
        return batch.c.group_no.is_not_distinct_from(self._group)

    def _is(self, no: int) -> ColumnElement[bool]:
        return and_(batch.c.campaign == self._id, batch.c.no == no)

    def _recipients(self, connection: Connection, no: int) -> list[bytes]:
        return split_keys(connection.execute(select(batch.c.recipients).where(self._is(no))).scalar_one())

    def _unknown(self, connection: Connection, no: int) -> tuple[bytes, ...]:
        """The recipients of a batch whose outcome, their own or the batch's, is unknown."""
        outcomes = select(exception.c.recipient, exception.c.outcome).where(
            exception.c.campaign == self._id, exception.c.batch == no
        )
        own = {row.recipient: row.outcome for row in connection.execute(outcomes)}
        state = connection.execute(select(batch.c.state).where(self._is(no))).scalar_one()
        return tuple(key for key in self._recipients(connection, no) if own.get(key, state) == "unknown")

    def _move_out(self, connection: Connection, no: int, people: Sequence[bytes]) -> None:
        """Move these recipients of a batch into a new pending one."""
        # A row lock: one sender at a time takes the next number.
        connection.execute(select(campaign.c.id).where(campaign.c.id == self._id).with_for_update())
        moved = set(people)
        rest = [key for key in self._recipients(connection, no) if key not in moved]
        connection.execute(update(batch).where(self._is(no)).values(recipients=b"".join(rest), size=len(rest)))
        last = connection.execute(select(func.max(batch.c.no)).where(batch.c.campaign == self._id)).scalar_one()
        row = batch_row(self._id, last + 1, b"".join(people))
        connection.execute(insert(batch).values(**row, group_no=self._group))

    def _claim(self, connection: Connection, no: int) -> str:
        token = self.store.sender + secrets.token_hex(12)
        here = {"this": self._id, "which": no, "within": self._group}
        if connection.execute(_CLAIM, {**here, "token": token, "now": self._now()}).rowcount != 1:
            raise ClaimLostError("another process has taken the batch", hint="See: digest status")
        return token

    def _move(
        self, connection: Connection, no: int, claim: str, *, state: str, message_id: str = "", reason: str = ""
    ) -> None:
        settled = None if state == "pending" else self._now()
        here = {"this": self._id, "which": no, "within": self._group, "token": claim}
        values = {"outcome": state, "message": message_id, "why": reason, "now": settled}
        if connection.execute(_MOVE, {**here, **values}).rowcount == 1:
            return
        if connection.execute(select(batch.c.claim).where(self._is(no))).scalar_one_or_none() != claim:
            raise ClaimLostError("another process has taken the batch over", hint="See: digest status")

    def _except(self, connection: Connection, no: int, outcomes: Mapping[bytes, tuple[str, str]]) -> None:
        common = {"campaign": self._id, "batch": no, "at": self._now()}
        rows = [
            {**common, "recipient": key, "outcome": outcome, "reason": reason}
            for key, (outcome, reason) in outcomes.items()
        ]
        if rows:
            statement = upsert(connection, exception)
            replaced = {name: statement.excluded[name] for name in ("batch", "outcome", "reason", "at")}
            connection.execute(
                statement.on_conflict_do_update(index_elements=["campaign", "recipient"], set_=replaced), rows
            )

    def _note(self, connection: Connection, no: int | None, kind: str, detail: str) -> None:
        connection.execute(insert(event).values(campaign=self._id, batch=no, at=self._now(), kind=kind, detail=detail))
