"""Waiting and retrying when the provider does not accept a call, and the user's request to stop."""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["MAX_ATTEMPTS", "MAX_WAIT", "Attempts", "CallPace", "GaveUpError", "Stop", "delay_before", "retry_query"]

#: How many times a call that was provably not accepted is made.
MAX_ATTEMPTS = 6
#: The longest wait, in seconds, that a provider may ask for. A longer one ends the send.
MAX_WAIT = 300.0
#: Seconds between two checks for a request to stop.
_SLICE = 0.5

_Answer = TypeVar("_Answer")


class GaveUpError(Exception):
    """The provider accepts nothing now, after enough attempts, or nobody may be mailed any more. It says why."""


class Stop:
    """Whether the user has asked to stop. A second Ctrl-C stops at once.

    Attributes:
        requested: Whether SIGINT or SIGTERM has arrived.
    """

    def __init__(self) -> None:
        self.requested = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle SIGINT and SIGTERM, if this is the main thread."""
        previous = {}
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                previous[number] = signal.signal(number, self._handle)
        except ValueError:
            pass  # Python allows signal handlers in the main thread only; in another thread, the caller stops us
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def wait(self, seconds: float, sleep: Callable[[float], object]) -> None:
        """Sleep in slices, until the time has passed or a stop is requested."""
        while seconds > 0 and not self.requested:
            sleep(min(seconds, _SLICE))
            seconds -= _SLICE

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


class CallPace:
    """Spreads calls evenly, if the provider limits the calls per minute."""

    def __init__(self, per_minute: int | None, *, now: Callable[[], float] = time.monotonic) -> None:
        """Args: ``per_minute``: None for no limit. ``now``: a clock in seconds that never goes back."""
        self._gap = 60 / per_minute if per_minute else 0.0
        self._now = now
        self._due: float | None = None

    def wait(self, stop: Stop, sleep: Callable[[float], object]) -> None:
        """Wait until the next call is due, which is then made."""
        if not self._gap:
            return
        if self._due is not None:
            stop.wait(self._due - self._now(), sleep)
        self._due = self._now() + self._gap


class Attempts:
    """How often each batch was posted and provably not accepted, in one run."""

    def __init__(self) -> None:
        self._made = Counter[int]()

    def wait_after(self, no: int, error: NotSent, *, stopping: bool) -> float:
        """Count an attempt to post the batch ``no``. Returns the seconds to wait before the next one.

        Raises:
            GaveUpError: There is no next one, or not if the user has asked to stop (``stopping``).
        """
        self._made[no] += 1
        wait = delay_before(self._made[no] + 1, error.retry_after)
        if wait > MAX_WAIT:
            raise GaveUpError(f"{error.reason}; the provider asks to wait {wait:.0f} seconds")
        if self._made[no] >= MAX_ATTEMPTS or stopping:
            raise GaveUpError(error.reason)
        return wait

    def end(self, no: int) -> None:
        """Note that a batch has an answer."""
        del self._made[no]


def delay_before(attempt: int, retry_after: float | None) -> float:
    """The seconds to wait before attempt 2, 3 …: what the provider asks for, or twice as long each time."""
    return retry_after if retry_after is not None else float(2 ** (attempt - 2))


def retry_query(query: Callable[[], _Answer], *, stop: Stop, sleep: Callable[[float], object]) -> _Answer:
    """Call a function that changes nothing at the provider, until it gets an answer.

    Raises:
        NotSent: No attempt got an answer.
    """
    for attempt in range(2, MAX_ATTEMPTS + 1):
        try:
            return query()
        except NotSent as error:
            wait = delay_before(attempt, error.retry_after)
            if stop.requested or wait > MAX_WAIT:
                raise
            stop.wait(wait, sleep)
    return query()
