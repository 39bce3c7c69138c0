"""From a configured source, or one address, to articles.

::

    feed ──── fetch ─▶ parse_feed
    page(s) ─ fetch ─▶ extract_article          an address without http(s) is a path in the newsletter's folder
    sitemap ─ fetch ─▶ read_sitemap ─ fetch ─▶ extract_article
    folder ── read ──▶ parse_text

What is wrong with a source ends here as an error to report: it never stops the other sources.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from digest.errors import DigestError, Place, SourceError
from digest.fetching import FEED_BYTES
from digest.models import Article, canonical_url, is_web_address
from digest.sources.encoding import decode_page, is_binary
from digest.sources.feed import parse_feed
from digest.sources.files import parse_text
from digest.sources.folder import article_files, read_file
from digest.sources.sitemap import read_sitemap
from digest.sources.webpage import extract_article

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from digest.config import SourceConfig
    from digest.fetching import Fetcher, Response

__all__ = ["SourceReading", "read_article", "read_source"]

_Read = TypeVar("_Read")

_FEED_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"
)
_PAGE_ACCEPT = "text/html, application/xhtml+xml, */*;q=0.5"
_SITEMAP_ACCEPT = "application/xml, text/xml, */*;q=0.5"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceReading:
    """What one source gave.

    Attributes:
        source: The source's id.
        kind: feed, page, pages, sitemap or folder.
        articles: In the source's order, each with ``source`` set to the id, each address once.
        unchanged: The server said that nothing changed since the last time; the articles are there all the same.
        error: Why nothing could be read.
        problems: Single files or pages of the source that failed.
    """

    source: str
    kind: str
    articles: tuple[Article, ...] = ()
    unchanged: bool = False
    error: DigestError | None = None
    problems: tuple[DigestError, ...] = ()


def read_source(source: SourceConfig, *, root: Path, fetcher: Fetcher) -> SourceReading:
    """Read a configured source. Whatever fails is in the reading; nothing is raised.

    Args:
        root: The newsletter's folder; addresses that are not http or https are paths in it.
    """
    reader = _Reader(root, fetcher)
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
        problems=tuple(problems),
    )


def read_article(address: str, *, root: Path, fetcher: Fetcher) -> Article:
    """Read one article: a web page by its address, or a file by its path from the newsletter's folder.

    Raises:
        SourceError: It cannot be fetched or read, or is no article. The path leads out of the folder.
    """
    article = _attempt(partial(_Reader(root, fetcher).page, address), address)
    if isinstance(article, DigestError):
        raise article
    return article


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

    def __init__(self, root: Path, fetcher: Fetcher) -> None:
        self._root, self._fetcher = root, fetcher
        self._kept: list[bool] = []
        self.problems: list[DigestError] = []

    @property
    def unchanged(self) -> bool:
        return bool(self._kept) and all(self._kept)

    def feed(self, addresses: tuple[str, ...]) -> tuple[Article, ...]:
        (address,) = addresses
        if not is_web_address(address):
            data, shown = self._file(address)
            return parse_feed(data, url=shown).articles
        response = self._keep(self._fetcher.get(address, accept=_FEED_ACCEPT, max_bytes=FEED_BYTES))
        content_type = response.headers.get("content-type")
        return parse_feed(response.content, url=response.url, content_type=content_type).articles

    def pages(self, addresses: tuple[str, ...]) -> list[Article]:
        return self._each(addresses, self.page)

    def folder(self, addresses: tuple[str, ...]) -> list[Article]:
        (address,) = addresses
        return self._each(article_files(self._root, address), self.page)

    def sitemap(self, addresses: tuple[str, ...]) -> list[Article]:
        (address,) = addresses
        entries = {page.url: page.modified for page in read_sitemap(address, self._read_sitemap)}

        def read(url: str) -> Article:
            # Nobody named this page, so it is fetched only where robots.txt allows.
            article = self.page(url, robots=True)
            return article if article.published else replace(article, published=entries[url])

        return self._each(entries, read)

    def page(self, address: str, *, robots: bool = False) -> Article:
        if not is_web_address(address):
            data, shown = self._file(address)
            return parse_text(data, path=shown)
        response = self._keep(self._fetcher.get(address, accept=_PAGE_ACCEPT, robots=robots))
        if is_binary(response.content):
            raise SourceError("this is no web page", place=Place(response.url), hint="Give the address of a web page.")
        return extract_article(decode_page(response.content, response.headers.get("content-type")), url=response.url)

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
