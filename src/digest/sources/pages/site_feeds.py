"""The feeds of a site, found from its front page: those it names, then those at the usual addresses."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from digest.errors import Place, SourceError
from digest.fetching import FEED_BYTES
from digest.models import canonical_url
from digest.sources.encoding import decode_page
from digest.sources.feeds.feed_parser import is_feed, parse_feed
from digest.sources.feeds.opml import FeedAddress
from digest.sources.pages.page_limits import bounded_page, is_bounded
from digest.sources.source_access import attempt
from digest.sources.source_links import join_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.fetching import Response
    from digest.sources.source_access import SourceAccess

__all__ = ["feeds_of_site", "is_site_page", "linked_feeds"]

#: The types of feeds (https://www.rssboard.org/rss-autodiscovery, RFC 4287 section 7, https://jsonfeed.org/version/1.1),
#: and others that sites write for them.
_FEED_TYPES = frozenset(
    f"application/{kind}" for kind in ("rss+xml", "atom+xml", "feed+json", "rdf+xml", "x.atom+xml", "x-atom+xml", "xml")
) | {"text/xml"}
#: WordPress also names its JSON interface, which is no feed.
_JSON = "application/json"
_LOOKS_LIKE_FEED = re.compile(
    r"(?:^|[/._-])(?:feeds?|rss2?|atom)(?:[/._-]?(?:xml|json|php|rss|atom|index\.xml))?/?$", re.IGNORECASE
)
_COMMENTS = re.compile(r"\bcomments?\b", re.IGNORECASE)
#: Where WordPress, Hugo, Jekyll, Ghost, Substack, Blogger, Drupal and hand-made sites keep their feeds.
_USUAL_PATHS = (
    *("/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/rss", "/feed.json"),
    "/feeds/posts/default",
)
_MOST_FEEDS = 10
_FEED_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
#: The paths of front pages: none, an index file, a language, or the part of a site that holds its articles.
_FRONT = re.compile(
    r"/?|/(?:index|home|default)(?:\.\w{2,5})?|/[a-z]{2}(?:-[a-z]{2})?/?|/(?:blog|news|articles|posts)/?", re.IGNORECASE
)


def is_site_page(url: str) -> bool:
    """Whether an address leads to the front page of a site, or of its blog, and not to an article."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not parts.query and bool(_FRONT.fullmatch(parts.path))


def linked_feeds(html: str, *, url: str) -> tuple[FeedAddress, ...]:
    """The feeds that a page names in its head, or else those that look like feeds among its links.

    Feeds of comments are left out if there are others.

    Args:
        html: The page.
        url: Its address.
    """
    tree = LexborHTMLParser(html if is_bounded(html) else bounded_page(html))
    base = tree.css_first("base[href]")
    root = join_link(url, (base.attributes.get("href") or "") if base else "") or url
    feeds: dict[str, FeedAddress] = {}
    for feed in (*_named_feeds(tree, root),) or _links_to_feeds(tree, root):
        feeds.setdefault(canonical_url(feed.url), feed)
    found = tuple(feeds.values())
    of_articles = tuple(feed for feed in found if not _COMMENTS.search(f"{feed.title} {feed.url}"))
    return (of_articles or found)[:_MOST_FEEDS]


def _named_feeds(tree: LexborHTMLParser, base: str) -> Iterator[FeedAddress]:
    for link in tree.css("link[href]"):
        rel = (link.attributes.get("rel") or "").lower().split()
        kind = (link.attributes.get("type") or "").partition(";")[0].strip().lower()
        address = join_link(base, link.attributes.get("href") or "")
        is_json = kind == _JSON and _LOOKS_LIKE_FEED.search(urlsplit(address).path)
        if address and ("feed" in rel or ("alternate" in rel and (kind in _FEED_TYPES or is_json))):
            yield FeedAddress(title=" ".join((link.attributes.get("title") or "").split()), url=address)


def _links_to_feeds(tree: LexborHTMLParser, base: str) -> Iterator[FeedAddress]:
    for link in tree.css("a[href]"):
        address = join_link(base, link.attributes.get("href") or "")
        if address and _LOOKS_LIKE_FEED.search(urlsplit(address).path):
            yield FeedAddress(title=" ".join(link.text().split())[:100], url=address)


def feeds_of_site(access: SourceAccess, response: Response) -> tuple[FeedAddress, ...]:
    """The feeds of the site whose front page was fetched, each of them read. Empty if there is none.

    Args:
        access: Access to the web.
        response: The front page.
    """
    html = decode_page(response.content, response.headers.get("content-type"))
    feeds: dict[str, FeedAddress] = {}
    for feed in linked_feeds(html, url=response.url):
        read = attempt(partial(_read_feed, access, feed.url), feed.url)
        if isinstance(read, FeedAddress):
            feeds.setdefault(canonical_url(read.url), read)
    for path in () if feeds else _USUAL_PATHS:
        read = attempt(partial(_read_feed, access, join_link(response.url, path)), path)
        if isinstance(read, FeedAddress):
            return (read,)
    return tuple(feeds.values())


def _read_feed(access: SourceAccess, address: str) -> FeedAddress:
    """Check that there is a feed at an address. The feed is known by the address that it redirects to.

    Raises:
        SourceError: There is none.
    """
    response = access.fetcher.get(address, accept=_FEED_ACCEPT, max_bytes=FEED_BYTES)
    if not is_feed(response.content):
        raise SourceError("this is not a feed", place=Place(address))
    return FeedAddress(title=parse_feed(response.content, url=response.url).title, url=response.url)
