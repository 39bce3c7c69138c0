"""The groups of a campaign's batches that are sent in two phases, and how they move.

::

    preparing ──all calls accepted──▶ prepared ──▶ committing ──the pause is deleted──▶ committed ──▶ cancelled
        │                                │              │
        └──────────── abandoned ◀────────┘              └──▶ expired, when nobody can know any more
                          │
                          └── give back: the batches are pending again, in no group

Each move is one conditional UPDATE: of two who want to commit and to abandon the same group, one does it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, insert, select, update

from digest.delivery.book import CampaignBook, ClaimLostError, transaction
from digest.delivery.report import CampaignDoneError
from digest.delivery.stores.schema import batch, call_group, campaign, exception

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from digest.delivery.stores.base import Store

__all__ = ["CallGroup", "GroupBook", "GroupsBook"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallGroup:
    """Some calls that are held back under one name at the provider.

    Attributes:
        no: Counted from 1 in the campaign.
        schedule: The provider's name for them.
        state: See above.
        made_at: Aware; before the first of them was posted.
        send_at: Aware; when the provider was told to deliver.
        open: How many batches are in it that have no outcome yet.
        untouched: Whether none of them was ever posted.
        mine: Whether no other sender that lives is at work on it.
    """

    no: int
    schedule: str
    state: str
    made_at: datetime
    send_at: datetime
    open: int
    untouched: bool
    mine: bool


class GroupBook(CampaignBook):
    """The batches of one group. What the provider accepts of them is ``prepared``: it is held back."""

    _accepted = "prepared"

    def __init__(self, store: Store, number: int, group: int, *, now: Callable[[], datetime]) -> None:
        super().__init__(store, number, now=now)
        self._group = group

    def _require_open(self, connection: Connection) -> None:
        """Post nothing more into a group that another process has given up: it may have been seen untouched."""
        here = and_(call_group.c.campaign == self._id, call_group.c.no == self._group)
        # On hold until the claim is written, so that whoever gives the group up waits, and sees it.
        state = connection.execute(select(call_group.c.state).where(here).with_for_update(read=True)).scalar_one()
        if state != "preparing":
            raise ClaimLostError("another process has given the group up", hint="See: digest status")


class GroupsBook(CampaignBook):
    """The groups of one campaign, and its batches that are in none. Each method is one transaction."""

    def groups(self) -> list[CallGroup]:
        """All of them, in their order."""
        here = call_group.c.campaign == self._id
        within = and_(batch.c.campaign == call_group.c.campaign, batch.c.group_no == call_group.c.no)
        open_ = select(func.count()).where(within, batch.c.state.not_in(("accepted", "rejected"))).scalar_subquery()
        posted = select(func.count()).where(within, batch.c.attempt > 0).scalar_subquery()
        query = select(call_group, open_.label("open"), posted.label("posted")).where(here).order_by(call_group.c.no)
        with self.store.begin() as connection:
            rows = connection.execute(query).all()
        senders = self.store.at_work()
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

    def within(self, no: int) -> GroupBook:
        """The batches of a group."""
        return GroupBook(self.store, self._id, no, now=self._now)

    @transaction
    def size(self, connection: Connection) -> int:
        """How many batches the campaign has."""
        return int(connection.execute(select(func.count()).where(batch.c.campaign == self._id)).scalar_one())

    @transaction
    def gather(self, connection: Connection, *, schedule: str, send_at: datetime, limit: int) -> int | None:
        """Make a group of the first pending batches, in ``preparing``. Returns its number; None where none is.

        Raises:
            CampaignDoneError: The campaign was called off meanwhile.
        """
        # One sender at a time gathers, and none in a campaign that was called off meanwhile.
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
        # Not yet posted in this group, whatever happened to them in another.
        connection.execute(update(batch).where(free, batch.c.no.in_(numbers)).values(group_no=no, attempt=0))
        return no

    @transaction
    def prepare(self, connection: Connection, no: int) -> str:
        """Call a group prepared, where every call of it has an answer. What was not posted leaves the group.

        Returns: ``prepared``; or ``unknown`` where a call's outcome is, or ``nothing`` where nothing was accepted.

        Raises:
            ClaimLostError: Somebody else has settled the group.
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
        """Say that the pause is about to be deleted: from now on the group may be delivered."""
        self._advance(connection, no, "committing", after=("prepared",))

    @transaction
    def commit(self, connection: Connection, no: int, *, send_at: datetime) -> None:
        """Call a group's mail accepted: its pause is deleted. The campaign is delivered no earlier than this group."""
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
        """Make the batches of an abandoned group pending again: what was posted of it is held back for good."""
        group = and_(call_group.c.campaign == self._id, call_group.c.no == no)
        if connection.execute(select(call_group.c.state).where(group)).scalar_one() != "abandoned":
            raise ClaimLostError("another process has settled the group", hint="See: digest status")
        again = and_(self._in(no), batch.c.state.in_(("sending", "prepared", "unknown", "pending")))
        numbers = connection.execute(select(batch.c.no).where(again)).scalars().all()
        own = and_(exception.c.campaign == self._id, exception.c.batch.in_(numbers))
        # Who is proven to have it stays out: the proof is of a call before this group, which holds back all it takes.
        connection.execute(delete(exception).where(own, exception.c.outcome == "unknown"))
        connection.execute(update(batch).where(again).values(state="pending", claim=None, group_no=None, message_id=""))

    @transaction
    def expire(self, connection: Connection, no: int, *, reason: str) -> None:
        """Call those of a group unknown of whom nobody can tell any more whether they were mailed."""
        self._advance(connection, no, "expired", after=("prepared", "committing", "abandoned"), detail=reason)
        again = and_(self._in(no), batch.c.state == "pending")
        connection.execute(update(batch).where(again).values(group_no=None))
        lost = and_(self._in(no), batch.c.state.in_(("sending", "prepared", "unknown")))
        connection.execute(update(batch).where(lost).values(state="unknown", claim=None, group_no=None, reason=reason))

    @transaction
    def call_off(self, connection: Connection, no: int) -> None:
        """Write down that a committed group was cancelled at the provider."""
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
