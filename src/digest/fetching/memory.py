"""What sites asked of us, remembered between runs: where an address moved to, and when to come back.

One small JSON file beside the kept answers. Without it, or when it is broken, a site is asked once more.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SiteMemory"]

_FILE = "sites.json"
#: After this time a moved address is asked again, so that a redirect made by mistake does not last for ever.
_TRUSTED = timedelta(days=30)
#: The longest time for which a site can send us away, whatever it says.
_LONGEST_REST = timedelta(days=1)


class SiteMemory:
    """Safe to share between threads.

    Args:
        folder: Where it is kept; None remembers for this run only.
        moved: From addresses to where they are known to have moved.
        now: The clock; aware, in UTC.
    """

    def __init__(self, folder: Path | None, *, moved: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._folder, self._given, self._now = folder, dict(moved), now
        self._lock = threading.Lock()
        self._moves: dict[str, tuple[str, datetime]] = {}
        self._rests: dict[str, datetime] = {}
        self._load()

    def moved(self, url: str) -> str:
        """Where ``url`` is to be asked: its new address, or itself."""
        learned = self._moves.get(url)
        return learned[0] if learned else self._given.get(url, url)

    def learn_move(self, url: str, to: str) -> None:
        """``url`` redirects to ``to`` for good (301, 308: RFC 9110, sections 15.4.2 and 15.4.9)."""
        with self._lock:
            self._moves[url] = (to, self._now())
            self._save()

    def forget_move(self, url: str) -> None:
        """The new address of ``url`` proved wrong."""
        with self._lock:
            self._given.pop(url, None)
            if self._moves.pop(url, None):
                self._save()

    def rest_until(self, place: str) -> datetime | None:
        """The moment before which ``place``, a host or an address, asked not to be visited; None when it may be."""
        until = self._rests.get(place)
        return until if until is not None and until > self._now() else None

    def rest(self, place: str, seconds: float) -> datetime:
        """A host or an address asked to be left alone for so long; until when it is, at most a day from now."""
        with self._lock:
            until = self._rests[place] = self._now() + min(timedelta(seconds=min(seconds, 1e9)), _LONGEST_REST)
            self._save()
            return until

    def forget_moves(self) -> None:
        """Ask every address itself."""
        with self._lock:
            self._given, self._moves = {}, {}

    def _load(self) -> None:
        if self._folder is None:
            return
        try:
            about: Any = json.loads((self._folder / _FILE).read_bytes())
            moves = {old: (str(new), datetime.fromisoformat(moment)) for old, (new, moment) in about["moves"].items()}
            rests = {host: datetime.fromisoformat(moment) for host, moment in about["rests"].items()}
            now = self._now()
            self._moves = {old: move for old, move in moves.items() if now - _TRUSTED < move[1]}
            self._rests = {host: until for host, until in rests.items() if now < until <= now + _LONGEST_REST}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return

    def _save(self) -> None:
        if self._folder is None:
            return
        about = {
            "moves": {old: (new, moment.isoformat()) for old, (new, moment) in self._moves.items()},
            "rests": {host: until.isoformat() for host, until in self._rests.items()},
        }
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".new", delete=False) as file:
                file.write(json.dumps(about, indent=1).encode())
            Path(file.name).replace(self._folder / _FILE)
