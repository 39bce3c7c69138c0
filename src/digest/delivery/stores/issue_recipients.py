"""Who has an issue already, or may have it, from its campaigns to other audiences.

An issue is mailed to each person once, whatever the audiences are called, also while several of its campaigns are being
sent at the same time: a claim finds the claims of all other campaigns. SQLite and a git branch run one transaction
after the other. In PostgreSQL, locks on the rows of the table ``campaign`` do it: a claim excludes claims of other
campaigns of its issue and the start of one, but not other claims of its own campaign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, select, tuple_

from digest.delivery.recipients import split_keys
from digest.delivery.stores.ledger_schema import batch, campaign, exception
from digest.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection, RowMapping, Select

__all__ = ["MailedMeanwhileError", "OtherCampaigns", "lock_issue", "mailed_to_others"]

#: The states of a batch that was posted, or that is being posted now.
_POSTED = ("sending", "prepared", "accepted", "unknown")
#: A cancelled campaign delivers nothing of what the provider has accepted.
_POSTED_BEFORE_CANCELLATION = ("sending", "unknown")
#: How many batches are read at a time: with 1,000 recipients each, they take 2 MB.
_READ_AT_ONCE = 128


class MailedMeanwhileError(LedgerError):
    """Another campaign of the issue has mailed some recipients of a batch. The batch was not claimed.

    Attributes:
        mailed: Those recipients, each with the name of the other campaign's audience.
    """

    def __init__(self, mailed: Mapping[bytes, str]) -> None:
        super().__init__("another campaign of this issue has mailed some of these people", hint="See: digest status")
        self.mailed = mailed


def mailed_to_others(connection: Connection, *, issue: str, audience: str) -> dict[bytes, str]:
    """The recipients that campaigns of this issue to other audiences have mailed, or may have mailed.

    Args:
        connection: A transaction.
        issue: The issue's id.
        audience: The audience whose own campaign is left out.

    Returns: The name of the other audience, by the recipient's keyed hash.
    """
    others = _campaigns().where(campaign.c.issue == issue, campaign.c.audience != audience)
    mailed: dict[bytes, str] = {}
    for row in connection.execute(others).mappings().all():
        mailed.update(dict.fromkeys(_mailed_by(connection, row), row["audience"]))
    return mailed


def lock_issue(connection: Connection, issue: str) -> None:
    """Wait for the claims of all campaigns of an issue, and keep off further ones until the transaction ends."""
    if connection.dialect.name == "postgresql":
        query = select(campaign.c.id).where(campaign.c.issue == issue).order_by(campaign.c.id)
        connection.execute(query.with_for_update(key_share=True))


class OtherCampaigns:
    """The other campaigns of one campaign's issue. It remembers what they posted: each claim reads only what is new.

    Args:
        number: The id of the campaign itself.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        issue = select(campaign.c.issue).where(campaign.c.id == number).scalar_subquery()
        self._campaigns = _campaigns().where(campaign.c.issue == issue)
        self._batches: dict[int, dict[bytes, int]] = {}
        self._seen: set[tuple[int, int]] = set()

    def require_unmailed(self, connection: Connection, no: int, *, gone: Collection[bytes] = ()) -> None:
        """Refuse a batch with somebody who has the issue from another campaign, or may have it.

        No other campaign of the issue claims anything until the transaction ends.

        Args:
            connection: The transaction in which the batch is claimed.
            no: The batch of this campaign.
            gone: Recipients of the batch who are not mailed.

        Raises:
            MailedMeanwhileError: There is somebody.
        """
        others = self._lock(connection)
        if not others:
            return
        here = and_(batch.c.campaign == self._number, batch.c.no == no)
        own = select(exception.c.recipient).where(exception.c.campaign == self._number, exception.c.batch == no)
        settled = {*gone, *connection.execute(own).scalars()}
        keys = split_keys(connection.execute(select(batch.c.recipients).where(here)).scalar_one())
        if mailed := self._mailed(connection, others, {key for key in keys if key not in settled}):
            raise MailedMeanwhileError(mailed)

    def _lock(self, connection: Connection) -> dict[int, RowMapping]:
        """Wait for the claims of the other campaigns, and keep off further ones until the transaction ends.

        Returns: Their rows of the table ``campaign``, by id; nothing in the usual case.
        """
        locked: set[int] = set()
        while True:
            rows = connection.execute(self._campaigns).mappings().all()
            missing = [row["id"] for row in rows if row["id"] not in locked]
            if not missing or connection.dialect.name != "postgresql":
                return {row["id"]: row for row in rows if row["id"] != self._number}
            # In the order of their ids, which rules out a deadlock. Then look again: one may have started meanwhile.
            for id in missing:
                is_own = id == self._number
                row = select(campaign.c.id).where(campaign.c.id == id)
                connection.execute(row.with_for_update(read=is_own, key_share=not is_own))
                locked.add(id)

    def _mailed(
        self, connection: Connection, others: Mapping[int, RowMapping], keys: Collection[bytes]
    ) -> dict[bytes, str]:
        self._read_new(connection, others)
        mailed: dict[bytes, str] = {}
        for id, row in others.items():
            batches = self._batches.get(id, {})
            # A batch may have been refused, divided or cancelled since it was seen.
            numbers = {batches[key] for key in keys if key in batches}
            if numbers:
                recipients = _mailed_by(connection, row, numbers).intersection(keys)
                mailed.update(dict.fromkeys(recipients, row["audience"]))
        return mailed

    def _read_new(self, connection: Connection, others: Mapping[int, RowMapping]) -> None:
        """Read the recipients of batches that were posted since the last claim."""
        here = batch.c.campaign.in_(others)
        posted = select(batch.c.campaign, batch.c.no).where(here, batch.c.state.in_(_POSTED))
        own = select(exception.c.campaign, exception.c.batch).where(
            exception.c.campaign.in_(others), exception.c.outcome.in_(_POSTED)
        )
        batches = {(row[0], row[1]) for query in (posted, own.distinct()) for row in connection.execute(query)}
        new = batches - self._seen
        for part in _chunks(sorted(new)):
            rows = select(batch.c.campaign, batch.c.no, batch.c.recipients)
            for id, no, keys in connection.execute(rows.where(tuple_(batch.c.campaign, batch.c.no).in_(part))):
                self._batches.setdefault(id, {}).update(dict.fromkeys(split_keys(keys), no))
        self._seen |= new


def _campaigns() -> Select[tuple[int, str, str]]:
    return select(campaign.c.id, campaign.c.audience, campaign.c.state).order_by(campaign.c.id)


def _mailed_by(connection: Connection, row: RowMapping, numbers: Collection[int] | None = None) -> set[bytes]:
    """The recipients that a campaign has mailed, or may have mailed; only those of these batches, if any are given."""
    posted = _POSTED_BEFORE_CANCELLATION if row["state"] == "cancelled" else _POSTED
    batches = select(batch.c.recipients).where(batch.c.campaign == row["id"], batch.c.state.in_(posted))
    own = select(exception.c.recipient, exception.c.outcome).where(exception.c.campaign == row["id"])
    if numbers is not None:
        batches, own = batches.where(batch.c.no.in_(numbers)), own.where(exception.c.batch.in_(numbers))
    mailed: set[bytes] = set()
    for keys in connection.execute(batches).scalars():
        mailed.update(split_keys(keys))
    for recipient, outcome in connection.execute(own):
        if outcome in posted:
            mailed.add(recipient)
        else:
            mailed.discard(recipient)
    return mailed


def _chunks(pairs: list[tuple[int, int]]) -> Iterable[list[tuple[int, int]]]:
    return (pairs[start : start + _READ_AT_ONCE] for start in range(0, len(pairs), _READ_AT_ONCE))
