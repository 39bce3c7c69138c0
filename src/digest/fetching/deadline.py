"""Limits the total time and size of one fetch.

The HTTP client's own timeouts apply to each read, so a server that sends one byte at a time would never hit them.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import httpcore2

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Deadline", "TooMuchSentError", "count_received", "seconds_left", "time_limit", "untimed"]


class TooMuchSentError(httpcore2.RemoteProtocolError):
    """The server sent more bytes than content, headers and framing may have together."""


class Deadline:
    """A point on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._bytes_left = 0

    @property
    def left(self) -> float:
        """Seconds left; zero or negative once the deadline has passed."""
        return self._until - time.monotonic()

    def extend(self, seconds: float) -> None:
        """Postpone the deadline by ``seconds``, because the client chose to wait."""
        self._until += seconds

    def allow(self, size: int) -> None:
        """Allow the server to send ``size`` more bytes, headers and framing included."""
        self._bytes_left = size

    def receive(self, size: int) -> None:
        """Count ``size`` bytes that the server sent.

        Raises:
            TooMuchSentError: It sent more than was allowed.
        """
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise TooMuchSentError("it sends far more than content")


# The network streams sit below the client and its requests share them, so the deadline cannot be passed as an argument.
_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def time_limit(seconds: float) -> Generator[Deadline]:
    """Limit all network work inside to ``seconds``. A nested fetch (of robots.txt) shares the deadline."""
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
def untimed() -> Generator[None]:
    """Exclude the time spent inside from the deadline, because the client chose to wait."""
    deadline = _current.get()
    began = time.monotonic()
    try:
        yield
    finally:
        if deadline is not None:
            deadline.extend(time.monotonic() - began)


def seconds_left(timeout: float | None) -> float | None:
    """The shorter of ``timeout`` and the time left before the deadline, in seconds.

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
    """Count received bytes against the limit of the current fetch, and return them unchanged."""
    deadline = _current.get()
    if deadline is not None:
        deadline.receive(len(data))
    return data
