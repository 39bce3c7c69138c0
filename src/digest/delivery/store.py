"""The ledger's file: SQLite in its safest mode, its key, its version, and one translation of its errors."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import time
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event, insert, select, text
from sqlalchemy.exc import DBAPIError

from digest.config.files import locked
from digest.delivery.report import CampaignRefusedError
from digest.delivery.schema import HEAD, meta
from digest.errors import CredentialsError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from digest.delivery.report import SendReport

__all__ = ["KEY_VARIABLE", "Store"]

#: The ledger's key may come from the environment; else it is a file beside the ledger.
KEY_VARIABLE = "DIGEST_LEDGER_KEY"
_BUSY_SECONDS = 3.0
#: Of a key file: 64 hex digits and a line end.
_KEY_BYTES = 65


class Store:
    """An open ledger file.

    Attributes:
        key: 32 bytes; recipients are hashed with it.
    """

    def __init__(self, path: Path, *, environ: Mapping[str, str]) -> None:
        self.path = path
        with self._folder_made():
            exists = path.exists() and path.stat().st_size > 0
        if not exists and self._lock_file.exists():
            raise LedgerError(
                f"{path.name} is gone or empty, but something was sent with it, and nobody knows to whom",
                hint=f"Bring it back from a copy. Only when nobody was mailed: remove {self._lock_file.name} too.",
            )
        self.key = _read_key(path.with_name("ledger.key"), environ, make=not exists)
        self.engine = _engine(path)
        with self.translating():
            if self._version() != HEAD:
                self._migrate()
            self._check_key()

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction that holds the write lock; durable when it ends without an error."""
        with self.translating(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def exclusive(self, *, report: Callable[[], SendReport | None]) -> Iterator[None]:
        """Be the only sender on this ledger. The system gives the lock back when the process dies, however it dies.

        Args:
            report: The numbers that the refusal carries.

        Raises:
            CampaignRefusedError: Another process is sending.
        """
        with ExitStack() as held:
            try:
                held.enter_context(locked(self._lock_file, patience=0.5))
            except TimeoutError:
                raise CampaignRefusedError(
                    "another digest is sending from this ledger right now",
                    hint="Wait for it, then: digest status",
                    report=report(),
                ) from None
            yield

    def is_exclusive(self) -> bool:
        """Tell whether some process is sending right now."""
        if not self._lock_file.exists():
            return False
        try:
            with locked(self._lock_file, patience=0):
                return False
        except TimeoutError:
            return True

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Turn the database's errors into LedgerError."""
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            message, hint = _explain(str(getattr(error, "orig", error)))
            raise LedgerError(f"the ledger {self.path.name} {message}", hint=hint) from None

    @property
    def _lock_file(self) -> Path:
        return self.path.with_name(f"{self.path.name}.sender")

    @contextmanager
    def _folder_made(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise LedgerError(f"the ledger's folder {self.path.parent.name} cannot be used: {error.strerror}") from None

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            table = text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
            if connection.execute(table).first() is None:
                return None
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
            return str(row[0]) if row else None

    def _migrate(self) -> None:
        from alembic import command  # noqa: PLC0415 - slow, and only for a ledger that is not current
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util import CommandError  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        try:
            with self.engine.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if connection.execute(select(meta.c.value).where(meta.c.name == "key")).first() is None:
                    connection.execute(insert(meta).values(name="key", value=self._fingerprint()))
        except CommandError:
            raise LedgerError(
                f"the ledger {self.path.name} was made by a newer version of digest", hint="Upgrade newsletter-digest."
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


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves, below
        _use_wal(raw)
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_wal(raw: sqlite3.Connection) -> None:
    """SQLite does not wait for its turn to change the journal of a new file, which two processes may do at once."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _read_key(path: Path, environ: Mapping[str, str], *, make: bool) -> bytes:
    given = environ.get(KEY_VARIABLE, "").strip()
    if given:
        return blake2b(given.encode(), digest_size=32, person=b"digest-key").digest()
    try:
        written = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        written = ""
    except OSError as error:
        raise CredentialsError(f"{path.name} cannot be read: {error.strerror}") from None
    if re.fullmatch(r"[0-9a-f]{64}", written):
        return blake2b(written.encode(), digest_size=32, person=b"digest-key").digest()
    if not make:
        raise CredentialsError(
            f"{path.name} is not beside the ledger, or is damaged",
            hint=f"Bring it back from where it was copied, or set {KEY_VARIABLE} to what it held.",
        )
    _write_key(path)
    return _read_key(path, environ, make=False)


def _write_key(path: Path) -> None:
    """Make a key file, unless another process has just made it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and path.stat().st_size != _KEY_BYTES:
            temporary.replace(path)  # a damaged one
        else:
            # A link, and not a rename: of two processes that make one at this moment, the second must take the first's.
            with suppress(FileExistsError):
                path.hardlink_to(temporary)
            temporary.unlink()
    except OSError as error:
        raise LedgerError(f"{path.name} cannot be written: {error.strerror}") from None


def _explain(said: str) -> tuple[str, str]:
    """What happened to the file, and what to do."""
    text_ = said.lower()
    if "locked" in text_ or "busy" in text_:
        return "is locked", "Another program has it open; wait for it, then try again."
    if "readonly" in text_ or "read-only" in text_:
        return "cannot be written", "Make the file and its folder writable."
    if "unable to open" in text_:
        return "cannot be opened", "Check that its folder exists and is writable."
    if "full" in text_:
        return "cannot be written: the disk is full", "Make room, then: digest send --live --resume"
    if "malformed" in text_ or "not a database" in text_:
        return "is damaged", "Bring it back from a copy; without it nobody knows who was mailed."
    return f"failed: {said}", "See: digest status"
