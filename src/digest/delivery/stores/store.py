"""What all ledger stores share: the interface, the key, the schema's version and the translation of database errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from digest.config.secret_environment import require_long_secret
from digest.delivery.stores.ledger_schema import HEAD, meta, metadata
from digest.errors import CredentialsError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine, Table

    from digest.delivery.campaign import SendReport

__all__ = ["KEY_VARIABLE", "SENDER_DIGITS", "LiveSenders", "Store", "derive_key", "required_key", "upsert"]

#: The environment variable with the ledger's key. For SQLite, a file beside the database may hold the key instead.
KEY_VARIABLE = "DIGEST_LEDGER_KEY"
#: A claim starts with the name of the sender that made it: this many hex digits.
SENDER_DIGITS = 8
#: The sender's name outside of a session.
_NO_SENDER = "0" * SENDER_DIGITS

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveSenders:
    """The processes that are known to be sending now.

    Attributes:
        names: The names of live senders.
        unnamed: Whether a live sender has an unknown name, so that any claim may be its own.
    """

    names: frozenset[str] = frozenset()
    unnamed: bool = False

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.names) or self.unnamed

    def hold(self, claim: str | None) -> bool:
        """Whether a live sender made this claim, so that its call may be in flight."""
        return self.unnamed or (claim or _NO_SENDER)[:SENDER_DIGITS] in self.names


class Store(ABC):
    """A place for a ledger. Making one only reads the URL; `open` touches the disk or the network.

    Args:
        url: The ledger's URL, which starts with a scheme of this class.
        root: The newsletter's folder.
        environ: The environment; may hold the ledger's key, in DIGEST_LEDGER_KEY.
        token: A token for the host of the ledger, if it needs one.

    Attributes:
        networked: Whether the ledger is reached over the network.
        needs_consent: Whether a missing ledger is created only if the user passes ``--new-ledger``, because a lost
            ledger looks the same as one that never existed.
        one_by_one: Whether one call is made at a time, and its outcome is recorded before the next.
        name: The store as users know it, without secrets.
        key: The ledger's own key, 32 bytes; recipients are hashed with it. Set by `open`.
        engine: Set by `open`.
        sender: The name under which this process claims batches.
    """

    networked: ClassVar[bool] = True
    needs_consent: ClassVar[bool] = False
    one_by_one: ClassVar[bool] = False
    name: str
    key: bytes
    engine: Engine
    sender: str = _NO_SENDER

    def __init__(self, url: str, *, root: Path, environ: Mapping[str, str], token: str = "") -> None:
        self._url = url
        self._root = root
        self._environ = environ
        self._token = token

    @classmethod
    @abstractmethod
    def check_url(cls, url: str) -> None:
        """Check the form of a URL from ``digest.toml`` or the environment.

        Raises:
            ValueError: The URL is malformed. The message does not repeat it, because it may hold a password.
        """

    @classmethod
    def holds_secret(cls, url: str) -> bool:
        """Whether a well-formed URL holds a password, which does not belong in ``digest.toml``."""
        del url
        return False

    @property
    def file(self) -> Path | None:
        """The file that holds the ledger; None if it is not a file on this machine."""
        return None

    def is_within(self, folders: Collection[Path]) -> bool:
        """Whether the ledger is lost together with one of these folders (absolute paths)."""
        return self.file is not None and any(self.file.resolve().is_relative_to(folder) for folder in folders)

    @abstractmethod
    def exists(self) -> bool:
        """Whether there may be a ledger. What this call reads, a following `open` does not read again.

        Raises:
            LedgerError: The store cannot be reached.
        """

    def open(self, *, new: bool = False) -> Self:
        """Connect, bring the tables up to date, and check that the key belongs to them.

        Args:
            new: Whether the user wants a missing ledger to be created, for a store with `needs_consent`.

        Raises:
            CampaignRefusedError: The ledger is missing, the store has `needs_consent`, and ``new`` is not set.
            LedgerError: The ledger is locked, damaged or from a newer version, or cannot be reached.
            CredentialsError: The key is missing, or belongs to another ledger.
            ConfigError: A program or package that the store needs is missing.
        """
        try:
            with self.translating():
                self._connect(new=new)
                self._check_key()
        except BaseException:
            self.close()
            raise
        return self

    @abstractmethod
    def _connect(self, *, new: bool) -> None:
        """Set ``key`` and ``engine``, and bring the tables up to date."""

    def _upgrade_tables(self) -> None:
        """Create the tables, or migrate those of an older version."""
        version = self._version()
        if version is None:
            self._create_tables()
        elif version != HEAD:
            self._migrate()

    def close(self) -> None:
        """Release the connections."""
        if hasattr(self, "engine"):
            self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Run one transaction, which is durable once the block ends without an error."""
        with self.translating(), self.engine.begin() as connection:
            yield connection

    def write(self, change: Callable[[Connection], _Result]) -> _Result:
        """Run a change as one transaction, durable when this returns.

        If another process writes first, the change may run again on top of what that process left, so it must read
        before it writes.
        """
        with self.begin() as connection:
            return change(connection)

    def refresh(self) -> None:  # noqa: B027 - a database always shows the latest commits
        """Read what other processes have written since the last call."""

    @abstractmethod
    def session(self, *, join: bool, report: Callable[[], SendReport | None]) -> AbstractContextManager[None]:
        """Register as a sender on this ledger, until the context or the process ends.

        Args:
            join: Share the work with other senders, if the store can tell which of them are alive.
            report: Returns the numbers that a refusal carries.

        Raises:
            CampaignRefusedError: Another process is sending.
        """

    @abstractmethod
    def live_senders(self) -> LiveSenders:
        """The processes that are sending now, including this one."""

    @abstractmethod
    def explain(self, error: str) -> tuple[str, str]:
        """Translate a driver's error into a message and a hint for the user."""

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Turn the database's errors into LedgerError."""
        try:
            yield
        except DBAPIError as error:
            message, hint = self.explain(str(error.orig))
            raise LedgerError(f"the ledger {self.name} {message}", hint=hint) from None

    def lock_for_migration(self, connection: Connection) -> None:  # noqa: B027 - only PostgreSQL needs more
        """Keep other processes from migrating at the same time, if the transaction alone does not."""

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
            return str(row[0]) if row else None

    def _create_tables(self) -> None:
        """Create all tables as the migrations would leave them. Alembic takes half a second, and has nothing to do."""
        with self.engine.begin() as connection:
            self.lock_for_migration(connection)
            if inspect(connection).has_table("alembic_version"):
                return  # another process was faster
            metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
            connection.execute(insert(meta).values(name="key", value=self._fingerprint()))

    def _migrate(self) -> None:
        from alembic import command  # noqa: PLC0415 - slow, and only needed for an older ledger
        from alembic.config import Config  # noqa: PLC0415 - as above
        from alembic.util import CommandError  # noqa: PLC0415 - as above

        config = Config()
        # Alembic interpolates "%" in its options, as configparser does.
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        try:
            with self.engine.begin() as connection:
                self.lock_for_migration(connection)
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError:
            raise LedgerError(
                f"the ledger {self.name} was made by a newer version of digest", hint="Upgrade newsletter-digest."
            ) from None

    def _check_key(self) -> None:
        with self.engine.connect() as connection:
            fingerprint = connection.execute(select(meta.c.value).where(meta.c.name == "key")).scalar_one_or_none()
        if fingerprint != self._fingerprint():
            raise self._wrong_key()

    def _wrong_key(self) -> CredentialsError:
        return CredentialsError(
            "the ledger was made with another key, so none of its recipients would be recognised",
            hint=f"Restore the ledger.key that was beside it, or set {KEY_VARIABLE} to its content.",
        )

    def _fingerprint(self) -> str:
        return blake2b(self.key, digest_size=16, person=b"digest-ledger").hexdigest()


def derive_key(written: str) -> bytes:
    """Derive the 32 bytes of a key from its written form."""
    return blake2b(written.encode(), digest_size=32, person=b"digest-key").digest()


def required_key(environ: Mapping[str, str]) -> bytes:
    """The key of a ledger that has no key file beside it.

    Raises:
        CredentialsError: DIGEST_LEDGER_KEY is not set, or too short.
    """
    key = environ.get(KEY_VARIABLE, "").strip()
    if not key:
        raise CredentialsError(
            f"{KEY_VARIABLE} is not set; the ledger hashes recipients with it",
            hint="Set it to the key that the ledger was made with. For a new ledger, make one: openssl rand -hex 32",
        )
    require_long_secret(KEY_VARIABLE, key)
    return derive_key(key)


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT with an ON CONFLICT clause, in the database's own dialect."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as own  # noqa: PLC0415 - slow, and only one is needed
    else:
        from sqlalchemy.dialects.sqlite import insert as own  # type: ignore[assignment]  # noqa: PLC0415 - as above
    return own(table)
