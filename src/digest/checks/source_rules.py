"""F801 to F804: sources that fail, have moved, or bring nothing new."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from digest.checks.rule_registry import fault
from digest.config import CONFIG_FILE
from digest.errors import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding
    from digest.config import SourceConfig
    from digest.issues import SourceState

__all__ = ["check_sources", "source_findings"]


def check_sources(context: CheckContext) -> Iterator[Finding]:
    """Check how each source fared in this issue and the ones before."""
    config = context.config
    return source_findings(
        config.sources, context.source_states, places=context.source_places, least=config.fetching.silent_issues
    )


def source_findings(
    sources: Sequence[SourceConfig],
    issues: Sequence[Mapping[str, SourceState]],
    *,
    places: Mapping[str, Place],
    least: int,
) -> Iterator[Finding]:
    """The findings about configured sources.

    Args:
        sources: The configured sources.
        issues: The result of collecting each source, by source id, for each issue; the newest issue first.
        places: Where each source is configured, by source id.
        least: A source is reported when it fails, or brings nothing new, for this many issues in a row.
    """
    for source in sources:
        place = places.get(source.id, Place(CONFIG_FILE))
        # What happened at a source's former address does not count.
        history = [
            state for states in issues if (state := states.get(source.id)) and state.addresses == source.addresses
        ]
        if history:
            yield from _findings(source, history, place=place, least=least)


def _findings(source: SourceConfig, history: Sequence[SourceState], *, place: Place, least: int) -> Iterator[Finding]:
    last = history[0]
    failed = len(list(takewhile(lambda state: state.error, history)))
    silent = len(list(takewhile(lambda state: not state.counted, history)))
    if last.gone:
        yield fault("F801", f"The source {source.id} is gone for good: {last.error}", place)
    elif failed >= least:
        yield fault("F802", f"The source {source.id} has failed for {failed} issues: {last.error}", place)
    elif silent >= least and source.kind.gives_news:
        newest = f"; its newest article is of {last.newest:%d %b %Y}" if last.newest else ""
        yield fault("F803", f"The source {source.id} has brought nothing new for {silent} issues{newest}", place)
    if last.moved_to:
        yield fault("F804", f"The source {source.id} has moved for good to {last.moved_to}", place)
