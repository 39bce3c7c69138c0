"""Response bodies: decoded in small steps, and kept out of memory until they are processed.

Dozens of responses may arrive at the same time. A large body goes to an unnamed temporary file as it arrives, so that
memory holds a few hundred KiB of each response. Only the bodies being processed are held in memory as a whole.
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

__all__ = ["LARGE_BYTES", "SUPPORTED_CODINGS", "CachedBody", "ResponseBody", "decode_chunks"]

#: A larger body is kept out of memory and processed alone.
LARGE_BYTES = 256 * 1024
#: Content codings that are decoded. zstd is not in the standard library of Python 3.11 to 3.13, and stacked codings are
#: used for decompression bombs.
SUPPORTED_CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_STEP = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"


class ResponseBody:
    """A body that is being received. A context manager; its data is discarded at the end of the block.

    Args:
        folder: Where a large body is stored; None uses the system's temporary folder.
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
        """Add a received piece."""
        if self.size <= LARGE_BYTES < self.size + len(piece):
            small = self.read()
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - this object is its context manager
            self._file.write(small)
        self._file.write(piece)
        self.size += len(piece)

    def read(self) -> bytes:
        """The whole body, in memory."""
        self._file.seek(0)
        return self._file.read()

    def copy_to(self, file: IO[bytes]) -> None:
        """Write the body into another file."""
        self._file.seek(0)
        shutil.copyfileobj(self._file, file, _STEP)


class CachedBody(ResponseBody):
    """A body stored after the first line of a cache file, read on demand."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__()
        self.size = size
        self._path = path

    def read(self) -> bytes:
        """The whole body, in memory; the newer one if the file was replaced in the meantime.

        Raises:
            OSError: The file is gone.
        """
        with self._path.open("rb") as file:
            file.readline()
            return file.read()


def decode_chunks(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Decode a Content-Encoding (RFC 9110, section 8.4.1) in steps of 64 KiB.

    The HTTP client would decode in steps of 1 MiB and more, which is too late to notice a decompression bomb.

    Raises:
        zlib.error: The data is not in this coding.
    """
    if coding in {"", "identity"}:
        yield from pieces
        return
    decoder, waiting, members = None, b"", 0
    for piece in pieces:
        rest, waiting = waiting + piece, b""
        while rest:
            if decoder is None:
                if len(rest) < 2:
                    waiting = rest
                    break
                if members and not (rest.startswith(_GZIP_MAGIC) and coding.endswith("gzip")):
                    return  # some servers append padding
                decoder, members = _new_decoder(coding, rest), members + 1
            yield decoder.decompress(rest, _STEP)
            rest = decoder.unconsumed_tail
            if decoder.eof:
                rest, decoder = decoder.unused_data, None  # another gzip member may follow (RFC 1952, section 2.2)
    if decoder is not None:
        yield decoder.flush()


def _new_decoder(coding: str, start: bytes) -> zlib._Decompress:
    if coding != "deflate":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    # "deflate" means zlib-wrapped data, but some servers send it without the zlib header (RFC 9110, section 8.4.1.2).
    wrapped = len(start) > 1 and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
