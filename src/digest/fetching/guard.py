"""The guard at the socket: only public addresses, and those hosts that the newsletter's configuration names.

A check of the URL is not enough: a name may resolve to a private address, or to another one on the second look (DNS
rebinding), and a redirect may lead anywhere. So the name is resolved here, every answer is checked, and the connection
goes to the checked address. TLS still verifies the name.
"""

from __future__ import annotations

import functools
import ipaddress
import socket
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import httpcore2
import httpx2

from digest.errors import FetchError
from digest.fetching.deadline import count_received, seconds_left

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Iterable, Sequence

__all__ = ["GuardedBackend", "GuardedTransport", "is_public_address", "resolve_host"]

# Global unicast (RFC 4291, section 2.5.4) holds neither NAT64, nor link-local, nor IPv4-compatible addresses.
_GLOBAL_UNICAST_V6 = ipaddress.ip_network("2000::/3")
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
_MAX_ADDRESSES = 4
_COOKIES = frozenset({b"set-cookie", b"set-cookie2"})
_MAX_CONNECTIONS = 128


def is_public_address(text: str) -> bool:
    """Tell whether an IP address is a public unicast one.

    ``ipaddress`` alone calls multicast, NAT64 (RFC 6052) and 6to4 (RFC 3056) global, through which private IPv4
    addresses can be reached.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address not in _GLOBAL_UNICAST_V6 or address in _SIX_TO_FOUR:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """The IP addresses of a host, in the order in which they should be tried.

    Raises:
        OSError: The name is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@functools.cache
def _browsers_trust() -> ssl.SSLContext:
    """The certificates that browsers trust; reading them takes longer than many a fetch."""
    return httpx2.create_ssl_context(trust_env=False)


class _AllowedHosts:
    """Hosts that may be private, each ``host`` (any port) or ``host:port``."""

    def __init__(self, entries: Collection[str]) -> None:
        self._entries = frozenset(self._read(entry) for entry in entries if entry.strip())

    def __contains__(self, place: tuple[str, int]) -> bool:
        host, port = place
        host = host.lower().strip("[]").rstrip(".")
        return (host, port) in self._entries or (host, None) in self._entries

    @staticmethod
    def _read(entry: str) -> tuple[str, int | None]:
        entry = entry.strip()
        if entry.count(":") > 1 and not entry.startswith("["):
            entry = f"[{entry}]"  # a bare IPv6 address
        try:
            # The client's own reading of an address, so that international names compare in their ASCII form. A
            # scheme without a default port keeps ":80" from being dropped.
            url = httpx2.URL(f"allow://{entry}")
            host = url.raw_host.decode("ascii")
        except (httpx2.InvalidURL, UnicodeError):
            return (entry.lower(), None)
        return (host.strip("[]").rstrip("."), url.port)


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens sockets to checked addresses only, and keeps every read and write within the deadline.

    Args:
        allow_hosts: Hosts that may be private.
        resolve: From host and port to IP addresses.
    """

    def __init__(
        self, allow_hosts: Collection[str] = (), *, resolve: Callable[[str, int], Sequence[str]] = resolve_host
    ) -> None:
        self._allowed = _AllowedHosts(allow_hosts)
        self._resolve = resolve
        self._backend = httpcore2.SyncBackend()
        self._private: set[tuple[str, int]] = set()

    def is_private(self, host: str, port: int) -> bool:
        """Tell whether a connection to a private address of this host was opened: nobody else's server."""
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
            FetchError: An address of the host is private and the host is not allowed.
            httpcore2.ConnectError: None answers.
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
            raise FetchError(
                f"{host} is at {private[0]}, which is not a public address",
                hint=f'If you trust it, allow it: [fetching] allow_hosts = ["{host}:{port}"]',
            )
        if private:
            self._private.add((host.strip("[]"), port))
        return addresses


class GuardedTransport(httpx2.BaseTransport):
    """The client's transport over a `GuardedBackend`. No proxy, no environment."""

    def __init__(self, backend: httpcore2.NetworkBackend, *, ssl_context: ssl.SSLContext | None = None) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl_context or _browsers_trust(),
            max_connections=_MAX_CONNECTIONS,
            network_backend=backend,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; errors come as httpcore2's own."""
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
            # Nobody reads a cookie here, and a header full of them takes seconds to parse.
            headers=[pair for pair in response.headers if pair[0].lower() not in _COOKIES],
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Any:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _TimedStream(httpcore2.NetworkStream):
    """A stream whose every step stays within the time and the size of the fetch that uses it."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return count_received(self._stream.read(max_bytes, seconds_left(timeout)))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
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
    """Call ``function`` in a thread of its own: the system's resolver takes no time-out."""
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
        except OSError as error:  # the pool drops an error's cause, but not its context
            raise httpcore2.ConnectError(str(error)) from error
    return answer
