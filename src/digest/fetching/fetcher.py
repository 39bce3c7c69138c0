"""`Fetcher`: http and https requests to public addresses, politely, and with limits on time and size.

::

    get ─▶ moved? ─▶ each hop, at most 5 redirects ─▶ cached and fresh?  ─▶ robots.txt? ─▶ the host's turn ─▶ request
           politeness                                 response_cache        robots         politeness

`address_guard` sits below all of this and checks addresses where the socket is opened.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import urldefrag

import httpx2

from digest.errors import FetchError
from digest.fetching.address_guard import GuardedBackend, GuardedTransport, resolve_host
from digest.fetching.allowed_hosts import host_and_port
from digest.fetching.content_coding import CodingError
from digest.fetching.deadline import Deadline, time_limit
from digest.fetching.fetch_errors import (
    RestingError,
    StatusError,
    UnreachableError,
    error_for_status,
    translate_errors,
)
from digest.fetching.politeness import HostQueues, SiteMemory, host_of
from digest.fetching.response import PAGE_BYTES, PAGE_WIRE_BYTES, Response, redirect_target
from digest.fetching.response_body import BodyLimits, receive_body
from digest.fetching.response_cache import CachedResponse, ResponseCache
from digest.fetching.robots import ROBOTS_BYTES, RobotsRules
from digest.fetching.second_try import asked_wait, better_outcome, cut_off, wait_before_retry
from digest.fetching.work_turns import WorkTurns
from digest.models import is_web_address, printable_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from digest.fetching.response_body import ResponseBody

__all__ = ["Fetcher"]

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Statuses that carry the requested content. A partial answer (206) was not requested (RFC 9110, section 15.3).
_CONTENT = frozenset({200, 203})
_PERMANENT = frozenset({301, 308})
_CACHED = frozenset({200, *_REDIRECTS})
#: Refusals worth caching, if the caller sets ``keep_for``.
_REFUSALS = frozenset({403, 404, 410, 451})
_TIMEOUT = httpx2.Timeout(15.0, connect=10.0)
#: Seconds between two pages of one public host, and the longest Crawl-delay that is honoured.
_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_ROBOTS_LIFETIME = timedelta(hours=24)  # RFC 9309, section 2.4
#: A probe has its own Accept header, so that the cache does not confuse it with a page that was read whole.
_PROBE_ACCEPT, _PROBE_BYTES, _PROBE_LIFETIME = "text/html, */*;q=0.7", 1024, timedelta(hours=24)
#: How many bytes a server may send in headers and framing.
_MAX_HEAD = 256 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """What is requested at every hop.

    ``truncate``: cut the body at ``max_bytes`` instead of failing. ``plain``: request it without a content coding.
    """

    accept: str
    max_bytes: int
    max_wire_bytes: int
    robots: bool
    keep_for: timedelta | None
    truncate: bool = False
    plain: bool = False


#: A response, whether it came from the cache, and the address that the permanent redirects lead to.
_Fetched: TypeAlias = tuple[CachedResponse, bool, str]


class Fetcher:
    """The HTTP client for everything that is fetched. A context manager; safe to share between threads.

    Args:
        user_agent: The User-Agent header, such as ``digest/1.0 (+https://example.org)``. The part before the slash is
            the product token that robots.txt may name.
        cache: A folder for cached responses and for `SiteMemory`, created on demand; None caches nothing.
        allow_hosts: Hosts that may have a private address, each ``host`` or ``host:port``.
        allow_place: Where ``allow_hosts`` is configured, for messages.
        offline: Use only the cache.
        now: The clock; aware, in UTC.
        deadline: Seconds for one fetch with all its redirects. Waiting for a host's turn does not count.
        moved: Known permanent moves, from old address to new. Moves seen during the run are remembered as well.
        refresh: Request every address itself, even if it moved or its cached response is still fresh.
        resolve: Returns the IP addresses of a host and port.
        ssl_context: Verifies servers; by default with the usual trusted certificates.
        sleep, monotonic: Wait for a number of seconds; read a clock, in seconds, that never goes back.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        cache: Path | None,
        allow_hosts: Collection[str] = (),
        allow_place: str = "digest.toml",
        offline: bool = False,
        now: Callable[[], datetime],
        deadline: float = 30.0,
        moved: Mapping[str, str] = {},
        refresh: bool = False,
        resolve: Callable[[str, int], Sequence[str]] = resolve_host,
        ssl_context: ssl.SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = ResponseCache(cache)
        self._memory = SiteMemory(cache, moved=moved, now=now)
        if refresh:
            self._memory.forget_moves()
        self._hosts = HostQueues(sleep=sleep, monotonic=monotonic)
        self._turns = WorkTurns()
        self._offline, self._refresh = offline, refresh
        self._now = now
        self._seconds = deadline
        self._robots = RobotsRules(product=user_agent.partition("/")[0], read=self._read_robots)
        self._backend = GuardedBackend(allow_hosts, resolve=resolve, allow_place=allow_place)
        self._client = httpx2.Client(
            transport=GuardedTransport(self._backend, ssl_context=ssl_context),
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        if not self._offline:
            self._cache.prune(self._now())
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def working(self, *, at_once: bool = False) -> AbstractContextManager[None]:
        """Limit how many threads process fetched content at the same time, and allow only one to process large content.

        `get` gives up the thread's turn while it waits for a server, and takes one before it loads the content.

        Args:
            at_once: Start with a turn, because there is work to do before the first fetch.
        """
        return self._turns.taken(at_once=at_once)

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        max_bytes: int = PAGE_BYTES,
        max_wire_bytes: int | None = None,
        robots: bool = False,
        keep_for: timedelta | None = None,
    ) -> Response:
        """Fetch one address.

        Args:
            url: Absolute, http or https. A user name and password in it are sent to its host; the response's address is
                without them.
            accept: The Accept header.
            max_bytes: The limit for the decoded content.
            max_wire_bytes: The limit for the content as transferred; by default 5 MiB, or ``max_bytes`` if that is set.
            robots: The page was discovered, not named by the user: obey the site's robots.txt, pause between the pages
                of a public host, and skip a host that did not answer earlier in this run.
            keep_for: Use a cached response, including a refusal (403, 404, 410, 451), for this long without a request.

        Raises:
            GoneError: The address is gone for good.
            StatusError: The server answered with another error status.
            UnreachableError: The server did not answer.
            FetchError: The address is refused, the content is too large or unreadable, or the site asked for a pause.
        """
        if max_wire_bytes is None:
            max_wire_bytes = PAGE_WIRE_BYTES if max_bytes == PAGE_BYTES else max_bytes
        request = _Request(
            accept=accept, max_bytes=max_bytes, max_wire_bytes=max_wire_bytes, robots=robots, keep_for=keep_for
        )
        self._turns.leave()
        with time_limit(self._seconds) as deadline, translate_errors(url, deadline):
            url = urldefrag(url).url
            cached, from_cache, lasting = self._get(url, request, deadline)
            # Only moves of addresses that the user named are remembered; discovered pages are seldom requested twice.
            if not (self._offline or robots) and lasting not in {url, self._memory.moved(url)}:
                self._memory.learn_move(url, lasting)
            with cached.content as content:
                self._turns.take(content.size)
                return Response(
                    url=printable_url(cached.url),
                    status=cached.status,
                    headers=cached.headers,
                    content=content.read(),
                    from_cache=from_cache,
                    moved_to=lasting if cached.url == lasting != url else "",
                )

    def probe(self, url: str) -> str:
        """The address that ``url`` leads to after all redirects. The answer is cached for a day.

        This sends a GET request and reads only the beginning, because many servers answer HEAD wrongly or not at all.

        Raises:
            StatusError: The server answered with an error status.
            FetchError: The server did not answer, its address is refused, or it asked for a pause.
        """
        request = _Request(
            accept=_PROBE_ACCEPT,
            max_bytes=_PROBE_BYTES,
            max_wire_bytes=PAGE_WIRE_BYTES,
            robots=False,
            keep_for=_PROBE_LIFETIME,
            truncate=True,
        )
        with time_limit(self._seconds) as deadline, translate_errors(url, deadline):
            first = urldefrag(url).url
            cached, *_ = self._follow(first, first, request, deadline)
            with cached.content:
                return printable_url(cached.url)

    def forget_move(self, url: str) -> None:
        """Request ``url`` itself again, because its new address holds something else."""
        self._memory.forget_move(url)

    def _get(self, url: str, request: _Request, deadline: Deadline) -> _Fetched:
        """Fetch from the address that ``url`` moved to, if known; if that fails, from ``url`` itself."""
        target = self._memory.moved(url)
        if target != url:
            try:
                return self._follow(target, url, request, deadline)
            except FetchError as error:
                missing = isinstance(error, StatusError) and error.status in {404, 410}
                if not (self._offline or missing or isinstance(error, UnreachableError)):
                    raise
            if not self._offline:
                self._memory.forget_move(url)
        return self._follow(url, url, request, deadline)

    def _follow(self, url: str, first: str, request: _Request, deadline: Deadline) -> _Fetched:
        """Follow all redirects from ``url``."""
        lasting = url
        for _ in range(_MAX_REDIRECTS + 1):
            if not is_web_address(url):
                led = "" if url == first else f"{printable_url(first)} leads to "
                raise FetchError(f"{led}{printable_url(url)!r}, which is not an http or https address")
            with translate_errors(url, deadline):
                cached, from_cache = self._hop(url, request, deadline)
                if cached.status not in _REDIRECTS:
                    return cached, from_cache, lasting
                target = redirect_target(url, cached.headers.get("location", ""))
            lasting = target if lasting == url and cached.status in _PERMANENT else lasting
            url = target
        raise FetchError(f"{printable_url(first)} redirects more than {_MAX_REDIRECTS} times")

    def _hop(self, url: str, request: _Request, deadline: Deadline) -> tuple[CachedResponse, bool]:
        """Make one request, without following redirects. Returns the response and whether it came from the cache."""
        cached = self._cache.read(url, request.accept)
        if self._offline and cached is None:
            raise FetchError(f"{printable_url(url)} is not in the cache", hint="Collect once without --offline.")
        fresh = cached is not None and not self._refresh and cached.is_fresh(self._now(), request.keep_for)
        if cached is not None and (self._offline or fresh):
            return _accepted(cached), True
        self._require_allowed(url, request)
        if request.robots and not self._robots.allow(url):
            raise FetchError(f"the site's robots.txt does not allow programs to fetch {printable_url(url)}")
        answer = self._ask(url, request, cached if cached is not None and cached.status == 200 else None, deadline)
        if answer.status == 304 and cached is not None:
            self._cache.confirm(cached, request.accept, answer)
            return cached, True
        if answer.status in _CACHED or (answer.status in _REFUSALS and request.keep_for is not None):
            self._cache.write(answer, request.accept)
        return _accepted(answer), False

    def _require_allowed(self, url: str, request: _Request) -> None:
        # A page that the user named is requested even if its host asked for a pause at another address, because the
        # feeds of many newsletters share one host.
        until = self._memory.rest_until(host_of(url) if request.robots else url)
        if until is not None:
            form = "%H:%M" if until.date() == self._now().date() else "%Y-%m-%d %H:%M"
            raise RestingError(
                f"{printable_url(url)} asked for no requests before {until:{form}} UTC",
                hint="Run the command again after that.",
            )
        if request.robots:
            self._hosts.require_alive(url)

    def _pause(self, url: str, request: _Request) -> float:
        if not request.robots or self._backend.is_private(*host_and_port(url)):
            return 0.0
        return min(max(self._robots.delay(url), _PAUSE), _LONGEST_PAUSE)

    def _ask(self, url: str, request: _Request, cached: CachedResponse | None, deadline: Deadline) -> CachedResponse:
        """Send the request, and once more if the first try failed in a way that may be over a moment later."""
        outcome = first = self._try(url, request, cached, deadline)
        wait = wait_before_retry(first, self._now())
        if wait is not None and (not request.robots or self._hosts.may_retry(url)):
            self._hosts.wait(wait)
            plain = replace(request, plain=isinstance(first, CodingError))
            outcome = better_outcome(first, self._try(url, plain, cached, deadline))
            self._hosts.note_retry(url, failed=wait_before_retry(outcome, self._now()) is not None)
        elif not isinstance(first, FetchError) and first.cut:
            outcome = cut_off(first)
        if isinstance(outcome, UnreachableError):
            self._hosts.count_failure(url, outcome)
        if isinstance(outcome, FetchError):
            raise outcome
        if asked := asked_wait(outcome, self._now()):
            for place in {host_of(url), host_of(url) if request.robots else url}:
                self._memory.rest(place, asked)
        return outcome

    def _try(
        self, url: str, request: _Request, cached: CachedResponse | None, deadline: Deadline
    ) -> CachedResponse | FetchError:
        with self._hosts.turn(url, lambda: self._pause(url, request)):
            self._require_allowed(url, request)  # another thread may have been refused while we waited
            try:
                return self._send(url, request, cached, deadline)
            except FetchError as error:
                return error

    def _send(self, url: str, request: _Request, cached: CachedResponse | None, deadline: Deadline) -> CachedResponse:
        headers = [(b"Accept", request.accept.encode("ascii")), *(cached.conditions if cached else [])]
        if request.plain:
            headers.append((b"Accept-Encoding", b"identity"))
        deadline.allow(_MAX_HEAD)
        with translate_errors(url, deadline), self._client.stream("GET", url, headers=headers) as response:
            deadline.allow(request.max_wire_bytes + _MAX_HEAD)
            raw = {name.lower(): value.decode("latin-1") for name, value in response.headers.raw}
            content, whole = self._receive(response, url, request, deadline)
            return CachedResponse(
                url=url,
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                etag=raw.get(b"etag", ""),
                last_modified=raw.get(b"last-modified", ""),
                content=content,
                asked=self._now(),
                cut=not whole,
            )

    def _receive(
        self, response: httpx2.Response, url: str, request: _Request, deadline: Deadline
    ) -> tuple[ResponseBody, bool]:
        """Receive the content of a response; returns it, and whether it is whole."""
        with ExitStack() as unfinished:
            content = unfinished.enter_context(self._cache.content())
            limits = BodyLimits(request.max_bytes, request.max_wire_bytes, truncate=request.truncate)
            wanted = response.status_code in _CONTENT
            whole = not wanted or receive_body(response, content, url=url, limits=limits, deadline=deadline)
            unfinished.pop_all()
        return content, whole or request.truncate

    def _read_robots(self, url: str) -> bytes | None:
        request = _Request(
            accept="text/plain",
            max_bytes=ROBOTS_BYTES,
            max_wire_bytes=ROBOTS_BYTES,
            robots=False,
            keep_for=_ROBOTS_LIFETIME,
            truncate=True,
        )
        try:
            with time_limit(self._seconds) as deadline:
                cached, *_ = self._follow(url, url, request, deadline)
                with cached.content as content:
                    return content.read()
        except StatusError as error:
            if error.status < 500:
                return None
            raise


def _accepted(answer: CachedResponse) -> CachedResponse:
    if answer.status in _CONTENT or answer.status in _REDIRECTS:
        return answer
    raise error_for_status(answer.url, answer.status)
