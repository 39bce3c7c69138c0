"""`Fetcher`: http and https, in bounded time and space, to public addresses, politely.

::

    get ─▶ for each hop, at most 5 redirects ─▶ robots.txt? ─▶ cache ─▶ request, one at a time a host
                                                                         └▶ guard.py: addresses checked at the socket
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Self
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

import httpx2

from digest.errors import FetchError
from digest.fetching.cache import Kept, ResponseCache
from digest.fetching.deadline import Deadline, within
from digest.fetching.failures import StatusError, shown, translated
from digest.fetching.guard import GuardedBackend, GuardedTransport, resolve_host
from digest.fetching.response import PAGE_BYTES, PAGE_WIRE_BYTES, Response
from digest.fetching.robots import RobotsRules
from digest.models import is_web_address

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence
    from pathlib import Path

__all__ = ["Fetcher", "retry_seconds"]

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TIMEOUT = httpx2.Timeout(15.0, connect=10.0)
_MAX_WAIT = 5.0
#: What we can decode. A zstd answer cannot be decoded everywhere, and stacked codings are how bombs are made.
_CODINGS = frozenset({"", "identity", "gzip", "deflate"})


class Fetcher:
    """The one HTTP client. A context manager; safe to share between threads.

    Args:
        user_agent: Who asks, such as ``digest/1.0 (+https://example.org)``. What stands before the slash is the product
            token that robots.txt may name.
        cache: A folder for kept answers, made when needed; None keeps nothing.
        allow_hosts: Hosts, each ``host`` or ``host:port``, that may have a private address.
        offline: Answer from the cache alone.
        now: The clock; aware, in UTC.
        deadline: Seconds that one fetch may take with all its redirects.
        resolve: From host and port to IP addresses.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        cache: Path | None,
        allow_hosts: Collection[str] = (),
        offline: bool = False,
        now: Callable[[], datetime],
        deadline: float = 30.0,
        resolve: Callable[[str, int], Sequence[str]] = resolve_host,
    ) -> None:
        self._cache = ResponseCache(cache)
        self._offline = offline
        self._now = now
        self._seconds = deadline
        self._robots = RobotsRules(product=user_agent.partition("/")[0], read=self._read_robots)
        self._hosts: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._client = httpx2.Client(
            transport=GuardedTransport(GuardedBackend(allow_hosts, resolve=resolve)),
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        self._cache.prune(self._now())
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        max_bytes: int = PAGE_BYTES,
        max_wire_bytes: int | None = None,
        robots: bool = False,
    ) -> Response:
        """Fetch one address.

        Args:
            url: Absolute, http or https.
            accept: The Accept header.
            max_bytes: Of the decoded content.
            max_wire_bytes: Of the content as sent; by default 5 MiB, or ``max_bytes`` where that is given.
            robots: Obey the site's robots.txt.

        Raises:
            FetchError: It is refused, unreachable, too slow, too large, or answered with an error.
        """
        if max_wire_bytes is None:
            max_wire_bytes = PAGE_WIRE_BYTES if max_bytes == PAGE_BYTES else max_bytes
        first = url
        with within(self._seconds) as deadline, translated(first, deadline):
            for _ in range(_MAX_REDIRECTS + 1):
                url = urldefrag(url).url
                self._check(url, first, robots=robots)
                kept, from_cache = self._hop(url, accept, (max_bytes, max_wire_bytes), deadline)
                if kept.status not in _REDIRECTS:
                    return Response(
                        url=url, status=kept.status, headers=kept.headers, content=kept.content, from_cache=from_cache
                    )
                url = _redirect(url, kept.headers.get("location", ""))
            raise FetchError(f"{shown(first)} redirects more than {_MAX_REDIRECTS} times")

    def _check(self, url: str, first: str, *, robots: bool) -> None:
        if not is_web_address(url):
            led = "" if url == first else f"{shown(first)} leads to "
            raise FetchError(f"{led}{shown(url)!r}, which is not an http or https address")
        if robots and not self._robots.allow(url):
            raise FetchError(f"{shown(url)} is closed to programs by the site's robots.txt")

    def _hop(self, url: str, accept: str, limits: tuple[int, int], deadline: Deadline) -> tuple[Kept, bool]:
        """One request without its redirects: the answer, and whether it is the kept one."""
        kept = self._cache.read(url, accept)
        if self._offline:
            if kept is None:
                raise FetchError(f"{shown(url)} is not in the cache", hint="Collect once without --offline.")
            return kept, True
        usable = kept if kept is not None and kept.status == 200 else None
        with self._one_at_a_time(url, deadline):
            answer = self._request(url, accept, usable, limits, deadline)
            wait = retry_seconds(answer.headers.get("retry-after", ""), self._now())
            if answer.status in {429, 503} and wait is not None and wait <= min(_MAX_WAIT, deadline.left):
                time.sleep(wait)
                answer = self._request(url, accept, usable, limits, deadline)
        if answer.status == 304 and usable is not None:
            return usable, True
        if not (200 <= answer.status < 300 or answer.status in _REDIRECTS):
            raise StatusError(url, answer.status)
        if answer.status in {200, *_REDIRECTS} and "no-store" not in answer.headers.get("cache-control", "").lower():
            self._cache.write(answer, accept)
        return answer, False

    def _request(self, url: str, accept: str, kept: Kept | None, limits: tuple[int, int], deadline: Deadline) -> Kept:
        headers = [(b"Accept", accept.encode("ascii")), *(kept.conditions if kept else [])]
        with self._client.stream("GET", url, headers=headers) as response:
            raw = {name.lower(): value.decode("latin-1") for name, value in response.headers.raw}
            return Kept(
                url=url,
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                etag=raw.get(b"etag", ""),
                last_modified=raw.get(b"last-modified", ""),
                content=_read(response, url, limits, deadline) if response.is_success else b"",
            )

    @contextmanager
    def _one_at_a_time(self, url: str, deadline: Deadline) -> Generator[None]:
        began = time.monotonic()
        with self._hosts[urlsplit(url).netloc.lower()]:
            deadline.extend(time.monotonic() - began)
            yield

    def _read_robots(self, url: str) -> bytes | None:
        try:
            return self.get(url, accept="text/plain").content
        except StatusError as error:
            if error.status < 500:
                return None
            raise


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


def _redirect(url: str, location: str) -> str:
    """Where a redirect leads; a name and a password in it are not sent."""
    if not location:
        raise FetchError(f"{shown(url)} redirects, but does not say where")
    parts = urlsplit(urljoin(url, location))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _read(response: httpx2.Response, url: str, limits: tuple[int, int], deadline: Deadline) -> bytes:
    """The decoded content, or an error as soon as it grows over a limit: it is never decoded whole."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in _CODINGS:
        raise FetchError(f"{shown(url)} came in the content coding {coding!r}, which was not asked for")
    max_bytes, max_wire_bytes = limits
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        for size, limit in ((len(content), max_bytes), (response.num_bytes_downloaded, max_wire_bytes)):
            if size > limit:
                raise FetchError(f"{shown(url)} is too large: more than {limit / 2**20:.3g} MiB")
        if deadline.left <= 0:
            raise TimeoutError
    return bytes(content)
