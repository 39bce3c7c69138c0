"""Response bodies: received in small steps, and kept out of memory until they are processed.

Dozens of responses may arrive at the same time. A large body goes to an unnamed temporary file as it arrives, so that
memory holds a few hundred KiB of each response. Only the bodies being processed are held in memory as a whole.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Self

import httpcore2

from digest.errors import FetchError
from digest.fetching.content_coding import CodingError, decode_chunks
from digest.fetching.deadline import TooMuchSentError
from digest.models import printable_url

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from digest.fetching.deadline import Deadline

__all__ = ["LARGE_BYTES", "BodyLimits", "CachedBody", "ResponseBody", "receive_body"]

#: A larger body is kept out of memory and processed alone.
LARGE_BYTES = 256 * 1024
_STEP = 64 * 1024
#: A body in more chunks than this only serves to keep the client busy.
_MAX_PIECES = 50_000
_TAIL = 512
#: The end of a document after which nothing of it can be missing, whatever length was announced.
_CLOSED = re.compile(
    rb"</(?:[\w.-]+:)?(?:html|rss|feed|rdf|urlset|sitemapindex|opml)\s*>(?:\s|\0|<!--.*?-->)*\Z",
    re.DOTALL | re.IGNORECASE,
)
_XML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|(?:[\w.-]+:)?(?:rss|feed|rdf|urlset|sitemapindex|opml)\b)", re.IGNORECASE
)


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

    @property
    def is_open_xml(self) -> bool:
        """Whether the body is a feed, a sitemap or another document in XML without its closing tag."""
        self._file.seek(0)
        return _XML.match(self._file.read(_TAIL)) is not None and not self.is_closed_document

    @property
    def is_closed_document(self) -> bool:
        """Whether the body ends with the closing tag of a page, a feed, a sitemap or a list of feeds."""
        self._file.seek(max(0, self.size - _TAIL))
        return _CLOSED.search(self._file.read()) is not None


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

    def copy_to(self, file: IO[bytes]) -> None:
        """Write the body into another file."""
        file.write(self.read())


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """The most bytes of a body, decoded and as transferred. ``truncate``: stop at ``max_bytes`` instead of failing."""

    max_bytes: int
    max_wire_bytes: int
    truncate: bool = False


def receive_body(
    response: httpx2.Response,
    body: ResponseBody,
    *,
    url: str,
    limits: BodyLimits,
    deadline: Deadline,
) -> bool:
    """Receive and decode the body of a response; fails as soon as it exceeds a limit.

    Args:
        body: Where it goes.
        url: Where it comes from, for messages.
        limits: How large it may be.
        deadline: When it must have arrived.

    Returns:
        Whether all that was announced has arrived. The connection may have broken, but some servers announce a wrong
        length, and some never send the last chunk (RFC 9112, sections 6.3 and 7.1).

    Raises:
        FetchError: It exceeds a limit, or its coding is unknown.
        httpcore2.ReadError: The connection broke in the middle.
        TimeoutError: It takes too long.
    """
    label = response.headers.get("content-encoding", "")
    try:
        for number, piece in enumerate(decode_chunks(response.iter_raw(), label)):
            body.append(piece)
            if limits.truncate and body.size >= limits.max_bytes:
                return True
            _require_size(url, body.size, limits.max_bytes)
            _require_size(url, response.num_bytes_downloaded, limits.max_wire_bytes)
            if deadline.left <= 0:
                raise TimeoutError
            if number > _MAX_PIECES:
                raise FetchError(f"{printable_url(url)} is sent in too many chunks")
    except CodingError as error:
        raise CodingError(f"{printable_url(url)} {error.message}") from None
    except (httpcore2.RemoteProtocolError, httpcore2.ReadError) as error:
        if body.is_closed_document:
            return True
        if not body.size or isinstance(error, TooMuchSentError | httpcore2.ReadError):
            raise
        return False
    return True


def _require_size(url: str, size: int, limit: int) -> None:
    if size > limit:
        raise FetchError(f"{printable_url(url)} is too large: more than {limit / 2**20:.3g} MiB")
