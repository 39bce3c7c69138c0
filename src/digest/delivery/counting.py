"""A campaign's numbers, counted from its batches and from the recipients who differ from them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, func, literal, select

from digest.delivery.report import Campaign, SendReport
from digest.delivery.stores.base import NAME_LENGTH
from digest.delivery.stores.schema import batch, call_group, exception

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from digest.delivery.stores.base import Senders

__all__ = ["count_campaign"]


def count_campaign(connection: Connection, row: RowMapping, *, senders: Senders, now: datetime) -> Campaign:
    """Each batch counts for all its recipients, less those with an outcome of their own.

    Args:
        row: Of the table ``campaign``.
        senders: Who lives: their calls may be in flight, and count as pending; else a batch in ``sending`` is what a
            dead sender left, and unknown.
        now: Aware. What was scheduled counts as sent from its moment on.
    """
    counts = Counter[str]()
    # Only those that are being sent have somebody whose they are; what is held back was delivered to nobody.
    held = and_(batch.c.group_no.is_not(None), batch.c.state.in_(("sending", "unknown")))
    whose = case(
        (_called_off(row), "off"),
        (held, "held"),
        (batch.c.state == "sending", func.substr(batch.c.claim, 1, NAME_LENGTH)),
        else_=None,
    ).label("whose")
    here = batch.c.campaign == row["id"]
    sizes = select(batch.c.state, whose, func.sum(batch.c.size)).where(here).group_by(batch.c.state, whose)
    for state, name, size in connection.execute(sizes):
        counts[_shown(state, name, senders)] += int(size)
    differing = (
        select(batch.c.state, whose, exception.c.outcome, func.count())
        .join(batch, and_(batch.c.campaign == exception.c.campaign, batch.c.no == exception.c.batch))
        .where(exception.c.campaign == row["id"])
        .group_by(batch.c.state, whose, exception.c.outcome)
    )
    for state, name, outcome, count in connection.execute(differing):
        counts[_shown(state, name, senders)] -= count
        counts[outcome] += count
    over = row["state"] == "scheduled" and row["send_at"] is not None and row["send_at"] <= now
    state = "sent" if over else row["state"]
    report = SendReport(
        state=state,
        accepted=counts["accepted"],
        rejected=counts["rejected"],
        unknown=counts["unknown"],
        skipped=row["skipped"] + counts["skipped"],
        pending=counts["pending"],
        token=row["token"],
    )
    return Campaign(
        issue=row["issue"],
        audience=row["audience"],
        token=row["token"],
        provider=row["provider"],
        state=state,
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        report=report,
        send_at=row["send_at"],
        schedule=row["schedule"] or "",
    )


def _called_off(row: RowMapping) -> ColumnElement[bool]:
    """Whether a batch is in a group that was cancelled while its campaign was not: that stopped half-way."""
    within = and_(call_group.c.campaign == batch.c.campaign, call_group.c.no == batch.c.group_no)
    group = select(call_group.c.no).where(within, call_group.c.state == "cancelled")
    return and_(literal(row["state"]) != "cancelled", batch.c.state == "accepted", group.exists())


def _shown(state: str, whose: str | None, senders: Senders) -> str:
    """What a batch counts as."""
    if whose == "off":
        return "rejected"
    if state == "prepared" or whose == "held":
        return "pending"
    if state == "sending":
        return "pending" if senders.hold(whose) else "unknown"
    return state
