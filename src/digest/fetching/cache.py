"""Kept answers, one file each, so that an unchanged page costs one short answer and works offline.

A file holds one line of JSON (address, status, headers, validators) and then the content. Validators are kept byte for
byte, since a server compares them so (RFC 9110, sections 8.8 and 13.1).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from digest.fetching.content import Content, FileContent

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Kept", "ResponseCache"]

_KEEP = timedelta(days=90)
#: How long a site's own max-age can keep us from asking.
_LONGEST_FRESH = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One kept answer: a page, a redirect or a refusal. The validators are Latin-1 text that stands for their bytes.

    Attributes:
        asked: When the server last gave or confirmed it; aware, in UTC.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(hash=False)
    etag: str = ""
    last_modified: str = ""
    content: Content = field(default_factory=Content, compare=False)
    asked: datetime | None = field(default=None, compare=False)

    @property
    def cache_control(self) -> dict[str, str]:
        """The directives of its Cache-Control header, in lower case (RFC 9111, section 5.2)."""
        directives = self.headers.get("cache-control", "").lower().split(",")
        return {name.strip(): value.strip(' "') for name, _, value in (one.partition("=") for one in directives)}

    def is_fresh(self, now: datetime, keep_for: timedelta | None) -> bool:
        """Tell whether it may be used without asking, for ``keep_for`` or the server's max-age, at most an hour."""
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
        """The headers that ask for the content only if it changed."""
        pairs = ((b"If-None-Match", self.etag), (b"If-Modified-Since", self.last_modified))
        return [(name, value.encode("latin-1")) for name, value in pairs if value]


class ResponseCache:
    """A folder of kept answers; None keeps nothing. A folder that cannot be used costs time, never articles."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def content(self) -> Content:
        """A place for content that is coming in."""
        return Content(folder=self._folder if self._folder is not None and self._folder.is_dir() else None)

    def read(self, url: str, accept: str) -> Kept | None:
        """The kept answer, or None."""
        if self._folder is None:
            return None
        path = self._path(self._folder, url, accept)
        try:
            with path.open("rb") as file:
                head = file.readline()
                about, size = json.loads(head), os.fstat(file.fileno()).st_size - len(head)
            if about.pop("bytes") != size:
                return None
            # The file's own time says when the server was asked, so that a 304 need not write the content again.
            asked = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            kept = Kept(content=FileContent(path, size), asked=asked, **about)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return kept if kept.url == url else None

    def write(self, kept: Kept, accept: str) -> None:
        """Keep an answer in place of the earlier one, if its server allows that (RFC 9111, section 5.2.2.5)."""
        if self._folder is None or "no-store" in kept.cache_control:
            return
        about = {
            "url": kept.url,
            "status": kept.status,
            "headers": dict(kept.headers),
            "etag": kept.etag,
            "last_modified": kept.last_modified,
            "bytes": kept.content.size,
        }
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            # No fsync: after a crash the length does not match, and the page is fetched again.
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".new", delete=False) as file:
                file.write(json.dumps(about).encode() + b"\n")
                kept.content.copy_to(file)
            _date(Path(file.name), kept.asked)
            Path(file.name).replace(self._path(self._folder, kept.url, accept))

    def confirm(self, kept: Kept, accept: str, now: datetime) -> None:
        """The server said that a kept answer is as it was."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                _date(self._path(self._folder, kept.url, accept), now)

    def prune(self, now: datetime) -> None:
        """Forget what no server gave or confirmed in the 90 days before ``now``."""
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


def _date(path: Path, moment: datetime | None) -> None:
    if moment is not None:
        os.utime(path, (moment.timestamp(), moment.timestamp()))
