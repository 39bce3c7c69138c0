"""Manners towards a host: one request at a time, a pause between pages, and no second try where nobody answers."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.fetching.deadline import uncounted
from digest.fetching.failures import UnreachableError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Hosts", "host_of"]

#: A page that was too slow may be an accident; the second one is the host.
_MOST_TIMEOUTS = 2


@dataclass(kw_only=True, slots=True)
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    quiet_since: float = float("-inf")
    timeouts: int = 0
    dead: str = ""


def host_of(url: str) -> str:
    """The host, and its port where that is none of the web's own: http and https are one host."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return host if parts.port in {None, 80, 443} else f"{host}:{parts.port}"


class Hosts:
    """The hosts of one run. Safe to share between threads.

    Args:
        sleep: Waits so many seconds.
        monotonic: Seconds on a clock that only goes forward.
    """

    def __init__(
        self, *, sleep: Callable[[float], None] = time.sleep, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep, self._monotonic = sleep, monotonic
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextmanager
    def turn(self, url: str, pause: Callable[[], float]) -> Generator[None]:
        """The host of ``url`` for ourselves, ``pause()`` seconds after its last answer. Waiting does not count."""
        host = self._host(url)
        with uncounted():
            host.lock.acquire()
        try:
            wait = host.quiet_since + pause() - self._monotonic()
            if wait > 0:
                self.wait(wait)
            try:
                yield
            finally:
                host.quiet_since = self._monotonic()
        finally:
            host.lock.release()

    def wait(self, seconds: float) -> None:
        """Wait, as the host asked."""
        with uncounted():
            self._sleep(seconds)

    def count_failure(self, url: str, error: UnreachableError) -> None:
        """Note that the host of ``url`` gave no answer."""
        host = self._host(url)
        host.timeouts += error.answers_slowly
        if not error.answers_slowly or host.timeouts >= _MOST_TIMEOUTS:
            host.dead = error.reason

    def require_alive(self, url: str) -> None:
        """Raise at once when the host of ``url`` gave no answer earlier.

        Raises:
            UnreachableError: With the reason of that time.
        """
        reason = self._host(url).dead
        if reason:
            raise UnreachableError(f"{shown(url)} {reason}", reason=reason)

    def _host(self, url: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(host_of(url), _Host())
