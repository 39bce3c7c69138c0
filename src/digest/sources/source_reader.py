"""From a configured source, or one address, to articles.

::

    feed ──── fetch ─▶ parse_feed ─ an item with a snippet only: fetch its page ─▶ extract_article
    page(s) ─ fetch ─▶ extract_article          an address without http(s) is a path in the newsletter's folder
    sitemap ─ fetch ─▶ read_sitemap ─ fetch ─▶ extract_article
    folder ── read ──▶ parse_text

What is wrong with a source ends here as an error to report: it never stops the other sources.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from digest.errors import DigestError, FetchError, Place, SourceError
from digest.fetching import FEED_BYTES, GoneError
from digest.models import Article, canonical_url, is_web_address
from digest.sources.encoding import decode_page, is_binary
from digest.sources.feeds.feed_discovery import is_feed, is_opml
from digest.sources.feeds.feed_parser import parse_feed
from digest.sources.feeds.full_text import pages_to_read, with_page
from digest.sources.feeds.opml import FeedAddress, parse_opml
from digest.sources.files.article_files import parse_text
from digest.sources.files.article_folder import article_files, read_file
from digest.sources.pages.article_extraction import extract_article
from digest.sources.pages.sitemap import read_sitemap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from digest.config import FullText, SourceConfig
    from digest.fetching import Fetcher, Response

__all__ = ["SourceReading", "read_address", "read_source"]

_Read = TypeVar("_Read")

_FEED_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
_PAGE_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.5"
_ANY_ACCEPT = f"{_PAGE_ACCEPT}, text/x-opml;q=0.5"
_SITEMAP_ACCEPT = "application/xml, text/xml, */*;q=0.5"
#: A page that a feed or a sitemap led to is not asked for again within a day: articles hardly change, sites are many.
_KEEP_PAGE = timedelta(days=1)
#: For the pages of one feed together, in seconds. What was not read by then stays the snippet it is.
_PAGES_SECONDS = 60.0
#: After so many pages of a feed in a row that cannot be read its site does not want us.
_FAILURES = 5
_DAY = timedelta(days=1)
_EVER = datetime.min.replace(tzinfo=UTC) + _DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceReading:
    """What one source gave.

    Attributes:
        source: The source's id.
        kind: feed, page, pages, sitemap or folder.
        articles: In the source's order, each with ``source`` set to the id, each address once.
        unchanged: The server said that nothing changed since the last time; the articles are there all the same.
        pages: How many pages were read for items that hold a snippet only.
        moved_to: Where the source has moved for good.
        error: Why nothing could be read.
        problems: Single files or pages of the source that failed.
    """

    source: str
    kind: str
    articles: tuple[Article, ...] = ()
    unchanged: bool = False
    pages: int = 0
    moved_to: str = ""
    error: DigestError | None = None
    problems: tuple[DigestError, ...] = ()

    @property
    def gone(self) -> bool:
        """Whether the server said that the source is gone for good (410)."""
        return isinstance(self.error, GoneError)


def read_source(
    source: SourceConfig,
    *,
    root: Path,
    fetcher: Fetcher,
    after: datetime = _EVER,
    counts: Callable[[Article], bool] = lambda _article: True,
) -> SourceReading:
    """Read a configured source. Whatever fails is in the reading; nothing is raised.

    Args:
        root: The newsletter's folder; addresses that are not http or https are paths in it.
        after: What changed until this moment, aware, is no news: pages of a sitemap that did are not read.
        counts: Whether an article of a feed is new enough: of one that is not, the page is not read.
    """

    def counts_here(article: Article) -> bool:
        return counts(replace(article, source=source.id))

    reader = _Reader(root, fetcher, full_text=source.full_text, after=after, counts=counts_here)
    read = {
        "feed": reader.feed,
        "page": reader.pages,
        "pages": reader.pages,
        "sitemap": reader.sitemap,
        "folder": reader.folder,
    }[source.kind]
    found = _attempt(partial(read, source.addresses), source.addresses[0])
    if isinstance(found, DigestError):
        return SourceReading(source=source.id, kind=source.kind, error=found)
    articles: dict[str, Article] = {}
    for article in found:
        articles.setdefault(canonical_url(article.url), replace(article, source=source.id))
    problems = reader.problems
    if problems and not articles and source.kind != "folder":
        return SourceReading(source=source.id, kind=source.kind, error=problems[0], problems=tuple(problems[1:]))
    return SourceReading(
        source=source.id,
        kind=source.kind,
        articles=tuple(articles.values()),
        unchanged=reader.unchanged,
        pages=reader.pages_read,
        moved_to=reader.moved_to,
        problems=tuple(problems),
    )


def read_address(address: str, *, root: Path, fetcher: Fetcher) -> Article | tuple[FeedAddress, ...]:
    """Read what a person names: an article, or the feeds that the address is or lists (OPML).

    Args:
        address: A web address, or a path from the newsletter's folder.

    Raises:
        SourceError: It cannot be fetched or read, or is neither. The path leads out of the folder.
    """
    found = _attempt(partial(_Reader(root, fetcher).anything, address), address)
    if isinstance(found, DigestError):
        raise found
    return found


def _attempt(read: Callable[[], _Read], address: str) -> _Read | DigestError:
    """The seam: what is read, or why it could not be."""
    try:
        return read()
    except DigestError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a source is arbitrary input to libraries that we do not control
        return SourceError(f"it cannot be read: {type(error).__name__}: {error}", place=Place(address))


class _Reader:
    """One reading of one source: collects problems, and whether all answers were the kept ones."""

    def __init__(
        self,
        root: Path,
        fetcher: Fetcher,
        *,
        full_text: FullText = "never",
        after: datetime = _EVER,
        counts: Callable[[Article], bool] = lambda _article: True,
    ) -> None:
        self._root, self._fetcher = root, fetcher
        self._full_text, self._after, self._counts = full_text, after, counts
        self._kept: list[bool] = []
        self.pages_read = 0
        self.moved_to = ""
        self.problems: list[DigestError] = []

    @property
    def unchanged(self) -> bool:
        return bool(self._kept) and all(self._kept)

    def feed(self, addresses: tuple[str, ...]) -> tuple[Article, ...]:
        (address,) = addresses
        if not is_web_address(address):
            data, shown = self._file(address)
            return parse_feed(data, url=shown).articles
        articles = self._read_feed(address)
        fuller = self._with_pages(pages_to_read(articles, full_text=self._full_text, counts=self._counts))
        return tuple(fuller.get(article.url, article) for article in articles)

    def _read_feed(self, address: str) -> tuple[Article, ...]:
        try:
            return self._fetch_feed(address)
        except SourceError as error:
            # Where it moved to there is no feed: the move was a mistake, or the domain has another owner.
            if isinstance(error, FetchError) or not self.moved_to:
                raise
        self._fetcher.forget_move(address)
        return self._fetch_feed(address)

    def _fetch_feed(self, address: str) -> tuple[Article, ...]:
        response = self._fetcher.get(address, accept=_FEED_ACCEPT, max_bytes=FEED_BYTES)
        self.moved_to = response.moved_to
        content_type = response.headers.get("content-type")
        articles = parse_feed(response.content, url=response.url, content_type=content_type).articles
        self._keep(response)
        return articles

    def anything(self, address: str) -> Article | tuple[FeedAddress, ...]:
        if is_web_address(address):
            response = self._fetcher.get(address, accept=_ANY_ACCEPT, max_bytes=FEED_BYTES)
            return _feeds_in(response.content, address=address, url=response.url) or _article_of(response)
        data, shown = self._file(address)
        return _feeds_in(data, address=shown, url=shown) or parse_text(data, path=shown)

    def _with_pages(self, wanted: tuple[Article, ...]) -> dict[str, Article]:
        """The articles whose pages could be read, by address; what failed is one problem in all."""
        found: dict[str, Article] = {}
        failures: list[DigestError] = []
        in_a_row = 0
        until = time.monotonic() + _PAGES_SECONDS
        for article in wanted:
            if in_a_row == _FAILURES or time.monotonic() > until:
                break
            page = _attempt(partial(self._page_of, article), article.url)
            if isinstance(page, DigestError):
                failures.append(page)
                in_a_row += 1
            else:
                found[article.url] = page
                in_a_row = 0
        self.pages_read = len(found)
        if len(found) < len(wanted):
            first = f": {failures[0]}" if failures else ""
            self.problems.append(
                SourceError(
                    f"{len(wanted) - len(found)} of {len(wanted)} pages were not read; what was known stands{first}",
                    hint='full_text = "never" leaves the pages of this source alone.',
                )
            )
        return found

    def _page_of(self, article: Article) -> Article:
        found = with_page(article, _article_of(self._get_page(article.url, robots=True)))
        if found is None:
            raise SourceError("the page holds something else than the article", place=Place(article.url))
        return found

    def pages(self, addresses: tuple[str, ...]) -> list[Article]:
        return self._each(addresses, self.page)

    def folder(self, addresses: tuple[str, ...]) -> list[Article]:
        (address,) = addresses
        return self._each(article_files(self._root, address), self.page)

    def sitemap(self, addresses: tuple[str, ...]) -> list[Article]:
        (address,) = addresses
        # A page that has not changed since was not published since. Many sitemaps give the day alone.
        entries = {
            page.url: page.modified
            for page in read_sitemap(address, self._read_sitemap)
            if page.modified is None or page.modified > self._after - _DAY
        }

        def read(url: str) -> Article:
            # Nobody named this page, so it is fetched only where robots.txt allows.
            article = self.page(url, robots=True)
            return article if article.published else replace(article, published=entries[url])

        return self._each(entries, read)

    def page(self, address: str, *, robots: bool = False) -> Article:
        if not is_web_address(address):
            data, shown = self._file(address)
            return parse_text(data, path=shown)
        return _article_of(self._keep(self._get_page(address, robots=robots)))

    def _get_page(self, address: str, *, robots: bool) -> Response:
        """A page that a person named, or with ``robots`` one that was found."""
        keep_for = _KEEP_PAGE if robots else None
        return self._fetcher.get(address, accept=_PAGE_ACCEPT, robots=robots, keep_for=keep_for)

    def _each(self, addresses: Iterable[str], read: Callable[[str], Article]) -> list[Article]:
        articles: list[Article] = []
        for address in addresses:
            article = _attempt(partial(read, address), address)
            if isinstance(article, DigestError):
                self.problems.append(article)
            else:
                articles.append(article)
        return articles

    def _read_sitemap(self, address: str) -> bytes:
        if not is_web_address(address):
            return self._file(address)[0]
        return self._keep(self._fetcher.get(address, accept=_SITEMAP_ACCEPT, max_bytes=FEED_BYTES)).content

    def _file(self, address: str) -> tuple[bytes, str]:
        if "://" in address:
            hint = "Give a web address, or a path from the newsletter's folder."
            raise SourceError("this is no http or https address", place=Place(address), hint=hint)
        return read_file(self._root, address)

    def _keep(self, response: Response) -> Response:
        self._kept.append(response.from_cache)
        return response


def _feeds_in(content: bytes, *, address: str, url: str) -> tuple[FeedAddress, ...]:
    if is_opml(content):
        return parse_opml(content, file=url)
    return (FeedAddress(title=parse_feed(content, url=url).title, url=address),) if is_feed(content) else ()


def _article_of(response: Response) -> Article:
    if is_binary(response.content):
        raise SourceError("this is no web page", place=Place(response.url), hint="Give the address of a web page.")
    return extract_article(decode_page(response.content, response.headers.get("content-type")), url=response.url)
