"""F: sources that no longer give what they are there for."""

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
    """F801 to F804."""
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
    """What is wrong with the sources.

    Args:
        issues: How the sources fared in each issue, by their ids; the newest issue first.
        places: Where each source is configured, by its id.
        least: For how many issues in a row a source may fail or be silent.
    """
    for source in sources:
        place = places.get(source.id, Place(CONFIG_FILE))
        # A source whose address was changed has no past.
        past = [state for states in issues if (state := states.get(source.id)) and state.addresses == source.addresses]
        if past:
            yield from _findings(source, past, place=place, least=least)


def _findings(source: SourceConfig, past: Sequence[SourceState], *, place: Place, least: int) -> Iterator[Finding]:
    last = past[0]
    failed = len(list(takewhile(lambda state: state.error, past)))
    silent = len(list(takewhile(lambda state: not state.counted, past)))
    if last.gone:
        yield fault("F801", f"The source {source.id} is gone for good: {last.error}", place)
    elif failed >= least:
        yield fault("F802", f"The source {source.id} has failed for {failed} issues: {last.error}", place)
    elif silent >= least and source.kind.gives_news:
        newest = f"; its newest article is of {last.newest:%d %b %Y}" if last.newest else ""
        yield fault("F803", f"The source {source.id} has brought nothing new for {silent} issues{newest}", place)
    if last.moved_to:
        yield fault("F804", f"The source {source.id} has moved for good to {last.moved_to}", place)
