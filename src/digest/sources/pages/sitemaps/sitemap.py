"""Read sitemaps of all kinds (https://www.sitemaps.org/protocol.html), and the newest pages that they list."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from lxml import etree

from digest.errors import DigestError, Place, SourceError
from digest.fetching import FEED_BYTES
from digest.models import is_web_address
from digest.sources.date_parsing import parse_date
from digest.sources.encoding import is_binary
from digest.sources.feeds.feed_parser import is_feed, parse_feed
from digest.sources.feeds.xml_text import repair_xml
from digest.sources.pages.page_source import read_page
from digest.sources.pages.sitemaps.sitemap_choice import (
    SitemapPage,
    choose_pages,
    choose_parts,
    day_in_url,
    is_site_page,
    is_site_title,
)
from digest.sources.source_access import BEGINNING, attempt
from digest.sources.source_links import join_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from digest.models import Article
    from digest.sources.source_access import SourceAccess

__all__ = ["Sitemap", "parse_sitemap", "read_sitemap", "read_sitemap_source"]

_SITEMAP_ACCEPT = "application/xml, text/xml, text/plain;q=0.8, */*;q=0.5"
_MOST_PAGES = 50
_MOST_PARTS = 12  # sitemaps of an index, and of the indexes in it
_GZIP = b"\x1f\x8b"
_BEGINNING = 4096
_LONGEST_LINE = 4000
_HTML = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_KINDS = frozenset({"url", "sitemap"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Sitemap:
    """What a sitemap lists, in its order: pages, or other sitemaps, and sometimes both."""

    parts: tuple[SitemapPage, ...] = ()
    pages: tuple[SitemapPage, ...] = ()


def read_sitemap_source(access: SourceAccess, addresses: tuple[str, ...]) -> list[Article]:
    """Read the newest pages of a sitemap. Pages and parts of it that fail become problems of the source.

    Raises:
        SourceError: The sitemap cannot be fetched or read, or lists no articles.
    """
    (address,) = addresses
    # A page that has not changed since ``after`` was not published since then.
    pages = read_sitemap(address, partial(_read_bytes, access), after=access.after, failed=access.problems.append)
    modified = {page.url: page.modified for page in pages}

    def read(url: str) -> Article | None:
        article = read_page(access, url, robots=True)
        if is_site_title(article.title) or (is_site_page(article.url) and not article.published):
            return None
        return article if article.published else replace(article, published=modified[url])

    articles = access.read_each(modified, read)
    if not articles and not access.problems:
        raise _no_articles(address, [page.url for page in pages])
    return articles


def _read_bytes(access: SourceAccess, address: str) -> bytes:
    if not is_web_address(address):
        return access.read_file(address)[0]
    return access.note(access.fetcher.get(address, accept=_SITEMAP_ACCEPT, max_bytes=FEED_BYTES)).content


def read_sitemap(
    url: str,
    read: Callable[[str], bytes],
    *,
    after: datetime = BEGINNING,
    failed: Callable[[DigestError], None] = lambda _error: None,
) -> tuple[SitemapPage, ...]:
    """Return the newest pages of a sitemap, or of the sitemaps of an index: at most 50, newest first.

    Args:
        url: Its address.
        read: Returns the bytes at an address.
        after: Pages that have not changed since then are left out; aware.
        failed: Called with the error of each sitemap of an index that cannot be read.

    Raises:
        SourceError: It cannot be read, is not a sitemap, or lists no articles.
    """
    sitemap = parse_sitemap(read(url), url=url)
    pages = list(sitemap.pages)
    waiting, seen, errors = list(choose_parts(sitemap.parts)), {url}, []
    while waiting and len(seen) <= _MOST_PARTS:
        part = waiting.pop(0).url
        if part in seen:
            continue
        seen.add(part)
        inner = attempt(partial(_read_part, part, read), part)
        if isinstance(inner, DigestError):
            errors.append(inner)
        else:
            pages += inner.pages
            waiting[:0] = choose_parts(inner.parts)
    if errors and not pages:
        raise errors[0]
    for error in errors:
        failed(error)
    chosen = choose_pages((page for page in pages if not is_site_page(page.url)), after=after, most=_MOST_PAGES)
    if not chosen:
        raise _no_articles(url, [page.url for page in pages])
    return chosen


def _read_part(url: str, read: Callable[[str], bytes]) -> Sitemap:
    return parse_sitemap(read(url), url=url)


def _no_articles(url: str, pages: list[str]) -> SourceError:
    such = f", only pages such as {pages[0]}" if pages else ""
    return SourceError(
        f"the sitemap lists no articles{such}",
        place=Place(url),
        hint="Use the site's feed, or a sitemap of its articles.",
    )


def parse_sitemap(data: bytes, *, url: str) -> Sitemap:
    """Parse a sitemap or an index of sitemaps in XML, a list of addresses, or a feed; each may be gzipped.

    Args:
        data: The document.
        url: Its address.

    Raises:
        SourceError: The document has no such form, or decompresses to more than 20 MiB.
    """
    if data.startswith(_GZIP):
        data = _decompressed(data, url)
    start = data[:_BEGINNING]
    # Of feeds with entities, feedparser expands the entities of its own accord, which takes memory. Sitemaps have none.
    if is_feed(data) and b"<!ENTITY" not in start:
        articles = parse_feed(data, url=url).articles
        return Sitemap(pages=tuple(SitemapPage(url=each.url, modified=each.published) for each in articles))
    if _ROOT.search(data, 0, _BEGINNING) and not _HTML.search(start):
        return _parse_xml(data, url)
    hint = "A sitemap is a list of addresses in XML or text. robots.txt often names it."
    if _HTML.search(start):
        raise SourceError("this is a web page, not a sitemap", place=Place(url), hint=hint)
    sitemap = None if is_binary(data) else _parse_lines(data, url)
    if sitemap is None:
        raise SourceError("this is not a sitemap", place=Place(url), hint=hint)
    return sitemap


def _parse_lines(data: bytes, url: str) -> Sitemap | None:
    """Read a list of addresses, one in each line, or a robots.txt with the addresses of sitemaps."""
    short = (line[:_LONGEST_LINE].decode("utf-8-sig", errors="replace").strip() for line in data.splitlines())
    lines = [line for line in short if line and not line.startswith("#")]
    addresses = [line for line in lines if is_web_address(line) and len(line.split()) == 1]
    named = (line.partition(":")[2].strip() for line in lines if line.lower().startswith("sitemap:"))
    parts = tuple(SitemapPage(url=address) for name in named if (address := join_link(url, name)))
    if not parts and len(addresses) * 2 <= len(lines):
        return None
    return Sitemap(parts=parts, pages=tuple(SitemapPage(url=each, modified=day_in_url(each)) for each in addresses))


def _parse_xml(data: bytes, url: str) -> Sitemap:
    try:
        entries = list(_entries(data, url))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        try:
            entries = list(_entries(repair_xml(data.decode("utf-8", errors="replace").encode()), url, recover=True))
        except (etree.XMLSyntaxError, ValueError, LookupError):
            entries = []
    return Sitemap(
        parts=tuple(page for kind, page in entries if kind == "sitemap"),
        pages=tuple(page for kind, page in entries if kind == "url"),
    )


def _entries(data: bytes, base: str, *, recover: bool = False) -> Iterator[tuple[str, SitemapPage]]:
    """Yield what a sitemap lists, without keeping its tree in memory."""
    # For untrusted input: https://lxml.de/FAQ.html#how-do-i-use-lxml-safely-as-a-web-service-endpoint
    events = etree.iterparse(
        BytesIO(data),
        events=("end",),
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
        encoding="utf-8" if recover else None,
    )
    for _, element in events:
        kind = _name(element)
        if kind not in _KINDS:
            continue
        if page := _page(element, base):
            yield kind, page
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _page(element: etree._Element, base: str) -> SitemapPage | None:
    own = {_name(child): "".join(child.itertext()) for child in reversed(element)}
    address = join_link(base, own.get("loc", "").strip())
    news = next(("".join(inner.itertext()) for inner in element.iter() if _name(inner) == "publication_date"), "")
    if not address:
        return None
    if news and (moment := parse_date(news)):
        return SitemapPage(url=address, modified=moment)
    # A page is as old as its address says, however often it was changed, unless that names a day to come.
    moments = (parse_date(own.get("lastmod", "")), day_in_url(address))
    return SitemapPage(url=address, modified=min((moment for moment in moments if moment), default=None))


def _name(element: etree._Element) -> str:
    # No QName: it raises ValueError for the names that a repaired document may have, such as <a:>. A prefix that is not
    # declared is a part of the name.
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _decompressed(data: bytes, url: str) -> bytes:
    machine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = machine.decompress(data, FEED_BYTES)
    except zlib.error as error:
        raise SourceError(f"the sitemap cannot be decompressed: {error}", place=Place(url)) from None
    if machine.unconsumed_tail:
        raise SourceError("the sitemap is larger than 20 MiB", place=Place(url))
    return content
