"""Decides whether a request that failed is sent once more, and how long to wait before it. Pure."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpcore2

from digest.errors import FetchError
from digest.fetching.content_coding import CodingError
from digest.fetching.deadline import TooMuchSentError
from digest.fetching.fetch_errors import causes_of
from digest.fetching.response import retry_seconds
from digest.models import printable_url

if TYPE_CHECKING:
    from datetime import datetime

    from digest.fetching.response_cache import CachedResponse

__all__ = ["asked_wait", "better_outcome", "cut_off", "wait_before_retry"]

#: Seconds before the second try, if the server does not say when: long enough for a restart or a short overload.
_PAUSE = 2.0
#: The longest Retry-After that is waited for. After a longer one, the source is left alone until then.
_LONGEST_WAIT = 10.0
#: Statuses of a failure that may be over a moment later, in addition to 500 and above.
_BUSY = frozenset({408, 425, 429})
#: Failures of the 500s that stay: not implemented, HTTP version not supported, log-in to the network required.
_LASTING = frozenset({501, 505, 506, 508, 510, 511})
_BROKEN = (
    ConnectionRefusedError,
    ConnectionResetError,
    ConnectionAbortedError,
    BrokenPipeError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
    httpcore2.ReadError,
    httpcore2.WriteError,
    httpcore2.RemoteProtocolError,
)


def wait_before_retry(outcome: CachedResponse | FetchError, now: datetime) -> float | None:
    """Seconds to wait before the request is sent once more; None if it is not.

    Args:
        outcome: What came of the first try.
        now: The time, for a Retry-After that names one; aware.
    """
    if isinstance(outcome, FetchError):
        if isinstance(outcome, CodingError):
            return 0.0
        causes = tuple(causes_of(outcome))
        broken = any(isinstance(cause, _BROKEN) for cause in causes)
        return _PAUSE if broken and not any(isinstance(cause, TooMuchSentError) for cause in causes) else None
    if outcome.cut:
        return _PAUSE
    if not _may_pass(outcome.status):
        return None
    wait = asked_wait(outcome, now)
    if wait is None and outcome.status == 429:  # it asks for a pause, without saying how long
        return None
    wait = _PAUSE if wait is None else wait
    return wait if wait <= _LONGEST_WAIT else None


def asked_wait(answer: CachedResponse, now: datetime) -> float | None:
    """The Retry-After of an answer that says that the server is busy, in seconds from ``now``; None if it has none."""
    return retry_seconds(answer.headers.get("retry-after", ""), now) if _may_pass(answer.status) else None


def better_outcome(
    first: CachedResponse | FetchError, second: CachedResponse | FetchError
) -> CachedResponse | FetchError:
    """What to go on with after the second try.

    Content that ends at the same byte twice is whole: the length that the server announces is wrong. But a document in
    XML ends with its closing tag.
    """
    if isinstance(second, FetchError) or not second.cut:
        return second
    same = not isinstance(first, FetchError) and first.cut and first.content.size == second.content.size
    return second if same and not second.content.is_open_xml else cut_off(second)


def cut_off(answer: CachedResponse) -> FetchError:
    """The error for content that did not arrive whole."""
    return FetchError(
        f"{printable_url(answer.url)} cannot be read: the connection broke before all of it had arrived",
        hint="Try again later.",
    )


def _may_pass(status: int) -> bool:
    return status in _BUSY or (status >= 500 and status not in _LASTING)
