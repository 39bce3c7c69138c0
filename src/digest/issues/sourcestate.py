"""sources.json: how each source fared when an issue was collected, and what several issues say of a source. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from digest.errors import Place
from digest.issues.jsontext import (
    SCHEMA_VERSION,
    as_moment,
    as_number,
    as_text,
    as_texts,
    checked,
    json_bytes,
    moment_text,
    parse_versioned,
)

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
    """One source at the last collecting of one issue. All moments are aware, in UTC.

    Attributes:
        addresses: As configured. A source whose address was changed begins anew.
        counted: How many of its articles were new enough for the issue.
        newest: When the newest article that it ever had was published; None where no date is known.
        failing_since: When it failed for the first time since it was last read; None when it was read.
        error: Why it failed, in words.
        moved_to: Where it has moved for good; empty when it has not.
        gone: The server said that it is gone for good (410); it is not asked again.
    """

    source: str
    addresses: tuple[str, ...]
    counted: int = 0
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
    #: It could be read, or was only just lost, but brought nothing new for several issues.
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceHealth:
    """What several issues say of one source.

    Attributes:
        latest: Its state at the newest collecting.
        failed: For how many issues in a row it failed, the newest included.
        silent: For how many issues in a row it brought nothing new, the newest included.
        trouble: Why it counts as dead; None when it does not.
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
        source: The source as configured now. What happened at a former address does not count.
        issues: How all sources fared in each issue, by source id, newest issue first.
        least: For how many issues in a row a source fails, or brings nothing new, until it counts as dead.
        now: Aware. When given, a source also counts as dead once it has failed for a week.

    Returns:
        None when the source was never read at this address.
    """
    history = [state for states in issues if (state := states.get(source.id)) and state.addresses == source.addresses]
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


def dump_source_states(states: Sequence[SourceState]) -> bytes:
    """JSON with sorted keys, indented so that a change shows as few lines in a diff."""
    return json_bytes({"schema_version": SCHEMA_VERSION, "sources": list(map(_row, states))}, indent=1) + b"\n"


def load_source_states(data: bytes, *, file: str) -> Mapping[str, SourceState]:
    """Read what `dump_source_states` wrote, by the source's id.

    Raises:
        IssueError: It is broken, or a newer version of digest wrote it.
    """
    row = parse_versioned(data, file=file)
    states = checked(row, Place(file), lambda row: [_state(one) for one in row["sources"]])
    return {state.source: state for state in states}


def _row(state: SourceState) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": state.source,
        "addresses": list(state.addresses),
        "counted": state.counted,
        "newest": state.newest and moment_text(state.newest),
        "failing_since": state.failing_since and moment_text(state.failing_since),
        "error": state.error,
        "moved_to": state.moved_to,
        "gone": state.gone,
    }
    return {key: value for key, value in row.items() if value not in (None, "", False)}


def _state(row: Any) -> SourceState:
    return SourceState(
        source=as_text(row["id"]),
        addresses=as_texts(row["addresses"]),
        counted=as_number(row.get("counted")) or 0,
        newest=as_moment(row["newest"]) if "newest" in row else None,
        failing_since=as_moment(row["failing_since"]) if "failing_since" in row else None,
        error=as_text(row.get("error", "")),
        moved_to=as_text(row.get("moved_to", "")),
        gone=row.get("gone", False) is True,
    )
