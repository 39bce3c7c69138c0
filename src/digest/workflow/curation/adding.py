"""`add`: put articles in the issue, or feeds among the sources, by hand."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from digest.config.config_edit import NewSource, source_id, with_sources
from digest.editing import propose_story
from digest.errors import DigestError, NothingToDoError
from digest.issues import append_story
from digest.models import canonical_url, host_name, is_web_address, secret_parameters, without_secrets
from digest.sources import outlet_name
from digest.workflow.collecting import collected_article, merge_articles
from digest.workflow.curation.typed_addresses import TypedContent, read_typed, refuse_choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from digest.models import Article
    from digest.project import IssueReading, Project, Session
    from digest.sources import FeedAddress, SourceReading
    from digest.workflow.curation.typed_addresses import ChooseFeeds

__all__ = ["Added", "add"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Added:
    """What `add` did.

    Attributes:
        issue: The issue that articles were added to; empty when there were none.
        file: Its issue.md, relative to the newsletter's root.
        headlines: The headlines of the added stories, in order.
        sources: The ids of the added sources.
        config: The configuration file they were written to; empty when it did not change.
        known: How many of the feeds were already sources.
        left_out: The feeds of an OPML file that are not added, because their addresses are private.
        unread: The outlines of an OPML file that give no feed, each with its line and the reason.
        failed: Why feeds of an OPML file could not be read, by their addresses. They are added nevertheless.
        unchecked: The feeds that were added without a look at them, because the network is not used.
        secret_sources: The addresses of added sources that hold a key, without it.
        secret_links: The addresses of added stories that hold a key, as readers get them.
        undo: Where the previous configuration is backed up; empty if it did not change.
    """

    issue: str = ""
    file: str = ""
    headlines: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    config: str = ""
    known: int = 0
    left_out: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()
    secret_sources: tuple[str, ...] = ()
    secret_links: tuple[str, ...] = ()
    undo: str = ""


def add(
    session: Session,
    addresses: Sequence[str],
    *,
    id: str | None = None,
    section: str = "",
    cwd: Path,
    choose: ChooseFeeds = refuse_choice,
    progress: Callable[[SourceReading], None] = lambda _reading: None,
) -> Added:
    """Put articles in the issue, and feeds among the sources: typed, listed in an OPML file, or found on a site.

    An article that was collected for the issue already is taken as it was collected, and not fetched again.

    Args:
        addresses: Web addresses, or paths of files in the newsletter's folder, relative to ``cwd`` or to its root. An
            OPML file may be anywhere.
        id: The issue; by default the open one, or the next one due.
        section: The section of the new sources, instead of the folders in an OPML file.
        cwd: The current directory.
        choose: Asks which of several feeds of a site to add.
        progress: Called with each feed of an OPML file once it is read.

    Raises:
        SourceError: An address cannot be read, or holds a password; nothing was written.
        IssueError: issue.md does not parse; nothing was written.
        ConfigError: The sources cannot be added to the configuration, or nobody could be asked which of several feeds
            is meant; nothing was written.
        NothingToDoError: Everything was added before, or the issue was sent.
    """
    project = session.project
    collected, others = _collected(session, addresses, id=id)
    content = read_typed(project, others, cwd, choose=choose, progress=progress) if others else TypedContent()
    feeds = content.feeds
    # Prepare both before writing either.
    sources = _new_sources(project, feeds, section=section)
    edit = with_sources(project.root, sources) if sources else None
    # An article without a source counts as added by hand, whatever name the page gives itself.
    articles = [*collected, *(replace(article, source="") for article in content.articles)]
    stories = _Stories.of(session, articles, id=id) if articles else None
    if not sources and not (stories and stories.headlines):
        where = " and ".join([*([stories.reading.file] if stories else []), *([project.config_file] if feeds else [])])
        raise NothingToDoError(f"already in {where}", hint="To see what is new: digest collect")
    if stories and stories.headlines:
        stories.write()
        session.reread_issue(stories.reading.id)
    undo = project.state / "undo"
    file = edit.write(undo=undo) if edit else ""
    return Added(
        issue=stories.reading.id if stories else "",
        file=stories.reading.file if stories else "",
        headlines=stories.headlines if stories else (),
        sources=tuple(source.id for source in sources),
        config=file,
        known=len(feeds) - len(sources),
        left_out=tuple(content.private),
        unread=tuple(content.unread),
        failed=content.failed,
        unchecked=tuple(content.unchecked),
        secret_sources=tuple(without_secrets(each.feed) for each in sources if secret_parameters(each.feed)),
        secret_links=tuple(url for url in stories.urls if secret_parameters(url)) if stories else (),
        undo=(undo / file).relative_to(project.root).as_posix() if file else "",
    )


def _collected(session: Session, addresses: Sequence[str], *, id: str | None) -> tuple[list[Article], list[str]]:
    """The articles that were collected for the issue already, and need not be fetched, and the remaining addresses."""
    # A feed is added without an issue or a ledger. What is wrong with them is reported as soon as an article is added.
    with suppress(DigestError):
        collected = session.issue_to_collect(id).articles
        known = {url: collected_article(collected, url=url) for url in addresses if is_web_address(url)}
        return list(filter(None, known.values())), [address for address in addresses if known.get(address) is None]
    return [], list(addresses)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stories:
    """Stories to append to an issue, not written yet."""

    reading: IssueReading
    text: str
    articles: Sequence[Article]
    headlines: tuple[str, ...]
    urls: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, articles: Sequence[Article], *, id: str | None) -> _Stories:
        reading = session.issue_to_collect(id)
        session.require_unsent(reading.id)
        text = reading.text or ""
        present = {story.key for section in reading.parse(text).sections for story in section.stories}
        headlines, urls = [], []
        for article in articles:
            if article.key in present:
                continue
            story = propose_story(article, per_story=session.project.config.bullets.per_story)
            text = append_story(text, story, file=reading.file)
            present.add(article.key)
            headlines.append(story.headline)
            urls.append(article.url)
        return cls(reading=reading, text=text, articles=articles, headlines=tuple(headlines), urls=tuple(urls))

    def write(self) -> None:
        self.reading.folder.write_articles(merge_articles(self.reading.articles, self.articles))
        self.reading.folder.write_text(self.text, over=self.reading.text)


def _new_sources(project: Project, feeds: Sequence[FeedAddress], *, section: str) -> list[NewSource]:
    sources = project.config.sources
    configured = {canonical_url(source.addresses[0]) for source in sources if source.kind.name == "feed"}
    taken = {source.id for source in sources}
    new: list[NewSource] = []
    for feed in feeds:
        if canonical_url(feed.url) in configured:
            continue
        configured.add(canonical_url(feed.url))
        name = outlet_name(feed.title, url=feed.url)
        id = source_id(name or host_name(feed.url), taken=taken)
        taken.add(id)
        new.append(NewSource(id=id, feed=feed.url, name=name, section=section or feed.section))
    return new
