"""A ledger in PostgreSQL, for runners that forget everything and for several machines.

A commit is durable before the server answers (synchronous_commit, which is on unless somebody turns it off). Each
sender holds an advisory lock of its session, whose number is its name. The server gives the lock back when the
connection ends, however the process died, so that the others know whose calls may be in flight, and whose are lost.
"""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from digest.delivery.report import CampaignRefusedError
from digest.delivery.stores.base import NAME_LENGTH, Senders, Store, required_key
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from digest.delivery.report import SendReport

__all__ = ["PostgresStore"]

#: Names of advisory locks: "digest" in ASCII, and a number. The leader is who began, or who took over from it.
_LEADER, _MIGRATION = 0x6469676573740001, 0x6469676573740002
#: Of the locks of two numbers ("digs" in ASCII, and the sender's own), which have a space of their own.
_SENDERS = 0x64696773
#: Seconds.
_CONNECT = 10
_SECRET = re.compile(r"(password|passwd|pwd)=\S+", re.IGNORECASE)


class PostgresStore(Store):
    """An open ledger in a database of PostgreSQL 12 or later.

    Args:
        url: ``postgresql://user@host/database``.

    Raises:
        LedgerError: The database cannot be reached, or refuses.
        CredentialsError: DIGEST_LEDGER_KEY is not set, or is another ledger's.
        ConfigError: psycopg is not installed.
    """

    def __init__(self, url: str, *, environ: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self.name = f"{parts.hostname or 'local'}{parts.path}"
        self.key = required_key(environ)
        try:
            self.engine = create_engine(
                url.replace("postgresql://", "postgresql+psycopg://", 1),
                connect_args={"connect_timeout": _CONNECT, "application_name": "digest"},
                pool_pre_ping=True,
            )
        except ImportError:
            raise ConfigError(
                "a ledger in PostgreSQL needs psycopg", hint='pip install "newsletter-digest[postgres]"'
            ) from None

    @contextmanager
    def session(self, *, join: bool, report: Callable[[], SendReport | None]) -> Iterator[None]:
        """Be a sender on this ledger: the only one, or with ``join`` one of several."""
        with self.translating():
            holder = self.engine.connect()
            leads = holder.execute(text("SELECT pg_try_advisory_lock(:name)"), {"name": _LEADER}).scalar_one()
            holder.commit()
        own = secrets.randbits(31)
        try:
            # Who leads may be dead, and those who joined it at work.
            if not join and (not leads or self.at_work()):
                raise CampaignRefusedError(
                    "another digest is sending from this ledger right now",
                    hint="Wait for it, then: digest status. To share its work: digest send --live --resume",
                    report=report(),
                )
            with self.translating():
                holder.execute(text("SELECT pg_advisory_lock(:space, :name)"), {"space": _SENDERS, "name": own})
                holder.commit()
            self.sender = f"{own:0{NAME_LENGTH}x}"
            yield
        finally:
            with suppress(DBAPIError):  # where the connection is gone, the locks are too
                holder.execute(text("SELECT pg_advisory_unlock_all()"))
                holder.commit()
            holder.close()

    def at_work(self) -> Senders:
        """Whoever holds the lock of a sender."""
        query = text(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid::bigint = :space"
        )
        with self.translating(), self.engine.connect() as connection:
            found = connection.execute(query, {"space": _SENDERS}).scalars()
            return Senders(names=frozenset(f"{number:0{NAME_LENGTH}x}" for number in found))

    def hold_for_migration(self, connection: Connection) -> None:
        """One process at a time makes the tables."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _MIGRATION})

    def explain(self, said: str) -> tuple[str, str]:
        """What happened to the database, without a password that a driver might repeat."""
        words = " ".join(_SECRET.sub("", said).split())
        lowered = words.lower()
        if "password" in lowered or "authentication" in lowered or "role" in lowered:
            return "refuses the user or the password", "Check the variable that state.url_env names."
        if "does not exist" in lowered and "database" in lowered:
            return "does not exist", "Make the database, or correct state.url."
        if "permission" in lowered or "read-only" in lowered:
            return "may not be written", "Give the user the right to make and write tables."
        if any(word in lowered for word in ("connect", "resolve", "timeout", "terminat", "closed")):
            return "cannot be reached", "Try again later; what was posted last is unknown until: digest status"
        return f"failed: {words[:200]}", "See: digest status"
