"""A ledger in PostgreSQL, for runners that forget everything and for several machines.

A commit is durable before the server answers (synchronous_commit, which is on unless somebody turns it off). Who sends
holds an advisory lock of the session, which the server gives back when the connection ends, however the process died.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from digest.delivery.report import CampaignRefusedError
from digest.delivery.store import KEY_VARIABLE, Store, digest_key
from digest.errors import ConfigError, CredentialsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from digest.delivery.report import SendReport

__all__ = ["PostgresStore"]

#: Names of the advisory locks: "digest" in ASCII, and a number.
_SENDER, _MIGRATION = 0x6469676573740001, 0x6469676573740002
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
        key = environ.get(KEY_VARIABLE, "").strip()
        if not key:
            raise CredentialsError(
                f"{KEY_VARIABLE} is not set; recipients are hashed with it in the ledger",
                hint="Make one and keep it: python -c 'import secrets; print(secrets.token_hex(32))'",
            )
        self.key = digest_key(key)
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
    def exclusive(self, *, report: Callable[[], SendReport | None]) -> Iterator[None]:
        """Be the only sender on this ledger."""
        with self.translating():
            holder = self.engine.connect()
            held = holder.execute(text("SELECT pg_try_advisory_lock(:name)"), {"name": _SENDER}).scalar_one()
            holder.commit()
        try:
            if not held:
                raise CampaignRefusedError(
                    "another digest is sending from this ledger right now",
                    hint="Wait for it, then: digest status",
                    report=report(),
                )
            yield
        finally:
            with suppress(DBAPIError):  # where the connection is gone, the lock is too
                if held:
                    holder.execute(text("SELECT pg_advisory_unlock(:name)"), {"name": _SENDER})
                    holder.commit()
            holder.close()

    def is_exclusive(self) -> bool:
        """Tell whether some process is sending right now."""
        query = text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND (classid::bigint << 32 | objid::bigint) = :name"
        )
        with self.translating(), self.engine.connect() as connection:
            return bool(connection.execute(query, {"name": _SENDER}).scalar_one())

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
