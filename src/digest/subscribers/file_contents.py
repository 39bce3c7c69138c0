"""The content of any file in pieces, also of what is packed in it: archives, workbooks, databases."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile
import zlib
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ContentError", "read_contents", "unpack"]

_PIECE, _ROWS = 1 << 20, 1000
#: A file that unpacks to more is not read to its end: a small archive can unpack to petabytes.
_MOST_BYTES = 1 << 30
#: How deep archives within archives are read.
_DEPTH = 3
_SQLITE = b"SQLite format 3\0"
_COMPRESSED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
#: What the readers of the standard library raise for a file that is damaged or encrypted.
_DAMAGED = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    sqlite3.Error,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class ContentError(Exception):
    """A file cannot be read to its end. The message says why."""


def read_contents(path: Path) -> Iterator[bytes]:
    """Everything in a file: its bytes, or those of what is packed in it.

    A damaged or encrypted file is read as it is, since nobody else can unpack it either.

    Raises:
        ContentError: It cannot be read, or unpacks to more than 1 GB.
    """
    try:
        with path.open("rb") as file:
            is_database = file.read(len(_SQLITE)) == _SQLITE
            try:
                yield from _limited(_database(path) if is_database else _unpacked(file))
            except _DAMAGED:
                yield from _raw(file)
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror}") from None


def unpack(data: bytes) -> Iterator[bytes]:
    """Like `read_contents`, for bytes.

    Raises:
        ContentError: It unpacks to more than 1 GB.
    """
    file = io.BytesIO(data)
    try:
        yield from _limited(_unpacked(file))
    except _DAMAGED:
        yield from _raw(file)


def _raw(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


def _limited(pieces: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > _MOST_BYTES:
            raise ContentError("unpacks to more than 1 GB")
        yield piece


def _unpacked(file: IO[bytes], *, depth: int = 0) -> Iterator[bytes]:
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    open_compressed: Any = next((opener for magic, opener in _COMPRESSED.items() if start.startswith(magic)), None)
    if depth < _DEPTH and start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                with archive.open(member) as opened:
                    yield from _unpacked(opened, depth=depth + 1)
                yield b"\n"  # separates it from the next one
    elif depth < _DEPTH and open_compressed is not None:
        with open_compressed(file, "rb") as opened:
            yield from _unpacked(opened, depth=depth + 1)
    else:
        yield from _raw(file)


def _database(path: Path) -> Iterator[bytes]:
    """The cells of all tables of a SQLite file. In the file itself, nothing separates them."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        database.execute("PRAGMA trusted_schema = OFF")  # https://www.sqlite.org/security.html
        database.text_factory = bytes
        tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRT%'")
        for (name,) in tables.fetchall():
            quoted = name.decode("utf-8", "replace").replace('"', '""')
            rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - the name is quoted
            while many := rows.fetchmany(_ROWS):
                yield b"\n".join(cell for row in many for cell in row if isinstance(cell, bytes)) + b"\n"
