"""A ledger in a file: SQLite in its safest mode, with its key beside it."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event

from digest.config.atomic_files import locked
from digest.delivery.report import CampaignRefusedError
from digest.delivery.stores.base import KEY_VARIABLE, NAME_LENGTH, Senders, Store, digest_key
from digest.errors import CredentialsError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from digest.delivery.report import SendReport

__all__ = ["SqliteStore"]

_BUSY_SECONDS = 3.0
#: Of a key file: 64 hex digits and a line end.
_KEY_BYTES = 65


class SqliteStore(Store):
    """An open ledger file. Each transaction holds the write lock from its beginning."""

    def __init__(self, path: Path, *, environ: Mapping[str, str]) -> None:
        self.path = path
        self.name = path.name
        self._locked = False
        with self._folder_made():
            exists = path.exists() and path.stat().st_size > 0
        if not exists and self._lock_file.exists():
            raise LedgerError(
                f"{path.name} is gone or empty, but something was sent with it, and nobody knows to whom",
                hint=f"Bring it back from a copy. Only when nobody was mailed: remove {self._lock_file.name} too.",
            )
        self.key = _read_key(path.with_name("ledger.key"), environ, make=not exists)
        self.engine = _engine(path)

    @contextmanager
    def session(self, *, join: bool, report: Callable[[], SendReport | None]) -> Iterator[None]:
        """Be the only sender on this ledger. The system gives the lock back when the process dies, however it dies.

        Args:
            join: Changes nothing: on one machine a second sender is no help.
            report: The numbers that the refusal carries.

        Raises:
            CampaignRefusedError: Another process is sending.
        """
        del join
        with ExitStack() as held:
            try:
                held.enter_context(locked(self._lock_file, patience=0.5))
            except TimeoutError:
                raise CampaignRefusedError(
                    "another digest is sending from this ledger right now",
                    hint="Wait for it, then: digest status",
                    report=report(),
                ) from None
            self.sender = secrets.token_hex(NAME_LENGTH // 2)
            self._locked = True
            try:
                yield
            finally:
                self._locked = False

    def at_work(self) -> Senders:
        """This process, or somebody who has the lock."""
        if self._locked:
            return Senders(names=frozenset({self.sender}))
        if not self._lock_file.exists():
            return Senders()
        try:
            with locked(self._lock_file, patience=0):
                return Senders()
        except TimeoutError:
            return Senders(unnamed=True)

    def hold_for_migration(self, connection: Connection) -> None:
        """The transaction holds the write lock already."""

    def explain(self, said: str) -> tuple[str, str]:
        """What happened to the file, and what to do."""
        return _explain(said)

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Turn the database's errors into LedgerError, also those of the driver itself."""
        try:
            with super().translating():
                yield
        except sqlite3.Error as error:
            message, hint = _explain(str(error))
            raise LedgerError(f"the ledger {self.name} {message}", hint=hint) from None

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
        return digest_key(given)
    try:
        written = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        written = ""
    except OSError as error:
        raise CredentialsError(f"{path.name} cannot be read: {error.strerror}") from None
    if re.fullmatch(r"[0-9a-f]{64}", written):
        return digest_key(written)
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
