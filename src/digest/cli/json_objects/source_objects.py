"""What `digest sources` prints with ``--json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli.json_objects.json_object import JsonObject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from digest.workflow.curation.source_overview import SourceOverview

__all__ = ["SourcesResult", "SourcesSource", "sources_result"]


class SourcesSource(JsonObject):
    """One source, and how it fares."""

    id: str
    """The source's id."""
    kind: str
    """The key that holds its address, such as ``feed``."""
    address: str
    """Its first address, without secrets."""
    section: str | None
    """The section of its stories."""
    standing: str
    """How it fares: ``ok``, ``never_read``, ``gone``, ``failing``, ``moved``, ``silent`` or ``unused``."""
    last_success: str | None
    """The last day on which it was read, as ISO 8601, in the newsletter's time zone; null if it never was."""
    newest: str | None
    """When its newest article was published, as ISO 8601; null if unknown."""
    silent_days: int | None
    """How many days ago that was; null if unknown."""
    failing_since: str | None
    """Since when it has failed, as ISO 8601; null if it works."""
    error: str | None
    """Why it could not be read; null if it could."""
    issues: int
    """For how many of the last issues it was read, or tried."""
    offered: int
    """How many of its articles were new enough for those issues."""
    used: int
    """How many of its articles lead a story of those issues, or are listed under "Also reported by"."""
    share: float | None
    """The share of its articles that made it into issues, from 0 to 1; null if it offered none."""
    advice: str | None
    """What to do about it; null if there is nothing to do."""


class SourcesResult(JsonObject):
    """How each source of the reading list fares."""

    sources: list[SourcesSource]
    """All sources, in the order of the configuration."""


def sources_result(overviews: Sequence[SourceOverview], *, now: datetime) -> SourcesResult:
    """What `digest sources` prints."""
    return SourcesResult(
        sources=[
            SourcesSource(
                id=each.source,
                kind=each.kind,
                address=each.address,
                section=each.section or None,
                standing=str(each.standing),
                last_success=each.read_on.isoformat() if each.read_on else None,
                newest=each.newest.isoformat() if each.newest else None,
                silent_days=None if each.newest is None else max(0, (now - each.newest).days),
                failing_since=each.failing_since.isoformat() if each.failing_since else None,
                error=each.error or None,
                issues=each.issues,
                offered=each.offered,
                used=each.used,
                share=None if each.share is None else round(each.share, 3),
                advice=each.advice or None,
            )
            for each in overviews
        ]
    )
