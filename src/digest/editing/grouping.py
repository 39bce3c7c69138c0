"""Which articles tell the same story."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

from digest.editing.similarity import copies, event_similarities
from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.models import Article

__all__ = ["group_articles"]

#: Reports on one event come within two days of each other.
_WINDOW_DAYS = 2
#: Two groups are one story from this mean cosine on. Among few articles common words look rare, so more is asked there.
_SAME_EVENT = 0.075
_FEW_ARTICLES = 3.0
#: A text longer than this is not better for being longer.
_LONG_ENOUGH = 3000


def group_articles(articles: Sequence[Article]) -> list[list[Article]]:
    """Group articles into stories: one inner list each, the best article first.

    Articles with the same canonical address are the same; texts that for the most part hold each other are copies;
    and reports within two days whose words are alike are on the same event (TF-IDF, average link). Every article is
    in exactly one list; stories stand in the order in which their first article is given. The same input gives the
    same lists.

    The best article has key points, then the longer text, then the earlier date.
    """
    groups = _Groups(len(articles))
    seen: dict[str, int] = {}
    for index, article in enumerate(articles):
        url = canonical_url(article.url)
        if url:
            groups.join(seen.setdefault(url, index), index)
    for first, second in copies(articles):
        groups.join(first, second)
    threshold = _SAME_EVENT * (1 + _FEW_ARTICLES / math.sqrt(max(1, len(articles))))
    linkage = _Linkage(groups.members(), event_similarities(articles, days=_WINDOW_DAYS), threshold)
    linkage.run()
    found = sorted(sorted(members) for members in linkage.members.values())
    return [sorted((articles[index] for index in members), key=_worst_last) for members in found]


def _worst_last(article: Article) -> tuple[bool, int, float]:
    when = article.published.timestamp() if article.published else float("inf")
    return not article.key_points, -min(len(article.text), _LONG_ENOUGH), when


class _Groups:
    """Disjoint sets of the first ``size`` numbers, each known by its lowest."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, item: int) -> int:
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def members(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for item in range(len(self._parent)):
            found.setdefault(self.find(item), []).append(item)
        return found


class _Linkage:
    """Average link over sums of similarities; pairs that share no word are never held.

    A heap gives the pair with the highest mean. Entries that are out of date are known by their mean and passed over.
    """

    def __init__(
        self, groups: dict[int, list[int]], similarities: Sequence[dict[int, float]], threshold: float
    ) -> None:
        self.members = groups
        self._threshold = threshold
        self._sums: dict[int, dict[int, float]] = {group: {} for group in groups}
        self._heap: list[tuple[float, int, int]] = []
        home = {item: group for group, items in groups.items() for item in items}
        for first, others in enumerate(similarities):
            for second, value in others.items():
                if home[first] != home[second]:
                    self._add(home[first], home[second], value)
        for group in groups:
            self._offer(group)

    def run(self) -> None:
        """Join the two groups with the highest mean similarity, until it falls below the threshold."""
        while self._heap:
            mean, one, other = heapq.heappop(self._heap)
            known = one in self.members and other in self.members
            if known and -mean == self._mean(one, other):
                self._join(one, other)

    def _add(self, one: int, other: int, value: float) -> None:
        self._sums[one][other] = self._sums[other][one] = self._sums[one].get(other, 0.0) + value

    def _mean(self, one: int, other: int) -> float:
        return self._sums[one][other] / (len(self.members[one]) * len(self.members[other]))

    def _offer(self, group: int) -> None:
        for other in self._sums[group]:
            mean = self._mean(group, other)
            if mean >= self._threshold:
                heapq.heappush(self._heap, (-mean, min(group, other), max(group, other)))

    def _join(self, one: int, other: int) -> None:
        self.members[one] += self.members.pop(other)
        for third, value in self._sums.pop(other).items():
            del self._sums[third][other]
            if third != one:
                self._add(one, third, value)
        self._offer(one)
