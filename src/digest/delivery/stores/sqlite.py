"""A ledger in a file: SQLite in its safest mode, with the key in a file beside it."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Engine, create_engine, event

from digest.config.atomic_files import locked, make_folder, make_private_file
from digest.delivery.campaign import CampaignRefusedError
from digest.delivery.stores.store import KEY_VARIABLE, SENDER_DIGITS, LiveSenders, Store, derive_key, required_key
from digest.errors import CredentialsError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection

    from digest.delivery.campaign import SendReport

__all__ = ["SqliteStore"]

_SCHEME = "sqlite:///"
_BUSY_SECONDS = 3.0
#: The size of a key file: 64 hex digits and a newline.
_KEY_BYTES = 65


class SqliteStore(Store):
    """A ledger at ``sqlite:///PATH``; the path is relative to the newsletter's folder.

    Each transaction takes the write lock when it begins.
    """

    networked: ClassVar[bool] = False

    def __init__(self, url: str, *, root: Path, environ: Mapping[str, str], token: str = "") -> None:
        super().__init__(url, root=root, environ=environ, token=token)
        self.path = root / url.removeprefix(_SCHEME)
        self.name = self.path.name
        self._is_sending = False

    @classmethod
    def check_url(cls, url: str) -> None:
        """Check that the URL names a file."""
        if not url.removeprefix(_SCHEME) or not url.startswith(_SCHEME):
            raise ValueError("a ledger in a file is written sqlite:///PATH")

    @property
    def file(self) -> Path:
        """The database file."""
        return self.path

    def exists(self) -> bool:
        """Whether the file exists."""
        return self.path.exists()

    def _connect(self, *, new: bool) -> None:
        del new  # a file is created when it is missing
        try:
            make_folder(self.path.parent, private=True)
            exists = self.path.exists() and self.path.stat().st_size > 0
        except OSError as error:
            raise LedgerError(f"cannot use the ledger's folder {self.path.parent.name}: {error.strerror}") from None
        if not exists and self._lock_file.exists():
            raise LedgerError(
                f"{self.path.name} is missing or empty, but it was used for a send: nobody knows who was mailed",
                hint=f"Restore it from a copy. Only if nobody was mailed, remove {self._lock_file.name} too.",
            )
        self.key = _read_key(self.path.with_name("ledger.key"), self._environ, make=not exists)
        with suppress(OSError):  # SQLite explains it
            make_private_file(self.path)  # the files beside it get the same permissions
        self.engine = _engine(self.path)
        self._upgrade_tables()

    @contextmanager
    def session(self, *, join: bool, report: Callable[[], SendReport | None]) -> Iterator[None]:
        """Register as the only sender on this ledger. The system releases the lock however the process ends.

        Args:
            join: Ignored, because a second sender on the same machine does not help.
            report: Returns the numbers that the refusal carries.

        Raises:
            CampaignRefusedError: Another process is sending.
        """
        del join
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._lock_file, patience=0.5))
            except TimeoutError:
                raise CampaignRefusedError(
                    "another digest process is sending from this ledger right now",
                    hint="Wait for it, then: digest status",
                    report=report(),
                ) from None
            self.sender = secrets.token_hex(SENDER_DIGITS // 2)
            self._is_sending = True
            try:
                yield
            finally:
                self._is_sending = False

    def live_senders(self) -> LiveSenders:
        """This process, or whichever process holds the lock."""
        if self._is_sending:
            return LiveSenders(names=frozenset({self.sender}))
        if not self._lock_file.exists():
            return LiveSenders()
        try:
            with locked(self._lock_file, patience=0):
                return LiveSenders()
        except TimeoutError:
            return LiveSenders(unnamed=True)

    def explain(self, error: str) -> tuple[str, str]:
        """Say what happened to the file, and what to do."""
        return _explain(error)

    @contextmanager
    def translating(self) -> Iterator[None]:
        """Turn the database's errors into LedgerError, including those that the driver raises itself."""
        try:
            with super().translating():
                yield
        except sqlite3.Error as error:
            message, hint = _explain(str(error))
            raise LedgerError(f"the ledger {self.name} {message}", hint=hint) from None

    @property
    def _lock_file(self) -> Path:
        return self.path.with_name(f"{self.path.name}.sender")


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _: Any) -> None:
        # The sqlite3 module begins transactions too late for BEGIN IMMEDIATE; SQLAlchemy's documentation of its SQLite
        # dialect, "Serializable isolation / Savepoints / Transactional DDL", describes these two listeners.
        raw.isolation_level = None
        _use_wal(raw)
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_wal(raw: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. Retries, because SQLite ignores its busy timeout here.

    Two processes may open a new file at the same time.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _read_key(path: Path, environ: Mapping[str, str], *, make: bool) -> bytes:
    if environ.get(KEY_VARIABLE, "").strip():
        return required_key(environ)
    try:
        written = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        written = ""
    except OSError as error:
        raise CredentialsError(f"cannot read {path.name}: {error.strerror}") from None
    if re.fullmatch(r"[0-9a-f]{64}", written):
        return derive_key(written)
    if not make:
        raise CredentialsError(
            f"{path.name} is missing beside the ledger, or is damaged",
            hint=f"Restore it from a copy, or set {KEY_VARIABLE} to its content.",
        )
    _write_key(path)
    return _read_key(path, environ, make=False)


def _write_key(path: Path) -> None:
    """Write a new key file, unless another process has just written one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and path.stat().st_size != _KEY_BYTES:
            temporary.replace(path)  # replaces a damaged key
        else:
            # A link instead of a rename: if two processes make a key at the same time, both must use the first one.
            with suppress(FileExistsError):
                path.hardlink_to(temporary)
            temporary.unlink()
    except OSError as error:
        raise LedgerError(f"cannot write {path.name}: {error.strerror}") from None


def _explain(error: str) -> tuple[str, str]:
    message = error.lower()
    if "locked" in message or "busy" in message:
        return "is locked", "Another program has it open. Wait for it, then try again."
    if "readonly" in message or "read-only" in message:
        return "cannot be written", "Make the file and its folder writable."
    if "unable to open" in message:
        return "cannot be opened", "Check that its folder exists and is writable."
    if "full" in message:
        return "cannot be written: the disk is full", "Free some space, then: digest send --live --resume"
    if "malformed" in message or "not a database" in message:
        return "is damaged", "Restore it from a copy; without it nobody knows who was mailed."
    return f"failed: {error}", "See: digest status"
