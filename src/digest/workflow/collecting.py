"""`collect` and `add`: from sources to issue.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from digest.editing import Dropped, plan_issue, propose_story
from digest.errors import NothingToDoError
from digest.issues import Base, IssueFolder, append_story, merge_issue, parse_issue
from digest.models import canonical_url, is_web_address
from digest.sources import read_article
from digest.workflow.building import sent_stories
from digest.workflow.reading import read_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import Config
    from digest.issues import Merge
    from digest.models import Article, Issue
    from digest.project import Project

__all__ = ["Added", "Collected", "SourceLine", "add", "collect"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceLine:
    """What one source gave.

    Attributes:
        fetched: Articles in the source.
        new: Those not collected before for this issue.
        error: Why it failed, in words; empty when it did not.
        problems: Single files or pages of it that failed, in words.
    """

    source: str
    kind: str
    fetched: int = 0
    new: int = 0
    unchanged: bool = False
    error: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Collected:
    """What `collect` did.

    Attributes:
        since: The moment after which feeds and pages counted; aware, in UTC. None: the last seven days.
        stories: How many stories of issue.md go in the email now; ``waiting``: how many wait to be moved. With none at
            all there is no issue.md.
        dropped: Articles left out, each with its reason.
    """

    issue: str
    file: str
    since: datetime | None
    sources: tuple[SourceLine, ...]
    merge: Merge
    stories: int
    waiting: int
    min_stories: int
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Added:
    """What `add` did: the headlines now in the issue, in order."""

    issue: str
    file: str
    headlines: tuple[str, ...]


def collect(
    project: Project, id: str | None = None, *, progress: Callable[[SourceLine], None] = lambda _line: None
) -> Collected:
    """Read all sources and merge what is new into issue.md, keeping every edit.

    A source that fails is reported and never stops the others; what it gave earlier for this issue is kept. With no
    story at all nothing is written.

    Raises:
        NothingToDoError: The issue was sent, or is being sent.
        IssueError: issue.md does not parse, or was saved while it was merged; nothing was written.
    """
    folder = project.issue_to_collect(id)
    project.require_unsent(folder.id)
    parse_issue(folder.read_text() or "", id=folder.id, file=folder.file)  # a broken file stops us before any work
    history = _History.of(project, folder)
    before = {canonical_url(article.url) for article in folder.read_articles()}
    lines, fetched = _read_all(project, before, progress)

    # Only now, because reading takes minutes, in which the editor goes on editing.
    yours, base = folder.read_text(), folder.read_base()
    # A folder that was read whole says which of its files are no more.
    whole = {line.source for line in lines if line.kind == "folder" and not (line.error or line.problems)}
    articles = _union((one for one in folder.read_articles() if one.source not in whole), fetched)
    now = project.now()
    plan = plan_issue(articles, id=folder.id, config=project.config, now=now, since=history.since, seen=history.seen)
    merge = merge_issue(
        yours=yours,
        base=base.issue if base else None,
        written_sha256=base.written_sha256 if base else None,
        fresh=plan.issue,
        same=plan.same,
        file=folder.file,
    )
    issue = parse_issue(merge.text, id=folder.id, file=folder.file)
    if yours is not None or issue.stories or issue.waiting:
        _write(folder, merge, articles, before=(yours, base), now=now)
    return Collected(
        issue=folder.id,
        file=folder.file,
        since=history.since,
        sources=lines,
        merge=merge,
        stories=len(issue.stories),
        waiting=len(issue.waiting),
        min_stories=project.config.selection.min_stories,
        dropped=plan.dropped,
    )


def add(project: Project, addresses: Sequence[str], *, id: str | None = None, cwd: Path) -> Added:
    """Put articles in the issue by hand.

    Args:
        addresses: Web addresses, or paths from ``cwd`` or from the newsletter's root, of files within it.

    Raises:
        SourceError: One of them cannot be read; nothing was written.
        IssueError: issue.md does not parse; nothing was written.
        NothingToDoError: All of them are in the issue already, or it was sent.
    """
    folder = project.issue_to_collect(id)
    project.require_unsent(folder.id)
    with project.open_fetcher(typed=addresses) as fetcher:
        articles = [
            read_article(_from_root(address, project.root, cwd), root=project.root, fetcher=fetcher)
            for address in addresses
        ]
    before = folder.read_text()
    text = before or ""
    present = _addresses(parse_issue(text, id=folder.id, file=folder.file))
    headlines = []
    for article in articles:
        if canonical_url(article.url) in present:
            continue
        story = propose_story(article, per_story=project.config.bullets.per_story)
        text = append_story(text, story, file=folder.file)
        present.add(canonical_url(article.url))
        headlines.append(story.headline)
    if not headlines:
        raise NothingToDoError(f"already in {folder.file}", hint="Move or edit it there: digest preview")
    folder.write_articles(_union(folder.read_articles(), articles))
    folder.write_text(text, over=before)
    return Added(issue=folder.id, file=folder.file, headlines=tuple(headlines))


def _from_root(address: str, root: Path, cwd: Path) -> str:
    """A path as an article is known by it: from the root. It may be typed from where the person stands."""
    if is_web_address(address):
        return address
    root = root.resolve()
    typed = (cwd / address).resolve()
    return typed.relative_to(root).as_posix() if typed.is_file() and typed.is_relative_to(root) else address


@dataclass(frozen=True, kw_only=True, slots=True)
class _History:
    """What earlier issues say about this one.

    Attributes:
        since: Where its time begins; None when nothing was sent yet.
        seen: Canonical URLs that are not proposed again: stories that readers have had, and articles without a date
            that were looked at for an earlier issue, for which `since` decides nothing.
    """

    since: datetime | None
    seen: frozenset[str]

    @classmethod
    def of(cls, project: Project, folder: IssueFolder) -> _History:
        existing = project.issue_ids()
        seen = set(sent_stories(project))
        since: datetime | None = None
        for campaign in project.campaigns():
            if campaign.issue == folder.id or not (campaign.report.accepted or campaign.report.unknown):
                continue
            moment = campaign.started_at
            if campaign.issue in existing:
                earlier = project.issue(campaign.issue)
                seen |= _undated(earlier, project.config)
                base = earlier.read_base()
                # What came in between collecting and sending was not in that issue: it is new.
                moment = min(moment, base.collected_at) if base else moment
            since = moment if since is None else max(since, moment)
        return cls(since=since, seen=frozenset(seen))


def _undated(earlier: IssueFolder, config: Config) -> set[str]:
    sources = {source.id for source in config.sources if source.kind != "folder"}
    return {
        canonical_url(article.url)
        for article in earlier.read_articles()
        if article.published is None and article.source in sources
    }


def _read_all(
    project: Project, before: set[str], progress: Callable[[SourceLine], None]
) -> tuple[tuple[SourceLine, ...], list[Article]]:
    lines: list[SourceLine] = []
    articles: list[Article] = []
    with project.open_fetcher() as fetcher:
        for reading in read_sources(project.config.sources, root=project.root, fetcher=fetcher):
            new = {canonical_url(article.url) for article in reading.articles} - before
            line = SourceLine(
                source=reading.source,
                kind=reading.kind,
                fetched=len(reading.articles),
                new=len(new),
                unchanged=reading.unchanged,
                error=str(reading.error or ""),
                problems=tuple(str(problem) for problem in reading.problems),
            )
            lines.append(line)
            progress(line)
            articles.extend(reading.articles)
    return tuple(lines), articles


def _union(known: Iterable[Article], fetched: Iterable[Article]) -> list[Article]:
    """Both, each article once; the newly fetched text wins, the place stays."""
    union = {canonical_url(article.url): article for article in known}
    repeats = Counter[str]()
    kept_repeats: list[Article] = []
    for article in fetched:
        key = canonical_url(article.url)
        repeats[key] += 1
        if repeats[key] == 1:
            union[key] = _keep_section(article, union.get(key))
        else:
            kept_repeats.append(article)  # the plan says which one leads and reports the other
    return [*union.values(), *kept_repeats]


def _keep_section(article: Article, earlier: Article | None) -> Article:
    """An article that somebody added by hand keeps no source when a feed brings it too."""
    return replace(article, source="") if earlier is not None and not earlier.source else article


def _addresses(issue: Issue) -> set[str]:
    return {canonical_url(story.url) for section in issue.sections for story in section.stories}


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
