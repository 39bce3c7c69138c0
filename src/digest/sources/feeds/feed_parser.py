"""Read a feed of any kind: detect the format of a document, and choose its reader."""

from __future__ import annotations

import codecs
import re
import zlib
from typing import TYPE_CHECKING

from digest.errors import Place, SourceError
from digest.sources.feeds.feed_articles import feed_from_channel
from digest.sources.feeds.json_feed import parse_json_feed
from digest.sources.feeds.xml_feed import parse_tree, read_tree
from digest.sources.feeds.xml_text import decode_xml, repair_xml
from digest.sources.linked_feeds import linked_feeds

if TYPE_CHECKING:
    from digest.models import Feed
    from digest.sources.feeds.feed_items import FeedChannel

__all__ = ["is_feed", "is_opml", "not_a_feed", "parse_feed"]

_MAX_BYTES = 20 * 2**20  # what the fetcher returns at most
#: Bytes of a broken document. For hostile documents feedparser's time grows with the square of the length.
_MAX_BROKEN = 256 * 2**10
_GZIP = b"\x1f\x8b"
#: What may come before the root element: a byte order mark, the declaration, comments, a document type. None of them
#: can hold its own end, so there is only one way to match: with ``.*?`` a row of comments took exponential time.
_PROLOGUE = (
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?(?:[^?]|\?(?!>))*\?>\s*|<!--(?:[^-]|-(?!->))*-->\s*"
    rb"|<!DOCTYPE[^>\[]*(?:\[(?:[^\]]|\](?!\s*>))*\]\s*)?>\s*)*"
)
_FEED = re.compile(_PROLOGUE + rb"<(?:\w+:)?(?:rss|feed|RDF|channel)[\s>]", re.DOTALL | re.IGNORECASE)
_OPML = re.compile(_PROLOGUE + rb"<opml[\s>]", re.DOTALL | re.IGNORECASE)
_JSON_FEED = re.compile(rb'\s*\{.*?"https?://(?:www\.)?jsonfeed\.org/version/', re.DOTALL)
_BEGINNING = 4096
_HTML = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def parse_feed(data: bytes, *, url: str, content_type: str | None = None) -> Feed:
    """Read a feed: RSS 0.9 to 2.0, Atom 0.3 and 1.0, or JSON Feed 1.0 and 1.1.

    Args:
        data: The feed as it was sent, not decoded. It may be gzipped.
        url: Where it came from, or its path in the newsletter's folder. Relative links are relative to it.
        content_type: The HTTP Content-Type, for its charset.

    Returns:
        The feed with its articles in order, without those that have neither an address nor a text. An article with only
        a text gets the site's address, with its id as the fragment. ``Article.source`` is the feed's title. A huge feed
        is read from its beginning up to fixed limits.

    Raises:
        SourceError: It is not a feed. No other error is raised.
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
    except Exception as error:  # feeds are arbitrary input to third-party libraries, which may raise anything
        raise SourceError(f"the feed cannot be read: {error}", place=Place(url)) from error


def _unpacked(data: bytes, url: str) -> bytes:
    """Unpack gzip (https://www.rfc-editor.org/rfc/rfc1952), but no more of it than can be read."""
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
    """Read a well-formed or repairable document with lxml, and others with feedparser unless they are too long."""
    root = parse_tree(data)
    if root is None:
        root = parse_tree(repair_xml(data))
    channel = read_tree(root, data) if root is not None else None
    if channel is not None:
        return channel
    if len(data) > _MAX_BROKEN:
        root = parse_tree(repair_xml(data), recover=True)
        return read_tree(root, data) if root is not None else None
    from digest.sources.feeds.broken_feed import read_broken_feed  # noqa: PLC0415 - heavy and rarely needed

    return read_broken_feed(data)


def is_feed(content: bytes) -> bool:
    """Return whether a document begins like RSS, Atom, RDF or a JSON feed."""
    start = _beginning(content)
    return _FEED.match(start) is not None or _JSON_FEED.match(start) is not None


def is_opml(content: bytes) -> bool:
    """Return whether a document begins like OPML."""
    return _OPML.match(_beginning(content)) is not None


def not_a_feed(text: str, url: str) -> SourceError:
    """Return the error for a document that is not a feed. For a web page its hint names the feed that it links to.

    Args:
        text: The document.
        url: Where it came from.
    """
    if not _HTML.search(text[:2048]):
        return SourceError("this is not a feed", place=Place(url), hint="Use the address of an RSS, Atom or JSON feed.")
    feeds = linked_feeds(text, url=url)
    hint = f'Its feed: feed = "{feeds[0].url}"' if feeds else f'To read it as an article: page = "{url}"'
    return SourceError("this is a web page, not a feed", place=Place(url), hint=hint)


def _beginning(content: bytes) -> bytes:
    start = content[:_BEGINNING]
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return start.decode("utf-16", "replace").encode() if wide else start
