"""The plan of an issue: filter, group, rank and select articles, divide them into sections, propose the text. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.editing.grouping import group_articles, separate_stories
from digest.editing.proposal import bench_line, other_reports, propose_preheader, propose_story, propose_subject
from digest.editing.story_ranking import Ranked, score_story, select_stories
from digest.editing.story_updates import by_address, find_earlier_reports, was_seen
from digest.editing.text_cleaning import clean_url, single_line
from digest.models import Issue, Section

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.models import Article, BenchLine, Story

__all__ = ["Dropped", "Period", "Plan", "plan_issue"]

#: How far back the first issue of a newsletter reaches.
FIRST_DAYS = 7
#: How late a source may list an article. Some feeds are rebuilt only every few hours, and a date without a time is read
#: as midnight, so an article published the afternoon after an issue was collected may be dated before it.
LATE = timedelta(days=2)
#: How the reasons against articles begin that were published before the period.
_TOO_OLD = "older than"


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """The time from which articles of feeds, pages and sitemaps are new enough for an issue. All datetimes are aware.

    Attributes:
        since: When the last sent issue was collected; None if nothing was sent yet.
        missed: Own values of ``since``, by source id, for sources that could not be read for the last sent issues. None
            if a source was not read for any sent issue.
        collected: The keys of all articles collected for the last sent issues, selected or not. An article
            dated shortly before the period of its source, and not among them, was listed late and counts as new.
        whole_since: The start of the oldest issue for which ``collected`` is complete; None without such an issue.
        until: The end of the period, for an issue of a past week; None if it has no end.
        chosen: Whether the editor chose ``since``.
    """

    since: datetime | None = None
    missed: Mapping[str, datetime | None] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    collected: frozenset[str] = frozenset()
    whole_since: datetime | None = None
    until: datetime | None = None
    chosen: bool = False

    def ends(self, now: datetime) -> datetime:
        """The end of the period: the moment from which ages of articles are counted."""
        return min(now, self.until) if self.until else now

    def begins(self, now: datetime, source: str = "") -> datetime:
        """The start of the period of a source. Articles published later are new."""
        return self.missed.get(source, self.since) or self.ends(now) - timedelta(days=FIRST_DAYS)

    def earliest(self, now: datetime, source: str = "") -> datetime:
        """The earliest date that an article of a source may have, allowing for late listing."""
        sent = self.missed.get(source, self.since)
        complete = sent is not None and self.whole_since is not None and sent >= self.whole_since
        return self.begins(now, source) - (LATE if complete else timedelta())

    def holds(self, article: Article, *, now: datetime) -> bool:
        """Whether an article is new enough, and not too new. An article without a date always is."""
        if self.is_too_new(article):
            return False
        if article.published is None or article.published > self.begins(now, article.source):
            return True
        return self.could_be_late(article, now=now) and article.keys.isdisjoint(self.collected)

    def is_too_new(self, article: Article) -> bool:
        """Whether an article was published after the period."""
        return article.published is not None and self.until is not None and article.published >= self.until

    def could_be_late(self, article: Article, *, now: datetime) -> bool:
        """Whether an article is dated so shortly before the period that it is old only if it was collected before."""
        return article.published is not None and article.published > self.earliest(now, article.source)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropped:
    """An article that is not in the issue, and the reason shown to the editor, such as "not among the 8 best".

    Attributes:
        key: The article's key; empty for what is no article, such as a file marked as not for print.
        too_old: If the article is too old, when it was published; otherwise None.
    """

    url: str
    title: str
    source: str
    reason: str
    key: str = ""
    too_old: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A proposed issue, and every article that did not become a story in it.

    Attributes:
        ranking: All ranked stories: the selected ones in the order of selection, which is the order of their scores,
            then the others, the best first.
        same: For each ranked story, by its key, the keys of all articles about its event.
        bench: The stories that were not selected, the best first.
    """

    issue: Issue
    dropped: tuple[Dropped, ...]
    ranking: tuple[Ranked, ...] = ()
    same: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)
    bench: tuple[BenchLine, ...] = ()


def plan_issue(
    articles: Sequence[Article],
    *,
    id: str,
    config: Config,
    now: datetime,
    period: Period,
    seen: Collection[str] = (),
    earlier: Sequence[Article] = (),
    had: Mapping[str, Sequence[Article]] | None = None,
) -> Plan:
    """Propose an issue from what was collected.

    Args:
        articles: As read from the sources. An article whose ``source`` is not configured was added by hand.
        id: The issue's id.
        config: The configuration: limits, sections and the weights of the sources.
        now: The current time; aware.
        period: Decides which articles of feeds, pages and sitemaps are new enough. Articles from folders or added by
            hand always are.
        seen: The keys of all stories that were sent; these are left out.
        earlier: The articles of stories in recent issues, with their texts. A story that adds nothing to them is left
            out, whatever its URL; a story that adds news is marked "Update".
        had: What readers have had at each canonical URL, by default ``earlier``. A URL that is ``seen`` and also listed
            here may return with another article or with much news.

    Returns:
        The plan. It may have fewer stories than ``selection.min_stories``, or none; the caller decides whether that
        is enough.
    """
    dropped: list[Dropped] = []
    candidates: list[Article] = []
    had = by_address(earlier) if had is None else had
    for article in articles:
        reason = _reason_against(article, config=config, now=now, period=period, seen=seen, had=had)
        if reason:
            too_old = article.published if reason.startswith(_TOO_OLD) else None
            dropped.append(replace(_dropped(article, reason), too_old=too_old))
        else:
            candidates.append(article)

    stories, repeats = _one_story_per_url(separate_stories(group_articles(candidates)))
    dropped += repeats
    fresh, updates, had_before = _without_repetitions(stories, earlier)
    dropped += had_before
    scores = [score_story(story, config=config, now=period.ends(now)) for story in fresh]
    ranking = select_stories(fresh, scores, updates, config=config)
    chosen = [ranked for ranked in ranking if ranked.chosen]
    dropped += [_dropped(ranked.story[0], ranked.reason) for ranked in ranking if not ranked.chosen]
    return Plan(
        issue=_issue(chosen, id=id, config=config),
        dropped=tuple(dropped),
        ranking=ranking,
        same={ranked.story[0].key: frozenset(article.key for article in ranked.story) for ranked in ranking},
        bench=tuple(bench_line(ranked.story[0], config=config) for ranked in ranking if not ranked.chosen),
    )


def _without_repetitions(
    stories: Sequence[list[Article]], earlier: Sequence[Article]
) -> tuple[list[list[Article]], list[Article | None], list[Dropped]]:
    """The stories that readers have not seen, the earlier article that each one updates, and the articles left out."""
    reports = find_earlier_reports(stories, earlier)
    fresh: list[list[Article]] = []
    updates: list[Article | None] = []
    dropped: list[Dropped] = []
    for index, story in enumerate(stories):
        report = reports.get(index)
        if report and not report.update:
            reason = f"was in an earlier issue: {single_line(report.by.title)}"
            dropped += [_dropped(article, reason) for article in story]
        else:
            dropped += [_dropped(other, _repeat(other, of=story[0])) for other in story[1:]]
            fresh.append(story)
            updates.append(report.by if report else None)
    return fresh, updates, dropped


def _one_story_per_url(stories: list[list[Article]]) -> tuple[list[list[Article]], list[Dropped]]:
    """Keep each URL as the lead of only one story, because issue.md identifies stories by their URLs.

    If a URL leads two stories, the first keeps it. The other articles of the second remain a story of their own.
    """
    leads: dict[str, Article] = {}
    unique: list[list[Article]] = []
    repeats: list[Dropped] = []
    for story in stories:
        rest = [article for article in story if article.key not in leads]
        taken = [article for article in story if article.key in leads]
        repeats += [_dropped(article, _repeat(article, of=leads[article.key])) for article in taken]
        if rest:
            leads[rest[0].key] = rest[0]
            unique.append(rest)
    return unique, repeats


def _repeat(article: Article, *, of: Article) -> str:
    same = article.key == of.key
    return f"{'repeat of' if same else 'same story as'} {of.url}"


def _reason_against(
    article: Article,
    *,
    config: Config,
    now: datetime,
    period: Period,
    seen: Collection[str],
    had: Mapping[str, Sequence[Article]],
) -> str:
    if not single_line(article.title):
        return "no title"
    if not clean_url(article.url):
        return "no address"
    if was_seen(article, seen, had=had):
        return "was in an earlier issue"
    source = config.source(article.source)
    if source is None or not source.kind.has_dates or period.holds(article, now=now):
        return ""
    return _outside(period, article, config=config, now=now)


def _outside(period: Period, article: Article, *, config: Config, now: datetime) -> str:
    """Why an article does not belong to the period."""
    if period.is_too_new(article):
        return "published after the week of this issue"
    if period.could_be_late(article, now=now):
        return "was already considered for the last issue"
    day = _day(period.begins(now, article.source).astimezone(config.newsletter.zone))
    if period.chosen:
        return f"{_TOO_OLD} {day}"
    sent = period.missed.get(article.source, period.since) is not None
    return f"{_TOO_OLD} the last sent issue ({day})" if sent else f"{_TOO_OLD} {FIRST_DAYS} days ({day})"


def _day(moment: datetime) -> str:
    """A day in English whatever the locale, such as "Mon 16 Nov"."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{days[moment.weekday()]} {moment.day} {months[moment.month - 1]}"


def _dropped(article: Article, reason: str) -> Dropped:
    return Dropped(
        url=article.url, title=single_line(article.title), source=article.source, reason=reason, key=article.key
    )


def _issue(chosen: Sequence[Ranked], *, id: str, config: Config) -> Issue:
    """Divide the selected stories, the best first, into sections."""
    titled: dict[str, list[Story]] = {}
    for ranked in chosen:
        lead = ranked.story[0]
        source = config.source(lead.source)
        title = single_line(source.section) if source else ""
        story = propose_story(
            lead,
            per_story=config.bullets.per_story,
            also=other_reports(ranked.story, config=config),
            update=ranked.update_of is not None,
        )
        titled.setdefault(title, []).append(story)
    _put_lead_first(titled)
    order = ["", *(next(iter(titled), ""),), *(single_line(source.section) for source in config.sources)]
    sections = tuple(
        Section(title=title, stories=tuple(titled[title])) for title in dict.fromkeys(order) if titled.get(title)
    )
    stories = [story for section in sections for story in section.stories]
    subject = propose_subject(stories)
    return Issue(
        id=id,
        subject=subject,
        preheader=propose_preheader(stories, subject=subject),
        sections=sections,
    )


def _put_lead_first(titled: dict[str, list[Story]]) -> None:
    """Move the best story to the top: stories without a section come first, so it joins them if there are any."""
    lead = next(iter(titled), "")
    if lead and "" in titled:
        titled[""].insert(0, titled[lead].pop(0))
