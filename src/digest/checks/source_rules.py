"""F801 to F804: sources that fail, have moved, or have nothing new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.checks.rule_registry import fault
from digest.config import CONFIG_FILE
from digest.errors import Place
from digest.issues import SourceTrouble, source_health

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding
    from digest.config import SourceConfig
    from digest.issues import SourceHealth, SourceState

__all__ = ["check_sources", "source_findings"]


def check_sources(context: CheckContext) -> Iterator[Finding]:
    """Check the results of reading each source, for this issue and the ones before."""
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
        least: A source is reported if it fails, or has nothing new, for this many issues in a row.
    """
    for source in sources:
        health = source_health(source, issues, least=least)
        if health is not None:
            yield from _findings(source, health, places.get(source.id, Place(CONFIG_FILE)))


def _findings(source: SourceConfig, health: SourceHealth, place: Place) -> Iterator[Finding]:
    latest = health.latest
    if health.trouble is SourceTrouble.GONE:
        yield fault("F801", f"The source {source.id} is gone for good: {latest.error}", place)
    elif health.trouble is SourceTrouble.FAILING:
        yield fault("F802", f"The source {source.id} has failed for {health.failed} issues: {latest.error}", place)
    elif health.trouble is SourceTrouble.SILENT:
        newest = f"; its newest article is from {latest.newest:%d %b %Y}" if latest.newest else ""
        yield fault("F803", f"The source {source.id} has had nothing new for {health.silent} issues{newest}", place)
    if latest.moved_to:
        yield fault("F804", f"The source {source.id} has moved permanently to {latest.moved_to}", place)
