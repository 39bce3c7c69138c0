"""Who has an issue already, or may have it, from its campaigns to other audiences.

An issue is mailed to each person once, whatever the audiences are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from digest.delivery.stores.ledger_schema import HASH_BYTES, batch, campaign, exception

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

__all__ = ["mailed_to_others"]

#: The states of a batch that was posted, or that is being posted now.
_POSTED = ("sending", "prepared", "accepted", "unknown")
#: A cancelled campaign delivers nothing of what the provider has accepted.
_POSTED_BEFORE_CANCELLATION = ("sending", "unknown")


def mailed_to_others(connection: Connection, *, issue: str, audience: str) -> dict[bytes, str]:
    """Everybody whom a campaign of this issue to another audience has mailed, or may have mailed.

    Args:
        connection: A transaction.
        issue: The issue's id.
        audience: The audience whose own campaign is not looked at.

    Returns: The name of the other audience, by the recipient's keyed hash.
    """
    others = select(campaign.c.id, campaign.c.audience, campaign.c.state).where(
        campaign.c.issue == issue, campaign.c.audience != audience
    )
    mailed: dict[bytes, str] = {}
    for row in connection.execute(others.order_by(campaign.c.id)).mappings().all():
        mailed.update(dict.fromkeys(_mailed_by(connection, row), row["audience"]))
    return mailed


def _mailed_by(connection: Connection, row: RowMapping) -> set[bytes]:
    posted = _POSTED_BEFORE_CANCELLATION if row["state"] == "cancelled" else _POSTED
    batches = select(batch.c.recipients).where(batch.c.campaign == row["id"], batch.c.state.in_(posted))
    mailed: set[bytes] = set()
    for keys in connection.execute(batches).scalars():
        mailed.update(keys[start : start + HASH_BYTES] for start in range(0, len(keys), HASH_BYTES))
    own = select(exception.c.recipient, exception.c.outcome).where(exception.c.campaign == row["id"])
    for recipient, outcome in connection.execute(own):
        if outcome in posted:
            mailed.add(recipient)
        else:
            mailed.discard(recipient)
    return mailed
