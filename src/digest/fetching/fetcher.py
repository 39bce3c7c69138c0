"""`Fetcher`: http and https, in bounded time and space, to public addresses, politely.

::

    get ─▶ moved? ─▶ for each hop, at most 5 redirects ─▶ robots.txt? ─▶ kept and fresh? ─▶ the host's turn ─▶ request
           memory.py                                       robots.py      cache.py           hosts.py
    guard.py, below all of it: addresses are checked where the socket is opened
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import urldefrag, urlsplit

import httpx2

from digest.errors import FetchError
from digest.fetching.cache import Kept, ResponseCache
from digest.fetching.content import CODINGS, decoded
from digest.fetching.deadline import Deadline, within
from digest.fetching.failures import RestingError, StatusError, UnreachableError, shown, status_error, translated
from digest.fetching.guard import GuardedBackend, GuardedTransport, resolve_host
from digest.fetching.headers import redirect_target, retry_seconds
from digest.fetching.hosts import Hosts, host_of
from digest.fetching.memory import SiteMemory
from digest.fetching.response import PAGE_BYTES, PAGE_WIRE_BYTES, Response
from digest.fetching.robots import ROBOTS_BYTES, RobotsRules
from digest.fetching.turns import Turns
from digest.models import is_web_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from digest.fetching.content import Content

__all__ = ["Fetcher"]

_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Answers that hold the content asked for; a part of it (206) was not (RFC 9110, section 15.3).
_CONTENT = frozenset({200, 203})
_PERMANENT = frozenset({301, 308})
_KEPT = frozenset({200, *_REDIRECTS})
#: Refusals that are worth keeping for a page that nobody named.
_REFUSALS = frozenset({403, 404, 410, 451})
_BUSY = frozenset({429, 503})
_TIMEOUT = httpx2.Timeout(15.0, connect=10.0)
_MAX_WAIT = 5.0
#: Seconds between two pages of one public host; what a site's Crawl-delay asks for is kept up to the longer one.
_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_ROBOTS_KEPT = timedelta(hours=24)  # RFC 9309, section 2.4
#: A probe is kept apart from pages that were read whole, by what it accepts.
_PROBE_ACCEPT, _PROBE_BYTES, _PROBE_KEPT = "text/html, */*;q=0.7", 1024, timedelta(hours=24)
#: How much a server may send before its answer begins, and around its content.
_MAX_HEAD = 256 * 1024
#: Content in more pieces than this is chopped to keep us busy.
_MAX_PIECES = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    """What is asked of every hop. ``cut``: what is over ``max_bytes`` is left out, and no error."""

    accept: str
    max_bytes: int
    max_wire_bytes: int
    robots: bool
    keep_for: timedelta | None
    cut: bool = False


#: An answer, whether it is the kept one, and how far the permanent redirects led.
_Found: TypeAlias = tuple[Kept, bool, str]


class Fetcher:
    """The one HTTP client. A context manager; safe to share between threads.

    Args:
        user_agent: Who asks, such as ``digest/1.0 (+https://example.org)``. What stands before the slash is the product
            token that robots.txt may name.
        cache: A folder for kept answers and for what sites asked of us, made when needed; None keeps nothing.
        allow_hosts: Hosts, each ``host`` or ``host:port``, that may have a private address.
        offline: Answer from the cache alone.
        now: The clock; aware, in UTC.
        deadline: Seconds that one fetch may take with all its redirects. Waiting for a host's turn does not count.
        moved: From addresses to where they are known to have moved for good. Those seen are remembered besides.
        refresh: Ask even where a kept answer is still fresh, and every address itself, wherever it moved.
        resolve: From host and port to IP addresses.
        ssl_context: How a server proves who it is; by default by the certificates that browsers trust.
        sleep, monotonic: How manners are kept: wait so many seconds, and the seconds on a clock that only goes forward.
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
        self._hosts = Hosts(sleep=sleep, monotonic=monotonic)
        self._turns = Turns()
        self._offline, self._refresh = offline, refresh
        self._now = now
        self._seconds = deadline
        self._robots = RobotsRules(product=user_agent.partition("/")[0], read=self._read_robots)
        self._backend = GuardedBackend(allow_hosts, resolve=resolve)
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
        """For one of many threads: inside, it works on what it fetched only when it is its turn.

        `get` gives up the turn while it waits for a server, and waits for the next one before it takes the content into
        memory: a few threads work at a time, and one of them at most on large content.

        Args:
            at_once: Begin with a turn, since there is work before the first fetch.
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
            url: Absolute, http or https.
            accept: The Accept header.
            max_bytes: Of the decoded content.
            max_wire_bytes: Of the content as sent; by default 5 MiB, or ``max_bytes`` where that is given.
            robots: This page was found, not named: obey the site's robots.txt, pause between the pages of a public
                host, and leave a host alone that gave no answer earlier in this run.
            keep_for: An answer kept for less than this is used without asking, a refusal (403, 404, 410, 451) too.

        Raises:
            GoneError: The address is gone for good.
            StatusError: It answered with another error.
            UnreachableError: It gave no answer.
            FetchError: It is refused, too large or not readable, or asked to be left alone for now.
        """
        if max_wire_bytes is None:
            max_wire_bytes = PAGE_WIRE_BYTES if max_bytes == PAGE_BYTES else max_bytes
        request = _Request(
            accept=accept, max_bytes=max_bytes, max_wire_bytes=max_wire_bytes, robots=robots, keep_for=keep_for
        )
        self._turns.leave()
        with within(self._seconds) as deadline, translated(url, deadline):
            url = urldefrag(url).url
            kept, from_cache, lasting = self._get(url, request, deadline)
            # Where a named address moved is remembered; what was found is seldom asked twice.
            if not (self._offline or robots) and lasting not in {url, self._memory.moved(url)}:
                self._memory.learn_move(url, lasting)
            with kept.content as content:
                self._turns.take(content.size)
                return Response(
                    url=kept.url,
                    status=kept.status,
                    headers=kept.headers,
                    content=content.read(),
                    from_cache=from_cache,
                    moved_to=lasting if kept.url == lasting != url else "",
                )

    def probe(self, url: str) -> str:
        """Where ``url`` leads a reader: the address after all redirects. The answer is kept for a day.

        The beginning of the page is asked for, since many servers answer HEAD wrongly or not at all.

        Raises:
            StatusError: It answered with an error.
            FetchError: It gave no answer, is refused, or asked to be left alone for now.
        """
        request = _Request(
            accept=_PROBE_ACCEPT,
            max_bytes=_PROBE_BYTES,
            max_wire_bytes=PAGE_WIRE_BYTES,
            robots=False,
            keep_for=_PROBE_KEPT,
            cut=True,
        )
        with within(self._seconds) as deadline, translated(url, deadline):
            first = urldefrag(url).url
            kept, *_ = self._follow(first, first, request, deadline)
            with kept.content:
                return kept.url

    def forget_move(self, url: str) -> None:
        """Ask ``url`` itself again: what stands at its new address is not what stood there."""
        self._memory.forget_move(url)

    def _get(self, url: str, request: _Request, deadline: Deadline) -> _Found:
        """From the address to which it moved, as far as known; when that proves wrong, from the address itself."""
        known = self._memory.moved(url)
        if known != url:
            try:
                return self._follow(known, url, request, deadline)
            except FetchError as error:
                if not (self._offline or isinstance(error, UnreachableError) or _is_missing(error)):
                    raise
            if not self._offline:
                self._memory.forget_move(url)
        return self._follow(url, url, request, deadline)

    def _follow(self, url: str, first: str, request: _Request, deadline: Deadline) -> _Found:
        """The answer behind all redirects from ``url``."""
        lasting = url
        for _ in range(_MAX_REDIRECTS + 1):
            if not is_web_address(url):
                led = "" if url == first else f"{shown(first)} leads to "
                raise FetchError(f"{led}{shown(url)!r}, which is not an http or https address")
            with translated(url, deadline):
                kept, from_cache = self._hop(url, request, deadline)
                if kept.status not in _REDIRECTS:
                    return kept, from_cache, lasting
                target = redirect_target(url, kept.headers.get("location", ""))
            lasting = target if lasting == url and kept.status in _PERMANENT else lasting
            url = target
        raise FetchError(f"{shown(first)} redirects more than {_MAX_REDIRECTS} times")

    def _hop(self, url: str, request: _Request, deadline: Deadline) -> tuple[Kept, bool]:
        """One request without its redirects: the answer, and whether it is the kept one."""
        kept = self._cache.read(url, request.accept)
        if self._offline and kept is None:
            raise FetchError(f"{shown(url)} is not in the cache", hint="Collect once without --offline.")
        fresh = kept is not None and not self._refresh and kept.is_fresh(self._now(), request.keep_for)
        if kept is not None and (self._offline or fresh):
            return _accepted(kept), True
        self._require_welcome(url, request)
        if request.robots and not self._robots.allow(url):
            raise FetchError(f"{shown(url)} is closed to programs by the site's robots.txt")
        with self._hosts.turn(url, lambda: self._pause(url, request)):
            self._require_welcome(url, request)  # others had their turn while we waited
            answer = self._ask(url, request, kept if kept is not None and kept.status == 200 else None, deadline)
        if answer.status == 304 and kept is not None:
            self._cache.confirm(kept, request.accept, self._now())
            return kept, True
        if answer.status in _KEPT or (answer.status in _REFUSALS and request.keep_for is not None):
            self._cache.write(answer, request.accept)
        return _accepted(answer), False

    def _require_welcome(self, url: str, request: _Request) -> None:
        # What a person named is asked for all the same when another address of its host asked for rest: many
        # newsletters' feeds live on one host.
        until = self._memory.rest_until(host_of(url) if request.robots else url)
        if until is not None:
            raise RestingError(
                f"{shown(url)} asked not to be visited before {_clock(until, self._now())}",
                hint="It is asked again by itself after that.",
            )
        if request.robots:
            self._hosts.require_alive(url)

    def _pause(self, url: str, request: _Request) -> float:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if not request.robots or self._backend.is_private(parts.hostname or "", port):
            return 0.0
        return min(max(self._robots.delay(url), _PAUSE), _LONGEST_PAUSE)

    def _ask(self, url: str, request: _Request, kept: Kept | None, deadline: Deadline) -> Kept:
        """The answer; a busy host is asked a second time when it says when, and that is soon."""
        answer = self._send(url, request, kept, deadline)
        wait = self._asked_wait(answer)
        if wait is not None and wait <= _MAX_WAIT:
            self._hosts.wait(wait)
            answer = self._send(url, request, kept, deadline)
            wait = self._asked_wait(answer)
        if wait:
            for place in {host_of(url), host_of(url) if request.robots else url}:
                self._memory.rest(place, wait)
        return answer

    def _asked_wait(self, answer: Kept) -> float | None:
        return retry_seconds(answer.headers.get("retry-after", ""), self._now()) if answer.status in _BUSY else None

    def _send(self, url: str, request: _Request, kept: Kept | None, deadline: Deadline) -> Kept:
        headers = [(b"Accept", request.accept.encode("ascii")), *(kept.conditions if kept else [])]
        deadline.allow(_MAX_HEAD)
        try:
            with translated(url, deadline), self._client.stream("GET", url, headers=headers) as response:
                deadline.allow(request.max_wire_bytes + _MAX_HEAD)
                raw = {name.lower(): value.decode("latin-1") for name, value in response.headers.raw}
                return Kept(
                    url=url,
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    etag=raw.get(b"etag", ""),
                    last_modified=raw.get(b"last-modified", ""),
                    content=self._receive(response, url, request, deadline),
                    asked=self._now(),
                )
        except UnreachableError as error:
            self._hosts.count_failure(url, error)
            raise

    def _receive(self, response: httpx2.Response, url: str, request: _Request, deadline: Deadline) -> Content:
        """The decoded content, or an error as soon as it grows over a limit."""
        with ExitStack() as unfinished:
            content = unfinished.enter_context(self._cache.content())
            if response.status_code in _CONTENT:
                for number, piece in enumerate(_pieces(response, url)):
                    content.append(piece)
                    if request.cut and content.size >= request.max_bytes:
                        break
                    _require_moderate(url, content.size, request.max_bytes)
                    _require_moderate(url, response.num_bytes_downloaded, request.max_wire_bytes)
                    if deadline.left <= 0:
                        raise TimeoutError
                    if number > _MAX_PIECES:
                        raise FetchError(f"{shown(url)} comes in too many pieces")
            unfinished.pop_all()
        return content

    def _read_robots(self, url: str) -> bytes | None:
        request = _Request(
            accept="text/plain",
            max_bytes=ROBOTS_BYTES,
            max_wire_bytes=ROBOTS_BYTES,
            robots=False,
            keep_for=_ROBOTS_KEPT,
            cut=True,
        )
        try:
            with within(self._seconds) as deadline:
                kept, *_ = self._follow(url, url, request, deadline)
                with kept.content as content:
                    return content.read()
        except StatusError as error:
            if error.status < 500:
                return None
            raise


def _accepted(answer: Kept) -> Kept:
    if answer.status in _CONTENT or answer.status in _REDIRECTS:
        return answer
    raise status_error(answer.url, answer.status)


def _is_missing(error: FetchError) -> bool:
    return isinstance(error, StatusError) and error.status in {404, 410}


def _clock(moment: datetime, now: datetime) -> str:
    return f"{moment:%H:%M} UTC" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M} UTC"


def _require_moderate(url: str, size: int, limit: int) -> None:
    if size > limit:
        raise FetchError(f"{shown(url)} is too large: more than {limit / 2**20:.3g} MiB")


def _pieces(response: httpx2.Response, url: str) -> Iterator[bytes]:
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in CODINGS:
        raise FetchError(f"{shown(url)} came in the content coding {coding!r}, which was not asked for")
    return decoded(response.iter_raw(), coding)
