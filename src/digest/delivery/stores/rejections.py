"""Recipients that a campaign did not reach, by hash, and the suppression of those whose mailbox does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from digest.delivery.recipients import split_keys
from digest.delivery.stores.ledger_schema import batch, campaign, event, exception, suppression
from digest.delivery.stores.store import LiveSenders, upsert
from digest.models import SuppressionReason
from digest.providers import is_bounce_at_rcpt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, RowMapping

__all__ = ["SUPPRESSED", "UnreachedRecipient", "suppress_bounces", "unreached_recipients"]

#: The kind of the event that says how many bounces were suppressed.
SUPPRESSED = "bounces suppressed"
#: How many hashes are looked up in one query.
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreachedRecipient:
    """A recipient who was rejected, or whose outcome is unknown.

    Attributes:
        key: The keyed hash of the address.
        outcome: ``rejected`` or ``unknown``.
        reason: The provider's reason; may be empty.
        at: When the outcome was recorded; aware. None if a sender died before it could record one.
    """

    key: bytes
    outcome: str
    reason: str
    at: datetime | None


def unreached_recipients(connection: Connection, number: int, *, senders: LiveSenders) -> Iterator[UnreachedRecipient]:
    """Everybody in a campaign whose outcome is ``rejected`` or ``unknown``.

    Args:
        connection: A transaction.
        number: The campaign's id.
        senders: The processes that are sending now: the outcome of their calls is not unknown.
    """
    unreached = ("rejected", "unknown")
    own = {
        row["recipient"]: row
        for row in connection.execute(select(exception).where(exception.c.campaign == number)).mappings()
    }
    for key, row in own.items():
        if row["outcome"] in unreached:
            yield UnreachedRecipient(key=key, outcome=row["outcome"], reason=row["reason"], at=row["at"])
    query = select(batch).where(batch.c.campaign == number, batch.c.state.in_((*unreached, "sending")))
    for row in connection.execute(query.order_by(batch.c.no)).mappings():
        if row["state"] == "sending" and senders.hold(row["claim"]):
            continue
        outcome = "unknown" if row["state"] == "sending" else row["state"]
        for key in split_keys(row["recipients"]):
            if key not in own:
                yield UnreachedRecipient(key=key, outcome=outcome, reason=row["reason"], at=row["settled_at"])


def suppress_bounces(connection: Connection, row: RowMapping, *, now: datetime) -> None:
    """Suppress everybody in a campaign whose mailbox does not exist, as the server said in reply to RCPT.

    Calling it again changes nothing: a suppression that was undone meanwhile stays undone.

    Args:
        connection: A transaction.
        row: The campaign's row.
        now: The current time; aware.
    """
    # A row lock: of two senders that end at once, the second sees what the first has suppressed.
    connection.execute(select(campaign.c.id).where(campaign.c.id == row["id"]).with_for_update())
    earlier = select(func.max(event.c.at)).where(event.c.campaign == row["id"], event.c.kind == SUPPRESSED)
    last = connection.execute(earlier).scalar_one()
    bounces = [
        person.key
        for person in unreached_recipients(connection, row["id"], senders=LiveSenders())
        if person.outcome == "rejected"
        and is_bounce_at_rcpt(person.reason)
        and (last is None or person.at is None or person.at > last)
    ]
    known = _suppressed(connection, bounces)
    values = {"reason": SuppressionReason.HARD_BOUNCE.value, "at": now, "source": f"bounce of {row['issue']}"}
    rows = [{"recipient": key, **values} for key in bounces if key not in known]
    if not rows:
        return
    connection.execute(upsert(connection, suppression).on_conflict_do_nothing(), rows)
    note = {"campaign": row["id"], "batch": None, "at": now, "kind": SUPPRESSED, "detail": str(len(rows))}
    connection.execute(insert(event).values(note))


def _suppressed(connection: Connection, keys: list[bytes]) -> set[bytes]:
    """Those of these recipients who are suppressed already."""
    known: set[bytes] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some = suppression.c.recipient.in_(keys[start : start + _AT_ONCE])
        known.update(connection.execute(select(suppression.c.recipient).where(some)).scalars())
    return known
