"""Where articles come from: feeds, web pages, sitemaps and files.

Names are loaded on first use, because the readers depend on heavy libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.sources.feeds.feed_parser import parse_feed
    from digest.sources.feeds.full_text import keep_full_text
    from digest.sources.feeds.opml import FeedAddress, FeedList, parse_opml
    from digest.sources.feeds.outlets import outlet_name
    from digest.sources.files.article_files import parse_text
    from digest.sources.pages.article_extraction import extract_article
    from digest.sources.source_reader import SourceReading, read_address, read_source

__all__ = [
    "FeedAddress",
    "FeedList",
    "SourceReading",
    "extract_article",
    "keep_full_text",
    "outlet_name",
    "parse_feed",
    "parse_opml",
    "parse_text",
    "read_address",
    "read_source",
]

_HOMES = {
    "FeedAddress": "digest.sources.feeds.opml",
    "FeedList": "digest.sources.feeds.opml",
    "SourceReading": "digest.sources.source_reader",
    "extract_article": "digest.sources.pages.article_extraction",
    "keep_full_text": "digest.sources.feeds.full_text",
    "outlet_name": "digest.sources.feeds.outlets",
    "parse_feed": "digest.sources.feeds.feed_parser",
    "parse_opml": "digest.sources.feeds.opml",
    "parse_text": "digest.sources.files.article_files",
    "read_address": "digest.sources.source_reader",
    "read_source": "digest.sources.source_reader",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'digest.sources' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
