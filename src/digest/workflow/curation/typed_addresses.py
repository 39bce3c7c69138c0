"""What is at the addresses that a user typed for `add`: articles, feeds, lists of feeds, and sites that have feeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from digest.config import SourceConfig
from digest.errors import ConfigError, FetchError, Place, SourceError
from digest.models import (
    Article,
    is_local_host,
    is_web_address,
    password_parameter,
    printable_url,
    without_secrets,
)
from digest.sources import FeedAddress, FeedList, parse_opml, read_address
from digest.sources.source_access import BEGINNING
from digest.workflow.reading_sources import read_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from digest.fetching import Fetcher
    from digest.project import Project
    from digest.sources import SourceReading

    #: Asks which feeds of a site, named by its address, to add.
    ChooseFeeds = Callable[[str, Sequence[FeedAddress]], Sequence[FeedAddress]]

__all__ = ["TypedContent", "read_typed", "refuse_choice", "require_no_password"]

_OPML_BYTES = 20 * 2**20


@dataclass(frozen=True, slots=True)
class TypedContent:
    """What is at some addresses.

    Attributes:
        articles: The articles.
        feeds: The feeds to add.
        private: The feeds of a list that are left out, because their addresses are private.
        unread: The outlines of a list that give no feed, each with its line and the reason.
        failed: Why each feed of a list could not be read. It is among ``feeds`` nevertheless.
        unchecked: The feeds that nobody has looked at, because the network is not used.
    """

    articles: list[Article] = field(default_factory=list)
    feeds: list[FeedAddress] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    unchecked: list[str] = field(default_factory=list)


def refuse_choice(address: str, feeds: Sequence[FeedAddress]) -> Sequence[FeedAddress]:
    """Refuse to choose among the feeds of a site, where nobody can be asked.

    Raises:
        ConfigError: Always. It lists the feeds.
    """
    listed = "".join(f"\n  {feed.url}{f'  ({feed.title})' if feed.title else ''}" for feed in feeds)
    raise ConfigError(
        f"{address} has {len(feeds)} feeds, and none was chosen:{listed}",
        hint=f"Name the one that you want: digest add {feeds[0].url}",
    )


def read_typed(
    project: Project,
    addresses: Sequence[str],
    cwd: Path,
    *,
    choose: ChooseFeeds = refuse_choice,
    progress: Callable[[SourceReading], None] = lambda _reading: None,
) -> TypedContent:
    """Read what is at some addresses. Every feed is read, to see that it is one.

    Args:
        addresses: Web addresses, or paths of files in the newsletter's folder, relative to ``cwd`` or to its root. An
            OPML file may be anywhere.
        cwd: The current directory.
        choose: Asks which of several feeds of a site to add.
        progress: Called with each feed of a list once it is read.

    Raises:
        SourceError: An address cannot be read, or holds a password.
        ConfigError: A site has several feeds, and nobody could be asked which one is meant.
    """
    for address in addresses:
        require_no_password(address)
    content, listed = TypedContent(), []
    with project.open_fetcher(typed=addresses) as fetcher:
        for address in addresses:
            found = _at_address(address, project, cwd, fetcher)
            if isinstance(found, Article):
                content.articles.append(found)
                continue
            if found is None:
                content.feeds.append(FeedAddress(title="", url=address))
                content.unchecked.append(address)
                continue
            content.unread.extend(found.unread)
            several = found.origin == "site" and len(found.feeds) > 1
            feeds = _without_private(
                choose(address, found.feeds) if several else found.feeds, address, project, content
            )
            content.feeds.extend(feeds)
            if found.origin == "list":
                listed += feeds
        if project.offline:
            content.unchecked.extend(feed.url for feed in listed)
        else:
            content.failed.update(_failures(listed, project, fetcher, progress))
    if content.private and not (content.articles or content.feeds):
        raise SourceError(
            f"all feeds in the list have private addresses, such as {content.private[0]}",
            hint=f"To add one that you trust: digest add {content.private[0]}",
        )
    return content


def _at_address(address: str, project: Project, cwd: Path, fetcher: Fetcher) -> Article | FeedList | None:
    """What is at an address; None if it is on the web, the network is not used, and it is not in the cache."""
    feeds = _read_feed_list(address, cwd)
    if feeds is not None:
        return feeds
    try:
        return read_address(_from_root(address, project.root, cwd), root=project.root, fetcher=fetcher)
    except FetchError as error:
        if project.offline and is_web_address(address):
            return None
        if is_web_address(address) and not error.hint:
            error.hint = f"To write it as a feed without a check: digest add {address} --offline"
        raise


def _without_private(
    feeds: Sequence[FeedAddress], address: str, project: Project, content: TypedContent
) -> list[FeedAddress]:
    """The feeds that may become sources. Private ones that the user did not type are noted in ``content``.

    Whoever wrote a list or a page is not the editor, and as a source the address would count as the editor's.
    """
    from digest.fetching import AllowedHosts, host_and_port

    allowed = AllowedHosts(project.config.fetching.allow_hosts)
    kept = []
    for feed in feeds:
        require_no_password(feed.url)
        place = host_and_port(feed.url)
        typed = feed.url == address or (is_web_address(address) and place == host_and_port(address))
        if not typed and is_local_host(place[0]) and place not in allowed:
            content.private.append(feed.url)
        else:
            kept.append(feed)
    return kept


def _failures(
    feeds: Sequence[FeedAddress], project: Project, fetcher: Fetcher, progress: Callable[[SourceReading], None]
) -> dict[str, str]:
    """Why each feed that cannot be read cannot, by its address. The feeds are read in parallel."""
    sources = [
        SourceConfig.model_validate({"id": f"feed-{number}", "feed": feed.url, "full_text": "never"})
        for number, feed in enumerate(feeds, 1)
    ]
    readings = read_sources(sources, root=project.root, fetcher=fetcher, after=BEGINNING, finished=progress)
    return {feed.url: str(reading.error) for feed, reading in zip(feeds, readings, strict=True) if reading.error}


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
