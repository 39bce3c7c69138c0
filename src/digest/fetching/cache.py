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
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Kept", "ResponseCache"]

_KEEP = timedelta(days=90)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One kept answer: a page, or a redirect. The validators are Latin-1 text that stands for their bytes."""

    url: str
    status: int
    headers: Mapping[str, str] = field(hash=False)
    etag: str = ""
    last_modified: str = ""
    content: bytes = b""

    @property
    def conditions(self) -> list[tuple[bytes, bytes]]:
        """The headers that ask for the content only if it changed."""
        pairs = ((b"If-None-Match", self.etag), (b"If-Modified-Since", self.last_modified))
        return [(name, value.encode("latin-1")) for name, value in pairs if value]


class ResponseCache:
    """A folder of kept answers; None keeps nothing. A folder that cannot be used costs time, never articles."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def read(self, url: str, accept: str) -> Kept | None:
        """The kept answer, and mark it as used."""
        if self._folder is None:
            return None
        path = self._path(self._folder, url, accept)
        try:
            head, _, content = path.read_bytes().partition(b"\n")
            about = json.loads(head)
            if about.pop("bytes") != len(content):
                return None
            kept = Kept(content=content, **about)
            os.utime(path)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return kept if kept.url == url else None

    def write(self, kept: Kept, accept: str) -> None:
        """Keep an answer in place of the earlier one."""
        if self._folder is None:
            return
        about = {
            "url": kept.url,
            "status": kept.status,
            "headers": dict(kept.headers),
            "etag": kept.etag,
            "last_modified": kept.last_modified,
            "bytes": len(kept.content),
        }
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            # No fsync: after a crash the length does not match, and the page is fetched again.
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".new", delete=False) as file:
                file.write(json.dumps(about).encode() + b"\n" + kept.content)
            Path(file.name).replace(self._path(self._folder, kept.url, accept))

    def prune(self, now: datetime) -> None:
        """Forget what was not used for 90 days before ``now``."""
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
