"""The HTTP cache: one file per response, so that an unchanged page costs one short request and works offline.

A file holds one line of JSON (address, status, headers, validators) followed by the content. Validators are stored byte
for byte, because servers compare them that way (RFC 9110, sections 8.8 and 13.1).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config.atomic_files import make_private_folder
from digest.fetching.response_body import CachedBody, ResponseBody

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CachedResponse", "ResponseCache"]

_KEEP = timedelta(days=90)
#: The longest time for which a site's max-age is honoured.
_LONGEST_FRESH = timedelta(hours=1)
#: Headers of an answer 304 that replace the stored ones. The others either change with each answer, such as Date, or
#: describe the content, and so belong to the one that was stored.
_RENEWED = ("cache-control", "etag", "last-modified")


@dataclass(frozen=True, kw_only=True, slots=True)
class CachedResponse:
    """A cached response: a page, a redirect or a refusal. The validators are bytes decoded as Latin-1.

    Attributes:
        asked: When the server last sent or confirmed it; aware, in UTC.
        cut: The connection ended before all of the content had arrived, as far as can be told.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(hash=False)
    etag: str = ""
    last_modified: str = ""
    content: ResponseBody = field(default_factory=ResponseBody, compare=False)
    asked: datetime | None = field(default=None, compare=False)
    cut: bool = field(default=False, compare=False)

    @property
    def cache_control(self) -> dict[str, str]:
        """The directives of the Cache-Control header, in lower case (RFC 9111, section 5.2)."""
        directives = self.headers.get("cache-control", "").lower().split(",")
        return {name.strip(): value.strip(' "') for name, _, value in (part.partition("=") for part in directives)}

    def is_fresh(self, now: datetime, keep_for: timedelta | None) -> bool:
        """Return whether it may be used without a request: for ``keep_for``, or the server's max-age up to an hour."""
        if self.asked is None or self.asked > now:
            return False
        age = now - self.asked
        if keep_for is not None and age < keep_for:
            return True
        control = self.cache_control
        seconds = control.get("max-age", "")
        if self.status != 200 or "no-cache" in control or not (seconds.isdecimal() and seconds.isascii()):
            return False
        return age < min(timedelta(seconds=min(int(seconds[:10]), 10**6)), _LONGEST_FRESH)

    @property
    def conditions(self) -> list[tuple[bytes, bytes]]:
        """The request headers that ask for the content only if it has changed."""
        pairs = ((b"If-None-Match", self.etag), (b"If-Modified-Since", self.last_modified))
        return [(name, value.encode("latin-1")) for name, value in pairs if value]


class ResponseCache:
    """A folder of cached responses; None caches nothing. An unusable folder costs time, but never an article."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def content(self) -> ResponseBody:
        """A buffer for a body that is about to arrive."""
        return ResponseBody(folder=self._folder if self._folder is not None and self._folder.is_dir() else None)

    def read(self, url: str, accept: str) -> CachedResponse | None:
        """The cached response, or None."""
        if self._folder is None:
            return None
        path = self._path(self._folder, url, accept)
        try:
            with path.open("rb") as file:
                head = file.readline()
                fields, size = json.loads(head), os.fstat(file.fileno()).st_size - len(head)
            if fields.pop("bytes") != size:
                return None
            # The modification time records the last request, so that a 304 does not rewrite the content.
            asked = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            cached = CachedResponse(content=CachedBody(path, size), asked=asked, **fields)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return cached if cached.url == url else None

    def write(self, cached: CachedResponse, accept: str) -> None:
        """Store a response in place of the earlier one, unless the server forbids it (RFC 9111, section 5.2.2.5)."""
        if self._folder is None or "no-store" in cached.cache_control:
            return
        fields = {
            "url": cached.url,
            "status": cached.status,
            "headers": dict(cached.headers),
            "etag": cached.etag,
            "last_modified": cached.last_modified,
            "bytes": cached.content.size,
        }
        with contextlib.suppress(OSError):
            make_private_folder(self._folder)
            # No fsync: after a crash the length does not match, and the page is fetched again.
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".new", delete=False) as file:
                file.write(json.dumps(fields).encode() + b"\n")
                cached.content.copy_to(file)
            _set_time(Path(file.name), cached.asked)
            Path(file.name).replace(self._path(self._folder, cached.url, accept))

    def confirm(self, cached: CachedResponse, accept: str, answer: CachedResponse) -> None:
        """Record that the server confirmed a cached response.

        Args:
            answer: Its answer 304. New validators in it replace the stored ones (RFC 9111, section 4.3.4).
        """
        if self._folder is None:
            return
        headers = {**cached.headers, **{name: answer.headers[name] for name in _RENEWED if name in answer.headers}}
        renewed = replace(
            cached,
            headers=headers,
            etag=answer.etag or cached.etag,
            last_modified=answer.last_modified or cached.last_modified,
            asked=answer.asked,
        )
        with contextlib.suppress(OSError):
            if renewed != cached:
                self.write(renewed, accept)
            else:
                _set_time(self._path(self._folder, cached.url, accept), answer.asked)

    def prune(self, now: datetime) -> None:
        """Delete responses that no server sent or confirmed in the 90 days before ``now``."""
        if self._folder is None or not self._folder.is_dir():
            return
        oldest = (now - _KEEP).timestamp()
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                if path.suffix in {".http", ".new"} and path.stat().st_mtime < oldest:
                    path.unlink()

    @staticmethod
    def _path(folder: Path, url: str, accept: str) -> Path:
        return folder / (hashlib.sha256(f"{accept}\n{url}".encode()).hexdigest() + ".http")


def _set_time(path: Path, moment: datetime | None) -> None:
    if moment is not None:
        os.utime(path, (moment.timestamp(), moment.timestamp()))
