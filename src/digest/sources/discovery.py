"""What a document is by its beginning: a feed, a list of feeds, or neither."""

from __future__ import annotations

import codecs
import re

__all__ = ["is_feed", "is_opml"]

#: What may stand before the root element: a byte order mark, the declaration, comments, a doctype.
_PROLOGUE = rb"(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>\s*)*"
_FEED = re.compile(_PROLOGUE + rb"<(?:\w+:)?(?:rss|feed|RDF|channel)[\s>]", re.DOTALL | re.IGNORECASE)
_OPML = re.compile(_PROLOGUE + rb"<opml[\s>]", re.DOTALL | re.IGNORECASE)
_JSON_FEED = re.compile(rb'\s*\{.*?"https?://(?:www\.)?jsonfeed\.org/version/', re.DOTALL)
_BEGINNING = 4096


def is_feed(content: bytes) -> bool:
    """Whether it begins as RSS, Atom, RDF or a JSON feed does."""
    start = _beginning(content)
    return _FEED.match(start) is not None or _JSON_FEED.match(start) is not None


def is_opml(content: bytes) -> bool:
    """Whether it begins as OPML does."""
    return _OPML.match(_beginning(content)) is not None


def _beginning(content: bytes) -> bytes:
    start = content[:_BEGINNING]
    wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return start.decode("utf-16", "replace").encode() if wide else start
