"""What may not be taken for one event without a second sign, so that no article vanishes into another unseen. Pure.

`group_articles` goes by words. That is right for full reports of several outlets; it is a guess where texts are short,
and where one outlet writes its articles after one pattern.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from digest.editing.copies import copies
from digest.editing.language import weights, word_list
from digest.editing.partition import Partition
from digest.editing.terms import content_terms, is_unspaced, word_count
from digest.models import canonical_url, site_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from digest.models import Article

__all__ = ["separate_stories"]

#: What is compared of a text that comes with a short one, in any script.
_OPENING_WORDS = 100
_OPENING_CHARACTERS = 1000


def separate_stories(stories: Iterable[list[Article]]) -> list[list[Article]]:
    """Split groups of articles, the best of each first, until each may be one event.

    What has one address, one headline or one text stays together. What else only an outlet writes that is in the story
    already is another one: an outlet reports an event once. A short one needs words in common with another in its
    story, besides those that headlines on anything are made of; one without a text needs nearly the whole headline.
    """
    groups = list(stories)
    # Of all articles, for what is the footer of an outlet shows in many of them only.
    articles = [article for group in groups for article in group]
    repeats = Partition(len(articles))
    if len(groups) < len(articles):
        for one, other in copies(articles):
            repeats.join(one, other)
    found: list[list[Article]] = []
    first = 0
    for group in groups:
        labels = [repeats.find(first + place) for place in range(len(group))]
        found += _parts(group, labels)
        first += len(group)
    return found


def _parts(story: list[Article], labels: Sequence[int]) -> list[list[Article]]:
    if len(story) == 1:
        return [story]
    parts: list[list[list[Article]]] = []
    for unit in _units(story, labels):
        home = next((part for part in parts if _belongs(unit, part)), None)
        if home is None:
            parts.append([unit])
        else:
            home.append(unit)
    places = {id(article): place for place, article in enumerate(story)}
    return [sorted((one for unit in part for one in unit), key=lambda one: places[id(one)]) for part in parts]


def _units(story: Sequence[Article], labels: Sequence[int]) -> list[list[Article]]:
    """What is told once; the best article of each stands first and speaks for it."""
    units = Partition(len(story))
    seen: dict[object, int] = {}
    for place, (article, label) in enumerate(zip(story, labels, strict=True)):
        for sign in (label, ("address", canonical_url(article.url)), ("headline", _headline(article))):
            units.join(seen.setdefault(sign, place), place)
    return [[story[place] for place in members] for members in units.members()]


def _belongs(unit: Sequence[Article], part: Sequence[Sequence[Article]]) -> bool:
    here, there = _outlets(unit), _outlets([article for other in part for article in other])
    if here <= there or there <= here:
        return False
    return any(_may_be_one(unit[0], other[0]) for other in part)


def _outlets(articles: Iterable[Article]) -> set[str]:
    """By host, for a source may gather what several outlets publish; by source where there is none."""
    return {site_name(article.url) or f"source {article.source}" for article in articles}


def _may_be_one(one: Article, other: Article) -> bool:
    """Whether both have a text to go by, or the little that there is speaks for one event."""
    weight = weights("short")
    if min(word_count(one.text), word_count(other.text)) >= weight["words"]:
        return True
    titles = _telling(one.title), _telling(other.title)
    in_titles = titles[0] & titles[1]
    share = len(in_titles) / max(1, min(map(len, titles)))
    evidence = share * len(in_titles)
    if not (one.text.strip() and other.text.strip()):
        return share >= weight["no_text"] and evidence >= _needed("alike", one, other)
    texts = _telling(_opening(one.text)), _telling(_opening(other.text))
    anywhere = (titles[0] | texts[0]) & (titles[1] | texts[1])
    # A word of both headlines that both texts take up again is what they are about.
    evidence += len(anywhere - in_titles) + len(in_titles & texts[0] & texts[1])
    if share >= weight["headline"]:
        return evidence >= _needed("alike", one, other)
    # What they call upon readers to do is alike in texts on anything; what their headlines say is not.
    told = len(anywhere & (titles[0] | titles[1]))
    return told >= weight["told"] and evidence >= _needed("unlike", one, other)


def _needed(headlines: str, one: Article, other: Article) -> float:
    # Pieces of words overlap, so that one word in common is about two of them.
    return weights("short")[headlines] * (2 if is_unspaced(one.title) and is_unspaced(other.title) else 1)


def _opening(text: str) -> str:
    return " ".join(text.split(maxsplit=_OPENING_WORDS)[:_OPENING_WORDS])[:_OPENING_CHARACTERS]


def _telling(text: str) -> set[str]:
    return set(content_terms(text)) - _formula()


@cache
def _formula() -> frozenset[str]:
    return frozenset(term for word in word_list("words", "formula") for term in content_terms(word))


def _headline(article: Article) -> str:
    return " ".join(article.title.casefold().split())
