"""Feeds of every kind: which reader takes which."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from digest.errors import Place, SourceError
from digest.sources.feeds.feed_articles import feed_from_channel
from digest.sources.feeds.feed_discovery import not_a_feed
from digest.sources.feeds.json_feed import parse_json_feed
from digest.sources.feeds.xml_feed import parse_tree, read_tree
from digest.sources.feeds.xml_text import decode_xml, repair_xml

if TYPE_CHECKING:
    from digest.models import Feed
    from digest.sources.feeds.feed_items import FeedChannel

__all__ = ["parse_feed"]

_MAX_BYTES = 20 * 2**20  # what the fetcher returns at most
#: Bytes of a broken document; for hostile ones feedparser takes time by the square of their length.
_MAX_BROKEN = 256 * 2**10
_GZIP = b"\x1f\x8b"


def parse_feed(data: bytes, *, url: str, content_type: str | None = None) -> Feed:
    """Read a feed: RSS 0.9 to 2.0, Atom 0.3 and 1.0, or JSON Feed 1.0 and 1.1.

    Args:
        data: As it came, not decoded; it may be gzipped.
        url: Where it came from, or its path in the newsletter's folder; relative links count from it.
        content_type: The HTTP Content-Type, whose charset counts.

    Returns:
        Its articles in the feed's order, without those that have neither an address nor a text; what has only a text
        gets the site's address and its own id as the fragment. ``Article.source`` is the feed's title. A huge
        feed is read from its beginning up to fixed limits.

    Raises:
        SourceError: It is no feed. Nothing else is ever raised.
    """
    if data.startswith(_GZIP):
        data = _unpacked(data, url)
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise SourceError("the feed is empty", place=Place(url), hint="Open it in a browser and check its address.")
    if len(data) > _MAX_BYTES:
        raise SourceError("the feed is larger than 20 MiB", place=Place(url))
    try:
        if data[:200].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"{"):
            return parse_json_feed(data, url=url)
        return _parse_xml(data, url, content_type)
    except SourceError:
        raise
    except Exception as error:  # the seam: feeds are arbitrary input to libraries we do not control
        raise SourceError(f"the feed cannot be read: {error}", place=Place(url)) from error


def _unpacked(data: bytes, url: str) -> bytes:
    """What a server, or an archive in the folder, has left packed (RFC 1952); no more of it than is read."""
    try:
        return zlib.decompressobj(wbits=31).decompress(data, _MAX_BYTES + 1)
    except zlib.error as error:
        raise SourceError(f"the feed cannot be unpacked: {error}", place=Place(url)) from None


def _parse_xml(data: bytes, url: str, content_type: str | None) -> Feed:
    data = decode_xml(data, content_type)
    channel = _read(data)
    if channel is None:
        raise not_a_feed(data.decode("utf-8", errors="replace"), url)
    return feed_from_channel(channel, url=url)


def _read(data: bytes) -> FeedChannel | None:
    """The fast way for what is well-formed or can be mended; feedparser for the rest, unless it is too long."""
    root = parse_tree(data)
    if root is None:
        root = parse_tree(repair_xml(data))
    channel = read_tree(root, data) if root is not None else None
    if channel is not None:
        return channel
    if len(data) > _MAX_BROKEN:
        root = parse_tree(repair_xml(data), recover=True)
        return read_tree(root, data) if root is not None else None
    from digest.sources.feeds.broken_feed import read_broken_feed  # noqa: PLC0415 - heavy, and seldom needed

    return read_broken_feed(data)
