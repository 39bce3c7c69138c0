"""Which articles tell the same story."""

from __future__ import annotations

import heapq
from functools import cache
from typing import TYPE_CHECKING

from digest.editing.language_data import weights, word_list
from digest.editing.text_similarity import are_copies, event_similarities, find_copies
from digest.editing.tokenization import content_terms, is_unspaced, word_count
from digest.models import canonical_url, site_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from digest.models import Article

__all__ = ["address_reused", "group_articles", "separate_stories"]

#: A text longer than this is not better for being longer.
_LONG_ENOUGH = 3000
_DAY = 86_400
#: What is compared of a text that comes with a short one, in any script.
_OPENING_WORDS = 100
_OPENING_CHARACTERS = 1000


def group_articles(articles: Sequence[Article]) -> list[list[Article]]:
    """Group articles into stories: one inner list each, the best article first.

    Articles with the same canonical address are the same; texts that for the most part hold each other are copies;
    and reports whose words are alike and that come within days of each other are on the same event (TF-IDF, average
    link, each text counted once). Every article is in exactly one list; stories stand in the order in which their
    first article is given. The same articles give the same stories in whatever order they are given.

    The best article has key points, then the longer text, then the earlier date.
    """
    # In an order of their own, so that what is found does not hang on the order given.
    places = sorted(range(len(articles)), key=lambda place: _identity(articles[place]))
    found = [sorted(places[index] for index in story) for story in _stories([articles[place] for place in places])]
    return [sorted((articles[place] for place in story), key=_worst_last) for story in sorted(found)]


def _identity(article: Article) -> tuple[str, str, str, float, str]:
    return article.url, article.title, article.text, _moment(article), article.source


def _moment(article: Article) -> float:
    return article.published.timestamp() if article.published else float("inf")


def _stories(articles: Sequence[Article]) -> Iterator[list[int]]:
    groups = _DisjointSets(len(articles))
    for first, second in (*_same_address(articles), *find_copies(articles)):
        groups.join(first, second)
    texts = [sorted(members, key=lambda index: _worst_last(articles[index])) for members in groups.members()]
    threshold = weights("grouping")["same_event"]
    # What is far under the threshold can hardly tip a mean, and is most of all pairs.
    similarities = event_similarities([articles[members[0]] for members in texts], least=threshold / 2)
    for story in _Linkage(similarities, threshold).run():
        yield [index for text in story for index in texts[text]]


def _same_address(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    """Pairs of indices of articles that have one address and do not differ in both text and time."""
    seen: dict[str, list[int]] = {}
    for index, article in enumerate(articles):
        url = canonical_url(article.url)
        if not url:
            continue
        others = seen.setdefault(url, [])
        same = next((other for other in others if not address_reused(articles[other], article)), None)
        if same is None:
            others.append(index)
        else:
            yield same, index


def address_reused(one: Article, other: Article) -> bool:
    """Whether an address held one article and later another, as a column's or a broadcast's does."""
    if one.published is None or other.published is None:
        return False
    apart = abs((one.published - other.published).total_seconds())
    return apart > weights("grouping")["days"] * _DAY and not are_copies(one, other)


def _worst_last(article: Article) -> tuple[bool, int, float]:
    return not article.key_points, -min(len(article.text), _LONG_ENOUGH), _moment(article)


class _Linkage:
    """Average link over sums of similarities; pairs that are not alike are never held.

    A heap gives the pair with the highest mean. Entries that are out of date are known by their mean and passed over.
    """

    def __init__(self, similarities: Sequence[Mapping[int, float]], threshold: float) -> None:
        self._members = {item: [item] for item in range(len(similarities))}
        self._threshold = threshold
        self._sums: dict[int, dict[int, float]] = {item: {} for item in self._members}
        self._heap: list[tuple[float, int, int]] = []
        for one, others in enumerate(similarities):
            for other, value in others.items():
                self._add(one, other, value)
                self._offer(one, other)

    def run(self) -> list[list[int]]:
        """Join the two groups with the highest mean similarity, until it falls below the threshold."""
        while self._heap:
            mean, one, other = heapq.heappop(self._heap)
            known = one in self._members and other in self._members
            if known and -mean == self._mean(one, other):
                self._join(one, other)
        return list(self._members.values())

    def _add(self, one: int, other: int, value: float) -> None:
        self._sums[one][other] = self._sums[other][one] = self._sums[one].get(other, 0.0) + value

    def _mean(self, one: int, other: int) -> float:
        return self._sums[one][other] / (len(self._members[one]) * len(self._members[other]))

    def _offer(self, one: int, other: int) -> None:
        mean = self._mean(one, other)
        if mean >= self._threshold:
            heapq.heappush(self._heap, (-mean, min(one, other), max(one, other)))

    def _join(self, one: int, other: int) -> None:
        self._members[one] += self._members.pop(other)
        for third, value in self._sums.pop(other).items():
            del self._sums[third][other]
            if third != one:
                self._add(one, third, value)
        for third in self._sums[one]:
            self._offer(one, third)


def separate_stories(stories: Iterable[list[Article]]) -> list[list[Article]]:
    """Split groups of articles, the best of each first, until each may be one event.

    What has one address, one headline or one text stays together. What else only an outlet writes that is in the story
    already is another one: an outlet reports an event once. A short one needs words in common with another in its
    story, besides those that headlines on anything are made of; one without a text needs nearly the whole headline.
    """
    groups = list(stories)
    # Of all articles, for what is the footer of an outlet shows in many of them only.
    articles = [article for group in groups for article in group]
    repeats = _DisjointSets(len(articles))
    if len(groups) < len(articles):
        for one, other in find_copies(articles):
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
    units = _DisjointSets(len(story))
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


class _DisjointSets:
    """Disjoint sets of the numbers from 0 to below ``size``, each known by its lowest."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, item: int) -> int:
        """The lowest number of the set that holds ``item``."""
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        """Make one set of the two that hold these numbers."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def members(self) -> list[list[int]]:
        """All sets, each in ascending order, in the order of their lowest numbers."""
        found: dict[int, list[int]] = {}
        for item in range(len(self._parent)):
            found.setdefault(self.find(item), []).append(item)
        return list(found.values())
