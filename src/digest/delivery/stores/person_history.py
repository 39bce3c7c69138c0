"""What a ledger knows of one person, by the keyed hash of the address: issues and a suppression."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from digest.delivery.stores.ledger_schema import HASH_BYTES, batch, campaign, exception, suppression
from digest.delivery.stores.store import upsert
from digest.subscribers import SUPPRESSIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

    from digest.delivery.stores.store import LiveSenders

__all__ = [
    "REMOVED",
    "LedgerSuppression",
    "MailedIssue",
    "PersonHistory",
    "find_person",
    "keep_own",
    "keep_removed",
    "lift",
    "own_suppressions",
]

#: The reason of the suppression that stays after somebody's data was removed.
REMOVED = "removed"
_BATCHES_AT_ONCE = 64
_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class MailedIssue:
    """What became of one issue for one person.

    Attributes:
        outcome: ``accepted``, ``rejected``, ``unknown``, ``pending``, ``skipped`` or ``cancelled``.
        reason: Why it was rejected or is unknown; may be empty.
        at: When the outcome was recorded; aware. None before that.
    """

    issue: str
    audience: str
    provider: str
    outcome: str
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerSuppression:
    """A suppression in the ledger: one that a provider has reported, or all that a removal left.

    Attributes:
        reason: A `SuppressionReason`, or `REMOVED`.
        at: When it began; aware. None if unknown.
        source: Who reported it.
    """

    reason: str
    source: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonHistory:
    """What the ledger knows of one person.

    Attributes:
        issues: The issues, oldest first.
        suppression: Their suppression; None if they are not suppressed.
    """

    issues: tuple[MailedIssue, ...] = ()
    suppression: LedgerSuppression | None = None


def find_person(connection: Connection, key: bytes, *, senders: LiveSenders) -> PersonHistory:
    """Look for one person in all campaigns. Every batch is read, one after the other.

    Args:
        key: The keyed hash of the address.
        senders: The processes that are sending now: their calls may be in flight.
    """
    own = {
        (row["campaign"], row["batch"]): row
        for row in connection.execute(select(exception).where(exception.c.recipient == key)).mappings()
    }
    columns = (campaign.c.issue, campaign.c.audience, campaign.c.provider, campaign.c.state.label("campaign_state"))
    rows = connection.execution_options(yield_per=_BATCHES_AT_ONCE).execute(
        select(batch, *columns).join(campaign, campaign.c.id == batch.c.campaign).order_by(campaign.c.started_at)
    )
    issues = tuple(
        _mailed_issue(row, own.get((row["campaign"], row["no"])), senders)
        for row in rows.mappings()
        if _holds(row["recipients"], key)
    )
    suppressed = connection.execute(select(suppression).where(suppression.c.recipient == key)).mappings().first()
    return PersonHistory(issues=issues, suppression=_suppression(suppressed))


def keep_removed(connection: Connection, key: bytes, *, at: datetime, source: str) -> None:
    """Suppress somebody for good by the hash alone, in place of an earlier suppression."""
    values = {"reason": REMOVED, "at": at, "source": source}
    row = upsert(connection, suppression).values(recipient=key, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["recipient"], set_=values))


def lift(connection: Connection, key: bytes, *, also: Collection[bytes] = ()) -> LedgerSuppression | None:
    """Delete a suppression. Returns it; None if there was none.

    Args:
        also: The keys of the same person's suppressions for single audiences.
    """
    row = connection.execute(select(suppression).where(suppression.c.recipient == key)).mappings().first()
    connection.execute(delete(suppression).where(suppression.c.recipient.in_([key, *also])))
    return _suppression(row)


def own_suppressions(connection: Connection) -> dict[bytes, str]:
    """The reason of each suppression of the newsletter's own that an earlier send has recorded, by keyed hash."""
    columns = (suppression.c.recipient, suppression.c.reason)
    rows = connection.execute(select(*columns).where(suppression.c.source == SUPPRESSIONS))
    return {row.recipient: row.reason for row in rows}


def keep_own(connection: Connection, reasons: Mapping[bytes, str], *, at: datetime) -> None:
    """Record suppressions of the newsletter's own, in place of what a provider has reported of the same people."""
    removed = set(connection.execute(select(suppression.c.recipient).where(suppression.c.reason == REMOVED)).scalars())
    known = own_suppressions(connection).keys() | removed
    rows = ({"recipient": key, "reason": reason, "at": at, "source": SUPPRESSIONS} for key, reason in reasons.items())
    new = (row for row in rows if row["recipient"] not in known)
    while chunk := list(islice(new, _ROWS_AT_ONCE)):
        statement = upsert(connection, suppression)
        values = {name: statement.excluded[name] for name in ("reason", "at", "source")}
        connection.execute(statement.on_conflict_do_update(index_elements=["recipient"], set_=values), chunk)


def _holds(recipients: bytes, key: bytes) -> bool:
    """Whether joined hashes hold this one, and not its bytes across the end of another."""
    at = recipients.find(key)
    while at >= 0 and at % HASH_BYTES:
        at = recipients.find(key, at + 1)
    return at >= 0


def _mailed_issue(row: RowMapping, own: RowMapping | None, senders: LiveSenders) -> MailedIssue:
    outcome, reason, at = row["state"], row["reason"], row["settled_at"]
    if own is not None:
        outcome, reason, at = own["outcome"], own["reason"], own["at"]
    elif row["campaign_state"] == "cancelled":
        outcome = "cancelled"
    elif outcome == "sending":
        outcome = "pending" if senders.hold(row["claim"]) else "unknown"
    elif outcome == "prepared":
        outcome = "pending"
    return MailedIssue(
        issue=row["issue"],
        audience=row["audience"],
        provider=row["provider"],
        outcome=outcome,
        reason=reason,
        at=at,
    )


def _suppression(row: RowMapping | None) -> LedgerSuppression | None:
    if row is None:
        return None
    return LedgerSuppression(reason=row["reason"], source=row["source"], at=row["at"])
