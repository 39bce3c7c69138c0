"""The seam where the errors of the client and of the system become a `FetchError` in plain words."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import httpcore2
import httpx2

from digest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from digest.fetching.deadline import Deadline

__all__ = ["StatusError", "shown", "translated"]

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
)
_TIMEOUTS = (httpx2.TimeoutException, httpcore2.TimeoutException, TimeoutError)
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
    """The server answered, with an error status."""

    def __init__(self, url: str, status: int) -> None:
        try:
            phrase = f" {HTTPStatus(status).phrase}"
        except ValueError:
            phrase = ""
        super().__init__(f"{shown(url)} answered {status}{phrase}", hint=_HINTS.get(status, ""))
        self.status = status


@contextmanager
def translated(url: str, deadline: Deadline) -> Generator[None]:
    """Raise whatever fails inside as a `FetchError` about ``url``."""
    try:
        yield
    except FetchError:
        raise
    except _FOREIGN as error:
        if deadline.left <= 0:
            raise FetchError(f"{shown(url)} timed out after {deadline.seconds:g} s", hint="Try again later.") from error
        raise FetchError(f"{shown(url)} {_reason(error)}") from error


def _reason(error: Exception) -> str:
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                return "cannot be reached: its host is not known"
            case ssl.SSLCertVerificationError():
                return f"cannot be trusted: {cause.verify_message}"
            case ConnectionRefusedError():
                return "cannot be reached: the connection was refused"
    if any(isinstance(cause, _TIMEOUTS) for cause in _causes(error)):
        return "cannot be reached: it gave no sign in time"
    if isinstance(error, httpx2.DecodingError):
        return "sent content that cannot be decompressed"
    address = isinstance(error, httpx2.InvalidURL | ValueError)
    return f"is not a web address: {error}" if address else f"cannot be read: {error}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
