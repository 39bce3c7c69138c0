"""The files of subscriber lists: read as text, written atomically, by one process at a time."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from digest.config.atomic_files import locked, narrow, replace_file
from digest.errors import LedgerError, ListError, Place
from digest.subscribers import ENCRYPTED, SUPPRESSIONS, decrypt_list, encrypt_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from digest.project.project import Project

__all__ = [
    "back_up_list",
    "list_opener",
    "lock_lists",
    "narrow_lists",
    "read_list_text",
    "replace_list",
    "write_list",
]

#: Seconds to wait for another process that writes lists.
_LOCK_TIMEOUT = 30.0


def read_list_text(project: Project, name: str) -> str:
    """The text of a list, decrypted; empty if the file does not exist.

    Raises:
        ListError: It cannot be read.
        CredentialsError: The key is missing, or does not fit the list.
    """
    path = project.root / name
    try:
        if name.endswith(ENCRYPTED):
            return decrypt_list(path.read_bytes(), file=name, environ=project.list_environ)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise ListError("the file is not UTF-8", place=Place(name), hint="Save it as UTF-8.") from None
    except OSError as error:
        raise ListError(f"the file cannot be read: {error.strerror}", place=Place(name)) from None


def list_opener(project: Project, name: str) -> Callable[[], Iterator[str]]:
    """A function that returns the lines of a list, decrypted; none if there is no such file. It may be called again.

    The function raises `ListError` if the list cannot be read.

    Raises:
        ListError: An encrypted list cannot be read.
        CredentialsError: The key is missing, or is not the list's.
    """
    if name.endswith(ENCRYPTED):
        text = read_list_text(project, name)
        return lambda: io.StringIO(text, newline=None)
    return lambda: _plain_lines(project.root / name, name)


def _plain_lines(path: Path, name: str) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig", newline=None) as file:
            yield from file
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        raise ListError("the file is not UTF-8", place=Place(name), hint="Save it as UTF-8.") from None
    except OSError as error:
        raise ListError(f"the file cannot be read: {error.strerror}", place=Place(name)) from None


def back_up_list(project: Project, path: Path) -> str:
    """Copy a list to .digest/undo/, byte for byte. Returns the copy's path relative to the newsletter's root.

    Raises:
        ListError: It cannot be written.
    """
    copy = project.state / "undo" / f"{path.name}.{project.now():%Y%m%dT%H%M%S%f}"
    undo = f".digest/undo/{copy.name}"
    write_list(copy, _pieces(path), file=undo)
    return undo


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def replace_list(project: Project, name: str, text: str | Iterable[str]) -> str:
    """Write a list, encrypted if its name ends in ``.age``, and back up the previous version.

    Args:
        text: The new list, as a whole or in pieces.

    Returns:
        The backup's path relative to the newsletter's root; empty for a new list.

    Raises:
        ListError: The list or the backup cannot be written.
    """
    path = project.root / name
    undo = back_up_list(project, path) if path.exists() else ""
    if name.endswith(ENCRYPTED):
        whole = text if isinstance(text, str) else "".join(text)
        write_list(path, encrypt_list(whole, environ=project.list_environ), file=name)
    else:
        write_list(path, text.encode() if isinstance(text, str) else (piece.encode() for piece in text), file=name)
    return undo


def narrow_lists(project: Project) -> tuple[str, ...]:
    """Take the unencrypted lists, and the folder that is made for them, from other users of this machine.

    Returns: The files and folders that others could read until now, relative to the newsletter's root.
    """
    named = {file for audience in project.config.audiences.values() for file in audience.files}
    plain = {file for file in named if not file.startswith("env:") and not file.endswith(ENCRYPTED)}
    folder = PurePosixPath(SUPPRESSIONS).parent
    beside = {path.relative_to(project.root).as_posix() for path in (project.root / folder).glob("*.csv")}
    return tuple(file for file in sorted({str(folder), *plain, *beside, SUPPRESSIONS}) if narrow(project.root / file))


def lock_lists(project: Project) -> _ListLock:
    """A context manager that lets one process at a time change lists.

    Without it, two unsubscribes at the same moment could overwrite each other, and one would be lost.

    Entering it raises `LedgerError` if another process does not finish in time.
    """
    return _ListLock(project.state / "subscribers.lock")


class _ListLock:
    """Turns the timeout of a file lock into an error that says what to do."""

    def __init__(self, path: Path) -> None:
        self._lock = locked(path, patience=_LOCK_TIMEOUT)

    def __enter__(self) -> None:
        try:
            self._lock.__enter__()
        except TimeoutError:
            raise LedgerError("another digest process is writing the lists", hint="Try again in a moment.") from None

    def __exit__(self, *about: object) -> None:
        self._lock.__exit__(None, None, None)


def write_list(path: Path, data: bytes | Iterable[bytes], *, file: str) -> None:
    """Write a file that only its owner can read, atomically.

    Raises:
        ListError: It cannot be written.
    """
    try:
        replace_file(path, data, private=True)  # it holds addresses
    except OSError as error:
        raise ListError(f"the file cannot be written: {error.strerror}", place=Place(file)) from None
