"""Decide which items of a feed hold only a snippet, and complete them from their pages. Nothing is fetched here."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from digest.models import is_web_address
from digest.sources.feeds.outlets import leads_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.config import FullText
    from digest.models import Article

__all__ = ["keep_full_text", "pages_to_read", "with_page"]

#: A shorter item only announces its article. Publishers' summaries have 15 to 80 words.
_SNIPPET_WORDS = 100
#: Pages of one feed. Each is a request to the same host, and an issue has room for a few stories.
_MOST_PAGES = 25
#: The share of the item's words that its page must contain. A consent wall or a front page does not.
_SHARED = 0.5
_CUT_OFF = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])\s*$|\b(?:read more|continue reading)\W*$", re.IGNORECASE)
_WORD = re.compile(r"\w{3,}")


def pages_to_read(
    articles: tuple[Article, ...], *, full_text: FullText, counts: Callable[[Article], bool]
) -> tuple[Article, ...]:
    """Return the articles of a feed whose pages should be read: the newest 25 that are new and need it.

    A page that several articles share holds none of them alone, so it is not read.

    Args:
        articles: In the feed's order.
        full_text: The source's setting.
        counts: Returns whether an article is new enough for the issue.
    """
    if full_text == "never":
        return ()
    each = {article.key: article for article in reversed(articles)}
    incomplete = [
        article
        for article in reversed(each.values())
        if is_web_address(article.url)
        and not article.shares_url
        and not leads_on(article.url)
        and counts(article)
        and (full_text == "always" or _is_snippet(article.text))
    ]
    # Undated ones count as new, in the order of the feed, which begins with the newest.
    newest = sorted(incomplete, key=lambda article: -(article.published.timestamp() if article.published else 1e12))
    return tuple(newest[:_MOST_PAGES])


def _is_snippet(text: str) -> bool:
    return len(text.split()) < _SNIPPET_WORDS or _CUT_OFF.search(text) is not None


def with_page(article: Article, page: Article) -> Article | None:
    """Return the feed's article with the text of its page; None if the page is about something else.

    The feed's title, address and date stay. What it lacks comes from the page.
    """
    item_words = set(_WORD.findall(f"{article.title} {_CUT_OFF.sub('', article.text)}".casefold()))
    page_words = set(_WORD.findall(f"{page.title} {page.text}".casefold()))
    longer = len(page.text.split()) > len(article.text.split())
    if not longer or len(item_words & page_words) < _SHARED * len(item_words):
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
    """Return the article with the full text that was read earlier, if only a snippet came this time."""
    if not _is_snippet(article.text) or _is_snippet(earlier.text):
        return article
    return with_page(article, earlier) or article
