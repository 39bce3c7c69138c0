"""The pictures of an email that are on the web, fetched by the program instead of the browser.

The addresses come from feeds and pages. A browser would also ask a router or another service on this machine or in this
network; the guarded HTTP client refuses their addresses, also behind redirects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from digest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.fetching import Fetcher

__all__ = ["WebPicture", "WebPictures", "is_web_picture"]

_MAX_BYTES = 10 * 2**20
_KEEP_FOR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class WebPicture:
    """A picture: its bytes, and its media type such as ``image/png``."""

    content: bytes
    media_type: str


def is_web_picture(url: str) -> bool:
    """Return whether a picture may be fetched: over https only, as most email clients load pictures."""
    return url.lower().startswith("https://")


class WebPictures:
    """Fetches pictures. One that failed is not requested again. Safe to use from several threads.

    Args:
        open_fetcher: Opens the HTTP client.
    """

    def __init__(self, open_fetcher: Callable[[], Fetcher]) -> None:
        self._open_fetcher = open_fetcher
        self._failed: set[str] = set()

    def get(self, url: str) -> WebPicture | None:
        """The picture at ``url``; None if it is not one, cannot be fetched, or has a private address."""
        if not is_web_picture(url) or url in self._failed:
            return None
        try:
            with self._open_fetcher() as fetcher:
                response = fetcher.get(url, accept="image/*", max_bytes=_MAX_BYTES, keep_for=_KEEP_FOR)
        except FetchError:
            self._failed.add(url)
            return None
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return WebPicture(content=response.content, media_type=media_type) if media_type.startswith("image/") else None
