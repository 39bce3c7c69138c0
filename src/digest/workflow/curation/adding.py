"""`add`: put articles in the issue, or feeds among the sources, by hand."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config.config_edit import NewSource, source_id, with_sources
from digest.editing import propose_story
from digest.errors import IssueError, NothingToDoError, Place, SourceError
from digest.issues import append_story
from digest.models import (
    Article,
    canonical_url,
    host_name,
    is_local_host,
    is_web_address,
    password_parameter,
    printable_url,
    secret_parameters,
    without_secrets,
)
from digest.sources import FeedAddress, FeedList, outlet_name, parse_opml, read_address
from digest.workflow.collecting import collected_article, merge_articles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.project import IssueReading, Project, Session

__all__ = ["Added", "add", "require_no_password"]

_OPML_BYTES = 20 * 2**20


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
    secret_sources: tuple[str, ...] = ()
    secret_links: tuple[str, ...] = ()
    undo: str = ""


def add(session: Session, addresses: Sequence[str], *, id: str | None = None, section: str = "", cwd: Path) -> Added:
    """Put articles in the issue, and feeds, alone or listed in an OPML file, among the sources.

    An article that was collected for the issue already is taken as it was collected, and not fetched again.

    Args:
        addresses: Web addresses, or paths of files in the newsletter's folder, relative to ``cwd`` or to its root. An
            OPML file may be anywhere.
        id: The issue; by default the open one, or the next one due.
        section: The section of the new sources, instead of the folders in an OPML file.
        cwd: The current directory.

    Raises:
        SourceError: An address cannot be read, or holds a password; nothing was written.
        IssueError: issue.md does not parse; nothing was written.
        ConfigError: The sources cannot be added to the configuration; nothing was written.
        NothingToDoError: Everything was added before, or the issue was sent.
    """
    project = session.project
    collected, others = _collected(session, addresses, id=id)
    content = _read_all(project, others, cwd) if others else _Content()
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
        secret_sources=tuple(without_secrets(each.feed) for each in sources if secret_parameters(each.feed)),
        secret_links=tuple(url for url in stories.urls if secret_parameters(url)) if stories else (),
        undo=(undo / file).relative_to(project.root).as_posix() if file else "",
    )


def _collected(session: Session, addresses: Sequence[str], *, id: str | None) -> tuple[list[Article], list[str]]:
    """The articles that were collected for the issue already, and need not be fetched, and the remaining addresses."""
    with suppress(IssueError):  # the next collect reports a damaged articles.jsonl
        collected = session.issue_to_collect(id).articles
        known = {url: collected_article(collected, url=url) for url in addresses if is_web_address(url)}
        return list(filter(None, known.values())), [address for address in addresses if known.get(address) is None]
    return [], list(addresses)


@dataclass(frozen=True, slots=True)
class _Content:
    """Articles and feeds at some addresses, private feeds that are left out, and outlines without a feed."""

    articles: list[Article] = field(default_factory=list)
    feeds: list[FeedAddress] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def _read_all(project: Project, addresses: Sequence[str], cwd: Path) -> _Content:
    from digest.fetching import AllowedHosts, host_and_port

    allowed = AllowedHosts(project.config.fetching.allow_hosts)
    for address in addresses:
        require_no_password(address)
    read = _Content()
    with project.open_fetcher(typed=addresses) as fetcher:
        for address in addresses:
            content = _read_feed_list(address, cwd) or read_address(
                _from_root(address, project.root, cwd), root=project.root, fetcher=fetcher
            )
            if isinstance(content, Article):
                read.articles.append(content)
                continue
            read.unread.extend(content.unread)
            for feed in content.feeds:
                require_no_password(feed.url)
                # Whoever wrote the list is not the editor, and as a source the address would count as the editor's.
                listed, place = feed.url != address, host_and_port(feed.url)
                if listed and is_local_host(place[0]) and place not in allowed:
                    read.private.append(feed.url)
                else:
                    read.feeds.append(feed)
    if read.private and not (read.articles or read.feeds):
        raise SourceError(
            f"all feeds in the list have private addresses, such as {read.private[0]}",
            hint=f"To add one that you trust: digest add {read.private[0]}",
        )
    return read


def require_no_password(address: str) -> None:
    """Refuse an address with a user name or password, which would be committed, and mailed if it is an article's.

    Raises:
        SourceError: It has one.
    """
    if printable_url(address) != address or password_parameter(address):
        raise SourceError(
            f"the address of {without_secrets(address)} holds a user name or password, which would be committed",
            hint="Add it without them. If the feed needs them, write the source into digest.toml yourself, "
            "and keep the repository private.",
        )


def _read_feed_list(address: str, cwd: Path) -> FeedList | None:
    """The feeds in an OPML file, which may be anywhere on the disk; None for anything else."""
    path = cwd / Path(address).expanduser()
    if is_web_address(address) or path.suffix.lower() != ".opml":
        return None
    if not path.is_file():
        raise SourceError(
            "there is no such file", place=Place(address), hint="Use a path relative to the current folder."
        )
    try:
        if path.stat().st_size > _OPML_BYTES:
            raise SourceError("the file is larger than 20 MiB", place=Place(address))
        return parse_opml(path.read_bytes(), file=address)
    except OSError as error:
        raise SourceError(f"the file cannot be read: {error.strerror}", place=Place(address)) from None


def _from_root(address: str, root: Path, cwd: Path) -> str:
    """A path relative to the newsletter's root, by which an article is identified. It may be typed from ``cwd``."""
    if is_web_address(address):
        return address
    root = root.resolve()
    typed = (cwd / address).resolve()
    return typed.relative_to(root).as_posix() if typed.is_file() and typed.is_relative_to(root) else address


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
