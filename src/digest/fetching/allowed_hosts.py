"""The hosts that ``[fetching] allow_hosts`` names: those that may have a private address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["AllowedHosts", "host_and_port"]


def host_and_port(url: str) -> tuple[str, int]:
    """The host of a web address, without brackets, and its port. Both are empty (0) if the address is not valid."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.port or (443 if parts.scheme.lower() == "https" else 80)
    except ValueError:
        return "", 0


class AllowedHosts:
    """Hosts that may have a private address, each ``host`` (any port) or ``host:port``."""

    def __init__(self, entries: Collection[str]) -> None:
        self._entries = frozenset(self._read(entry) for entry in entries if entry.strip())

    def __contains__(self, place: tuple[str, int]) -> bool:
        host, port = place
        host = host.lower().strip("[]").rstrip(".")
        return (host, port) in self._entries or (host, None) in self._entries

    @staticmethod
    def _read(entry: str) -> tuple[str, int | None]:
        entry = entry.strip()
        if entry.count(":") > 1 and not entry.startswith("["):
            entry = f"[{entry}]"  # a bare IPv6 address
        try:
            # Parsed as the client parses it, so that international names compare in their ASCII form. An invented
            # scheme has no default port, so that ":80" is not dropped.
            url = httpx2.URL(f"allow://{entry}")
            host = url.raw_host.decode("ascii")
        except (httpx2.InvalidURL, UnicodeError):
            return (entry.lower(), None)
        return (host.strip("[]").rstrip("."), url.port)
