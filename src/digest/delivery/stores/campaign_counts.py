"""A campaign's numbers, counted from its batches and from the recipients whose outcome differs from their batch's."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, case, cast, func, literal, select

from digest.delivery.campaign import Campaign, CampaignState, SendReport, group_reasons
from digest.delivery.stores.ledger_schema import batch, call_group, campaign, event, exception
from digest.delivery.stores.rejections import SUPPRESSED
from digest.delivery.stores.store import SENDER_DIGITS
from digest.models import IssueId

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping, Select

    from digest.delivery.stores.store import LiveSenders

__all__ = ["count_campaign", "select_campaigns"]

#: The reason of recipients whose mail the provider has discarded because the send was being cancelled.
_CANCELLED = "cancelled before delivery"


def select_campaigns() -> Select[Any]:
    """The rows that `count_campaign` takes: those of the table ``campaign``, each with the bounces it suppressed."""
    numbers = select(event.c.campaign, func.sum(cast(event.c.detail, Integer)).label("suppressed"))
    bounces = numbers.where(event.c.kind == SUPPRESSED).group_by(event.c.campaign).subquery()
    return select(campaign, bounces.c.suppressed).outerjoin(bounces, bounces.c.campaign == campaign.c.id)


def count_campaign(connection: Connection, row: RowMapping, *, senders: LiveSenders, now: datetime) -> Campaign:
    """Count a campaign: each batch counts for all its recipients, except those with an outcome of their own.

    Args:
        connection: A transaction.
        row: A row of `select_campaigns`.
        senders: The live senders. Their calls may be in flight, and count as pending. Any other batch in ``sending``
            was left by a dead sender, and counts as unknown.
        now: The current time; aware. A scheduled campaign counts as sent once its delivery time has passed.
    """
    counts, reasons = Counter[str](), Counter[str]()
    in_flight = False
    # Only a batch in "sending" has an owner. What the provider holds back was delivered to nobody.
    held = and_(batch.c.group_no.is_not(None), batch.c.state.in_(("sending", "unknown")))
    owner = case(
        (_is_cancelled(row), "cancelled"),
        (held, "held"),
        (batch.c.state == "sending", func.substr(batch.c.claim, 1, SENDER_DIGITS)),
        else_=None,
    ).label("owner")
    refusal = case((batch.c.state == "rejected", batch.c.reason), else_="").label("refusal")
    here = batch.c.campaign == row["id"]
    kinds = (batch.c.state, owner, refusal)
    for state, name, why, size in connection.execute(
        select(*kinds, func.sum(batch.c.size)).where(here).group_by(*kinds)
    ):
        outcome = _counted_as(state, name, senders)
        counts[outcome] += int(size)
        if outcome == "rejected":
            reasons[why if state == "rejected" else _CANCELLED] += int(size)
        in_flight |= state in {"sending", "prepared"} or name == "held"
    own_refusal = case((exception.c.outcome == "rejected", exception.c.reason), else_="").label("own_refusal")
    own_kinds = (*kinds, exception.c.outcome, own_refusal)
    differing = (
        select(*own_kinds, func.count())
        .join(batch, and_(batch.c.campaign == exception.c.campaign, batch.c.no == exception.c.batch))
        .where(exception.c.campaign == row["id"])
        .group_by(*own_kinds)
    )
    for state, name, why, own, own_why, count in connection.execute(differing):
        outcome = _counted_as(state, name, senders)
        counts.subtract({outcome: count})
        counts[own] += count
        if outcome == "rejected":
            reasons[why if state == "rejected" else _CANCELLED] -= count
        if own == "rejected":
            reasons[own_why] += count
    is_due = row["state"] == "scheduled" and row["send_at"] is not None and row["send_at"] <= now
    state = CampaignState.SENT if is_due else CampaignState(row["state"])
    report = SendReport(
        state=state,
        accepted=counts["accepted"],
        rejected=counts["rejected"],
        unknown=counts["unknown"],
        skipped=row["skipped"] + counts["skipped"],
        pending=counts["pending"],
        token=row["token"],
        rejected_by_reason=group_reasons(reasons),
        suppressed=row["suppressed"] or 0,
    )
    mailed = in_flight or row["state"] == "cancelled" or report.settled
    return Campaign(
        issue=IssueId(row["issue"]),
        audience=row["audience"],
        token=row["token"],
        provider=row["provider"],
        state=state,
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        report=report,
        send_at=row["send_at"],
        schedule=row["schedule"] or "",
        replaceable=not mailed and not _may_have_been_mailed(connection, row["id"]),
    )


def _may_have_been_mailed(connection: Connection, campaign: int) -> bool:
    """Whether a campaign without outcomes may have mailed somebody all the same.

    A recipient whose outcome was unknown, and who is to be mailed again, is pending; an unfinished group may yet be
    released by the process that made it.
    """
    repeated = select(event.c.id).where(event.c.campaign == campaign, event.c.kind == "resend")
    unfinished = call_group.c.state.not_in(("abandoned", "cancelled"))
    groups = select(call_group.c.no).where(call_group.c.campaign == campaign, unfinished)
    return any(connection.execute(query.limit(1)).first() for query in (repeated, groups))


def _is_cancelled(row: RowMapping) -> ColumnElement[bool]:
    """Whether a batch is in a cancelled group of a campaign that is not, because the cancellation was interrupted."""
    within = and_(call_group.c.campaign == batch.c.campaign, call_group.c.no == batch.c.group_no)
    group = select(call_group.c.no).where(within, call_group.c.state == "cancelled")
    return and_(literal(row["state"]) != "cancelled", batch.c.state == "accepted", group.exists())


def _counted_as(state: str, owner: str | None, senders: LiveSenders) -> str:
    """The outcome that a batch in this state counts as."""
    if owner == "cancelled":
        return "rejected"
    if state == "prepared" or owner == "held":
        return "pending"
    if state == "sending":
        return "pending" if senders.hold(owner) else "unknown"
    return state
