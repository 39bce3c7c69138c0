"""Read all sources in parallel, and report the result of each."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from digest.config import source_places
from digest.editing import Dropped, address_reused, by_address
from digest.errors import SourceError
from digest.fetching import PrivateHostError, RestingError
from digest.issues import SourceState
from digest.models import canonical_url, is_web_address
from digest.sources import SourceReading, read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from digest.config import SourceConfig
    from digest.errors import Place
    from digest.fetching import Fetcher
    from digest.models import Article
    from digest.project import Project
    from digest.workflow.issue_history import History

__all__ = ["GatheredArticles", "SourceResult", "gather_articles", "read_sources"]

#: How many sources are read in parallel. A reader spends most of its time waiting for a server, and some never answer.
_READERS = 64
_GONE = "It is not requested again: remove it from {}, or try it once more with digest collect --refresh"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceResult:
    """The result of reading one source. All times are aware, in UTC.

    Attributes:
        source: The source's id.
        kind: ``feed``, ``page``, ``pages``, ``sitemap`` or ``folder``.
        fetched: How many articles the source has.
        counted: How many of them count because they are new enough and were not in an earlier issue.
        new: How many of those were not collected for this issue before.
        unchanged: Whether the server answered that nothing has changed since the last request.
        pages: How many pages were read because the feed only had a snippet of their text.
        newest: When the source's newest article so far was published; None if no date is known.
        failing_since: When the current run of failures started; None if the source did not fail.
        moved_to: The address it has moved to permanently; empty if it has not moved.
        gone: Whether it is gone permanently, and was therefore not requested.
        error: Why it failed; empty if it did not.
        hint: How to fix the error.
        problems: Why individual files or pages of it failed.
        complete: Whether all of its articles were read.
    """

    source: str
    kind: str
    fetched: int = 0
    new: int = 0
    counted: int = 0
    unchanged: bool = False
    pages: int = 0
    newest: datetime | None = None
    failing_since: datetime | None = None
    moved_to: str = ""
    gone: bool = False
    error: str = ""
    hint: str = ""
    problems: tuple[str, ...] = ()
    complete: bool = True

    @property
    def state(self) -> str:
        """``gone``, ``failed``, ``unchanged`` or ``fetched``."""
        if self.error:
            return "gone" if self.gone else "failed"
        return "unchanged" if self.unchanged else "fetched"


@dataclass(frozen=True, kw_only=True, slots=True)
class GatheredArticles:
    """The articles of all sources, and how reading them went.

    Attributes:
        results: One for each source, in the order of the configuration.
        states: What to record about each source, in the same order.
        articles: The articles of all sources, including those that do not count.
        drafts: The files that are marked as not for print.
    """

    results: tuple[SourceResult, ...]
    states: tuple[SourceState, ...]
    articles: tuple[Article, ...]
    drafts: tuple[Dropped, ...] = ()


def gather_articles(
    project: Project,
    history: History,
    *,
    collected: Sequence[Article],
    refresh: bool = False,
    progress: Callable[[SourceReading], None] = lambda _reading: None,
    slow: Callable[[str, float], None] = lambda _source, _seconds: None,
) -> GatheredArticles:
    """Read all sources in parallel. A source that is gone permanently is not requested.

    Args:
        history: What earlier issues say about this one.
        collected: The articles collected for this issue before.
        refresh: Request every source at its configured address, even one that is gone or was just read.
        progress: Called in this thread with each source once it is read.
        slow: As of `read_sources`.
    """
    now, zone = project.now(), project.config.newsletter.zone
    sources = project.config.sources
    gone = {} if refresh else {id: state for id, state in history.states.items() if state.gone}
    moved = {} if refresh else _moves(sources, history)
    requested = [source for source in sources if source.id not in gone]
    after = min((history.period.earliest(now, source.id) for source in requested), default=now)
    with project.open_fetcher(moved=moved, refresh=refresh) as fetcher:
        read = read_sources(
            requested,
            root=project.root,
            fetcher=fetcher,
            after=after,
            counts=lambda article: history.period.holds(article, now=now),
            finished=progress,
            slow=slow,
        )
        readings = {reading.source: reading for reading in read}
    places = _places_of_private(project, readings.values())
    results: list[SourceResult] = []
    states: list[SourceState] = []
    articles: list[Article] = []
    for source in sources:
        if source.id in gone:
            reading, state = SourceReading(source=source.id, kind=source.kind.name), gone[source.id]
        else:
            reading = readings[source.id]
            # Before the first collect, only digest add may have read a source, and everything in it is new.
            unchanged = reading.unchanged and source.id in history.states
            reading = replace(
                reading, articles=_with_known_ids(reading.articles, before=collected), unchanged=unchanged
            )
            state = _next_state(source, reading, history.states.get(source.id), history=history, now=now, zone=zone)
        states.append(state)
        counted = [article for article in reading.articles if _counts(article, source, history=history, now=now)]
        new = len({article.key for article in counted}.difference(article.key for article in collected))
        hint = _hint(reading, state, place=places.get(source.id), config_file=project.config_file)
        results.append(_result(reading, state, new=new, hint=hint))
        articles += reading.articles
    drafts = tuple(
        Dropped(url=draft.place.file if draft.place else "", title="", source=id, reason=draft.message)
        for id, reading in readings.items()
        for draft in reading.drafts
    )
    return GatheredArticles(results=tuple(results), states=tuple(states), articles=tuple(articles), drafts=drafts)


def _with_known_ids(articles: Sequence[Article], *, before: Sequence[Article]) -> tuple[Article, ...]:
    """The articles of a source under the keys that they have in this issue already.

    Whether an article shares its URL depends on what its feed lists today, but its story in issue.md keeps its key. An
    article at the address of another one of the same feed is known by its id from the start.
    """
    addresses = by_address(before)

    def with_known_id(article: Article) -> Article:
        same_address = [
            other for other in addresses.get(canonical_url(article.url), ()) if other.source == article.source
        ]
        same = next((other for other in same_address if other.id == article.id), None)
        if same is not None:
            return replace(article, shares_url=same.shares_url)
        taken = any(not other.shares_url and address_reused(other, article) for other in same_address)
        return replace(article, shares_url=True) if taken and article.id else article

    return tuple(map(with_known_id, articles))


def _moves(sources: Sequence[SourceConfig], history: History) -> dict[str, str]:
    return {
        source.addresses[0]: state.moved_to
        for source in sources
        if (state := history.states.get(source.id)) is not None and state.moved_to
    }


def _next_state(
    source: SourceConfig,
    reading: SourceReading,
    last: SourceState | None,
    *,
    history: History,
    now: datetime,
    zone: ZoneInfo,
) -> SourceState:
    dates = [article.published for article in reading.articles if article.published and article.published <= now]
    before = SourceState(source=source.id, addresses=source.printable_addresses) if last is None else last
    newest = max((date for date in (*dates, before.newest) if date), default=None)
    if isinstance(reading.error, RestingError):
        return replace(before, newest=newest)  # it was not requested, so nothing new is known
    if reading.error is not None:
        return replace(
            before,
            newest=newest,
            failing_since=before.failing_since or now.replace(microsecond=0),
            error=str(reading.error),
            gone=reading.gone,
        )
    return SourceState(
        source=source.id,
        addresses=source.printable_addresses,
        counted=sum(_counts(article, source, history=history, now=now) for article in reading.articles),
        read_on=now.astimezone(zone).date(),
        newest=newest,
        moved_to=reading.moved_to,
    )


def _counts(article: Article, source: SourceConfig, *, history: History, now: datetime) -> bool:
    """Whether an article is new enough for the issue and was not in an earlier one. Local files have no age limit."""
    if not source.kind.has_dates:
        return not history.has_had(article)
    return history.counts(article, now=now)


def _places_of_private(project: Project, readings: Iterable[SourceReading]) -> Mapping[str, Place]:
    """Where each source is configured, if one of them led to a private address; otherwise nothing is looked up."""
    private = any(isinstance(reading.error, PrivateHostError) for reading in readings)
    return source_places(project.root) if private else {}


def _hint(reading: SourceReading, state: SourceState, *, place: Place | None, config_file: str) -> str:
    if state.gone:
        return _GONE.format(config_file)
    hint = reading.error.hint if reading.error else ""
    if isinstance(reading.error, PrivateHostError) and place is not None:
        return f"{hint} (the source is at {place})"
    return hint


def _result(reading: SourceReading, state: SourceState, *, new: int, hint: str) -> SourceResult:
    return SourceResult(
        source=reading.source,
        kind=reading.kind,
        fetched=len(reading.articles),
        new=new,
        counted=state.counted,
        unchanged=reading.unchanged,
        pages=reading.pages,
        newest=state.newest,
        failing_since=state.failing_since,
        moved_to=state.moved_to,
        gone=state.gone,
        error=str(reading.error) if reading.error else state.error,
        hint=hint,
        problems=tuple(str(problem) for problem in reading.problems),
        complete=reading.complete,
    )


def read_sources(
    sources: Sequence[SourceConfig],
    *,
    root: Path,
    fetcher: Fetcher,
    after: datetime,
    counts: Callable[[Article], bool] = lambda _article: True,
    finished: Callable[[SourceReading], None] = lambda _reading: None,
    slow: Callable[[str, float], None] = lambda _source, _seconds: None,
) -> Iterator[SourceReading]:
    """Read ``sources`` in parallel, and yield the readings in the same order.

    The fetcher opens one connection per host, and limits how many readers parse at the same time. Readers are daemon
    threads, so Ctrl-C ends the program without waiting for a host that does not answer.

    Args:
        root: The newsletter's folder.
        after: Aware; articles published before it do not count.
        counts: Whether an article is new enough. It is called in the readers' threads.
        finished: Called with each reading as soon as it is complete, in the consumer's thread.
        slow: Called in the consumer's thread every second in which no reading is completed, with the source that has
            been read for longest, and for how many seconds.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[tuple[int, SourceReading]] = SimpleQueue()
    started: list[float | None] = [None] * len(sources)
    for number in range(len(sources)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            source = sources[number]
            started[number] = time.monotonic()
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
            try:
                place, reading = done.get(timeout=1)
            except Empty:
                began, place = min((began, place) for place, began in enumerate(started) if began is not None)
                slow(sources[place].id, time.monotonic() - began)
                continue
            started[place] = None
            ready[place] = reading
            finished(reading)
        yield ready.pop(number)
