"""The seam where the errors of the client and of the system become a `FetchError` in plain words."""

from __future__ import annotations

import socket
import ssl
import zlib
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import httpcore2
import httpx2

from digest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from digest.fetching.deadline import Deadline

__all__ = ["GoneError", "RestingError", "StatusError", "UnreachableError", "shown", "status_error", "translated"]

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
_LONGEST_REASON = 200  # some quote what the server sent
#: What to say, of the first kind that fits.
_WORDS: dict[type[BaseException] | tuple[type[BaseException], ...], Callable[[Any], str]] = {
    socket.gaierror: lambda _: "cannot be reached: its host is not known",
    ssl.SSLCertVerificationError: lambda error: f"cannot be trusted: {error.verify_message}",
    ssl.SSLError: lambda error: f"cannot be read: the secure connection failed: {error.reason or error}",
    ConnectionRefusedError: lambda _: "cannot be reached: the connection was refused",
    _TIMEOUTS: lambda _: "cannot be reached: it gave no sign in time",
    zlib.error: lambda _: "sent content that cannot be decompressed",
}
_HINTS = {
    401: "It asks for a name and a password.",
    403: "The site refuses programs; take another source, or ask it for its feed.",
    404: "Open it in a browser and correct the address.",
    410: "It is gone for good: remove it.",
    429: "It asks for fewer visits; try again later.",
    503: "The site is busy; try again later.",
}


def shown(url: str) -> str:
    """An address as it may be printed: without a name and a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class StatusError(FetchError):
    """The server answered, with an error status.

    Attributes:
        status: The status, such as 404.
    """

    def __init__(self, url: str, status: int) -> None:
        try:
            phrase = f" {HTTPStatus(status).phrase}"
        except ValueError:
            phrase = ""
        super().__init__(f"{shown(url)} answered {status}{phrase}", hint=_HINTS.get(status, ""))
        self.status = status


class GoneError(StatusError):
    """The server answered 410: it is gone for good, and is not to be asked again (RFC 9110, section 15.5.11)."""


class RestingError(FetchError):
    """The server asked to be left alone for now (Retry-After: RFC 9110, section 10.2.3), and was not asked."""


class UnreachableError(FetchError):
    """The server gave no answer.

    Attributes:
        reason: Why, in words that follow an address.
        answers_slowly: There is a server, but its answer took too long.
    """

    def __init__(self, message: str, *, reason: str, answers_slowly: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.answers_slowly = answers_slowly


def status_error(url: str, status: int) -> StatusError:
    """The error for an error status."""
    return GoneError(url, status) if status == 410 else StatusError(url, status)


@contextmanager
def translated(url: str, deadline: Deadline) -> Generator[None]:
    """Raise whatever fails inside as a `FetchError` about ``url``."""
    try:
        yield
    except FetchError:
        raise
    except _FOREIGN as error:
        raise _translation(url, deadline, error) from error


def _translation(url: str, deadline: Deadline, error: Exception) -> FetchError:
    causes = tuple(_causes(error))
    unconnected = any(isinstance(cause, _UNCONNECTED) for cause in causes)
    if deadline.left <= 0:
        reason, hint = f"timed out after {deadline.seconds:g} s", "Try again later."
    else:
        reason, hint = _reason(error, causes), ""
    message = f"{shown(url)} {reason}"
    if unconnected or deadline.left <= 0 or any(isinstance(cause, _TIMEOUTS) for cause in causes):
        return UnreachableError(message, reason=reason, answers_slowly=not unconnected, hint=hint)
    return FetchError(message, hint=hint)


def _reason(error: Exception, causes: tuple[BaseException, ...]) -> str:
    for cause in causes:
        for kind, words in _WORDS.items():
            if isinstance(cause, kind):
                return words(cause)
    if isinstance(error, httpx2.InvalidURL | ValueError):
        return f"is not a web address: {str(error)[:_LONGEST_REASON]}"
    return f"cannot be read: {str(error)[:_LONGEST_REASON]}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
