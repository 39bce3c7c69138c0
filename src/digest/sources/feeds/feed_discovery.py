"""What a document is by its beginning: a feed, a list of feeds, or neither."""

from __future__ import annotations

import codecs
import re

from digest.errors import Place, SourceError
from digest.sources.html_text import tree_of_html
from digest.sources.source_links import join_link

__all__ = ["is_feed", "is_opml", "not_a_feed"]

#: What may stand before the root element: a byte order mark, the declaration, comments, a doctype.
_PROLOGUE = rb"(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*"
_FEED = re.compile(_PROLOGUE + rb"<(?:\w+:)?(?:rss|feed|RDF|channel)[\s>]", re.DOTALL | re.IGNORECASE)
_OPML = re.compile(_PROLOGUE + rb"<opml[\s>]", re.DOTALL | re.IGNORECASE)
_JSON_FEED = re.compile(rb'\s*\{.*?"https?://(?:www\.)?jsonfeed\.org/version/', re.DOTALL)
_BEGINNING = 4096
_HTML = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})
_PAGE_HEAD = 100_000  # characters of a web page in which it names its feed


def is_feed(content: bytes) -> bool:
    """Whether it begins as RSS, Atom, RDF or a JSON feed does."""
    start = _beginning(content)
    return _FEED.match(start) is not None or _JSON_FEED.match(start) is not None


def is_opml(content: bytes) -> bool:
    """Whether it begins as OPML does."""
    return _OPML.match(_beginning(content)) is not None


def not_a_feed(text: str, url: str) -> SourceError:
    """The error for a document that is not a feed. For a web page its hint names the feed the page links to.

    Args:
        text: The document.
        url: Where it came from.
    """
    if not _HTML.search(text[:2048]):
        return SourceError("this is no feed", place=Place(url), hint="Give the address of an RSS, Atom or JSON feed.")
    for link in tree_of_html(text[:_PAGE_HEAD]).css("link[rel~=alternate][href]"):
        address = join_link(url, link.attributes.get("href") or "")
        if address and link.attributes.get("type") in _FEED_TYPES:
            return SourceError("this is a web page, no feed", place=Place(url), hint=f'Its feed: feed = "{address}"')
    return SourceError(
        "this is a web page, no feed", place=Place(url), hint=f'To take it as an article: page = "{url}"'
    )


def _beginning(content: bytes) -> bytes:
    start = content[:_BEGINNING]
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return start.decode("utf-16", "replace").encode() if wide else start
