"""A keep-alive transport with time-outs below the official SendGrid package.

``python_http_client`` opens a connection for every request, and by default waits for ever
(https://github.com/sendgrid/sendgrid-python/issues/985). Two of its methods are overridden: the one that builds the
client for the next part of a path, and the one that makes the request.
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

from digest.providers.contract import do_nothing

if TYPE_CHECKING:
    import urllib.request
    from collections.abc import Callable, Sequence

__all__ = ["Connection", "KeepAliveClient", "ReplyLost", "RequestHead", "Unreachable"]

# At DEBUG the package logs whole payloads, with every address in them.
logging.getLogger("python_http_client").setLevel(logging.INFO)

#: Seconds.
_CONNECT, _READ = 10.0, 60.0


class Unreachable(Exception):  # noqa: N818 - an outcome, not a failure of the program
    """The request did not leave completely, so no server can have acted on it (RFC 9112, section 8)."""


class ReplyLost(Exception):  # noqa: N818 - an outcome, not a failure of the program
    """The request left completely, and no reply was read."""


class _Response:
    """A response with the methods of urllib's that the package calls."""

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


#: What the package gets for a request of which only the head is wanted.
_NOT_MADE = _Response(0, http.client.HTTPMessage(), b"")


class Connection:
    """One connection to one host, opened when it is needed, and again after the host has closed it."""

    def __init__(self, host: str, *, connect: float = _CONNECT, read: float = _READ) -> None:
        parts = urlsplit(host)
        self._host = parts.hostname or ""
        self._port = parts.port
        self._secure = parts.scheme == "https"
        self._connect = connect
        self._read = read
        self._open: http.client.HTTPConnection | None = None
        self._is_waiting = False

    @property
    def is_waiting(self) -> bool:
        """Whether a request has left whose reply was not read yet."""
        return self._is_waiting

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None,
        headers: dict[str, str],
        *,
        begin: Callable[[], None] = do_nothing,
        whole: bool = True,
    ) -> Callable[[], _Response]:
        """Make one request. The function returned waits for its reply; call it once, before the next request.

        Args:
            method: Such as GET.
            target: Path and query.
            body: The request's body; None if it has none.
            headers: Host and Content-Length are added.
            begin: Called once the connection is open, right before the first byte.
            whole: Whether a reply whose body breaks off is no reply. If not, its status counts, with an empty body.

        Raises:
            Unreachable: The request did not leave completely.
            ReplyLost: Raised by the function: the request left, and no reply was read.
        """
        connection = self._ready()
        begin()
        try:
            connection.request(method, target, body=body, headers=headers)
        except OSError as error:
            self.close()
            raise Unreachable(_reason(error)) from None
        except BaseException:
            self.close()
            raise
        self._is_waiting = True
        return lambda: self._reply(connection, whole=whole)

    def _reply(self, connection: http.client.HTTPConnection, *, whole: bool) -> _Response:
        try:
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ReplyLost(_reason(error)) from None
        except BaseException:
            self.close()  # a reply that arrives later must not be read as the reply to the next request
            raise
        self._is_waiting = False
        return _Response(response.status, response.headers, self._body(response, whole=whole))

    def close(self) -> None:
        """Close the connection. It is opened again when it is needed."""
        if self._open is not None:
            self._open.close()
            self._open = None
        self._is_waiting = False

    def _body(self, response: http.client.HTTPResponse, *, whole: bool) -> bytes:
        try:
            body = response.read()
        except (OSError, http.client.HTTPException) as error:  # fewer bytes than announced (RFC 9112, section 8)
            self.close()
            if whole:
                raise ReplyLost(_reason(error)) from None
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
            raise Unreachable(_reason(error)) from None
        fresh.sock.settimeout(self._read)
        fresh.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open = fresh
        return fresh


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request as the package would make it, without its body.

    Making one takes longer than all else that is done for a call, so it is made once for all calls of a send.
    """

    method: str
    target: str
    headers: dict[str, str]


class KeepAliveClient(Client):  # type: ignore[misc]  # the package has no types
    """The package's client over kept connections. It follows no redirects, and no status raises."""

    def __init__(self, *, connections: Sequence[Connection], **parts: Any) -> None:
        super().__init__(**parts)
        self.connections = connections
        self._heads: list[RequestHead] | None = None

    def _build_client(self, name: str | None = None) -> KeepAliveClient:
        client = KeepAliveClient(
            connections=self.connections,
            host=self.host,
            version=self._version,
            request_headers=dict(self.request_headers),
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )
        client._heads = self._heads
        return client

    def head(self, request: Callable[[KeepAliveClient], object]) -> RequestHead:
        """The head of a request, which is not made."""
        heads: list[RequestHead] = []
        self._heads = heads
        try:
            request(self)
        finally:
            self._heads = None
        return heads[0]

    def start(self, head: RequestHead, body: bytes, *, begin: Callable[[], None]) -> Callable[[], _Response]:
        """Make a request over a connection that waits for no reply, as `Connection.request` does.

        The status and the headers of the reply decide, so a body that breaks off does not matter.
        """
        connection = next(each for each in self.connections if not each.is_waiting)
        return connection.request(head.method, head.target, body, head.headers, begin=begin, whole=False)

    def _make_request(self, opener: object, request: urllib.request.Request, timeout: float | None = None) -> _Response:
        del opener, timeout
        method, target, headers = request.get_method(), request.selector, dict(request.headers)
        if self._heads is not None:
            self._heads.append(RequestHead(method, target, headers))
            return _NOT_MADE
        connection = next(each for each in self.connections if not each.is_waiting)
        data = request.data
        return connection.request(method, target, data if isinstance(data, bytes) else None, headers)()


def _readable(sock: socket.socket) -> bool:
    """Between requests there is nothing to read, so a readable socket means that the host has closed it."""
    try:
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no reply in time"
    return str(error) or type(error).__name__
