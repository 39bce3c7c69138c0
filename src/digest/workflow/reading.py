"""Many sources at once."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from digest.errors import SourceError
from digest.models import is_web_address
from digest.sources import SourceReading, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import SourceConfig
    from digest.fetching import Fetcher
    from digest.models import Article

__all__ = ["read_sources"]

#: How many sources are read at once: most of the time a reader waits for a server, and some servers never answer.
_READERS = 64


def read_sources(
    sources: Sequence[SourceConfig],
    *,
    root: Path,
    fetcher: Fetcher,
    after: datetime,
    counts: Callable[[Article], bool] = lambda _article: True,
    finished: Callable[[SourceReading], None] = lambda _reading: None,
) -> Iterator[SourceReading]:
    """Read all ``sources``, many at a time, and yield the readings in their order.

    The fetcher keeps to one connection a host, and lets a few readers at a time work on what they fetched. The readers
    are daemon threads, so that Ctrl-C ends the program and does not wait for a silent host.

    Args:
        root: The newsletter's folder.
        after: The moment, aware, after which articles may count.
        counts: Whether an article, with its source, is new enough.
        finished: Called with each reading as it comes, in the thread that takes the readings.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[tuple[int, SourceReading]] = SimpleQueue()
    for number in range(len(sources)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            source = sources[number]
            try:
                with fetcher.working(at_once=not is_web_address(source.addresses[0])):
                    reading = read_source(source, root=root, fetcher=fetcher, after=after, counts=counts)
            except Exception as error:  # noqa: BLE001 - a bug in reading one source must not stop the others
                fault = SourceError(f"{source.id} could not be read: {type(error).__name__}: {error}")
                reading = SourceReading(source=source.id, kind=source.kind.name, articles=(), error=fault)
            done.put((number, reading))

    for _ in range(min(_READERS, len(sources))):
        threading.Thread(target=work, daemon=True).start()
    ready: dict[int, SourceReading] = {}
    for number in range(len(sources)):
        while number not in ready:
            place, reading = done.get()
            ready[place] = reading
            finished(reading)
        yield ready.pop(number)
