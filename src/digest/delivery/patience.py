"""Waiting: for a provider that asked for it, and for the call in flight when somebody presses Ctrl-C."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from digest.providers import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["ATTEMPTS", "LONGEST_WAIT", "Stop", "ask_again", "delay_before"]

#: How often one call is made that is provably not accepted, and the longest wait, in seconds, that is sat out.
ATTEMPTS = 6
LONGEST_WAIT = 300.0
#: Seconds between two looks at whether somebody wants to stop.
_SLICE = 0.5

_Answer = TypeVar("_Answer")


class Stop:
    """Whether somebody asked to stop. A second Ctrl-C does not wait any more."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear SIGINT and SIGTERM, where this thread can."""
        previous = {}
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                previous[number] = signal.signal(number, self._hear)
        except ValueError:
            pass  # not the main thread; whoever runs us there stops us in their own way
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def wait(self, seconds: float, sleep: Callable[[float], object]) -> None:
        """Sleep in slices, and no longer than somebody lets us."""
        while seconds > 0 and not self.asked:
            sleep(min(seconds, _SLICE))
            seconds -= _SLICE

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def delay_before(attempt: int, said: float | None) -> float:
    """Seconds to wait before the attempt, counted from 2: what the provider said, or twice as long each time."""
    return said if said is not None else float(2 ** (attempt - 2))


def ask_again(question: Callable[[], _Answer], *, stop: Stop, sleep: Callable[[float], object]) -> _Answer:
    """Ask a question that changes nothing until it is answered.

    Raises:
        NotSent: It was not, for all the attempts.
    """
    for attempt in range(2, ATTEMPTS + 1):
        try:
            return question()
        except NotSent as error:
            wait = delay_before(attempt, error.retry_after)
            if stop.asked or wait > LONGEST_WAIT:
                raise
            stop.wait(wait, sleep)
    return question()
