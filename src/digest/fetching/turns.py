"""Turns at working on what was fetched: a few threads at a time, one large content at a time.

Waiting for servers costs nothing, so many threads may wait. Reading a feed or a page costs memory, a multiple of its
size, and more threads than processors make it no faster.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from digest.fetching.content import LARGE_BYTES
from digest.fetching.deadline import uncounted

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Turns"]

_PLACES = min(4, max(2, os.cpu_count() or 1))


class Turns:
    """Shared between threads. A thread that is not inside `taken` needs no turn."""

    def __init__(self) -> None:
        self._places = threading.Semaphore(_PLACES)
        self._large = threading.Lock()
        self._thread = threading.local()

    @contextmanager
    def taken(self, *, at_once: bool) -> Generator[None]:
        """Inside, this thread takes turns: `take` waits for one, `leave` and the end give it up."""
        self._thread.held = []
        try:
            if at_once:
                self.take(0)
            yield
        finally:
            self.leave()
            del self._thread.held

    def take(self, size: int) -> None:
        """Wait for a turn at content of ``size`` bytes. The wait does not count."""
        held = getattr(self._thread, "held", None)
        if held is None or held:
            return
        with uncounted():
            for gate in (self._large, self._places) if size > LARGE_BYTES else (self._places,):
                gate.acquire()
                held.append(gate)

    def leave(self) -> None:
        """Give up the turn, if there is one."""
        held = getattr(self._thread, "held", [])
        while held:
            held.pop().release()
