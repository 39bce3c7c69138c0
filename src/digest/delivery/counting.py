"""A campaign's numbers, counted from its batches and from the recipients who differ from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from digest.delivery.report import Campaign, SendReport
from digest.delivery.schema import batch, exception

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

__all__ = ["count_campaign"]


def count_campaign(connection: Connection, row: RowMapping, *, live: bool, now: datetime) -> Campaign:
    """Each batch counts for all its recipients, less those with an outcome of their own.

    Args:
        row: Of the table ``campaign``.
        live: Whether a call may be in flight now, which then counts as pending; else a batch in ``sending`` is what a
            dead sender left, and unknown.
        now: Aware. What was scheduled counts as sent from its moment on.
    """
    counts = dict.fromkeys(("pending", "sending", "accepted", "rejected", "unknown", "skipped"), 0)
    sizes = select(batch.c.state, func.sum(batch.c.size)).where(batch.c.campaign == row["id"]).group_by(batch.c.state)
    for state, size in connection.execute(sizes):
        counts[state] += int(size)
    differing = (
        select(batch.c.state, exception.c.outcome, func.count())
        .join(batch, and_(batch.c.campaign == exception.c.campaign, batch.c.no == exception.c.batch))
        .where(exception.c.campaign == row["id"])
        .group_by(batch.c.state, exception.c.outcome)
    )
    for state, outcome, count in connection.execute(differing):
        counts[state] -= count
        counts[outcome] += count
    over = row["state"] == "scheduled" and row["send_at"] is not None and row["send_at"] <= now
    state = "sent" if over else row["state"]
    report = SendReport(
        state=state,
        accepted=counts["accepted"],
        rejected=counts["rejected"],
        unknown=counts["unknown"] + (0 if live else counts["sending"]),
        skipped=row["skipped"] + counts["skipped"],
        pending=counts["pending"] + (counts["sending"] if live else 0),
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
