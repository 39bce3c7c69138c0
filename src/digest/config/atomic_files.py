"""Atomic, durable writing of files, and a lock between processes."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["locked", "replace_file", "sync_folder"]


def replace_file(path: Path, data: bytes | Iterable[bytes], *, mode: int = 0o644) -> None:
    """Write a file atomically and durably. Readers see either the old content or the new. Folders are made as needed.

    Args:
        data: The content, as a whole or in pieces.
        mode: The permissions of a new file. An existing file keeps its own.

    Raises:
        OSError: The file cannot be written. The old one is unchanged, and no temporary file is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder durable. Windows cannot open a folder, and skips this."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked(path: Path, *, patience: float) -> Iterator[None]:
    """Hold a lock that the system releases when the process ends, even if it is killed: that of an empty SQLite file.

    Args:
        patience: Seconds to wait for another process.

    Raises:
        TimeoutError: Another process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise TimeoutError(path.name) from error
        yield
    finally:
        lock.close()
