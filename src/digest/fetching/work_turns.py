"""Limits how many threads process fetched content at the same time.

Waiting for servers costs nothing, so many threads may wait. Processing a feed or a page takes a multiple of its size in
memory, and more threads than processors make it no faster.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from digest.fetching.deadline import untimed
from digest.fetching.response_body import LARGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["WorkTurns"]

_SLOTS = min(4, max(2, os.cpu_count() or 1))


class WorkTurns:
    """A few threads work at a time, and at most one of them on large content. Safe to share between threads."""

    def __init__(self) -> None:
        self._slots = threading.Semaphore(_SLOTS)
        self._large = threading.Lock()
        self._thread = threading.local()

    @contextmanager
    def taken(self, *, at_once: bool) -> Generator[None]:
        """Make this thread take turns: `take` waits for a turn; `leave`, or the end of the block, gives it up.

        A thread that never enters this block needs no turn.
        """
        self._thread.held = []
        try:
            if at_once:
                self.take(0)
            yield
        finally:
            self.leave()
            del self._thread.held

    def take(self, size: int) -> None:
        """Wait for a turn to process ``size`` bytes. The wait does not count towards the deadline."""
        held = getattr(self._thread, "held", None)
        if held is None or held:
            return
        with untimed():
            for gate in (self._large, self._slots) if size > LARGE_BYTES else (self._slots,):
                gate.acquire()
                held.append(gate)

    def leave(self) -> None:
        """Give up the turn, if this thread has one."""
        held = getattr(self._thread, "held", [])
        while held:
            held.pop().release()
