"""The groups of a campaign that is sent in two phases, in the ledger, and how they change state.

::

    preparing ──all calls accepted──▶ prepared ──▶ committing ──the pause is deleted──▶ committed ──▶ cancelled
        │                                │              │
        └──────────── abandoned ◀────────┘              └──▶ expired, when the outcome can no longer be found out
                          │
                          └── give back: the batches are pending again, in no group

Each change is one conditional UPDATE: if one process commits a group and another abandons it, one of them succeeds.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, insert, select, update

from digest.delivery.batch_ledger import BatchLedger, transaction
from digest.delivery.campaign import CampaignDoneError
from digest.delivery.stores.batch_rows import ClaimLostError
from digest.delivery.stores.ledger_schema import batch, call_group, campaign, exception

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from digest.delivery.campaign import Campaign
    from digest.delivery.stores.store import Store

__all__ = ["CallGroup", "CampaignLedger", "GroupBatchLedger"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallGroup:
    """Calls that the provider holds back under one name.

    Attributes:
        no: The group's number, counted from 1 in the campaign.
        schedule: The provider's name for the group.
        state: See the module's docstring.
        made_at: When the group was made, which is before its first call was posted; aware.
        send_at: When the provider delivers it; aware.
        open: The number of batches in the group that have no outcome yet.
        untouched: Whether no call of the group was ever posted.
        mine: Whether no other live sender is working on the group.
    """

    no: int
    schedule: str
    state: str
    made_at: datetime
    send_at: datetime
    open: int
    untouched: bool
    mine: bool


class GroupBatchLedger(BatchLedger):
    """The batches of one group. A batch that the provider accepts is ``prepared``: the provider holds it back."""

    _accepted = "prepared"

    def __init__(self, store: Store, number: int, group: int, *, now: Callable[[], datetime]) -> None:
        super().__init__(store, number, now=now)
        self._group = group

    def _require_open(self, connection: Connection) -> None:
        """Refuse a claim in a group that another process has given up, perhaps because nothing was posted in it."""
        here = and_(call_group.c.campaign == self._id, call_group.c.no == self._group)
        # A shared row lock until the claim is committed: a process that gives the group up waits, and sees the claim.
        state = connection.execute(select(call_group.c.state).where(here).with_for_update(read=True)).scalar_one()
        if state != "preparing":
            raise ClaimLostError("another process has given up the group", hint="See: digest status")


class CampaignLedger(BatchLedger):
    """One campaign's groups, and its batches that are in no group. Each method is one transaction."""

    def cancel(self) -> Campaign:
        """Set the campaign's state: it was cancelled before anything was delivered."""
        self._set_cancelled()
        return self.campaign()

    @transaction
    def _set_cancelled(self, connection: Connection) -> None:
        here = campaign.c.id == self._id
        connection.execute(update(campaign).where(here).values(state="cancelled", finished_at=self._now()))
        self._note(connection, None, "cancelled", "")

    def groups(self) -> list[CallGroup]:
        """All groups, by number."""
        here = call_group.c.campaign == self._id
        within = and_(batch.c.campaign == call_group.c.campaign, batch.c.group_no == call_group.c.no)
        unsettled = select(func.count()).where(within, batch.c.state.not_in(("accepted", "rejected"))).scalar_subquery()
        posted = select(func.count()).where(within, batch.c.attempt > 0).scalar_subquery()
        query = (
            select(call_group, unsettled.label("open"), posted.label("posted")).where(here).order_by(call_group.c.no)
        )
        with self.store.begin() as connection:
            rows = connection.execute(query).all()
        senders = self.store.live_senders()
        return [
            CallGroup(
                no=row.no,
                schedule=row.schedule,
                state=row.state,
                made_at=row.made_at,
                send_at=row.send_at,
                open=row.open,
                untouched=not row.posted,
                mine=row.claim.startswith(self.store.sender) or not senders.hold(row.claim),
            )
            for row in rows
        ]

    def within(self, no: int) -> GroupBatchLedger:
        """The batches of a group."""
        return GroupBatchLedger(self.store, self._id, no, now=self._now)

    @transaction
    def size(self, connection: Connection) -> int:
        """The number of batches in the campaign."""
        return int(connection.execute(select(func.count()).where(batch.c.campaign == self._id)).scalar_one())

    @transaction
    def gather(self, connection: Connection, *, schedule: str, send_at: datetime, limit: int) -> int | None:
        """Make a group, in the state ``preparing``, of the first pending batches.

        Returns: The group's number; None if no batch is pending.

        Raises:
            CampaignDoneError: The campaign was cancelled meanwhile.
        """
        # A row lock: one sender at a time makes a group, and none does in a campaign that was cancelled.
        here = select(campaign.c.state).where(campaign.c.id == self._id).with_for_update()
        if connection.execute(here).scalar_one() == "cancelled":
            raise CampaignDoneError("the campaign was cancelled meanwhile", hint="See: digest status")
        free = and_(batch.c.campaign == self._id, batch.c.state == "pending", batch.c.group_no.is_(None))
        numbers = connection.execute(select(batch.c.no).where(free).order_by(batch.c.no).limit(limit)).scalars().all()
        if not numbers:
            return None
        last = connection.execute(select(func.max(call_group.c.no)).where(call_group.c.campaign == self._id)).scalar()
        no = (last or 0) + 1
        values = {"campaign": self._id, "no": no, "schedule": schedule, "send_at": send_at, "made_at": self._now()}
        claim = self.store.sender + secrets.token_hex(12)
        connection.execute(insert(call_group).values(**values, claim=claim, state="preparing"))
        # They were not posted in this group yet, whatever happened to them in an earlier one.
        connection.execute(update(batch).where(free, batch.c.no.in_(numbers)).values(group_no=no, attempt=0))
        return no

    @transaction
    def prepare(self, connection: Connection, no: int) -> str:
        """Mark a group as prepared if every call in it has an answer. Batches that were not posted leave the group.

        Returns: ``prepared``; ``unknown`` if the outcome of a call is unknown; ``nothing`` if no call was accepted.

        Raises:
            ClaimLostError: Another process has settled the group.
        """
        states = set(connection.execute(select(batch.c.state).where(self._in(no))).scalars())
        if states & {"sending", "unknown"}:
            return "unknown"
        if "prepared" not in states:
            return "nothing"
        self._advance(connection, no, "prepared", after=("preparing",))
        rest = update(batch).where(self._in(no), batch.c.state == "pending")
        connection.execute(rest.values(group_no=None))
        return "prepared"

    @transaction
    def begin_commit(self, connection: Connection, no: int) -> None:
        """Record that the pause is about to be deleted: from now on the group may be delivered."""
        self._advance(connection, no, "committing", after=("prepared",))

    @transaction
    def commit(self, connection: Connection, no: int, *, send_at: datetime) -> None:
        """Mark a group as accepted, after its pause was deleted.

        Args:
            no: The group.
            send_at: When it is delivered; aware. The campaign counts as delivered once its last group is.
        """
        self._advance(connection, no, "committed", after=("committing",))
        done = update(batch).where(self._in(no), batch.c.state == "prepared")
        connection.execute(done.values(state="accepted", settled_at=self._now()))
        here = campaign.c.id == self._id
        latest = connection.execute(select(campaign.c.send_at).where(here)).scalar_one()
        if latest is None or latest < send_at:
            connection.execute(update(campaign).where(here).values(send_at=send_at))

    @transaction
    def abandon(self, connection: Connection, no: int, *, reason: str) -> None:
        """Decide that a group is never committed."""
        self._advance(connection, no, "abandoned", after=("preparing", "prepared"), detail=reason)

    @transaction
    def give_back(self, connection: Connection, no: int) -> None:
        """Make the batches of an abandoned group pending again: what was posted is never delivered."""
        group = and_(call_group.c.campaign == self._id, call_group.c.no == no)
        if connection.execute(select(call_group.c.state).where(group)).scalar_one() != "abandoned":
            raise ClaimLostError("another process has settled the group", hint="See: digest status")
        again = and_(self._in(no), batch.c.state.in_(("sending", "prepared", "unknown", "pending")))
        numbers = connection.execute(select(batch.c.no).where(again)).scalars().all()
        own = and_(exception.c.campaign == self._id, exception.c.batch.in_(numbers))
        # Recipients who provably have the issue stay settled: the proof is from a call before this group, because the
        # group's own calls are all held back.
        connection.execute(delete(exception).where(own, exception.c.outcome == "unknown"))
        connection.execute(update(batch).where(again).values(state="pending", claim=None, group_no=None, message_id=""))

    @transaction
    def expire(self, connection: Connection, no: int, *, reason: str) -> None:
        """Mark the recipients of a group as unknown when it can no longer be found out whether they were mailed."""
        self._advance(connection, no, "expired", after=("prepared", "committing", "abandoned"), detail=reason)
        again = and_(self._in(no), batch.c.state == "pending")
        connection.execute(update(batch).where(again).values(group_no=None))
        lost = and_(self._in(no), batch.c.state.in_(("sending", "prepared", "unknown")))
        connection.execute(update(batch).where(lost).values(state="unknown", claim=None, group_no=None, reason=reason))

    @transaction
    def mark_cancelled(self, connection: Connection, no: int) -> None:
        """Record that a committed group was cancelled at the provider."""
        self._advance(connection, no, "cancelled", after=("committed", "committing"))

    def _in(self, no: int) -> ColumnElement[bool]:
        return and_(batch.c.campaign == self._id, batch.c.group_no == no)

    def _advance(
        self, connection: Connection, no: int, state: str, *, after: tuple[str, ...], detail: str = ""
    ) -> None:
        here = and_(call_group.c.campaign == self._id, call_group.c.no == no, call_group.c.state.in_(after))
        if connection.execute(update(call_group).where(here).values(state=state)).rowcount != 1:
            raise ClaimLostError("another process has settled the group", hint="See: digest status")
        self._note(connection, None, f"group {state}", f"{no} {detail}".strip())
