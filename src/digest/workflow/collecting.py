"""`collect`: from sources to issue.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digest.config import SOURCE_KINDS
from digest.editing import Dropped, Ranked, Trace, plan_issue, trace_bullets
from digest.issues import Base, is_untouched, merge_issue
from digest.models import canonical_url
from digest.sources import keep_full_text
from digest.workflow.issue_history import History
from digest.workflow.reading_sources import SourceLine, gather

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.editing import Plan
    from digest.issues import IssueFolder, Merge
    from digest.models import Article, Issue
    from digest.project import IssueReading, Session
    from digest.sources import SourceReading
    from digest.workflow.reading_sources import Gathered

__all__ = ["Collected", "collect", "union_of"]

_TAKEN_OUT = "you took it out of the issue"


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What `collect` did.

    Attributes:
        at: When; aware, in UTC.
        since: The moment after which feeds and pages counted; aware, in UTC. None: the last seven days.
        stories: How many stories of issue.md go in the email now; ``waiting``: how many wait to be moved. With none at
            all there is no issue.md.
        changed: Whether issue.md is another than before.
        dropped: Articles left out, each with its reason.
        ranking: Every story that was weighed against the others, best first.
        bullets: Those of the stories in issue.md that go in the email, with the sentences that they come from.
    """

    issue: str
    file: str
    at: datetime
    since: datetime | None
    sources: tuple[SourceLine, ...]
    merge: Merge
    stories: int
    waiting: int
    min_stories: int
    changed: bool = True
    dropped: tuple[Dropped, ...] = ()
    ranking: tuple[Ranked, ...] = ()
    bullets: tuple[Trace, ...] = ()


def collect(
    session: Session,
    id: str | None = None,
    *,
    refresh: bool = False,
    progress: Callable[[SourceReading], None] = lambda _reading: None,
) -> Collected:
    """Read all sources and merge what is new into issue.md, keeping every edit.

    A source that fails is reported and never stops the others; what it gave earlier for this issue is kept. With no
    story at all, only how the sources fared is written.

    Args:
        refresh: Ask every source again at its own address, also one that is gone or answered just now.
        progress: Called with each source as it is read.

    Raises:
        NothingToDoError: The issue was sent, or is being sent.
        IssueError: issue.md does not parse, or was saved while it was merged; nothing was written.
    """
    project, config = session.project, session.project.config
    opened = session.issue_to_collect(id)
    session.require_unsent(opened.id)
    opened.parse(opened.text or "")  # a broken file stops us before any work
    history = History.of(session, opened)
    before = {canonical_url(article.url) for article in opened.articles}
    gathered = gather(project, history, collected=before, refresh=refresh, progress=progress)

    session.reread_issue(opened.id)  # reading takes minutes, in which the editor goes on editing
    yours, base, known = opened.text, opened.base, opened.articles
    articles = union_of(_still_counting(known, config, gathered), gathered.articles)
    now = project.now()
    plan = plan_issue(
        articles,
        id=opened.id,
        config=config,
        now=now,
        period=history.period,
        seen=history.seen,
        earlier=history.earlier,
    )
    merge = merge_issue(
        yours=yours,
        base=base.issue if base else None,
        written_sha256=base.written_sha256 if base else None,
        fresh=_fitting(plan.issue, opened),
        same=plan.same,
        file=opened.file,
    )
    issue = opened.parse(merge.text)
    if yours is not None or issue.stories or issue.waiting:
        _write(opened.folder, merge, [*articles, *_in_issue(known, issue)], before=(yours, base), now=now)
    if not project.offline:  # which tells nothing about the sources
        opened.folder.write_source_states(gathered.states)
    session.reread_issue(opened.id)
    dropped, ranking = _without_kept_out(plan, merge.kept_out)
    return Collected(
        issue=opened.id,
        file=opened.file,
        at=now,
        since=history.period.since,
        sources=gathered.lines,
        merge=merge,
        stories=len(issue.stories),
        waiting=len(issue.waiting),
        min_stories=config.selection.min_stories,
        changed=merge.text != yours,
        dropped=dropped,
        ranking=ranking,
        bullets=trace_bullets(opened.issue, opened.articles) if opened.text is not None else (),
    )


def _still_counting(known: Iterable[Article], config: Config, gathered: Gathered) -> Iterator[Article]:
    """What was collected before and may still be in the issue.

    A folder that was read whole says which of its files are no more. What came from a source that was taken out of the
    configuration goes with it; what somebody added by hand has no source.
    """
    local = (line for line in gathered.lines if SOURCE_KINDS[line.kind].is_local)
    whole = {line.source for line in local if not (line.error or line.problems)}
    for article in known:
        if not article.source or (article.source not in whole and config.source(article.source)):
            yield article


def _in_issue(known: Iterable[Article], issue: Issue) -> Iterator[Article]:
    """The articles behind the stories of the file, which need them for their names, dates and pictures."""
    told = {canonical_url(story.url) for section in issue.sections for story in section.stories}
    return (article for article in known if canonical_url(article.url) in told)


def _fitting(fresh: Issue, current: IssueReading) -> Issue:
    """The plan; without its subject and preheader when these tell of a story that is not sent.

    Once someone has edited the file, the plan's lead may be waiting to be moved up, or have been dropped.
    """
    yours, base = current.text, current.base
    if yours is None or base is None or is_untouched(yours, base.issue, base.written_sha256):
        return fresh
    sent = {canonical_url(story.url) for story in current.parse(yours).stories}
    if fresh.stories and canonical_url(fresh.stories[0].url) in sent:
        return fresh
    return replace(fresh, subject=base.issue.subject, preheader=base.issue.preheader)


def _without_kept_out(plan: Plan, kept_out: Collection[str]) -> tuple[tuple[Dropped, ...], tuple[Ranked, ...]]:
    """What was left out and the ranking, by what is in the file: the editor's word goes before the plan's."""
    dropped, ranking = list(plan.dropped), []
    for ranked in plan.ranking:
        best = ranked.story[0]
        if canonical_url(best.url) in kept_out:
            dropped.append(Dropped(url=best.url, title=best.title, source=best.source, reason=_TAKEN_OUT))
            ranking.append(replace(ranked, chosen=False, reason=_TAKEN_OUT))
        else:
            ranking.append(ranked)
    return tuple(dropped), tuple(ranking)


def union_of(known: Iterable[Article], fetched: Iterable[Article]) -> list[Article]:
    """Both, each article once and in its place; new text wins unless it is only a snippet of the known one."""
    union = {canonical_url(article.url): article for article in known}
    repeats = Counter[str]()
    kept_repeats: list[Article] = []
    for article in fetched:
        key = canonical_url(article.url)
        repeats[key] += 1
        if repeats[key] == 1:
            union[key] = _newer(article, union.get(key))
        else:
            kept_repeats.append(article)  # the plan says which one leads and reports the other
    return [*union.values(), *kept_repeats]


def _newer(article: Article, earlier: Article | None) -> Article:
    if earlier is None:
        return article
    newer = keep_full_text(article, earlier)
    # An article that somebody added by hand keeps no source when a feed brings it too.
    return newer if earlier.source else replace(newer, source="")


def _write(
    folder: IssueFolder,
    merge: Merge,
    articles: Sequence[Article],
    *,
    before: tuple[str | None, Base | None],
    now: datetime,
) -> None:
    """Write what changed; nothing new leaves every byte, and the time of collecting, as it was."""
    text, base = before
    unique = list({canonical_url(article.url): article for article in reversed(articles)}.values())[::-1]
    folder.write_articles(unique)
    # The text before its base: a story that the base names and the text lacks would count as dropped by the editor.
    folder.write_text(merge.text, over=text)
    if base is None or base.issue != merge.base or base.written_sha256 != merge.written_sha256:
        folder.write_base(Base(issue=merge.base, written_sha256=merge.written_sha256, collected_at=now))
