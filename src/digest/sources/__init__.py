"""Where articles come from: feeds, web pages, sitemaps and files.

The readers are loaded when they are first used: each stands on a heavy library of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.sources.feed import parse_feed
    from digest.sources.files import parse_text
    from digest.sources.opml import FeedAddress, parse_opml
    from digest.sources.read import SourceReading, read_address, read_source
    from digest.sources.webpage import extract_article

__all__ = [
    "FeedAddress",
    "SourceReading",
    "extract_article",
    "parse_feed",
    "parse_opml",
    "parse_text",
    "read_address",
    "read_source",
]

_HOMES = {
    "FeedAddress": "digest.sources.opml",
    "SourceReading": "digest.sources.read",
    "extract_article": "digest.sources.webpage",
    "parse_feed": "digest.sources.feed",
    "parse_opml": "digest.sources.opml",
    "parse_text": "digest.sources.files",
    "read_address": "digest.sources.read",
    "read_source": "digest.sources.read",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'digest.sources' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
