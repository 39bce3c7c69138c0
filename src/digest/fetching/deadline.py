"""A total time and size for one fetch. The client's own time-outs are per read, and a dripping server outlasts them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import httpcore2

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Deadline", "count_received", "seconds_left", "uncounted", "within"]


class Deadline:
    """A point on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._bytes_left = 0

    @property
    def left(self) -> float:
        """Seconds left; zero or less when it has passed."""
        return self._until - time.monotonic()

    def extend(self, seconds: float) -> None:
        """Do not count a wait of our own making."""
        self._until += seconds

    def allow(self, size: int) -> None:
        """From now on the server may send ``size`` bytes, headers and framing included."""
        self._bytes_left = size

    def receive(self, size: int) -> None:
        """Count what the server sent.

        Raises:
            httpcore2.RemoteProtocolError: It is more than was allowed.
        """
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise httpcore2.RemoteProtocolError("it sends far more than content")


# The network streams sit below the client and are shared by its requests, so the deadline cannot be handed to them.
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Generator[Deadline]:
    """All network work inside must end in ``seconds``; a fetch made for another one shares its deadline."""
    running = _current.get()
    if running is not None:
        yield running
        return
    deadline = Deadline(seconds)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


@contextmanager
def uncounted() -> Generator[None]:
    """What happens inside is a wait of our own making: the deadline moves on by as much."""
    deadline = _current.get()
    began = time.monotonic()
    try:
        yield
    finally:
        if deadline is not None:
            deadline.extend(time.monotonic() - began)


def seconds_left(timeout: float | None) -> float | None:
    """The shorter of ``timeout`` and what the deadline leaves, in seconds.

    Raises:
        httpcore2.ReadTimeout: The deadline has passed.
    """
    deadline = _current.get()
    if deadline is None:
        return timeout
    left = deadline.left
    if left <= 0:
        raise httpcore2.ReadTimeout("the deadline has passed")
    return left if timeout is None else min(timeout, left)


def count_received(data: bytes) -> bytes:
    """Count what the server sent towards what the running fetch allows, and give it back."""
    deadline = _current.get()
    if deadline is not None:
        deadline.receive(len(data))
    return data
