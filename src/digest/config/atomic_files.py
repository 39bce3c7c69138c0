"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["locked", "replace_file", "sync_folder"]


def replace_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file, durably, so that it is at every moment the old one or the new one. Folders are made as needed.

    Args:
        mode: The permissions of a new file; an old one keeps its own.

    Raises:
        OSError: It cannot be written; the old file is as it was, and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename durable where the system can; Windows cannot open a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked(path: Path, *, patience: float) -> Iterator[None]:
    """Hold a lock that the system gives back when the process dies, however it dies: an empty SQLite file's.

    Args:
        patience: Seconds to wait for another process.

    Raises:
        TimeoutError: Another process has it.
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
