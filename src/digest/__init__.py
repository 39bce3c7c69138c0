"""digest turns a week of articles into one excellent email, and sends it once to everyone who asked for it.

The public functions and classes are imported on first use, which keeps ``import digest`` fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.editing import group_articles, pick_bullets
    from digest.models import Article, Bullet, Feed
    from digest.sources import extract_article, parse_feed

__version__ = "0.1.0"

__all__ = [
    "Article",
    "Bullet",
    "Feed",
    "extract_article",
    "group_articles",
    "parse_feed",
    "pick_bullets",
]

_HOMES = {
    "Article": "digest.models",
    "Bullet": "digest.models",
    "Feed": "digest.models",
    "extract_article": "digest.sources",
    "group_articles": "digest.editing",
    "parse_feed": "digest.sources",
    "pick_bullets": "digest.editing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'digest' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
