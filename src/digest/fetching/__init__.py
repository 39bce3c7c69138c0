"""The HTTP client, which refuses private addresses; its cache; and its politeness towards hosts."""

from digest.fetching.allowed_hosts import AllowedHosts, host_and_port
from digest.fetching.fetch_errors import (
    GoneError,
    PrivateHostError,
    RestingError,
    StatusError,
    UnreachableError,
)
from digest.fetching.fetcher import Fetcher
from digest.fetching.response import FEED_BYTES, PAGE_BYTES, PAGE_WIRE_BYTES, Response

__all__ = [
    "FEED_BYTES",
    "PAGE_BYTES",
    "PAGE_WIRE_BYTES",
    "AllowedHosts",
    "Fetcher",
    "GoneError",
    "PrivateHostError",
    "Response",
    "RestingError",
    "StatusError",
    "UnreachableError",
    "host_and_port",
]
