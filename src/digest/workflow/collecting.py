"""`collect`: read the sources, plan the issue, and merge the plan into issue.md around the editor's edits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from digest.config import SOURCE_KINDS
from digest.editing import Dropped, Ranked, Trace, by_address, other_reports, plan_issue, propose_story, trace_bullets
from digest.issues import Base, Window, bench_of, is_untouched, merge_issue, without_outlets
from digest.models import canonical_url
from digest.sources import keep_full_text
from digest.workflow.issue_history import History
from digest.workflow.reading_sources import SourceResult, gather_articles

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.editing import Plan
    from digest.issues import IssueFolder, Merge
    from digest.models import Article, Issue, Story
    from digest.project import IssueReading, Session
    from digest.sources import SourceReading
    from digest.workflow.reading_sources import GatheredArticles

__all__ = ["Collected", "collect", "collected_article", "merge_articles"]

_TAKEN_OUT = "you removed it from the issue"


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What `collect` did.

    Attributes:
        issue: The issue's id.
        file: Its issue.md, relative to the newsletter's root.
        at: When the sources were read; aware, in UTC.
        since: Articles of a feed or a page count if they were published after this; aware, in UTC. None means seven
            days before `at`.
        until: For an issue of a past week, articles count if they were published before this; aware, in UTC.
        sources: The result of reading each source.
        merge: What was merged into issue.md.
        stories: How many stories of issue.md are in the email now.
        waiting: How many stories wait under "New since you last looked". If there are no stories, no issue.md exists.
        min_stories: ``selection.min_stories``.
        changed: Whether issue.md changed.
        dropped: The articles that were left out, each with the reason.
        ranking: Every story that was ranked, best first.
        bullets: The bullets in the email, each with the sentence it comes from.
        shared: How many stories of this issue are in each other open issue as well, by its id.
    """

    issue: str
    file: str
    at: datetime
    since: datetime | None
    sources: tuple[SourceResult, ...]
    merge: Merge
    stories: int
    waiting: int
    min_stories: int
    changed: bool = True
    dropped: tuple[Dropped, ...] = ()
    ranking: tuple[Ranked, ...] = ()
    bullets: tuple[Trace, ...] = ()
    until: datetime | None = None
    shared: Mapping[str, int] = field(default_factory=dict)

    @property
    def too_old(self) -> list[datetime]:
        """When the articles that are too old for the issue were published, the newest first."""
        return sorted((drop.too_old for drop in self.dropped if drop.too_old), reverse=True)


def collect(
    session: Session,
    id: str | None = None,
    *,
    since: datetime | None = None,
    refresh: bool = False,
    progress: Callable[[SourceReading], None] = lambda _reading: None,
    slow: Callable[[str, float], None] = lambda _source, _seconds: None,
) -> Collected:
    """Read all sources and merge what is new into issue.md, keeping every edit.

    A source that fails is reported and never stops the others; articles collected from it earlier are kept. If there
    are no stories, only sources.json is written.

    Args:
        id: The issue; by default the open one, or the next one due. If its week has ended, only articles published
            until then count.
        since: Count articles published after this, instead of those since the last sent issue; aware. Later runs for
            the same issue keep it.
        refresh: Request every source at its configured address, even one that is gone or was just read.
        progress: Called with each source once it is read.
        slow: Called every second in which no source was read, with the one that has been read for longest, and for how
            many seconds.

    Raises:
        NothingToDoError: The issue was sent, or is being sent.
        IssueError: issue.md does not parse, or was saved while it was merged; nothing was written.
    """
    project, config = session.project, session.project.config
    opened = session.issue_to_collect(id)
    session.require_unsent(opened.id)
    opened.parse(_without_outlets(opened))  # fail before minutes of work
    window = _window(session, opened, named=id is not None, since=since)
    history = History.of(session, opened, window)
    gathered = gather_articles(
        project, history, collected=opened.articles, refresh=refresh, progress=progress, slow=slow
    )

    session.reread_issue(opened.id)  # reading takes minutes, and the editor may have saved the file meanwhile
    yours, base, collected_before = opened.text, opened.base, opened.articles
    articles = merge_articles(_still_counting(collected_before, config, gathered), gathered.articles)
    now = project.now()
    plan = plan_issue(
        articles,
        id=opened.id,
        config=config,
        now=now,
        period=history.period,
        seen=history.seen,
        earlier=history.earlier,
        had=history.had,
    )
    edited = None if yours is None else _without_outlets(opened)
    merge = merge_issue(
        yours=edited,
        base=base.issue if base else None,
        written_sha256=base.written_sha256 if base else None,
        fresh=_without_absent_lead(plan.issue, edited, opened),
        same=plan.same,
        bench=plan.bench,
        fills=_fills(opened.parse(edited or ""), articles, plan, config),
        file=opened.file,
    )
    issue = opened.parse(merge.text)
    if yours is not None or issue.stories or issue.waiting:
        at = history.period.ends(now)
        _write(opened.folder, merge, [*articles, *_in_issue(collected_before, issue)], (yours, base), window, at=at)
    elif articles:
        opened.folder.write_articles(articles)  # for digest add
    if not project.offline:  # offline, the sources were not requested
        opened.folder.write_source_states(gathered.states)
    session.reread_issue(opened.id)
    elsewhere = session.open_elsewhere(opened.id)
    dropped, ranking = _without_kept_out(plan, merge.kept_out)
    return Collected(
        issue=opened.id,
        file=opened.file,
        at=now,
        since=history.period.since or (history.period.begins(now) if window.until else None),
        until=window.until,
        sources=gathered.results,
        merge=merge,
        stories=len(issue.stories),
        waiting=len(issue.waiting),
        min_stories=config.selection.min_stories,
        changed=merge.text != yours,
        dropped=(*dropped, *gathered.drafts),
        ranking=ranking,
        bullets=trace_bullets(opened.issue, opened.articles) if opened.text is not None else (),
        shared=Counter(elsewhere[story.key] for story in issue.stories if story.key in elsewhere),
    )


def _window(session: Session, opened: IssueReading, *, named: bool, since: datetime | None) -> Window:
    """The time that an issue looks at. Without ``since`` it is that of the last run for the issue."""
    before = opened.base.window if opened.base else Window()
    _, ended = opened.folder.id.week_bounds(session.project.config.newsletter.timezone)
    until = ended if named and ended <= session.project.now() else None if since else before.until
    return Window(since=since or before.since, until=until)


def _still_counting(articles: Iterable[Article], config: Config, gathered: GatheredArticles) -> Iterator[Article]:
    """The articles collected before that may still be in the issue.

    If a local folder was read without an error, articles whose files no longer exist are dropped. So are the articles
    of a source that was removed from the configuration. Articles added by hand have no source, and stay.
    """
    local = (result for result in gathered.results if SOURCE_KINDS[result.kind].is_local)
    complete = {result.source for result in local if result.complete}
    for article in articles:
        if not article.source or (article.source not in complete and config.source(article.source)):
            yield article


def _in_issue(articles: Iterable[Article], issue: Issue) -> Iterator[Article]:
    """The articles of the stories in issue.md. The stories take source names, dates and pictures from them."""
    urls = {story.key for section in issue.sections for story in section.stories}
    return (article for article in articles if article.key in urls)


def _without_outlets(current: IssueReading) -> str:
    """issue.md, with lines that the editor moved up from "Not in this issue" as headings without the outlet."""
    lines = bench_of(current.base.issue) if current.base else None
    return without_outlets(current.text or "", lines or ())


def _fills(issue: Issue, articles: Sequence[Article], plan: Plan, config: Config) -> dict[str, Story]:
    """Proposals for the stories of issue.md that have no bullets and whose articles were collected, by their keys."""
    empty = [story for section in issue.sections for story in section.stories if not story.candidates]
    if not empty:
        return {}
    reports = {ranked.story[0].key: ranked.story for ranked in plan.ranking}
    fills = {}
    for story in empty:
        article = collected_article(articles, url=story.url, id=story.id, title=story.headline)
        if article is not None:
            also = other_reports(reports.get(article.key, (article,)), config=config)
            fills[story.key] = propose_story(article, per_story=config.bullets.per_story, also=also)
    return fills


def collected_article(articles: Sequence[Article], *, url: str, id: str = "", title: str = "") -> Article | None:
    """The collected article at an address. None if no article, or more than one, has it.

    Args:
        articles: What was collected.
        url: The address, in any form.
        id: What tells the article apart from others at the address, if it is known.
        title: Its title, which may do so instead.
    """
    same = by_address(articles).get(canonical_url(url), [])
    for is_meant in (
        lambda article: bool(id) and article.id == id,
        lambda article: article.url == url,
        lambda article: article.title == title,
        lambda _article: True,
    ):
        matches = {article.key: article for article in same if is_meant(article)}
        if len(matches) == 1:
            return next(iter(matches.values()))
    return None


def _without_absent_lead(fresh: Issue, yours: str | None, current: IssueReading) -> Issue:
    """The plan, but with the current subject and preheader if the new ones are about a story that will not be sent.

    In an edited file, the plan's lead may be waiting to be moved up, or may have been dropped.
    """
    base = current.base
    if yours is None or base is None or is_untouched(yours, base.issue, base.written_sha256):
        return fresh
    sent = {story.key for story in current.parse(yours).stories}
    if fresh.stories and fresh.stories[0].key in sent:
        return fresh
    return replace(fresh, subject=base.issue.subject, preheader=base.issue.preheader)


def _without_kept_out(plan: Plan, kept_out: Collection[str]) -> tuple[tuple[Dropped, ...], tuple[Ranked, ...]]:
    """The dropped articles and the ranking, with the stories that the editor removed from issue.md as dropped."""
    dropped, ranking = list(plan.dropped), []
    for ranked in plan.ranking:
        best = ranked.story[0]
        if best.key in kept_out:
            dropped.append(Dropped(url=best.url, title=best.title, source=best.source, reason=_TAKEN_OUT, key=best.key))
            ranking.append(replace(ranked, chosen=False, reason=_TAKEN_OUT))
        else:
            ranking.append(ranked)
    return tuple(dropped), tuple(ranking)


def merge_articles(collected: Iterable[Article], fetched: Iterable[Article]) -> list[Article]:
    """Join both, each article once, those collected before first.

    A fetched text replaces the one collected before, unless it is only a snippet of it.
    """
    union = {article.key: article for article in collected}
    repeats = Counter[str]()
    duplicates: list[Article] = []
    for article in fetched:
        key = article.key
        repeats[key] += 1
        if repeats[key] == 1:
            union[key] = _newer(article, union.get(key))
        else:
            duplicates.append(article)  # the plan chooses one and reports the other as dropped
    return [*union.values(), *duplicates]


def _newer(article: Article, earlier: Article | None) -> Article:
    if earlier is None:
        return article
    newer = keep_full_text(article, earlier)
    # An article that was added by hand stays without a source, even if a feed also has it.
    return newer if earlier.source else replace(newer, source="")


def _write(
    folder: IssueFolder,
    merge: Merge,
    articles: Sequence[Article],
    before: tuple[str | None, Base | None],
    window: Window,
    *,
    at: datetime,
) -> None:
    """Write the files that changed. If nothing is new, no file changes, and the recorded time of collecting stays."""
    text, base = before
    unique = list({article.key: article for article in reversed(articles)}.values())[::-1]
    folder.write_articles(unique)
    # Write the text before its base: a story in the base that is not in the text counts as removed by the editor.
    folder.write_text(merge.text, over=text)
    if base is None or (base.issue, base.written_sha256, base.window) != (merge.base, merge.written_sha256, window):
        folder.write_base(Base(issue=merge.base, written_sha256=merge.written_sha256, collected_at=at, window=window))
