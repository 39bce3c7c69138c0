"""robots.txt (RFC 9309), for pages that were discovered in a sitemap or a feed. Pages the user named are exempt."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from protego import Protego

from digest.errors import FetchError
from digest.fetching.deadline import untimed
from digest.fetching.fetch_errors import UnreachableError
from digest.models import printable_url

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ROBOTS_BYTES", "RobotsRules"]

ROBOTS_BYTES = 512 * 1024  # RFC 9309, section 2.5, asks for at least 500 KiB


class RobotsRules:
    """The rules of each site, read once per run. Safe to share between threads.

    Args:
        product: The product token that a group of rules may name.
        read: Reads a robots.txt; returns None if there is none (a 4xx status).
    """

    def __init__(self, *, product: str, read: Callable[[str], bytes | None]) -> None:
        self._product = product
        self._read = read
        self._sites: dict[str, Protego | FetchError] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def allow(self, url: str) -> bool:
        """Return whether ``url`` may be fetched.

        Raises:
            FetchError: The site's robots.txt cannot be read, so nothing may be fetched (RFC 9309, section 2.3.1.4).
        """
        if urlsplit(url).path == "/robots.txt":
            return True
        rules = self._rules(url)
        if isinstance(rules, UnreachableError):
            raise UnreachableError(f"{printable_url(url)} {rules.reason}", reason=rules.reason)
        if isinstance(rules, FetchError):
            raise FetchError(f"{printable_url(url)} was not fetched, because {rules.message}")
        return bool(rules.can_fetch(url, self._product))

    def delay(self, url: str) -> float:
        """The Crawl-delay of the site, in seconds; 0 if it sets none."""
        rules = self._sites.get(urljoin(url, "/robots.txt"))
        return 0.0 if rules is None or isinstance(rules, FetchError) else float(rules.crawl_delay(self._product) or 0)

    def _rules(self, url: str) -> Protego | FetchError:
        site = urljoin(url, "/robots.txt")
        with untimed():
            self._locks[site].acquire()
        try:
            if site not in self._sites:
                self._sites[site] = self._fetch(site)
            return self._sites[site]
        finally:
            self._locks[site].release()

    def _fetch(self, site: str) -> Protego | FetchError:
        try:
            content = self._read(site)
        except FetchError as error:
            return error
        return Protego.parse((content or b"")[:ROBOTS_BYTES].decode("utf-8", errors="replace"))
