"""A keep-alive transport with time-outs under the official SendGrid package.

``python_http_client`` opens a connection for every request and waits for ever. Two of its methods are overridden: the
one that makes a client for the next part of an address, and the one that makes the request.
"""

from __future__ import annotations

import http.client
import logging
import select
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from python_http_client import Client

from digest.providers.base import nothing

if TYPE_CHECKING:
    import urllib.request
    from collections.abc import Callable

__all__ = ["Answer", "Connection", "Exchange", "KeepAliveClient", "ReplyLost", "Unreachable"]

# Below INFO the package logs whole payloads, with every address in them.
logging.getLogger("python_http_client").setLevel(logging.INFO)

#: Seconds.
_CONNECT, _READ = 10.0, 60.0


class Unreachable(Exception):  # noqa: N818 - named by what it means
    """The request did not leave whole, so that no server can have acted on it (RFC 9112, section 8)."""


class ReplyLost(Exception):  # noqa: N818 - named by what it means
    """The request left whole, and no answer was read."""


class Answer:
    """A response in the shape that the package expects of urllib."""

    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        self._status = status
        self._headers = headers
        self._body = body

    def getcode(self) -> int:
        """The status."""
        return self._status

    def read(self) -> bytes:
        """The body."""
        return self._body

    def info(self) -> http.client.HTTPMessage:
        """The headers."""
        return self._headers


class Connection:
    """One connection to one host, opened when it is needed and again when the host has closed it."""

    def __init__(self, host: str, *, connect: float = _CONNECT, read: float = _READ) -> None:
        parts = urlsplit(host)
        self._host = parts.hostname or ""
        self._port = parts.port
        self._secure = parts.scheme == "https"
        self._connect = connect
        self._read = read
        self._open: http.client.HTTPConnection | None = None

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None,
        headers: dict[str, str],
        *,
        begin: Callable[[], None] = nothing,
        meanwhile: Callable[[], None] = nothing,
    ) -> Answer:
        """Make one request.

        Args:
            begin: Called when the connection stands, right before the first byte.
            meanwhile: Called when the last byte has left, before the answer is read.

        Raises:
            Unreachable: It did not leave whole.
            ReplyLost: It did, and no answer came.
        """
        connection = self._ready()
        begin()
        try:
            connection.request(method, target, body=body, headers=headers)
        except OSError as error:
            self.close()
            raise Unreachable(_said(error)) from None
        except BaseException:
            self.close()
            raise
        try:
            meanwhile()
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ReplyLost(_said(error)) from None
        except BaseException:
            self.close()  # an answer still to come must not be read as the answer to the next request
            raise
        return Answer(response.status, response.headers, self._rest(response))

    def close(self) -> None:
        """Let go."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _rest(self, response: http.client.HTTPResponse) -> bytes:
        """The body; the status alone decides, so a body that breaks off is an empty one."""
        try:
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return b""
        if response.will_close:
            self.close()
        return body

    def _ready(self) -> http.client.HTTPConnection:
        if self._open is not None and self._open.sock is not None and not _readable(self._open.sock):
            return self._open
        self.close()
        fresh: http.client.HTTPConnection
        if self._secure:
            context = ssl.create_default_context()
            fresh = http.client.HTTPSConnection(self._host, self._port, timeout=self._connect, context=context)
        else:
            fresh = http.client.HTTPConnection(self._host, self._port, timeout=self._connect)
        try:
            fresh.connect()
        except (OSError, http.client.HTTPException) as error:
            fresh.close()
            raise Unreachable(_said(error)) from None
        fresh.sock.settimeout(self._read)
        fresh.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open = fresh
        return fresh


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """What the next request is made of beside what the package makes.

    Attributes:
        body: In place of the package's own serialisation, which takes a third of the time of a whole send.
    """

    body: bytes
    begin: Callable[[], None] = nothing
    meanwhile: Callable[[], None] = nothing


class KeepAliveClient(Client):  # type: ignore[misc]  # the package has no types
    """The package's client over one kept connection. It follows no redirect, and no status raises."""

    def __init__(self, *, connection: Connection, **parts: Any) -> None:
        super().__init__(**parts)
        self.connection = connection
        self.exchange: Exchange | None = None

    def _build_client(self, name: str | None = None) -> KeepAliveClient:
        made = KeepAliveClient(
            connection=self.connection,
            host=self.host,
            version=self._version,
            request_headers=dict(self.request_headers),
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )
        made.exchange = self.exchange
        return made

    def _make_request(self, opener: object, request: urllib.request.Request, timeout: float | None = None) -> Answer:
        del opener, timeout
        method, target, headers = request.get_method(), request.selector, dict(request.headers)
        exchange = self.exchange
        if exchange is None:
            data = request.data
            return self.connection.request(method, target, data if isinstance(data, bytes) else None, headers)
        begin, meanwhile = exchange.begin, exchange.meanwhile
        return self.connection.request(method, target, exchange.body, headers, begin=begin, meanwhile=meanwhile)


def _readable(sock: socket.socket) -> bool:
    """Between requests nothing is to be read; what can be read is the end of the connection."""
    try:
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
