"""robots.txt (RFC 9309), for pages that nobody named but that were found in a sitemap or a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from protego import Protego

from digest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RobotsRules"]

_MAX_BYTES = 512 * 1024  # RFC 9309, section 2.5: at least 500 KiB


class RobotsRules:
    """What each site allows, read once a run.

    Args:
        product: The product token that a group of rules may name.
        read: From the address of a robots.txt to its bytes, or to None when there is none (a 4xx status).
    """

    def __init__(self, *, product: str, read: Callable[[str], bytes | None]) -> None:
        self._product = product
        self._read = read
        self._sites: dict[str, Protego | None] = {}

    def allow(self, url: str) -> bool:
        """Tell whether ``url`` may be fetched. A site whose rules cannot be read allows nothing (section 2.3.1.4)."""
        site = urljoin(url, "/robots.txt")
        if url == site or urlsplit(url).path == "/robots.txt":
            return True
        if site not in self._sites:
            self._sites[site] = self._rules(site)
        rules = self._sites[site]
        return rules is not None and bool(rules.can_fetch(url, self._product))

    def _rules(self, site: str) -> Protego | None:
        try:
            content = self._read(site)
        except FetchError:
            return None
        return Protego.parse((content or b"")[:_MAX_BYTES].decode("utf-8", errors="replace"))
