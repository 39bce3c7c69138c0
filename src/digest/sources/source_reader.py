"""Read a configured source, or one address, into articles.

::

    feed ──── fetch ─▶ parse_feed ─ for an item with only a snippet, fetch its page ─▶ extract_article
    page(s) ─ fetch ─▶ extract_article          an address without http(s) is a path in the newsletter's folder
    sitemap ─ fetch ─▶ parse_sitemap ─ fetch ─▶ extract_article
    folder ── read ──▶ parse_text

Each kind of source names its reader in `digest.config.SOURCE_KINDS`. A source that fails ends here as an error to
report. It never stops the other sources.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from digest.errors import DigestError
from digest.fetching import FEED_BYTES, GoneError
from digest.models import Article, is_web_address
from digest.sources.feeds.feed_parser import is_feed, is_opml, parse_feed
from digest.sources.feeds.opml import FeedAddress, FeedList, parse_opml
from digest.sources.files.article_files import UnreadFileError, parse_text
from digest.sources.pages.page_source import PAGE_ACCEPT, article_from_response, fetch_page
from digest.sources.pages.site_feeds import feeds_of_site, is_front_page
from digest.sources.source_access import BEGINNING, SourceAccess, attempt
from digest.sources.source_secrets import secret_parts, without_secret_parts, without_secret_parts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from digest.config import SourceConfig
    from digest.fetching import Fetcher, Response

    SourceReader = Callable[[SourceAccess, tuple[str, ...]], Iterable[Article]]

__all__ = ["SourceReading", "read_address", "read_source"]

_ANY_ACCEPT = f"{PAGE_ACCEPT}, text/x-opml;q=0.5"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceReading:
    """What one source returned.

    Attributes:
        source: The source's id.
        kind: The name of its kind, such as ``feed``.
        articles: In the source's order, each with ``source`` set to the id, and each article once.
        unchanged: The server answered that nothing has changed since the last request. ``articles`` is still complete.
        pages: How many pages were read for items that hold only a snippet.
        moved_to: Where the source has moved permanently.
        error: Why nothing could be read.
        problems: Individual files or pages of the source that failed.
        drafts: The files that are marked as not for print.
    """

    source: str
    kind: str
    articles: tuple[Article, ...] = ()
    unchanged: bool = False
    pages: int = 0
    moved_to: str = ""
    error: DigestError | None = None
    problems: tuple[DigestError, ...] = ()
    drafts: tuple[DigestError, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all articles of the source were read, though there may be files of other kinds among them."""
        return self.error is None and all(isinstance(problem, UnreadFileError) for problem in self.problems)

    @property
    def gone(self) -> bool:
        """Whether the server answered that the source is gone for good (410)."""
        return isinstance(self.error, GoneError)


def read_source(
    source: SourceConfig,
    *,
    root: Path,
    fetcher: Fetcher,
    after: datetime = BEGINNING,
    counts: Callable[[Article], bool] = lambda _article: True,
) -> SourceReading:
    """Read a configured source. Failures are part of the reading; nothing is raised.

    Args:
        source: The source.
        root: The newsletter's folder. Addresses that are not http or https are paths in it.
        fetcher: The HTTP client.
        after: Pages of a sitemap that have not changed since this time are not read; aware.
        counts: Returns whether an article of a feed is new enough. The pages of older articles are not read.
    """

    def counts_here(article: Article) -> bool:
        return counts(replace(article, source=source.id))

    access = SourceAccess(root, fetcher, full_text=source.full_text, after=after, counts=counts_here)
    read: SourceReader = resolve_name(source.kind.reader)
    result = attempt(partial(read, access, source.addresses), source.addresses[0])
    secrets = secret_parts(source.addresses)
    if isinstance(result, DigestError):
        return SourceReading(source=source.id, kind=source.kind.name, error=without_secret_parts_in(result, secrets))
    articles: dict[str, Article] = {}
    for article in result:
        own = replace(article, source=source.id)
        articles.setdefault(article.key, without_secret_parts(own, secrets) if secrets else own)
    problems = [without_secret_parts_in(problem, secrets) for problem in access.problems]
    if problems and not articles and not source.kind.is_local:
        return SourceReading(source=source.id, kind=source.kind.name, error=problems[0], problems=tuple(problems[1:]))
    return SourceReading(
        source=source.id,
        kind=source.kind.name,
        articles=tuple(articles.values()),
        unchanged=access.unchanged,
        pages=access.pages_read,
        moved_to="" if any(part in access.moved_to for part in secrets) else access.moved_to,  # it is recorded
        problems=tuple(problems),
        drafts=tuple(access.drafts),
    )


def read_address(address: str, *, root: Path, fetcher: Fetcher) -> Article | FeedList:
    """Read one address that a user typed.

    Args:
        address: A web address, or a path relative to the newsletter's folder.
        root: The newsletter's folder.
        fetcher: The HTTP client.

    Returns:
        The article there, or the feeds that the address is, lists (OPML) or, as the front page of a site, leads to.

    Raises:
        SourceError: It cannot be fetched or read, has neither an article nor feeds, or is a path that leads out of the
            folder.
    """
    result = attempt(partial(_read_anything, SourceAccess(root, fetcher), address), address)
    if isinstance(result, DigestError):
        raise result
    return result


def _read_anything(access: SourceAccess, address: str) -> Article | FeedList:
    if is_web_address(address):
        response = access.fetcher.get(address, accept=_ANY_ACCEPT, max_bytes=FEED_BYTES)
        return _feeds_in(response.content, address=address, url=response.url) or _on_page(access, response)
    data, path = access.read_file(address)
    return _feeds_in(data, address=path, url=path) or parse_text(data, path=path)


def _on_page(access: SourceAccess, response: Response) -> Article | FeedList:
    """The article of a page, or the feeds of a site whose front page it is."""
    article = attempt(
        partial(article_from_response, response, fetch=partial(fetch_page, access, robots=False)), response.url
    )
    if is_front_page(response.url):
        feeds = feeds_of_site(access, response)
        if feeds:
            return FeedList(feeds=feeds, origin="site")
    if isinstance(article, DigestError):
        raise article
    return article


def _feeds_in(content: bytes, *, address: str, url: str) -> FeedList | None:
    if is_opml(content):
        return parse_opml(content, file=url)
    if not is_feed(content):
        return None
    return FeedList(feeds=(FeedAddress(title=parse_feed(content, url=url).title, url=address),), origin="feed")
