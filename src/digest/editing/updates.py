"""What readers have had already, and what is new about it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.editing.copies import copies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.models import Article

__all__ = ["told_before"]


def told_before(stories: Sequence[Sequence[Article]], earlier: Sequence[Article]) -> dict[int, Article]:
    """The stories, as indices, of which an article of an earlier issue has the text; and that article."""
    articles = [*earlier, *(article for story in stories for article in story)]
    homes = [-1] * len(earlier) + [index for index, story in enumerate(stories) for _ in story]
    found: dict[int, Article] = {}
    for one, other in copies(articles):
        if one < len(earlier) <= other:
            found.setdefault(homes[other], earlier[one])
    return found
