"""A ledger in PostgreSQL, for CI runners without a disk and for several machines.

A commit is durable before the server answers (``synchronous_commit``, on by default). Each sender holds a session-level
advisory lock whose number is its name. The server releases the lock when the connection ends, however the process dies,
so other senders know whose calls may still be in flight and whose are lost.
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import re
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from digest.delivery.campaign import CampaignRefusedError
from digest.delivery.stores.store import SENDER_DIGITS, LiveSenders, Store, required_key
from digest.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from digest.delivery.campaign import SendReport

__all__ = ["PostgresStore"]

#: The numbers of two advisory locks: "digest" in ASCII, and a counter. One sender at a time is the leader: it starts a
#: campaign, or takes one over.
_LEADER, _MIGRATION = 0x6469676573740001, 0x6469676573740002
#: The first number of each sender's lock, "digs" in ASCII; the second is the sender's name. PostgreSQL keeps locks with
#: two numbers apart from those with one.
_SENDERS = 0x64696773
_CONNECT_SECONDS = 10
_FORM = (
    "a ledger in PostgreSQL is written postgresql://USER:PASSWORD@HOST/DATABASE; "
    "in the password, write %40 for @, %2F for /, %3A for :, %3F for ? and %23 for #"
)
#: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_SECRET_PARAMETERS = frozenset({"password", "sslpassword", "oauth_client_secret"})
_SECRET = re.compile(r"(password|passwd|pwd)=\S+", re.IGNORECASE)


class PostgresStore(Store):
    """A ledger at ``postgresql://user@host/database``, in PostgreSQL 12 or later."""

    def __init__(self, url: str, *, root: Path, environ: Mapping[str, str], token: str = "") -> None:
        super().__init__(url, root=root, environ=environ, token=token)
        parts = urlsplit(url)
        self.name = f"{parts.hostname or 'local'}{parts.path}"

    @classmethod
    def check_url(cls, url: str) -> None:
        """Check that the URL can be read, and in one way only.

        A sign in the password that is not escaped would make the rest of the password a host or a path, which are
        printed (RFC 3986, section 3.2.1).
        """
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise ValueError(_FORM) from None
        misread = parts.fragment or "@" in parts.path or (parts.username is None and "@" in parts.query)
        if misread or parts.netloc.count("@") > 1 or re.search(r"\s", url):
            raise ValueError(_FORM)

    @classmethod
    def holds_secret(cls, url: str) -> bool:
        """Whether the URL holds a password, before the host or as a parameter of the connection."""
        parts = urlsplit(url)
        return bool(parts.password) or any(name in _SECRET_PARAMETERS for name, _ in parse_qsl(parts.query))

    def exists(self) -> bool:
        """Whether there may be a ledger: always true, since only opening the database could tell."""
        return True

    def _connect(self, *, new: bool) -> None:
        del new  # tables are created when they are missing
        self.key = required_key(self._environ)
        try:
            self.engine = create_engine(
                f"postgresql+psycopg://{self._url.partition('://')[2]}",
                connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": "digest"},
                pool_pre_ping=True,
            )
        except ImportError:
            raise ConfigError(
                "a ledger in PostgreSQL needs psycopg", hint='pip install "newsletter-digest[postgres]"'
            ) from None
        self._upgrade_tables()

    @contextmanager
    def session(self, *, join: bool, report: Callable[[], SendReport | None]) -> Iterator[None]:
        """Register as a sender on this ledger: the only one, or with ``join`` one of several."""
        with self.translating():
            holder = self.engine.connect()
            leads = holder.execute(text("SELECT pg_try_advisory_lock(:name)"), {"name": _LEADER}).scalar_one()
            holder.commit()
        own = secrets.randbits(31)
        try:
            # The leader may be dead while senders that joined it are still alive.
            if not join and (not leads or self.live_senders()):
                raise CampaignRefusedError(
                    "another digest process is sending from this ledger right now",
                    hint="Wait for it, then: digest status. To share its work: digest send --live --resume",
                    report=report(),
                )
            with self.translating():
                holder.execute(text("SELECT pg_advisory_lock(:space, :name)"), {"space": _SENDERS, "name": own})
                holder.commit()
            self.sender = f"{own:0{SENDER_DIGITS}x}"
            yield
        finally:
            with suppress(DBAPIError):  # a lost connection has released the locks
                holder.execute(text("SELECT pg_advisory_unlock_all()"))
                holder.commit()
            holder.close()

    def live_senders(self) -> LiveSenders:
        """The processes that hold a sender's lock."""
        query = text(
            "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND classid::bigint = :space"
        )
        with self.translating(), self.engine.connect() as connection:
            numbers = connection.execute(query, {"space": _SENDERS}).scalars()
            return LiveSenders(names=frozenset(f"{number:0{SENDER_DIGITS}x}" for number in numbers))

    def lock_for_migration(self, connection: Connection) -> None:
        """Lock the ledger, so that only one process at a time creates the tables."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _MIGRATION})

    def explain(self, error: str) -> tuple[str, str]:
        """Say what happened to the database, without a password that the driver might repeat."""
        message = " ".join(_SECRET.sub("", error).split())
        lowered = message.lower()
        if "password" in lowered or "authentication" in lowered or "role" in lowered:
            return "refuses the user or the password", "Check the variable that state.url_env names."
        if "does not exist" in lowered and "database" in lowered:
            return "does not exist", "Create the database, or correct state.url."
        if "permission" in lowered or "read-only" in lowered:
            return "refuses to be written", "Grant the user the right to create and write tables."
        if any(part in lowered for part in ("connect", "resolve", "timeout", "terminat", "closed")):
            return "cannot be reached", "Try again later; what was posted last is unknown until: digest status"
        return f"failed: {message[:200]}", "See: digest status"
