"""What the headers of an answer say: when to come again, and where else to go. Pure."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

from digest.errors import FetchError
from digest.fetching.failures import shown

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["redirect_target", "retry_seconds"]


def retry_seconds(value: str, now: datetime) -> float | None:
    """How long a Retry-After header asks to wait, in seconds from ``now``; None when it says nothing.

    It holds seconds or an HTTP date (RFC 9110, section 10.2.3).
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
    """Where a redirect leads; a name and a password in it are not sent.

    Raises:
        FetchError: It does not say where.
    """
    if not location:
        raise FetchError(f"{shown(url)} redirects, but does not say where")
    parts = urlsplit(urldefrag(urljoin(url, location)).url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
