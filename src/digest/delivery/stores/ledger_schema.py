"""The ledger's tables. Recipients are 16-byte keyed hashes, never addresses. Times are in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy import Dialect

__all__ = [
    "HASH_BYTES",
    "HEAD",
    "batch",
    "batch_row",
    "call_group",
    "campaign",
    "event",
    "exception",
    "meta",
    "metadata",
    "suppression",
]

#: The length of a recipient's keyed hash.
HASH_BYTES = 16
#: The newest migration in ``migrations/versions``.
HEAD = "0003"


class UtcTime(TypeDecorator[datetime]):
    """An aware time, stored and returned in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a time zone."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a time must be aware")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Restore the time zone, which SQLite does not store."""
        del dialect
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

meta = Table("meta", metadata, Column("name", String(64), primary_key=True), Column("value", Text, nullable=False))

campaign = Table(
    "campaign",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", String(16), nullable=False),
    Column("audience", String(255), nullable=False),
    Column("token", String(64), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("send_at", UtcTime),
    Column("schedule", String(255)),
    UniqueConstraint("issue", "audience"),
    CheckConstraint("state IN ('sending', 'scheduled', 'sent', 'held', 'cancelled')", name="campaign_state"),
)

batch = Table(
    "batch",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("no", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("recipients", LargeBinary, nullable=False),
    Column("claim", String(32)),
    Column("message_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("claimed_at", UtcTime),
    Column("settled_at", UtcTime),
    Column("group_no", Integer),
    CheckConstraint(
        "state IN ('pending', 'sending', 'prepared', 'accepted', 'rejected', 'unknown')", name="batch_state"
    ),
)

call_group = Table(
    "call_group",
    metadata,
    Column("campaign", ForeignKey("campaign.id"), primary_key=True),
    Column("no", Integer, primary_key=True),
    Column("schedule", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("claim", String(32), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("send_at", UtcTime, nullable=False),
    CheckConstraint(
        "state IN ('preparing', 'prepared', 'committing', 'committed', 'abandoned', 'cancelled', 'expired')",
        name="call_group_state",
    ),
)

exception = Table(
    "exception",
    metadata,
    Column("campaign", Integer, primary_key=True),
    Column("recipient", LargeBinary(HASH_BYTES), primary_key=True),
    Column("batch", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    ForeignKeyConstraint(["campaign"], ["campaign.id"]),
    CheckConstraint("outcome IN ('accepted', 'rejected', 'unknown', 'skipped')", name="exception_outcome"),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign", ForeignKey("campaign.id"), nullable=False),
    Column("batch", Integer),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("detail", Text, nullable=False),
)

suppression = Table(
    "suppression",
    metadata,
    Column("recipient", LargeBinary(HASH_BYTES), primary_key=True),
    Column("reason", String(32), nullable=False),
    Column("at", UtcTime),
    Column("source", Text, nullable=False),
)


def batch_row(number: int, no: int, keys: bytes) -> dict[str, object]:
    """A pending batch as a row of the table ``batch``."""
    return {
        "campaign": number,
        "no": no,
        "state": "pending",
        "attempt": 0,
        "size": len(keys) // HASH_BYTES,
        "recipients": keys,
        "message_id": "",
        "reason": "",
    }
