"""Read sitemaps and news sitemaps (https://www.sitemaps.org/protocol.html), and the newest pages that they list."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from lxml import etree

from digest.errors import FetchError, Place, SourceError
from digest.fetching import FEED_BYTES
from digest.models import is_web_address
from digest.sources.date_parsing import parse_date
from digest.sources.pages.page_source import read_page
from digest.sources.source_links import join_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from digest.models import Article
    from digest.sources.source_access import SourceAccess

__all__ = ["SitemapPage", "parse_sitemap", "read_sitemap", "read_sitemap_source"]

_SITEMAP_ACCEPT = "application/xml, text/xml, */*;q=0.5"
_DAY = timedelta(days=1)

_MOST_PAGES = 50
_MOST_PARTS = 5  # the newest sitemaps of an index
_OLDEST = datetime.min.replace(tzinfo=UTC)
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True, slots=True)
class SitemapPage:
    """One address of a sitemap. ``modified`` is aware and in UTC, or None if the sitemap does not say."""

    url: str
    modified: datetime | None = None


def read_sitemap_source(access: SourceAccess, addresses: tuple[str, ...]) -> list[Article]:
    """Read the newest pages of a sitemap. Pages that fail become problems of the source.

    Raises:
        SourceError: The sitemap cannot be fetched or read.
    """
    (address,) = addresses
    # A page that has not changed since then was not published since then. Many sitemaps give only the day.
    modified = {
        page.url: page.modified
        for page in read_sitemap(address, partial(_read_bytes, access))
        if page.modified is None or page.modified > access.after - _DAY
    }

    def read(url: str) -> Article:
        article = read_page(access, url, robots=True)
        return article if article.published else replace(article, published=modified[url])

    return access.read_each(modified, read)


def _read_bytes(access: SourceAccess, address: str) -> bytes:
    if not is_web_address(address):
        return access.read_file(address)[0]
    return access.note(access.fetcher.get(address, accept=_SITEMAP_ACCEPT, max_bytes=FEED_BYTES)).content


def read_sitemap(url: str, read: Callable[[str], bytes]) -> tuple[SitemapPage, ...]:
    """Return the newest pages of a sitemap, or of the newest sitemaps of an index: at most 50, newest first.

    Args:
        url: Its address.
        read: Returns the bytes at an address.

    Raises:
        SourceError: It cannot be read, or is not a sitemap.
    """
    parts, direct_pages = parse_sitemap(read(url), url=url)
    pages = list(direct_pages)
    failed: FetchError | None = None
    for part in parts[:_MOST_PARTS]:
        try:
            pages.extend(parse_sitemap(read(part.url), url=part.url)[1])
        except FetchError as error:
            failed = error
    if failed is not None and not pages:
        raise failed
    return _newest(pages)[:_MOST_PAGES]


def parse_sitemap(data: bytes, *, url: str) -> tuple[tuple[SitemapPage, ...], tuple[SitemapPage, ...]]:
    """Parse a sitemap or an index of sitemaps, which may be gzipped.

    Returns:
        The sitemaps that an index lists, and the pages that a sitemap lists, each newest first. One of them is empty.

    Raises:
        SourceError: It is not a sitemap, or decompresses to more than 20 MiB.
    """
    if data.startswith(_GZIP):
        data = _decompressed(data, url)
    # For untrusted input: https://lxml.de/FAQ.html#how-do-i-use-lxml-safely-as-a-web-service-endpoint
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    # No QName: it raises ValueError for the names that a repaired document may have, such as <a:>.
    kind = str(root.tag).rpartition("}")[2] if root is not None else ""
    if root is None or kind not in {"urlset", "sitemapindex"}:
        raise SourceError(
            "this is not a sitemap", place=Place(url), hint="A sitemap begins with <urlset> or <sitemapindex>."
        )
    entries = _newest(page for element in root.iterchildren("{*}url", "{*}sitemap") if (page := _page(element, url)))
    return (entries, ()) if kind == "sitemapindex" else ((), entries)


def _page(element: etree._Element, base: str) -> SitemapPage | None:
    address = join_link(base, element.findtext("{*}loc") or "")
    dates = (element.findtext("{*}news/{*}publication_date"), element.findtext("{*}lastmod"))
    moment = next((moment for text in dates if text and (moment := parse_date(text))), None)
    return SitemapPage(url=address, modified=moment) if address else None


def _newest(pages: Iterable[SitemapPage]) -> tuple[SitemapPage, ...]:
    """Return each address once, the newest first. Those without a date stay in the order of the file."""
    unique = {page.url: page for page in pages}
    return tuple(sorted(unique.values(), key=lambda page: page.modified or _OLDEST, reverse=True))


def _decompressed(data: bytes, url: str) -> bytes:
    machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = machine.decompress(data, FEED_BYTES)
    except zlib.error as error:
        raise SourceError(f"the sitemap cannot be decompressed: {error}", place=Place(url)) from None
    if machine.unconsumed_tail:
        raise SourceError("the sitemap is larger than 20 MiB", place=Place(url))
    return content
