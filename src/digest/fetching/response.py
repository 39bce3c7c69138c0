"""The response to a fetch, its size limits, and the headers Retry-After and Location. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from digest.errors import FetchError
from digest.models import printable_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["FEED_BYTES", "PAGE_BYTES", "PAGE_WIRE_BYTES", "Response", "redirect_target", "retry_seconds"]

_MIB = 2**20

#: The limit for a page in bytes after decoding, and as transferred.
PAGE_BYTES = 15 * _MIB
PAGE_WIRE_BYTES = 5 * _MIB
#: The limit for a feed or a sitemap, both after decoding and as transferred.
FEED_BYTES = 20 * _MIB


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """A successful response.

    Attributes:
        url: The final address, after all redirects.
        headers: By lower-case name.
        content: Decoded from its Content-Encoding, but not from its charset.
        from_cache: The content is the cached one, because the server answered 304 or no request was needed.
        moved_to: The final address, if it differs and every redirect on the way was permanent (301, 308).
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(hash=False)
    content: bytes
    from_cache: bool = False
    moved_to: str = ""


def retry_seconds(value: str, now: datetime) -> float | None:
    """Read a Retry-After header: seconds to wait from ``now``, or None if it cannot be read.

    The header holds seconds or an HTTP date (RFC 9110, section 10.2.3).
    """
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def redirect_target(url: str, location: str) -> str:
    """The address that a redirect from ``url`` leads to, without any user name and password.

    Raises:
        FetchError: The Location header is missing.
    """
    if not location:
        raise FetchError(f"{printable_url(url)} redirects without saying where")
    parts = urlsplit(urldefrag(urljoin(url, location)).url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
