"""What earlier issues mean for the current one: which stories readers already had, and which articles are new."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digest.editing import Period, by_address, was_seen
from digest.errors import IssueError
from digest.issues import Window
from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.issues import SourceState
    from digest.models import Article
    from digest.project import IssueReading, Session

__all__ = ["History"]

#: How many sent issues a new story is compared with. Events rarely last longer, and each comparison takes time.
_COMPARED_ISSUES = 4
#: A source that has failed since then no longer has its missed articles counted as new: they are old news.
_RECOVERED_ISSUES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What earlier issues mean for the current one.

    Attributes:
        period: Decides which articles are new enough.
        seen: The keys of articles that are not proposed again: those of stories that were sent, and those of undated
            articles collected for an earlier issue, which the period cannot judge.
        earlier: The articles behind the stories of the last issues, with their texts.
        had: These articles by their canonical URLs, which may come back with another text.
        states: The last state of each source, by its id; ``counted`` is that of the current issue.
    """

    period: Period
    seen: frozenset[str]
    earlier: tuple[Article, ...]
    had: Mapping[str, Sequence[Article]]
    states: Mapping[str, SourceState]

    @classmethod
    def of(cls, session: Session, current: IssueReading, window: Window | None = None) -> History:
        """Read the history from the ledger and from the issues before ``current``.

        Args:
            session: The newsletter.
            current: The issue.
            window: The time that the issue looks at, where that is not the time since the last sent issue.
        """
        window = window or Window()
        config = session.project.config
        sent = session.sent_stories()
        undated: list[Article] = []
        collected: dict[str, set[str]] = {}
        began: dict[str, datetime] = {}
        for campaign in session.campaigns:
            if campaign.issue == current.id or not (campaign.report.accepted or campaign.report.unknown):
                continue
            moment = campaign.started_at
            if campaign.issue in session.weeks:
                earlier = session.files(campaign.issue)
                undated += _undated(earlier.articles, config)
                collected[campaign.issue] = {key for article in earlier.articles for key in article.keys}
                # Articles published between collecting and sending were not in that issue: they are new.
                moment = min(moment, earlier.base.collected_at) if earlier.base else moment
            began[campaign.issue] = max(began.get(campaign.issue, moment), moment)
        reported = _articles_of(session, sent)
        return cls(
            period=_period(session, window, began=began, collected=collected),
            seen=frozenset(sent).union(*(article.keys for article in undated)),
            earlier=reported,
            had=by_address((*reported, *undated)),
            states=_latest_states(session, until=current.id),
        )

    def counts(self, article: Article, *, now: datetime) -> bool:
        """Whether an article of a feed, a page or a sitemap is new enough and was not in an earlier issue."""
        return self.period.holds(article, now=now) and not self.has_had(article)

    def has_had(self, article: Article) -> bool:
        """Whether readers have had an article."""
        return was_seen(article, self.seen, had=self.had)


def _period(
    session: Session, window: Window, *, began: Mapping[str, datetime], collected: Mapping[str, Collection[str]]
) -> Period:
    if window.since:
        return Period(since=window.since, until=window.until, chosen=True)
    if window.until:
        since = max((moment for moment in began.values() if moment < window.until), default=None)
        return Period(since=since, until=window.until)
    return Period(
        since=max(began.values(), default=None),
        missed=_missed(session, began) if began else {},
        collected=frozenset().union(*collected.values()),
        whole_since=_whole_since(began, collected),
    )


def _whole_since(began: Mapping[str, datetime], collected: Mapping[str, Collection[str]]) -> datetime | None:
    """The start of the oldest issue since which all collected articles are still on disk; None if none are."""
    whole = None
    for issue in sorted(began, key=lambda issue: began[issue], reverse=True):
        if not collected.get(issue):  # its folder or its articles.jsonl was deleted
            break
        whole = began[issue]
    return whole


def _missed(session: Session, began: Mapping[str, datetime]) -> dict[str, datetime | None]:
    """For each source that failed in the newest sent issue: the start of the newest issue in which it worked."""
    issues = sorted(began, reverse=True)
    states = {issue: session.files(issue).source_states for issue in issues[:_RECOVERED_ISSUES]}
    missed: dict[str, datetime | None] = {}
    for source in session.project.config.sources:
        read = (
            issue
            for issue, states_by_id in states.items()
            if not (states_by_id.get(source.id) and states_by_id[source.id].error)
        )
        newest = next(read, None)
        if newest != issues[0]:
            missed[source.id] = began[newest] if newest else None
    return missed


def _undated(articles: Iterable[Article], config: Config) -> list[Article]:
    sources = {source.id for source in config.sources if source.kind.has_dates}
    return [article for article in articles if article.published is None and article.source in sources]


def _articles_of(session: Session, sent: Mapping[str, str]) -> tuple[Article, ...]:
    articles: list[Article] = []
    for id in sorted(set(sent.values()))[-_COMPARED_ISSUES:]:
        earlier = session.files(id)
        reported = {url for url, issue in sent.items() if issue == id} | _also_reported(earlier)
        articles += [article for article in earlier.articles if not article.keys.isdisjoint(reported)]
    return tuple(articles)


def _also_reported(issue: IssueReading) -> set[str]:
    """The addresses that an issue's stories list under "Also reported by"."""
    with suppress(IssueError):  # an old issue.md that was damaged after it was sent
        return {canonical_url(mention.url) for story in issue.issue.stories for mention in story.also}
    return set()


def _latest_states(session: Session, *, until: str) -> dict[str, SourceState]:
    """The newest recorded state of each source, up to this issue, if its configuration has not changed since."""
    addresses = {source.id: source.printable_addresses for source in session.project.config.sources}
    own, *earlier = session.source_states(until=until)
    latest = {id: state for id, state in own.items() if addresses.get(id) == state.addresses}
    for states in earlier:
        for id, state in states.items():
            if id not in latest and addresses.get(id) == state.addresses:
                latest[id] = replace(state, counted=0)
    return latest
