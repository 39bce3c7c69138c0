"""Items of a feed that hold only a snippet: which they are, and what the item's page adds. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from digest.models import canonical_url, is_web_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.config import FullText
    from digest.models import Article

__all__ = ["keep_full_text", "pages_to_read", "with_page"]

#: Below so many words an item is an announcement of its article: publishers' summaries have 15 to 80.
_SNIPPET_WORDS = 100
#: Of one feed. Each page is a request to the same host, and an issue has room for a few stories.
_MOST_PAGES = 25
#: The share of the item's words that its page must hold. A consent wall or a front page does not.
_SHARED = 0.5
_CUT_OFF = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])\s*$|\b(?:read more|continue reading)\W*$", re.IGNORECASE)
_WORD = re.compile(r"\w{3,}")


def pages_to_read(
    articles: tuple[Article, ...], *, full_text: FullText, counts: Callable[[Article], bool]
) -> tuple[Article, ...]:
    """The articles of a feed whose pages should be read: the newest 25 that are new and need it.

    Args:
        articles: In the feed's order.
        full_text: The source's setting.
        counts: Whether an article is new enough for the issue.
    """
    if full_text == "never":
        return ()
    each = {canonical_url(article.url): article for article in reversed(articles)}
    wanted = [
        article
        for article in reversed(each.values())
        if is_web_address(article.url) and counts(article) and (full_text == "always" or _is_snippet(article.text))
    ]
    # Undated ones keep their place in the feed, which begins with the newest.
    newest = sorted(wanted, key=lambda article: -(article.published.timestamp() if article.published else 1e12))
    return tuple(newest[:_MOST_PAGES])


def _is_snippet(text: str) -> bool:
    return len(text.split()) < _SNIPPET_WORDS or _CUT_OFF.search(text) is not None


def with_page(article: Article, page: Article) -> Article | None:
    """The feed's article with the text of its page, or None where the page is not the article's.

    The feed's title, address and date stay; what it lacks comes from the page.
    """
    words = set(_WORD.findall(f"{article.title} {_CUT_OFF.sub('', article.text)}".casefold()))
    found = set(_WORD.findall(f"{page.title} {page.text}".casefold()))
    longer = len(page.text.split()) > len(article.text.split())
    if not longer or len(words & found) < _SHARED * len(words):
        return None
    return replace(
        article,
        text=page.text,
        key_points=page.key_points or article.key_points,
        authors=article.authors or page.authors,
        published=article.published or page.published,
        image=article.image or page.image,
        language=article.language or page.language,
    )


def keep_full_text(article: Article, earlier: Article) -> Article:
    """The article as it came now, with the full text that was read earlier where only a snippet came this time."""
    if not _is_snippet(article.text) or _is_snippet(earlier.text):
        return article
    return with_page(article, earlier) or article
