"""Fetching errors, and the one place where errors of the HTTP client and the system become a `FetchError`."""

from __future__ import annotations

import socket
import ssl
import zlib
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from digest.errors import FetchError
from digest.models import printable_url

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from digest.fetching.deadline import Deadline

__all__ = [
    "GoneError",
    "PrivateHostError",
    "RestingError",
    "StatusError",
    "UnreachableError",
    "causes_of",
    "error_for_status",
    "translate_errors",
]

_FOREIGN = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpcore2.UnsupportedProtocol,
    httpcore2.ProxyError,
    OSError,
    ValueError,
    zlib.error,
)
_UNCONNECTED = (httpcore2.ConnectError, httpcore2.ConnectTimeout)
_TIMEOUTS = (httpx2.TimeoutException, httpcore2.TimeoutException, TimeoutError)
_LONGEST_REASON = 200  # some errors quote what the server sent
#: How each kind of cause is described; the first match is used.
_DESCRIPTIONS: dict[type[BaseException] | tuple[type[BaseException], ...], Callable[[Any], str]] = {
    socket.gaierror: lambda _: "cannot be reached: its host is unknown",
    ssl.SSLCertVerificationError: lambda error: f"cannot be trusted: {error.verify_message}",
    ssl.SSLError: lambda error: f"cannot be read: the secure connection failed: {error.reason or error}",
    ConnectionRefusedError: lambda _: "cannot be reached: the connection was refused",
    _TIMEOUTS: lambda _: "cannot be reached: it did not answer in time",
    zlib.error: lambda _: "sent content that cannot be decompressed",
}
_HINTS = {
    401: "It requires a user name and a password.",
    403: "The site refuses automated requests. Use another source, or ask the site for its feed.",
    404: "Open it in a browser and correct the address.",
    410: "The page was removed for good. Remove it from the configuration.",
    429: "The site limits how often it is visited. Try again later.",
    500: "The site has a fault. Try again later.",
    502: "The site has a fault. Try again later.",
    503: "The site is overloaded. Try again later.",
    504: "The site has a fault. Try again later.",
}


class StatusError(FetchError):
    """The server answered with an error status.

    Attributes:
        status: The HTTP status, such as 404.
    """

    def __init__(self, url: str, status: int) -> None:
        try:
            phrase = f" {HTTPStatus(status).phrase}"
        except ValueError:
            phrase = ""
        super().__init__(f"{printable_url(url)} answered {status}{phrase}", hint=_HINTS.get(status, ""))
        self.status = status


class GoneError(StatusError):
    """The server answered 410: the address is gone for good and is not requested again (RFC 9110, section 15.5.11)."""


class PrivateHostError(FetchError):
    """The host has a private address, which the configuration does not allow it."""


class RestingError(FetchError):
    """No request was made, because the server asked clients to wait (Retry-After: RFC 9110, section 10.2.3)."""


class UnreachableError(FetchError):
    """The server did not answer.

    Attributes:
        reason: Why, as a phrase that follows the address.
        answers_slowly: A connection was made, but the answer took too long.
    """

    def __init__(self, message: str, *, reason: str, answers_slowly: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.answers_slowly = answers_slowly


def error_for_status(url: str, status: int) -> StatusError:
    """The exception for an error status."""
    return GoneError(url, status) if status == 410 else StatusError(url, status)


@contextmanager
def translate_errors(url: str, deadline: Deadline) -> Generator[None]:
    """Turn every error raised inside into a `FetchError` about ``url``."""
    try:
        yield
    except FetchError:
        raise
    except _FOREIGN as error:
        raise _translation(url, deadline, error) from error


def _translation(url: str, deadline: Deadline, error: Exception) -> FetchError:
    causes = tuple(causes_of(error))
    unconnected = any(isinstance(cause, _UNCONNECTED) for cause in causes)
    if deadline.left <= 0:
        reason, hint = f"timed out after {deadline.seconds:g} s", "Try again later."
    else:
        reason, hint = _reason(error, causes), ""
    message = f"{printable_url(url)} {reason}"
    if unconnected or deadline.left <= 0 or any(isinstance(cause, _TIMEOUTS) for cause in causes):
        return UnreachableError(message, reason=reason, answers_slowly=not unconnected, hint=hint)
    return FetchError(message, hint=hint)


def _reason(error: Exception, causes: tuple[BaseException, ...]) -> str:
    for cause in causes:
        for kind, description in _DESCRIPTIONS.items():
            if isinstance(cause, kind):
                return description(cause)
    if isinstance(error, httpx2.InvalidURL | ValueError):
        return f"is not a web address: {str(error)[:_LONGEST_REASON]}"
    return f"cannot be read: {str(error)[:_LONGEST_REASON]}"


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and what caused it, innermost last."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
