"""The content of an answer on its way: decoded in small steps, and out of memory while it waits to be worked on.

Dozens of answers are under way at a time. What is large goes to a file without a name as it comes in, so that memory
holds a few hundred KiB of each, and only those contents whole that are being worked on.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import zlib
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["CODINGS", "LARGE_BYTES", "Content", "FileContent", "decoded"]

#: More than this is large: it is kept out of memory, and worked on alone.
LARGE_BYTES = 256 * 1024
#: What we can decode. A zstd answer cannot be decoded everywhere, and stacked codings are how bombs are made.
CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_STEP = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"


class Content:
    """Content that is being received. A context manager; gone when it is left.

    Args:
        folder: Where large content is put; None is the system's own place.
    """

    def __init__(self, data: bytes = b"", *, folder: Path | None = None) -> None:
        self.size = 0
        self._folder = folder
        self._file: IO[bytes] = io.BytesIO()
        self.append(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, piece: bytes) -> None:
        """Add what came in."""
        if self.size <= LARGE_BYTES < self.size + len(piece):
            small = self.read()
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - this object is its context manager
            self._file.write(small)
        self._file.write(piece)
        self.size += len(piece)

    def read(self) -> bytes:
        """All of it, in memory."""
        self._file.seek(0)
        return self._file.read()

    def copy_to(self, file: IO[bytes]) -> None:
        """Write it into another file."""
        self._file.seek(0)
        shutil.copyfileobj(self._file, file, _STEP)


class FileContent(Content):
    """Content behind the first line of a file, read when it is needed."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__()
        self.size = size
        self._path = path

    def read(self) -> bytes:
        """All of it, in memory; the newer one, when the file was replaced meanwhile.

        Raises:
            OSError: The file is gone.
        """
        with self._path.open("rb") as file:
            file.readline()
            return file.read()


def decoded(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Decode a Content-Encoding (RFC 9110, section 8.4.1) in steps of 64 KiB; an HTTP client's own are 1 MiB and more.

    Raises:
        zlib.error: It is not in this coding.
    """
    if coding in {"", "identity"}:
        yield from pieces
        return
    machine, waiting, members = None, b"", 0
    for piece in pieces:
        rest, waiting = waiting + piece, b""
        while rest:
            if machine is None:
                if len(rest) < 2:
                    waiting = rest
                    break
                if members and not (rest.startswith(_GZIP_MAGIC) and coding.endswith("gzip")):
                    return  # some servers pad the end
                machine, members = _machine(coding, rest), members + 1
            yield machine.decompress(rest, _STEP)
            rest = machine.unconsumed_tail
            if machine.eof:
                rest, machine = machine.unused_data, None  # gzip may go on with another member (RFC 1952, section 2.2)
    if machine is not None:
        yield machine.flush()


def _machine(coding: str, start: bytes) -> zlib._Decompress:
    if coding != "deflate":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    # Some servers take "deflate" for the bare format without the zlib header (RFC 1950, section 2.2).
    wrapped = len(start) > 1 and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
