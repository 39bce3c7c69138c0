"""Politeness towards hosts: one request at a time, a pause between pages, and no second try against a dead host.

`HostQueues` lasts for one run. `SiteMemory` lasts between runs: it records where addresses moved to, and until when a
site asked for no requests.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from digest.config.atomic_files import make_private_folder
from digest.fetching.deadline import untimed
from digest.fetching.fetch_errors import UnreachableError
from digest.models import printable_url

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

__all__ = ["HostQueues", "SiteMemory", "host_of"]

#: One slow page may be an accident; a second one means that the host is slow.
_MAX_TIMEOUTS = 2
_FILE = "sites.json"
#: A remembered move is checked again after this time, so that a redirect set by mistake does not last forever.
_MOVE_LIFETIME = timedelta(days=30)
#: The longest Retry-After that is honoured.
_LONGEST_REST = timedelta(days=1)


@dataclass(kw_only=True, slots=True)
class _Host:
    lock: threading.Lock = field(default_factory=threading.Lock)
    quiet_since: float = float("-inf")
    timeouts: int = 0
    dead: str = ""
    unwell: bool = False


def host_of(url: str) -> str:
    """The host of an address, with its port unless that is 80 or 443, so that http and https count as one host."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return host if parts.port in {None, 80, 443} else f"{host}:{parts.port}"


class HostQueues:
    """One queue per host for the length of a run. Safe to share between threads.

    Args:
        sleep: Waits for a number of seconds.
        monotonic: Returns seconds on a clock that never goes back.
    """

    def __init__(
        self, *, sleep: Callable[[float], None] = time.sleep, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._sleep, self._monotonic = sleep, monotonic
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}

    @contextlib.contextmanager
    def turn(self, url: str, pause: Callable[[], float]) -> Generator[None]:
        """Hold the host of ``url`` exclusively, at least ``pause()`` seconds after its last answer.

        The time spent waiting does not count towards the fetch's deadline.
        """
        host = self._host(url)
        with untimed():
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
        """Wait without using up the fetch's deadline."""
        with untimed():
            self._sleep(seconds)

    def may_retry(self, url: str) -> bool:
        """Return whether a discovered page of this host may be requested a second time.

        Once a second try has failed, the host is not well, and no page of it is requested twice in this run.
        """
        return not self._host(url).unwell

    def note_retry(self, url: str, *, failed: bool) -> None:
        """Record what came of a second try."""
        host = self._host(url)
        host.unwell = host.unwell or failed

    def count_failure(self, url: str, error: UnreachableError) -> None:
        """Record that the host of ``url`` did not answer."""
        host = self._host(url)
        host.timeouts += error.answers_slowly
        if not error.answers_slowly or host.timeouts >= _MAX_TIMEOUTS:
            host.dead = error.reason

    def require_alive(self, url: str) -> None:
        """Fail at once if the host of ``url`` did not answer earlier in this run.

        Raises:
            UnreachableError: It did not answer. The error repeats the reason recorded then.
        """
        reason = self._host(url).dead
        if reason:
            raise UnreachableError(f"{printable_url(url)} {reason}", reason=reason)

    def _host(self, url: str) -> _Host:
        with self._lock:
            return self._hosts.setdefault(host_of(url), _Host())


class SiteMemory:
    """Permanent moves and requested pauses, kept between runs in one JSON file. Safe to share between threads.

    If the file is missing or damaged, each site is simply requested again.

    Args:
        folder: Where the file is kept; None remembers for this run only.
        moved: Known moves, from old address to new.
        now: The clock; aware, in UTC.
    """

    def __init__(self, folder: Path | None, *, moved: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._folder, self._given, self._now = folder, dict(moved), now
        self._lock = threading.Lock()
        self._moves: dict[str, tuple[str, datetime]] = {}
        self._rests: dict[str, datetime] = {}
        self._load()

    def moved(self, url: str) -> str:
        """The address to request for ``url``: its new address, or ``url`` itself."""
        learned = self._moves.get(url)
        return learned[0] if learned else self._given.get(url, url)

    def learn_move(self, url: str, to: str) -> None:
        """Remember a permanent redirect from ``url`` (301 and 308: RFC 9110, sections 15.4.2 and 15.4.9)."""
        with self._lock:
            self._moves[url] = (to, self._now())
            self._save()

    def forget_move(self, url: str) -> None:
        """Forget the new address of ``url``, because it turned out to be wrong."""
        with self._lock:
            self._given.pop(url, None)
            if self._moves.pop(url, None):
                self._save()

    def forget_moves(self) -> None:
        """Request every address itself for the rest of this run."""
        with self._lock:
            self._given, self._moves = {}, {}

    def rest_until(self, place: str) -> datetime | None:
        """When a host or an address may be visited again; None if it may be visited now."""
        until = self._rests.get(place)
        return until if until is not None and until > self._now() else None

    def rest(self, place: str, seconds: float) -> datetime:
        """Send no requests to a host or an address for ``seconds``, at most a day. Returns when the pause ends."""
        with self._lock:
            until = self._rests[place] = self._now() + min(timedelta(seconds=min(seconds, 1e9)), _LONGEST_REST)
            self._save()
            return until

    def _load(self) -> None:
        if self._folder is None:
            return
        try:
            data: Any = json.loads((self._folder / _FILE).read_bytes())
            moves = {old: (str(new), datetime.fromisoformat(moment)) for old, (new, moment) in data["moves"].items()}
            rests = {host: datetime.fromisoformat(moment) for host, moment in data["rests"].items()}
            now = self._now()
            self._moves = {old: move for old, move in moves.items() if now - _MOVE_LIFETIME < move[1]}
            self._rests = {host: until for host, until in rests.items() if now < until <= now + _LONGEST_REST}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return

    def _save(self) -> None:
        if self._folder is None:
            return
        data = {
            "moves": {old: (new, moment.isoformat()) for old, (new, moment) in self._moves.items()},
            "rests": {host: until.isoformat() for host, until in self._rests.items()},
        }
        with contextlib.suppress(OSError):
            make_private_folder(self._folder)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".new", delete=False) as file:
                file.write(json.dumps(data, indent=1).encode())
            Path(file.name).replace(self._folder / _FILE)
