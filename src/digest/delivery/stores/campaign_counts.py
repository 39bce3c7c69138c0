"""A campaign's numbers, counted from its batches and from the recipients whose outcome differs from their batch's."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, case, cast, func, select

from digest.delivery.campaign import Campaign, CampaignState, SendReport, group_reasons
from digest.delivery.stores.ledger_schema import batch, call_group, campaign, event, exception
from digest.delivery.stores.rejections import SUPPRESSED
from digest.delivery.stores.store import SENDER_DIGITS
from digest.models import IssueId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping, Select

    from digest.delivery.stores.store import LiveSenders

__all__ = ["count_campaign", "count_campaigns", "select_campaigns"]

#: The reason of recipients whose mail the provider has discarded because the send was being cancelled.
_CANCELLED = "cancelled before delivery"


def select_campaigns() -> Select[Any]:
    """The rows that `count_campaign` takes: those of the table ``campaign``, each with the bounces it suppressed."""
    numbers = select(event.c.campaign, func.sum(cast(event.c.detail, Integer)).label("suppressed"))
    bounces = numbers.where(event.c.kind == SUPPRESSED).group_by(event.c.campaign).subquery()
    return select(campaign, bounces.c.suppressed).outerjoin(bounces, bounces.c.campaign == campaign.c.id)


def count_campaign(connection: Connection, row: RowMapping, *, senders: LiveSenders, now: datetime) -> Campaign:
    """Count one campaign, as `count_campaigns` does."""
    return count_campaigns(connection, [row], senders=senders, now=now)[0]


def count_campaigns(
    connection: Connection, rows: Sequence[RowMapping], *, senders: LiveSenders, now: datetime
) -> tuple[Campaign, ...]:
    """Count campaigns: each batch counts for all its recipients, except those with an outcome of their own.

    The number of queries does not depend on the number of campaigns.

    Args:
        connection: A transaction.
        rows: Rows of `select_campaigns`.
        senders: The live senders. Their calls may be in flight, and count as pending. Any other batch in ``sending``
            was left by a dead sender, and counts as unknown.
        now: The current time; aware. A scheduled campaign counts as sent once its delivery time has passed.
    """
    counts = {row["id"]: _Counts() for row in rows}
    # Only a batch in "sending" has an owner. What the provider holds back was delivered to nobody.
    held = and_(batch.c.group_no.is_not(None), batch.c.state.in_(("sending", "unknown")))
    owner = case(
        (_is_cancelled(), "cancelled"),
        (held, "held"),
        (batch.c.state == "sending", func.substr(batch.c.claim, 1, SENDER_DIGITS)),
        else_=None,
    ).label("owner")
    refusal = case((batch.c.state == "rejected", batch.c.reason), else_="").label("refusal")
    kinds = (batch.c.campaign, batch.c.state, owner, refusal)
    batches = select(*kinds, func.sum(batch.c.size)).join(campaign, campaign.c.id == batch.c.campaign)
    for id, state, name, why, size in connection.execute(batches.where(batch.c.campaign.in_(counts)).group_by(*kinds)):
        counts[id].add_batches(_counted_as(state, name, senders), why if state == "rejected" else _CANCELLED, int(size))
        counts[id].in_flight |= state in {"sending", "prepared"} or name == "held"
    own_refusal = case((exception.c.outcome == "rejected", exception.c.reason), else_="").label("own_refusal")
    own_kinds = (*kinds, exception.c.outcome, own_refusal)
    differing = (
        select(*own_kinds, func.count())
        .select_from(exception)
        .join(batch, and_(batch.c.campaign == exception.c.campaign, batch.c.no == exception.c.batch))
        .join(campaign, campaign.c.id == batch.c.campaign)
        .where(exception.c.campaign.in_(counts))
        .group_by(*own_kinds)
    )
    for id, state, name, why, own, own_why, count in connection.execute(differing):
        counts[id].add_batches(_counted_as(state, name, senders), why if state == "rejected" else _CANCELLED, -count)
        counts[id].add_batches(own, own_why, count)
    reports = {row["id"]: counts[row["id"]].report(row, now=now) for row in rows}
    unmailed = [
        row["id"]
        for row in rows
        if not (counts[row["id"]].in_flight or row["state"] == "cancelled" or reports[row["id"]].settled)
    ]
    replaceable = set(unmailed) - _maybe_mailed(connection, unmailed)
    return tuple(
        Campaign(
            issue=IssueId(row["issue"]),
            audience=row["audience"],
            token=row["token"],
            provider=row["provider"],
            state=reports[row["id"]].state,
            started_at=row["started_at"],
            finished_at=row["finished_at"],
            report=reports[row["id"]],
            send_at=row["send_at"],
            schedule=row["schedule"] or "",
            replaceable=row["id"] in replaceable,
        )
        for row in rows
    )


class _Counts:
    """The recipients of one campaign, by outcome, and those who were rejected, by reason.

    Attributes:
        in_flight: Whether a call may be under way, or mail is held back.
    """

    def __init__(self) -> None:
        self._outcomes, self._reasons = Counter[str](), Counter[str]()
        self.in_flight = False

    def add_batches(self, outcome: str, reason: str, count: int) -> None:
        """Count so many recipients more; a negative number takes them away."""
        self._outcomes[outcome] += count
        if outcome == "rejected":
            self._reasons[reason] += count

    def report(self, row: RowMapping, *, now: datetime) -> SendReport:
        """The numbers of the campaign in this row."""
        is_due = row["state"] == "scheduled" and row["send_at"] is not None and row["send_at"] <= now
        return SendReport(
            state=CampaignState.SENT if is_due else CampaignState(row["state"]),
            accepted=self._outcomes["accepted"],
            rejected=self._outcomes["rejected"],
            unknown=self._outcomes["unknown"],
            skipped=row["skipped"] + self._outcomes["skipped"],
            pending=self._outcomes["pending"],
            token=row["token"],
            rejected_by_reason=group_reasons(self._reasons),
            suppressed=row["suppressed"] or 0,
        )


def _maybe_mailed(connection: Connection, campaigns: Sequence[int]) -> set[int]:
    """Which campaigns without outcomes may have mailed somebody all the same.

    A recipient whose outcome was unknown, and who is to be mailed again, is pending; an unfinished group may yet be
    released by the process that made it.
    """
    if not campaigns:
        return set()
    repeated = select(event.c.campaign).where(event.c.campaign.in_(campaigns), event.c.kind == "resend")
    unfinished = call_group.c.state.not_in(("abandoned", "cancelled"))
    groups = select(call_group.c.campaign).where(call_group.c.campaign.in_(campaigns), unfinished)
    return {id for query in (repeated, groups) for id in connection.execute(query.distinct()).scalars()}


def _is_cancelled() -> ColumnElement[bool]:
    """Whether a batch is in a cancelled group of a campaign that is not, because the cancellation was interrupted."""
    within = and_(call_group.c.campaign == batch.c.campaign, call_group.c.no == batch.c.group_no)
    group = select(call_group.c.no).where(within, call_group.c.state == "cancelled")
    return and_(campaign.c.state != "cancelled", batch.c.state == "accepted", group.exists())


def _counted_as(state: str, owner: str | None, senders: LiveSenders) -> str:
    """The outcome that a batch in this state counts as."""
    if owner == "cancelled":
        return "rejected"
    if state == "prepared" or owner == "held":
        return "pending"
    if state == "sending":
        return "pending" if senders.hold(owner) else "unknown"
    return state
