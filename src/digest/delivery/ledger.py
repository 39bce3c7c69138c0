"""The ledger: records every call to the provider before it is made, and its outcome afterwards."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import and_, delete, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from digest.delivery.group_ledger import CampaignLedger
from digest.delivery.recipients import split_keys
from digest.delivery.stores import find_store
from digest.delivery.stores.campaign_counts import count_campaign, count_campaigns, select_campaigns
from digest.delivery.stores.issue_recipients import lock_issue, mailed_to_others
from digest.delivery.stores.ledger_schema import (
    batch,
    batch_row,
    call_group,
    campaign,
    event,
    exception,
    meta,
    suppression,
)
from digest.delivery.stores.ledger_snapshot import LedgerSnapshot, hash_addresses
from digest.delivery.stores.person_history import find_person, keep_own, keep_removed, lift, own_suppressions
from digest.delivery.stores.rejections import unreached_recipients
from digest.delivery.stores.store import upsert
from digest.errors import LedgerError
from digest.subscribers import suppression_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import ColumnElement, Connection, RowMapping, Select

    from digest.delivery.campaign import Campaign, SendReport
    from digest.delivery.recipients import PlannedBatch
    from digest.delivery.stores.person_history import LedgerSuppression, PersonHistory
    from digest.delivery.stores.rejections import UnreachedRecipient
    from digest.delivery.stores.store import LiveSenders, Store
    from digest.models import Suppression

__all__ = ["CampaignExistsError", "Ledger", "find_ledger", "open_ledger"]

#: How many batches are inserted at a time: with 1,000 recipients each, they take 2 MB.
_CHUNK = 128
#: Rows of the table ``meta`` that belong to the store itself.
_OWN_FACTS = frozenset({"key", "version"})


class CampaignExistsError(LedgerError):
    """The campaign was started before, perhaps a moment ago by another process."""


def open_ledger(
    url: str,
    *,
    root: Path,
    environ: Mapping[str, str],
    now: Callable[[], datetime],
    token: str = "",
    new: bool = False,
) -> Ledger:
    """Open the ledger at a URL, and create it if it is missing.

    Args:
        url: ``sqlite:///PATH``, ``postgresql://user@host/database`` or ``git+branch://BRANCH?remote=NAME``.
        root: The newsletter's folder. Relative paths start there, and a branch belongs to its repository.
        environ: May hold the ledger's key, in DIGEST_LEDGER_KEY. A file of SQLite may have its key beside it instead.
        now: The clock; aware.
        token: A token for an https remote of a branch.
        new: Create a branch that is missing or empty. Without it, a missing branch may be a lost one and is refused.

    Raises:
        CampaignRefusedError: The branch is missing or empty, and ``new`` is not set.
        LedgerError: The ledger is locked, damaged, from a newer version, not writable, or cannot be reached.
        CredentialsError: The key is missing, or belongs to another ledger.
        ConfigError: The URL's scheme is unknown, or a program or package that the store needs is missing.
    """
    store = find_store(url)(url, root=root, environ=environ, token=token)
    return Ledger(store.open(new=new), now=now)


def find_ledger(
    url: str, *, root: Path, environ: Mapping[str, str], now: Callable[[], datetime], token: str = ""
) -> Ledger | None:
    """Open the ledger at a URL if there is one. Looking and opening cost one network call together.

    It takes the arguments of `open_ledger` and raises the same errors.

    Returns: The ledger; None if it does not exist yet.
    """
    store = find_store(url)(url, root=root, environ=environ, token=token)
    try:
        exists = store.exists()
    except BaseException:
        store.close()
        raise
    if not exists:
        store.close()
        return None
    return Ledger(store.open(), now=now)


class Ledger:
    """The open ledger of one newsletter."""

    def __init__(self, store: Store, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the store."""
        self._store.close()

    @property
    def key(self) -> bytes:
        """The ledger's own key, 32 bytes."""
        return self._store.key

    def key_of(self, email: str) -> bytes:
        """The keyed hash of a normalised address. Upper and lower case make no difference."""
        return self.keys_of((email.casefold(),))

    def keys_of(self, folded: Iterable[str]) -> bytes:
        """The keyed hashes of casefolded addresses, joined."""
        return hash_addresses(folded, key=self._store.key)

    def sending(
        self, *, join: bool = False, report: Callable[[], SendReport | None] = lambda: None
    ) -> AbstractContextManager[None]:
        """Register as a sender while the context is open: the only one, or one of several.

        Args:
            join: Share the work with other senders, if the store allows it.
            report: Returns the numbers that a refusal carries; called only then.

        Raises:
            CampaignRefusedError: Another process is sending, and the work is not shared.
        """
        return self._store.session(join=join, report=report)

    def refresh(self) -> None:
        """Read what other processes have written since the ledger was opened.

        Call it before a live send if minutes have passed, such as while the user was asked to confirm. Databases are
        always current; a git branch costs one fetch.
        """
        self._store.refresh()

    def snapshot(self) -> LedgerSnapshot:
        """Read everything that rails and reports need, in one transaction."""
        senders = self._store.live_senders()
        with self._store.begin() as connection:
            facts = connection.execute(select(meta.c.name, meta.c.value).where(meta.c.name.not_in(_OWN_FACTS)))
            return LedgerSnapshot(
                key=self._store.key,
                campaigns=self._count_all(connection, senders),
                suppressions=_suppressions(connection),
                own_suppressions=own_suppressions(connection),
                facts={row.name: row.value for row in facts},
            )

    def campaigns(self) -> tuple[Campaign, ...]:
        """All campaigns, oldest first."""
        senders = self._store.live_senders()
        with self._store.begin() as connection:
            return self._count_all(connection, senders)

    def campaign(self, issue: str, audience: str) -> Campaign | None:
        """The campaign of an issue to an audience; None if it has not started."""
        senders = self._store.live_senders()
        with self._store.begin() as connection:
            row = connection.execute(select_campaigns().where(_is(issue, audience))).mappings().first()
            return self._count(connection, row, senders) if row else None

    def _count_all(self, connection: Connection, senders: LiveSenders) -> tuple[Campaign, ...]:
        rows = connection.execute(_oldest_first()).mappings().all()
        return count_campaigns(connection, rows, senders=senders, now=self._now())

    def _count(self, connection: Connection, row: RowMapping, senders: LiveSenders) -> Campaign:
        return count_campaign(connection, row, senders=senders, now=self._now())

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
        replaces: bool = False,
    ) -> CampaignLedger:
        """Write a new campaign with all its batches, in one transaction.

        Args:
            issue: The issue's id.
            audience: The audience's name.
            token: The token of the build.
            provider: The provider's name.
            skipped: The number of rows with a bad address.
            batches: Makes the batches. It is called again if another process writes to the ledger first.
            send_at: When the provider delivers; aware. None for immediate delivery.
            schedule: The provider's name for the scheduled delivery.
            replaces: Take the place of a campaign that has certainly mailed nobody.

        Raises:
            CampaignExistsError: The campaign exists already, and may have mailed somebody or is not to be replaced.
        """
        values = {"issue": issue, "audience": audience, "token": token, "provider": provider, "skipped": skipped}
        times = {"started_at": self._now(), "send_at": send_at, "schedule": schedule or None}
        message = f"the campaign {issue} to {audience} exists already"

        def freeze(connection: Connection) -> int:
            lock_issue(connection, issue)
            row = connection.execute(select_campaigns().where(_is(issue, audience))).mappings().first()
            if row and not (replaces and self._count(connection, row, self._store.live_senders()).replaceable):
                raise CampaignExistsError(message, hint="See: digest status")
            identity, events = _remove(connection, row) if row else ({}, [])
            try:
                made = connection.execute(insert(campaign).values(**values, **times, **identity, state="sending"))
            except IntegrityError:  # another process inserted it just now
                raise CampaignExistsError(message, hint="See: digest status") from None
            key = made.inserted_primary_key
            number = int(key[0]) if key else 0
            rows = (batch_row(number, planned.no, planned.keys) for planned in batches())
            while chunk := list(islice(rows, _CHUNK)):
                connection.execute(insert(batch), chunk)
            for each in events:
                connection.execute(insert(event).values({**each, "campaign": number}))
            return number

        return CampaignLedger(self._store, self._store.write(freeze), now=self._now)

    def open_campaign(self, issue: str, audience: str) -> CampaignLedger | None:
        """The batches of a campaign, for its sender; None if the campaign has not started."""
        with self._store.begin() as connection:
            number = connection.execute(select(campaign.c.id).where(_is(issue, audience))).scalar_one_or_none()
        return CampaignLedger(self._store, number, now=self._now) if number is not None else None

    def mailed_to_others(self, issue: str, audience: str) -> dict[bytes, str]:
        """The recipients that campaigns of this issue to other audiences have mailed, or may have mailed.

        Returns: The name of the other audience, by the recipient's keyed hash.
        """
        with self._store.begin() as connection:
            return mailed_to_others(connection, issue=issue, audience=audience)

    def unreached(self, issue: str, audience: str) -> tuple[UnreachedRecipient, ...]:
        """Everybody in the campaign of an issue to an audience who was rejected, or whose outcome is unknown."""
        senders = self._store.live_senders()
        with self._store.begin() as connection:
            number = connection.execute(select(campaign.c.id).where(_is(issue, audience))).scalar_one_or_none()
            return () if number is None else tuple(unreached_recipients(connection, number, senders=senders))

    def suppress(self, suppressions: Iterable[Suppression], *, provider: str) -> None:
        """Record the suppressions that a provider reports, by hash, in place of its earlier ones.

        Those of other providers stay: whoever unsubscribed through one is not mailed through another.
        """
        rows = [
            {"recipient": self.key_of(each.email), "reason": each.reason.value, "at": each.at, "source": each.source}
            for each in suppressions
        ]

        def replace(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":  # two senders may start at once
                connection.execute(text("LOCK TABLE suppression IN SHARE ROW EXCLUSIVE MODE"))
            own = suppression.c.source.startswith(f"{provider} ", autoescape=True)
            connection.execute(delete(suppression).where(own))
            if rows:
                connection.execute(upsert(connection, suppression).on_conflict_do_nothing(), rows)

        self._store.write(replace)

    def suppressions(self) -> dict[bytes, str]:
        """The reason of each suppression, by keyed hash."""
        with self._store.begin() as connection:
            return _suppressions(connection)

    def person(self, email: str) -> PersonHistory:
        """What the ledger knows of a normalised address."""
        senders = self._store.live_senders()
        with self._store.begin() as connection:
            return find_person(connection, self.key_of(email), senders=senders)

    def keep_removed(self, email: str, *, source: str, audiences: Iterable[str] = ()) -> None:
        """Suppress a normalised address for good, by its keyed hash alone.

        Args:
            audiences: The audiences that may have a suppression of their own for the address, which is deleted.
        """
        key, also, now = self.key_of(email), self._keys_for(email, audiences), self._now()

        def replace(connection: Connection) -> None:
            lift(connection, key, also=also)
            keep_removed(connection, key, at=now, source=source)

        self._store.write(replace)

    def unsuppress(self, email: str, *, audiences: Iterable[str] = ()) -> LedgerSuppression | None:
        """Delete the suppression of a normalised address. Returns it; None if there was none.

        Args:
            audiences: The audiences that may have a suppression of their own for the address.
        """
        key, also = self.key_of(email), self._keys_for(email, audiences)
        return self._store.write(lambda connection: lift(connection, key, also=also))

    def keep_own(self, reasons: Mapping[bytes, str]) -> None:
        """Record the newsletter's own suppressions, so that an older copy of their file is noticed.

        Args:
            reasons: The reason of each, by the keyed hash of its `suppression_identity`.
        """
        with self._store.begin() as connection:
            if reasons.keys() <= own_suppressions(connection).keys():
                return
        now = self._now()
        self._store.write(lambda connection: keep_own(connection, reasons, at=now))

    def _keys_for(self, email: str, audiences: Iterable[str]) -> list[bytes]:
        return split_keys(self.keys_of(suppression_identity(email, audience) for audience in audiences if audience))

    def remember(self, name: str, value: str) -> None:
        """Record a fact about the newsletter that no campaign owns, in place of its earlier value."""
        if name in _OWN_FACTS:
            raise ValueError(f"the name {name!r} is reserved for the ledger itself")

        def put(connection: Connection) -> None:
            row = upsert(connection, meta).values(name=name, value=value)
            connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

        self._store.write(put)

    def recall(self, name: str) -> str | None:
        """The fact recorded under a name; None if nothing was recorded."""
        with self._store.begin() as connection:
            value: str | None = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one_or_none()
            return value


def _remove(connection: Connection, row: RowMapping) -> tuple[dict[str, int], list[dict[str, object]]]:
    """Remove a campaign that another one replaces.

    The new campaign needs another id, by which a process that still works on the old one notices that it is gone.

    Returns: Values for the new campaign's row, and the events of the old one, for the new one to keep.
    """
    number, now = row["id"], row["started_at"]
    identity = {}
    if connection.dialect.name == "sqlite":  # it would give the id of the deleted row again; a sequence does not
        identity["id"] = connection.execute(select(func.max(campaign.c.id))).scalar_one() + 1
    events = [dict(each) for each in connection.execute(select(event).where(event.c.campaign == number)).mappings()]
    for table in (event, exception, call_group, batch):
        connection.execute(delete(table).where(table.c.campaign == number))
    connection.execute(delete(campaign).where(campaign.c.id == number))
    detail = f"the build {row['token']} through {row['provider']}, which was mailed to nobody"
    return identity, [*events, {"batch": None, "at": now, "kind": "replaced", "detail": detail}]


def _suppressions(connection: Connection) -> dict[bytes, str]:
    rows = connection.execute(select(suppression.c.recipient, suppression.c.reason))
    return {row.recipient: row.reason for row in rows}


def _oldest_first() -> Select[Any]:
    return select_campaigns().order_by(campaign.c.started_at, campaign.c.id)


def _is(issue: str, audience: str) -> ColumnElement[bool]:
    return and_(campaign.c.issue == issue, campaign.c.audience == audience)
