"""`sources`: how each source of the reading list fares, and what to do about it.

Everything is derived from the files that are committed with each issue (`sources.json`, `articles.jsonl` and
`issue.md`), so that a runner without a history of its own says the same.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from digest.errors import IssueError
from digest.issues import SourceTrouble, source_health
from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from digest.config import SourceConfig
    from digest.issues import SourceState
    from digest.project import IssueReading, Session

__all__ = ["IssueFacts", "SourceOverview", "SourceStanding", "describe_source", "source_overviews"]

#: How many issues are looked at: a quarter of a year of a weekly newsletter.
_MOST_ISSUES = 12
#: A source counts as unused if none of so many articles, over so many issues, was in an issue.
_UNUSED_ARTICLES = 20
_UNUSED_ISSUES = 4


class SourceStanding(StrEnum):
    """How a source fares."""

    OK = "ok"
    NEVER_READ = "never_read"
    GONE = "gone"
    FAILING = "failing"
    MOVED = "moved"
    SILENT = "silent"
    UNUSED = "unused"


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueFacts:
    """What one issue says about the sources.

    Attributes:
        states: The result of reading each source, by its id.
        used: How many articles of each source lead a story of the issue, or are listed under "Also reported by".
    """

    states: Mapping[str, SourceState]
    used: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceOverview:
    """How one source fares.

    Attributes:
        source: Its id.
        kind: The key that holds its address, such as ``feed``.
        address: The first address, without secrets.
        section: The section of its stories; empty without one.
        standing: How it fares.
        read_on: The last day, in the newsletter's time zone, on which it was read; None if it never was.
        newest: When its newest article was published; aware, in UTC. None if no date is known.
        failing_since: When the current run of failures started; aware, in UTC. None if it was read.
        error: Why it failed; empty if it was read.
        offered: How many of its articles were new enough for the issues that were looked at.
        used: How many of its articles lead a story of those issues, or are listed under "Also reported by".
        issues: For how many of those issues it was read, or tried.
        advice: What to do; empty if there is nothing to do.
    """

    source: str
    kind: str
    address: str
    section: str = ""
    standing: SourceStanding = SourceStanding.OK
    read_on: date | None = None
    newest: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""
    offered: int = 0
    used: int = 0
    issues: int = 0
    advice: str = ""

    @property
    def share(self) -> float | None:
        """The share of its articles that made it into issues, from 0 to 1; None if it has offered none."""
        return self.used / self.offered if self.offered else None


def source_overviews(session: Session) -> tuple[SourceOverview, ...]:
    """How each configured source fares, in the order of the configuration. Requests nothing and changes nothing."""
    project = session.project
    weeks = sorted(session.weeks, reverse=True)[:_MOST_ISSUES]
    issues = [_facts(session.files(id)) for id in weeks]
    return tuple(
        describe_source(
            source,
            issues,
            least=project.config.fetching.silent_issues,
            now=project.now(),
            config_file=project.config_file,
        )
        for source in project.config.sources
    )


def _facts(issue: IssueReading) -> IssueFacts:
    used = Counter[str]()
    with suppress(IssueError):  # there is no issue.md, or a file of an old issue is damaged
        articles = issue.articles_by_key
        for story in issue.issue.stories:
            keys = (story.key, *(canonical_url(mention.url) for mention in story.also))
            used.update(articles[key].source for key in keys if key in articles)
    return IssueFacts(states=issue.source_states, used=used)


def describe_source(
    source: SourceConfig, issues: Sequence[IssueFacts], *, least: int, now: datetime, config_file: str
) -> SourceOverview:
    """Decide how a source fares. Pure.

    Args:
        source: The source as configured.
        issues: What the last issues say, the newest first.
        least: For how many issues in a row a source must fail, or have nothing new, to count as dead.
        now: The current time; aware.
        config_file: The name of the configuration file, for the advice.
    """
    addresses = source.printable_addresses
    health = source_health(source, [issue.states for issue in issues], least=least, now=now)
    if health is None:
        return SourceOverview(
            source=source.id,
            kind=source.kind.name,
            address=addresses[0],
            section=source.section,
            standing=SourceStanding.NEVER_READ,
            advice="It was not read yet: digest collect",
        )
    known = [
        (state, issue.used.get(source.id, 0))
        for issue in issues
        if (state := issue.states.get(source.id)) and state.addresses == addresses
    ]
    latest = health.latest
    used = sum(number for _, number in known)
    offered = sum(max(state.counted, number) for state, number in known)
    unused = not used and offered >= _UNUSED_ARTICLES and len(known) >= _UNUSED_ISSUES
    since = f"{latest.failing_since:%d %b %Y}" if latest.failing_since else "the last reading"
    standing, advice = SourceStanding.OK, ""
    if latest.gone:
        standing, advice = SourceStanding.GONE, f"It is gone for good: remove it from {config_file}"
    elif health.trouble is SourceTrouble.FAILING:
        standing = SourceStanding.FAILING
        advice = f"It has failed since {since}: correct its address in {config_file}, or remove it"
    elif latest.error:
        standing, advice = SourceStanding.FAILING, "It failed last time, and the next digest collect asks again"
    elif latest.moved_to:
        standing, advice = SourceStanding.MOVED, f"It has moved: write {latest.moved_to} in {config_file}"
    elif health.trouble is SourceTrouble.SILENT:
        standing = SourceStanding.SILENT
        advice = f"It has had nothing new for {health.silent} issues: see if it is still published, or remove it"
    elif unused:
        standing = SourceStanding.UNUSED
        advice = f"None of its {offered} articles was in an issue: raise its weight, or remove it"
    return SourceOverview(
        source=source.id,
        kind=source.kind.name,
        address=addresses[0],
        section=source.section,
        standing=standing,
        read_on=max((state.read_on for state, _ in known if state.read_on), default=None),
        newest=latest.newest,
        failing_since=latest.failing_since,
        error=latest.error,
        offered=offered,
        used=used,
        issues=len(known),
        advice=advice,
    )
