"""What may not be taken for one event without a second sign, so that no article vanishes into another unseen. Pure.

`group_articles` goes by words. That is right for full reports of several outlets; it is a guess where texts are short,
and where one outlet writes its articles after one pattern.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.editing.language import content_words
from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.models import Article

__all__ = ["separate_stories"]

#: Below so many words a text says too little to be compared by.
_SHORT = 40
#: The share of the shorter headline's words that two short articles must have in common.
_HEADLINE_OVERLAP = 0.5


def separate_stories(stories: Iterable[list[Article]]) -> list[list[Article]]:
    """Split groups of articles, the best of each first, until every two articles of a group may be one event."""
    return [part for story in stories for part in _parts(story)]


def _parts(story: list[Article]) -> list[list[Article]]:
    parts: list[list[Article]] = []
    for article in story:
        home = next((part for part in parts if all(_may_be_one(article, member) for member in part)), None)
        if home is None:
            parts.append([article])
        else:
            home.append(article)
    return parts


def _may_be_one(one: Article, other: Article) -> bool:
    if canonical_url(one.url) == canonical_url(other.url) or _headline(one) == _headline(other):
        return True
    if one.source == other.source:
        return False  # an outlet reports an event once; what it writes again under another headline is another article
    if min(len(one.text.split()), len(other.text.split())) >= _SHORT:
        return True
    words, others = set(content_words(one.title)), set(content_words(other.title))
    fewer = min(len(words), len(others))
    return fewer > 0 and len(words & others) >= _HEADLINE_OVERLAP * fewer


def _headline(article: Article) -> str:
    return " ".join(article.title.casefold().split())
