"""The files of lists: read as text, written whole, one process at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.config.atomic_files import locked, replace_file
from digest.errors import LedgerError, ListError, Place
from digest.subscribers import ENCRYPTED, decrypt_list, encrypt_list

if TYPE_CHECKING:
    from pathlib import Path

    from digest.project import Project

__all__ = ["alone", "keep_copy", "replace_list", "text_of", "write_list"]

#: Seconds that one process waits for another that writes the same file.
_PATIENCE = 30.0


def text_of(project: Project, name: str) -> str:
    """A list's text, decrypted; empty where there is none.

    Raises:
        ListError: It cannot be read.
        CredentialsError: Its key is missing, or another one.
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


def keep_copy(project: Project, path: Path) -> str:
    """Keep a list as it is now, byte for byte; returns the copy's name.

    Raises:
        ListError: It cannot be written.
    """
    copy = project.state / "undo" / f"{path.name}.{project.now():%Y%m%dT%H%M%S%f}"
    undo = f".digest/undo/{copy.name}"
    write_list(copy, path.read_bytes(), file=undo)
    return undo


def replace_list(project: Project, name: str, text: str) -> str:
    """Write a list, and keep a copy of the one before; returns the copy's name, empty for a new list."""
    path = project.root / name
    undo = keep_copy(project, path) if path.exists() else ""
    encrypted = name.endswith(ENCRYPTED)
    write_list(path, encrypt_list(text, environ=project.list_environ) if encrypted else text.encode(), file=name)
    return undo


def alone(project: Project) -> _Alone:
    """One process at a time writes lists. Entering raises LedgerError when another does not end."""
    return _Alone(project.state / "subscribers.lock")


class _Alone:
    """One process at a time writes lists: two that left at the same moment must both stay gone."""

    def __init__(self, path: Path) -> None:
        self._lock = locked(path, patience=_PATIENCE)

    def __enter__(self) -> None:
        try:
            self._lock.__enter__()
        except TimeoutError:
            raise LedgerError("another digest is writing the lists", hint="Try again in a moment.") from None

    def __exit__(self, *about: object) -> None:
        self._lock.__exit__(None, None, None)


def write_list(path: Path, data: bytes, *, file: str) -> None:
    """Write a file that the team alone can read, whole or not at all.

    Raises:
        ListError: It cannot be written.
    """
    try:
        replace_file(path, data, mode=0o600)  # addresses are the team's business alone
    except OSError as error:
        raise ListError(f"the file cannot be written: {error.strerror}", place=Place(file)) from None
