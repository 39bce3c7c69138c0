"""`add`: articles into the issue, and feeds into the configuration, by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config.config_edit import NewSource, source_id, with_sources
from digest.editing import propose_story
from digest.errors import NothingToDoError, Place, SourceError
from digest.issues import append_story
from digest.models import Article, canonical_url, host_name, is_web_address
from digest.sources import FeedAddress, parse_opml, read_address
from digest.workflow.collecting import union_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.project import IssueReading, Project, Session

__all__ = ["Added", "add"]

_OPML_BYTES = 20 * 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Added:
    """What `add` did.

    Attributes:
        issue: The issue that articles were added to, and ``file`` its issue.md.
        headlines: The stories that are now in it, in order.
        sources: The ids of the sources that are now configured, and ``config`` the file they stand in.
        known: How many feeds are sources already.
        undo: Where the earlier configuration is kept; empty when it did not change.
    """

    issue: str = ""
    file: str = ""
    headlines: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    config: str = ""
    known: int = 0
    undo: str = ""


def add(session: Session, addresses: Sequence[str], *, id: str | None = None, section: str = "", cwd: Path) -> Added:
    """Put articles in the issue, and feeds, alone or listed in an OPML file, among the sources.

    Args:
        addresses: Web addresses, or paths from ``cwd`` or from the newsletter's root, of files within it. An OPML file
            may lie anywhere.
        section: The section of the new sources, instead of the folders of an OPML file.

    Raises:
        SourceError: One of them cannot be read; nothing was written.
        IssueError: issue.md does not parse; nothing was written.
        ConfigError: The configuration cannot be added to; nothing was written.
        NothingToDoError: All of them are there already, or the issue was sent.
    """
    project = session.project
    articles, feeds = _read_all(project, addresses, cwd)
    # Both are worked out before either is written.
    sources = _new_sources(project, feeds, section=section)
    edit = with_sources(project.root, sources) if sources else None
    stories = _Stories.of(session, articles, id=id) if articles else None
    if not sources and not (stories and stories.headlines):
        where = " and ".join([*([stories.reading.file] if stories else []), *([project.config_file] if feeds else [])])
        raise NothingToDoError(f"already in {where}", hint="See what there is: digest collect")
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
        undo=(undo / file).relative_to(project.root).as_posix() if file else "",
    )


def _read_all(project: Project, addresses: Sequence[str], cwd: Path) -> tuple[list[Article], list[FeedAddress]]:
    articles: list[Article] = []
    feeds: list[FeedAddress] = []
    with project.open_fetcher(typed=addresses) as fetcher:
        for address in addresses:
            found = _read_list(address, cwd) or read_address(
                _from_root(address, project.root, cwd), root=project.root, fetcher=fetcher
            )
            if isinstance(found, Article):
                articles.append(found)
            else:
                feeds.extend(found)
    return articles, feeds


def _read_list(address: str, cwd: Path) -> tuple[FeedAddress, ...]:
    """The feeds of an OPML file, wherever it lies: a feed reader saves it where it likes. None of anything else."""
    path = cwd / Path(address).expanduser()
    if is_web_address(address) or path.suffix.lower() != ".opml":
        return ()
    if not path.is_file():
        raise SourceError("there is no such file", place=Place(address), hint="Name it from where you are.")
    try:
        if path.stat().st_size > _OPML_BYTES:
            raise SourceError("the file is larger than 20 MiB", place=Place(address))
        return parse_opml(path.read_bytes(), file=address)
    except OSError as error:
        raise SourceError(f"the file cannot be read: {error.strerror}", place=Place(address)) from None


def _from_root(address: str, root: Path, cwd: Path) -> str:
    """A path as an article is known by it: from the root. It may be typed from where the person stands."""
    if is_web_address(address):
        return address
    root = root.resolve()
    typed = (cwd / address).resolve()
    return typed.relative_to(root).as_posix() if typed.is_file() and typed.is_relative_to(root) else address


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stories:
    """What is to become of an issue."""

    reading: IssueReading
    text: str
    articles: Sequence[Article]
    headlines: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, articles: Sequence[Article], *, id: str | None) -> _Stories:
        reading = session.issue_to_collect(id)
        session.require_unsent(reading.id)
        text = reading.text or ""
        present = {canonical_url(story.url) for section in reading.parse(text).sections for story in section.stories}
        headlines = []
        for article in articles:
            if canonical_url(article.url) in present:
                continue
            story = propose_story(article, per_story=session.project.config.bullets.per_story)
            text = append_story(text, story, file=reading.file)
            present.add(canonical_url(article.url))
            headlines.append(story.headline)
        # Without a source it counts as added by hand, whatever the page calls itself.
        own = [replace(article, source="") for article in articles]
        return cls(reading=reading, text=text, articles=own, headlines=tuple(headlines))

    def write(self) -> None:
        self.reading.folder.write_articles(union_of(self.reading.articles, self.articles))
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
        id = source_id(feed.title or host_name(feed.url), taken=taken)
        taken.add(id)
        new.append(NewSource(id=id, feed=feed.url, name=feed.title, section=section or feed.section))
    return new
