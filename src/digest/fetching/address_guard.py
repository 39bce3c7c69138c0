"""Refuses connections to private addresses, except for hosts that are allowed to have one.

Checking the URL is not enough: a name may resolve to a private address, or to a different one at the second lookup (DNS
rebinding), and a redirect may lead anywhere. The name is therefore resolved here, every address is checked, and the
connection goes to the checked address. TLS still verifies the name.
"""

from __future__ import annotations

import functools
import socket
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from digest.fetching.allowed_hosts import AllowedHosts
from digest.fetching.deadline import count_received, seconds_left
from digest.fetching.fetch_errors import PrivateHostError
from digest.fetching.response_head import ResponseHeads
from digest.models import is_public_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Iterable, Sequence

__all__ = ["GuardedBackend", "GuardedTransport", "resolve_host"]

_MAX_ADDRESSES = 4
_COOKIES = frozenset({b"set-cookie", b"set-cookie2"})
_MAX_CONNECTIONS = 128


def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """The IP addresses of a host, in the order in which to try them.

    Raises:
        OSError: The name cannot be resolved.
    """
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in infos))


@functools.cache
def _default_ssl_context() -> ssl.SSLContext:
    """The usual trusted certificates. Cached, because loading them takes longer than most fetches."""
    return httpx2.create_ssl_context(trust_env=False)


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens sockets only to checked addresses, and applies the deadline to every read and write.

    Args:
        allow_hosts: Hosts that may have a private address.
        resolve: Returns the IP addresses of a host and port.
        allow_place: Where ``allow_hosts`` is configured, for messages.
    """

    def __init__(
        self,
        allow_hosts: Collection[str] = (),
        *,
        resolve: Callable[[str, int], Sequence[str]] = resolve_host,
        allow_place: str = "digest.toml",
    ) -> None:
        self._allowed = AllowedHosts(allow_hosts)
        self._allow_place = allow_place
        self._resolve = resolve
        self._backend = httpcore2.SyncBackend()
        self._private: set[tuple[str, int]] = set()

    def is_private(self, host: str, port: int) -> bool:
        """Return whether this host was reached at a private address, which means that it is the user's own server."""
        return (host.strip("[]"), port) in self._private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first checked address that answers.

        Raises:
            PrivateHostError: An address of the host is private, and the host is not in ``allow_hosts``.
            httpcore2.ConnectError: No address answers.
        """
        error: Exception = httpcore2.ConnectError("the host has no address")
        for address in self._addresses(host, port, seconds_left(timeout))[:_MAX_ADDRESSES]:
            try:
                stream = self._backend.connect_tcp(
                    address, port, seconds_left(timeout), local_address=local_address, socket_options=socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failure:
                error = failure
            else:
                return _TimedStream(stream)
        raise error

    def _addresses(self, host: str, port: int, timeout: float | None) -> Sequence[str]:
        addresses = _in_time(lambda: self._resolve(host.strip("[]"), port), timeout)
        private = [address for address in addresses if not is_public_address(address)]
        if private and (host, port) not in self._allowed:
            entry = f'[fetching] allow_hosts = ["{_place(host, port)}"]'
            raise PrivateHostError(
                f"{host} is at {private[0]}, which is not a public address",
                hint=f"If you trust it, allow it in {self._allow_place}: {entry}",
            )
        if private:
            self._private.add((host.strip("[]"), port))
        return addresses


def _place(host: str, port: int) -> str:
    """``host:port``, as ``allow_hosts`` takes it."""
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"


class GuardedTransport(httpx2.BaseTransport):
    """The HTTP client's transport over a `GuardedBackend`. It ignores proxies and environment variables."""

    def __init__(self, backend: httpcore2.NetworkBackend, *, ssl_context: ssl.SSLContext | None = None) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context or _default_ssl_context(),
            max_connections=_MAX_CONNECTIONS,
            network_backend=backend,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Errors are httpcore2's own."""
        response = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            status_code=response.status,
            # Cookies are never used here, and a header full of them takes seconds to parse.
            headers=[pair for pair in response.headers if pair[0].lower() not in _COOKIES],
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close idle connections."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Any:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _TimedStream(httpcore2.NetworkStream):
    """A stream that applies the deadline and size limit of the current fetch to every step, and repairs heads."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream
        self._heads = ResponseHeads()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            data = count_received(self._stream.read(max_bytes, seconds_left(timeout)))
            repaired = self._heads.receive(data)
            if repaired or not data:  # no bytes mean the end of the stream
                return repaired

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._heads.request_sent()
        self._stream.write(buffer, seconds_left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, seconds_left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _in_time(function: Callable[[], Sequence[str]], timeout: float | None) -> Sequence[str]:
    """Call ``function`` in a separate thread, because the system's resolver has no time-out."""
    answers: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(function())
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except Empty:
        raise httpcore2.ConnectTimeout("the name was not resolved in time") from None
    if isinstance(answer, OSError):
        try:
            raise answer
        except OSError as error:  # httpcore2's pool drops an error's cause, but keeps its context
            raise httpcore2.ConnectError(str(error)) from error
    return answer
