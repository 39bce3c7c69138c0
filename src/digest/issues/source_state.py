"""sources.json: the result of reading each source for an issue, and whether a source counts as dead. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, PlainSerializer

from digest.errors import Place
from digest.issues.records import SCHEMA_VERSION, Moment, Record, decode_utf8, dump_record, load_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from digest.config import SourceConfig

__all__ = [
    "SourceHealth",
    "SourceState",
    "SourceTrouble",
    "dump_source_states",
    "load_source_states",
    "source_health",
]

#: A server may be down for a day or two. A source that failed for this long was missing from two weekly issues.
_FAILING_FOR = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceState:
    """The result of reading one source for one issue. All moments are aware, in UTC.

    Attributes:
        addresses: As configured, without their secrets. If they change, the source's history starts over.
        counted: How many of its articles were new enough for the issue.
        read_on: The last day, in the newsletter's time zone, on which it was read. It is no moment, so that the file
            stays as it is when a source is read again and nothing is new.
        newest: When its newest article was published; None if no article has a date.
        failing_since: When the current run of failures started; None if it was read.
        error: Why it failed; empty if it was read.
        moved_to: Its new address, if it has moved permanently; otherwise empty.
        gone: The server answered 410 (gone for good), so the source is not requested again.
    """

    source: str
    addresses: tuple[str, ...]
    counted: int = 0
    read_on: date | None = None
    newest: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""
    moved_to: str = ""
    gone: bool = False


class SourceTrouble(StrEnum):
    """Why a source counts as dead."""

    #: The server answered that it is gone for good (410).
    GONE = "gone"
    #: It failed for several issues in a row, or for a week.
    FAILING = "failing"
    #: It could be read, at least until recently, but had nothing new for several issues.
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceHealth:
    """The health of one source, judged over several issues.

    Attributes:
        latest: Its state in the newest issue.
        failed: For how many issues in a row it has failed, including the newest.
        silent: For how many issues in a row it has had nothing new, including the newest.
        trouble: Why it counts as dead; None if it does not.
    """

    latest: SourceState
    failed: int
    silent: int
    trouble: SourceTrouble | None


def source_health(
    source: SourceConfig,
    issues: Sequence[Mapping[str, SourceState]],
    *,
    least: int,
    now: datetime | None = None,
) -> SourceHealth | None:
    """Decide whether a source counts as dead.

    Args:
        source: The source as configured now. Results from a previous address do not count.
        issues: The states of all sources by source id, one mapping per issue, newest issue first.
        least: For how many issues in a row a source must fail, or have nothing new, to count as dead.
        now: The current time; aware. If given, a source also counts as dead once it has failed for a week.

    Returns:
        The health of the source; None if it was never read at this address.
    """
    addresses = source.printable_addresses
    history = [state for states in issues if (state := states.get(source.id)) and state.addresses == addresses]
    if not history:
        return None
    latest = history[0]
    failed = len(list(takewhile(lambda state: state.error, history)))
    silent = len(list(takewhile(lambda state: not state.counted, history)))
    since = latest.failing_since
    trouble = None
    if latest.gone:
        trouble = SourceTrouble.GONE
    elif failed >= least or (now is not None and since is not None and now - since >= _FAILING_FOR):
        trouble = SourceTrouble.FAILING
    elif silent >= least and source.kind.gives_news:
        trouble = SourceTrouble.SILENT
    return SourceHealth(latest=latest, failed=failed, silent=silent, trouble=trouble)


_Day = Annotated[date, PlainSerializer(date.isoformat)]


class _SourceRecord(Record):
    """One source. Empty fields are left out of the file."""

    id: str
    addresses: tuple[str, ...]
    counted: int = Field(0, exclude_if=lambda counted: not counted)
    read_on: _Day | None = Field(None, exclude_if=lambda day: day is None)
    newest: Moment | None = Field(None, exclude_if=lambda newest: newest is None)
    failing_since: Moment | None = Field(None, exclude_if=lambda since: since is None)
    error: str = Field("", exclude_if=lambda error: not error)
    moved_to: str = Field("", exclude_if=lambda address: not address)
    gone: bool = Field(default=False, exclude_if=lambda gone: not gone)


class _SourcesRecord(Record):
    schema_version: int = 0
    sources: tuple[_SourceRecord, ...]


def dump_source_states(states: Sequence[SourceState]) -> bytes:
    """JSON with sorted keys, indented so that a change touches few lines of a diff."""
    sources = tuple(
        _SourceRecord(
            id=state.source,
            addresses=state.addresses,
            counted=state.counted,
            read_on=state.read_on,
            newest=state.newest,
            failing_since=state.failing_since,
            error=state.error,
            moved_to=state.moved_to,
            gone=state.gone,
        )
        for state in states
    )
    return dump_record(_SourcesRecord(schema_version=SCHEMA_VERSION, sources=sources), indent=1) + b"\n"


def load_source_states(data: bytes, *, file: str) -> Mapping[str, SourceState]:
    """Read what `dump_source_states` wrote, by the id of the source.

    Raises:
        IssueError: It is damaged, or a newer version of digest wrote it.
    """
    record = load_record(_SourcesRecord, decode_utf8(data, file), Place(file))
    return {
        source.id: SourceState(source=source.id, **{name: value for name, value in source if name != "id"})
        for source in record.sources
    }
