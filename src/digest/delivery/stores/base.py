"""What every place for a ledger has in common: its key, its version, and one translation of its errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from digest.delivery.stores.schema import HEAD, meta, metadata
from digest.errors import CredentialsError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine, Table

    from digest.delivery.report import SendReport

__all__ = ["KEY_VARIABLE", "NAME_LENGTH", "Senders", "Store", "digest_key", "required_key", "upsert"]

#: The ledger's key may come from the environment; SQLite's may also be a file beside it.
KEY_VARIABLE = "DIGEST_LEDGER_KEY"
#: A claim begins with the name of the sender that made it: so many hex digits.
NAME_LENGTH = 8
#: Who claims outside of a session, which only a test does.
_NOBODY = "0" * NAME_LENGTH

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class Senders:
    """Who is known to be sending now.

    Attributes:
        names: Of senders that live.
        unnamed: One more lives, and any claim may be its.
    """

    names: frozenset[str] = frozenset()
    unnamed: bool = False

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.names) or self.unnamed

    def hold(self, claim: str | None) -> bool:
        """Tell whether a claim is that of one who lives, so that its call may be in flight."""
        return self.unnamed or (claim or _NOBODY)[:NAME_LENGTH] in self.names


class Store(ABC):
    """An open ledger.

    Attributes:
        name: How a person calls it.
        key: 32 bytes; recipients are hashed with it.
        sender: Under which name this process claims batches.
    """

    name: str
    key: bytes
    engine: Engine
    sender: str = _NOBODY

    def open(self) -> Self:
        """Bring the tables up to date, and see that the key is theirs."""
        try:
            with self.translating():
                self._bring_up()
                self._check_key()
        except BaseException:
            self.close()
            raise
        return self

    def _bring_up(self) -> None:
        """Make the tables, or those of today from older ones."""
        version = self._version()
        if version is None:
            self._make()
        elif version != HEAD:
            self._migrate()

    def close(self) -> None:
        """Let go of it."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction; durable when it ends without an error."""
        with self.translating(), self.engine.begin() as connection:
            yield connection

    def write(self, change: Callable[[Connection], _Result]) -> _Result:
        """Run a change as one transaction, durable when this returns.

        Where somebody else wrote first, a change may be run again on what they left: it must look before it writes.
        """
        with self.begin() as connection:
            return change(connection)

    def refresh(self) -> None:  # noqa: B027 - a database shows it by itself, and needs no more
        """Look at what others have written."""

    @abstractmethod
    def session(self, *, join: bool, report: Callable[[], SendReport | None]) -> AbstractContextManager[None]:
        """Be a sender on this ledger, until the process ends, however it ends.

        Args:
            join: Share the work with others, where the ledger can tell who of them lives.
            report: The numbers that the refusal carries.

        Raises:
            CampaignRefusedError: Another process is sending.
        """

    @abstractmethod
    def at_work(self) -> Senders:
        """Who is sending right now, this process included."""

    @abstractmethod
    def explain(self, said: str) -> tuple[str, str]:
        """What a driver's words mean to a person, and what to do."""

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Turn the database's errors into LedgerError."""
        try:
            yield
        except DBAPIError as error:
            message, hint = self.explain(str(error.orig))
            raise LedgerError(f"the ledger {self.name} {message}", hint=hint) from None

    @abstractmethod
    def hold_for_migration(self, connection: Connection) -> None:
        """Keep others from migrating at the same moment, where the transaction alone does not."""

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
            return str(row[0]) if row else None

    def _make(self) -> None:
        """All tables at once, as the migrations would leave them: Alembic is slow, and there is nothing to keep."""
        with self.engine.begin() as connection:
            self.hold_for_migration(connection)
            if inspect(connection).has_table("alembic_version"):
                return  # another process was faster
            metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
            connection.execute(insert(meta).values(name="key", value=self._fingerprint()))

    def _migrate(self) -> None:
        from alembic import command  # noqa: PLC0415 - slow, and only for a ledger that is not current
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util import CommandError  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        try:
            with self.engine.begin() as connection:
                self.hold_for_migration(connection)
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError:
            raise LedgerError(
                f"the ledger {self.name} was made by a newer version of digest", hint="Upgrade newsletter-digest."
            ) from None

    def _check_key(self) -> None:
        with self.engine.connect() as connection:
            known = connection.execute(select(meta.c.value).where(meta.c.name == "key")).scalar_one_or_none()
        if known != self._fingerprint():
            raise CredentialsError(
                "the ledger was made with another key, so that nobody in it would be known again",
                hint=f"Bring back the ledger.key that was beside it, or set {KEY_VARIABLE} to it.",
            )

    def _fingerprint(self) -> str:
        return blake2b(self.key, digest_size=16, person=b"digest-ledger").hexdigest()


def digest_key(written: str) -> bytes:
    """The 32 bytes that a key, as it is written, stands for."""
    return blake2b(written.encode(), digest_size=32, person=b"digest-key").digest()


def required_key(environ: Mapping[str, str]) -> bytes:
    """The key of a ledger that has no file beside it.

    Raises:
        CredentialsError: DIGEST_LEDGER_KEY is not set.
    """
    key = environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise CredentialsError(
            f"{KEY_VARIABLE} is not set; recipients are hashed with it in the ledger",
            hint="Set it to what the ledger was made with; make one for a new ledger: openssl rand -hex 32",
        )
    return digest_key(key)


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT that may say what happens on a conflict, in the database's own dialect."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as own  # noqa: PLC0415 - slow, and only one is needed
    else:
        from sqlalchemy.dialects.sqlite import insert as own  # type: ignore[assignment]  # noqa: PLC0415 - as above
    return own(table)
