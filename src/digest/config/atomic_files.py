"""Atomic, durable writing of files, private ones from their first byte, and a lock between processes."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "STATE_FOLDER",
    "is_open_to_others",
    "locked",
    "make_folder",
    "make_private_file",
    "make_private_folder",
    "narrow",
    "replace_file",
    "sync_folder",
]

#: The folder for the program's own files, within a newsletter's. All of it is private.
STATE_FOLDER = ".digest"
_FOR_OTHERS = 0o077


def replace_file(path: Path, data: bytes | Iterable[bytes], *, private: bool = False) -> None:
    """Write a file atomically and durably. Readers see either the old content or the new. Folders are made as needed.

    Args:
        data: The content, as a whole or in pieces.
        private: Only the user can ever read the file, whatever its permissions were before. Files in `.digest/` always
            are private. Any other file keeps its permissions, and a new one can be read by all.

    Raises:
        OSError: The file cannot be written. The old one is unchanged, and no temporary file is left.
    """
    private = private or STATE_FOLDER in path.parts
    make_folder(path.parent, private=private)
    # It is made with 0600, whatever the umask is.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        if not private:
            Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path, *, private: bool) -> None:
    """Make a folder and those above it that are missing."""
    if private:
        make_private_folder(folder)
    else:
        folder.mkdir(parents=True, exist_ok=True)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only the user can enter, and those above it that are missing.

    An existing folder keeps its permissions, unless it is in `.digest/`.
    """
    if not folder.is_dir():
        if folder.parent != folder:
            make_private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)  # a umask can only take permissions away
    elif STATE_FOLDER in folder.parts:
        for each in (folder, *folder.parents):
            narrow(each)
            if each.name == STATE_FOLDER:
                break


def make_private_file(path: Path) -> None:
    """Make an empty file that only the user can read, for a program that would make it with other permissions.

    An existing file keeps its content, and its permissions unless it is in `.digest/`.
    """
    make_private_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    elif STATE_FOLDER in path.parts:
        narrow(path)


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this machine may read a file or enter a folder. Windows keeps no such permissions."""
    return os.name == "posix" and path.exists() and bool(path.stat().st_mode & _FOR_OTHERS)


def narrow(path: Path) -> bool:
    """Take a file or folder from all users but its owner. Returns whether it was open to them."""
    if not is_open_to_others(path):
        return False
    with suppress(PermissionError):  # another user's
        path.chmod(path.stat().st_mode & 0o700)
        return True
    return False


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
    make_private_file(path)
    lock = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise TimeoutError(path.name) from error
        yield
    finally:
        lock.close()
