"""The feeds that a web page links to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from digest.models import canonical_url
from digest.sources.feeds.opml import FeedAddress
from digest.sources.pages.page_limits import bounded_page, is_bounded
from digest.sources.source_links import join_link

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["linked_feeds"]

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
_MOST_FEEDS = 10


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
