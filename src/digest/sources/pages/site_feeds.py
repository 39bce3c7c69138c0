"""The feeds of a site, found from its front page: those it names, then those at the usual addresses."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.errors import Place, SourceError
from digest.fetching import FEED_BYTES
from digest.models import canonical_url
from digest.sources.encoding import decode_page
from digest.sources.feeds.feed_parser import is_feed, parse_feed
from digest.sources.feeds.opml import FeedAddress
from digest.sources.linked_feeds import linked_feeds
from digest.sources.source_access import attempt
from digest.sources.source_links import join_link

if TYPE_CHECKING:
    from digest.fetching import Response
    from digest.sources.source_access import SourceAccess

__all__ = ["feeds_of_site", "is_front_page"]

#: Where WordPress, Hugo, Jekyll, Ghost, Substack, Blogger, Drupal and hand-made sites keep their feeds.
_USUAL_PATHS = (
    *("/feed", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/rss", "/feed.json"),
    "/feeds/posts/default",
)
_FEED_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
#: The paths of front pages: none, an index file, a language, or the part of a site that holds its articles.
_FRONT = re.compile(
    r"/?|/(?:index|home|default)(?:\.\w{2,5})?|/[a-z]{2}(?:-[a-z]{2})?/?|/(?:blog|news|articles|posts)/?", re.IGNORECASE
)


def is_front_page(url: str) -> bool:
    """Whether an address leads to the front page of a site, or of its blog, and not to an article."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return not parts.query and bool(_FRONT.fullmatch(parts.path))


def feeds_of_site(access: SourceAccess, response: Response) -> tuple[FeedAddress, ...]:
    """The feeds of a site, found on its front page or at the usual paths. Each was read; the tuple may be empty.

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
        SourceError: The address has something else.
    """
    response = access.fetcher.get(address, accept=_FEED_ACCEPT, max_bytes=FEED_BYTES)
    if not is_feed(response.content):
        raise SourceError("this is not a feed", place=Place(address))
    return FeedAddress(title=parse_feed(response.content, url=response.url).title, url=response.url)
