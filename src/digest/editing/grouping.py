"""Which articles tell the same story."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from digest.editing.copies import are_copies, copies
from digest.editing.language import weights
from digest.editing.partition import Partition
from digest.editing.similarity import event_similarities
from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.models import Article

__all__ = ["address_reused", "group_articles"]

#: A text longer than this is not better for being longer.
_LONG_ENOUGH = 3000
_DAY = 86_400


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
    groups = Partition(len(articles))
    for first, second in (*_same_address(articles), *copies(articles)):
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
