"""The ledger: what is about to be posted, written down before it is, and what came of it."""

from __future__ import annotations

from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Self

from sqlalchemy import and_, delete, insert, select, text
from sqlalchemy.exc import IntegrityError

from digest.delivery.book import batch_row
from digest.delivery.counting import count_campaign
from digest.delivery.groups import GroupsBook
from digest.delivery.ledger_snapshot import LedgerSnapshot, hash_recipients
from digest.delivery.stores.base import Store, upsert
from digest.delivery.stores.schema import HASH_BYTES, batch, campaign, meta, suppression
from digest.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import ColumnElement, Connection

    from digest.delivery.plan import PlannedBatch
    from digest.delivery.report import Campaign, SendReport
    from digest.models import Suppression

__all__ = ["CampaignExistsError", "Ledger"]


class CampaignExistsError(LedgerError):
    """The campaign was begun before, perhaps a moment ago by somebody else."""


#: Batches that are written down at a time: of 1,000 people each, they take 2 MB.
_CHUNK = 128
#: What the table of facts holds for the ledger itself.
_OWN_FACTS = ("key", "version")


class Ledger:
    """The campaigns of one newsletter."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._hasher = blake2b(digest_size=HASH_BYTES, key=store.key, person=b"digest-person")

    @classmethod
    def open(cls, path: Path, *, environ: Mapping[str, str], now: Callable[[], datetime]) -> Self:
        """Open the ledger, or make it, with its key, where there is none.

        Args:
            environ: May hold the key, in DIGEST_LEDGER_KEY.

        Raises:
            LedgerError: It is locked, damaged, not writable or from a newer version.
            CredentialsError: Its key is missing, or is another one.
        """
        from digest.delivery.stores.sqlite import SqliteStore  # noqa: PLC0415 - the other one needs another driver

        return cls(SqliteStore(path, environ=environ).open(), now=now)

    @classmethod
    def connect(cls, url: str, *, environ: Mapping[str, str], now: Callable[[], datetime]) -> Self:
        """Open the ledger in a database of PostgreSQL, and make its tables where there are none.

        Args:
            url: ``postgresql://user@host/database``.
            environ: Holds the key, in DIGEST_LEDGER_KEY.

        Raises:
            LedgerError: The database cannot be reached, refuses, or is from a newer version.
            CredentialsError: The key is missing, or is another ledger's.
            ConfigError: psycopg is not installed.
        """
        from digest.delivery.stores.postgres import PostgresStore  # noqa: PLC0415 - it needs psycopg

        return cls(PostgresStore(url, environ=environ).open(), now=now)

    @classmethod
    def on_branch(
        cls,
        url: str,
        *,
        root: Path,
        environ: Mapping[str, str],
        now: Callable[[], datetime],
        token: str = "",
        new: bool = False,
    ) -> Self:
        """Open the ledger on a branch of the git repository to which ``root`` belongs.

        Args:
            url: ``git+branch://digest-state``; ``?remote=NAME`` where the remote is not ``origin``.
            environ: For git, and holds the key, in DIGEST_LEDGER_KEY.
            token: Goes to an https remote with each request.
            new: Make the branch where it is missing or empty.

        Raises:
            CampaignRefusedError: The branch is missing or empty, and ``new`` is not given.
            LedgerError: It cannot be reached, is damaged, or from a newer version.
            CredentialsError: The key is missing, or is another ledger's.
            ConfigError: There is no git, or no such remote.
        """
        from digest.delivery.stores.git import GitStore  # noqa: PLC0415 - only one of the stores is needed

        return cls(GitStore(url, root=root, environ=environ, token=token, new=new).open(), now=now)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    @property
    def key(self) -> bytes:
        """The ledger's own key, 32 bytes."""
        return self._store.key

    def key_of(self, email: str) -> bytes:
        """The keyed hash of a normalised address: the same for every spelling of its case."""
        return self.keys_of((email.casefold(),))

    def keys_of(self, folded: Iterable[str]) -> bytes:
        """The keyed hashes of casefolded addresses, joined."""
        return hash_recipients(self._hasher, folded)

    def sending(
        self, *, join: bool = False, report: Callable[[], SendReport | None] = lambda: None
    ) -> AbstractContextManager[None]:
        """Be a sender while this is open: the only one, or with ``join`` one of several where the ledger allows it.

        Args:
            report: The numbers that the refusal carries; called only then.

        Raises:
            CampaignRefusedError: Another process is, and its work is not shared.
        """
        return self._store.session(join=join, report=report)

    def refresh(self) -> None:
        """Look at what others have written, where that is not seen by itself."""
        self._store.refresh()

    def snapshot(self) -> LedgerSnapshot:
        """All that the ledger says now, to be read after it is closed."""
        with self._store.begin() as connection:
            rows = connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.not_in(_OWN_FACTS)))
            facts = {row.name: row.value for row in rows}
        return LedgerSnapshot(
            key=self.key,
            all_campaigns=self.campaigns(),
            suppressions=self.suppressed(),
            facts=facts,
            hasher=self._hasher.copy(),
        )

    def campaigns(self) -> tuple[Campaign, ...]:
        """All campaigns, oldest first."""
        senders = self._store.at_work()
        with self._store.begin() as connection:
            rows = connection.execute(select(campaign).order_by(campaign.c.started_at, campaign.c.id)).mappings()
            return tuple(count_campaign(connection, row, senders=senders, now=self._now()) for row in rows.all())

    def campaign(self, issue: str, audience: str) -> Campaign | None:
        """The campaign of an issue to an audience."""
        senders = self._store.at_work()
        with self._store.begin() as connection:
            row = connection.execute(select(campaign).where(_is(issue, audience))).mappings().first()
            return count_campaign(connection, row, senders=senders, now=self._now()) if row else None

    def start(
        self,
        *,
        issue: str,
        audience: str,
        token: str,
        provider: str,
        skipped: int,
        batches: Callable[[], Iterable[PlannedBatch]],
        send_at: datetime | None = None,
        schedule: str = "",
    ) -> GroupsBook:
        """Freeze a campaign: all of it or nothing.

        Args:
            batches: Makes them; asked again where somebody else wrote to the ledger first.

        Raises:
            CampaignExistsError: There is one already.
        """
        values = {"issue": issue, "audience": audience, "token": token, "provider": provider, "skipped": skipped}
        times = {"started_at": self._now(), "send_at": send_at, "schedule": schedule or None}

        there_is = f"the campaign {issue} to {audience} exists already"

        def freeze(connection: Connection) -> int:
            if connection.execute(select(campaign.c.id).where(_is(issue, audience))).first():
                raise CampaignExistsError(there_is, hint="See: digest status")
            try:
                made = connection.execute(insert(campaign).values(**values, **times, state="sending"))
            except IntegrityError:  # at this very moment
                raise CampaignExistsError(there_is, hint="See: digest status") from None
            key = made.inserted_primary_key
            number = int(key[0]) if key else 0
            rows = (batch_row(number, planned.no, planned.keys) for planned in batches())
            while chunk := list(islice(rows, _CHUNK)):
                connection.execute(insert(batch), chunk)
            return number

        return GroupsBook(self._store, self._store.write(freeze), now=self._now)

    def book(self, issue: str, audience: str) -> GroupsBook | None:
        """The batches of a campaign, for its one sender; None when there is no such campaign."""
        with self._store.begin() as connection:
            number = connection.execute(select(campaign.c.id).where(_is(issue, audience))).scalar_one_or_none()
        return GroupsBook(self._store, number, now=self._now) if number is not None else None

    def suppress(self, suppressions: Iterable[Suppression], *, provider: str) -> None:
        """Remember whom a provider says not to mail, by hash, in place of what it said before.

        What another provider said stays: who left through one is not mailed through the other.
        """
        rows = [
            {"recipient": self.key_of(one.email), "reason": one.reason.value, "at": one.at, "source": one.source}
            for one in suppressions
        ]

        def replace(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":  # two senders that begin at once
                connection.execute(text("LOCK TABLE suppression IN SHARE ROW EXCLUSIVE MODE"))
            own = suppression.c.source.startswith(f"{provider} ", autoescape=True)
            connection.execute(delete(suppression).where(own))
            if rows:
                connection.execute(upsert(connection, suppression).on_conflict_do_nothing(), rows)

        self._store.write(replace)

    def suppressed(self) -> dict[bytes, str]:
        """Everybody not to mail, by hash, with the reason."""
        with self._store.begin() as connection:
            rows = connection.execute(select(suppression.c.recipient, suppression.c.reason))
            return {row.recipient: row.reason for row in rows}

    def remember(self, name: str, value: str) -> None:
        """Write down a fact about this newsletter that no campaign owns, in place of what was known before."""
        if name in _OWN_FACTS:
            raise ValueError("this name is the ledger's own")

        def put(connection: Connection) -> None:
            row = upsert(connection, meta).values(name=name, value=value)
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

        self._store.write(put)

    def recall(self, name: str) -> str | None:
        """The fact of that name; None when nobody has written it down."""
        with self._store.begin() as connection:
            found: str | None = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()
            return found


def _is(issue: str, audience: str) -> ColumnElement[bool]:
    return and_(campaign.c.issue == issue, campaign.c.audience == audience)
