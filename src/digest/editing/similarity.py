"""How alike the words of two articles are, and how near in time: whether they report one event."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from digest.editing.language import weights
from digest.editing.terms import content_terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from digest.models import Article

__all__ = ["event_similarities", "term_vectors"]

_DAY = 86_400
#: No title is longer; a page's whole text in its place must cost no more.
_MOST_CHARACTERS = 500
#: A hundred words end long before this; where a script sets no spaces they are known by the number of their terms.
_MOST_OPENING = 4000
_TERMS_A_WORD = 2


def event_similarities(articles: Sequence[Article], *, least: float) -> list[dict[int, float]]:
    """For each article how alike it is to some of the others, as index and measure from ``least`` to 1.

    Each pair stands once, under either index; pairs below ``least`` do not stand at all. The measure is the cosine of
    TF-IDF over the words of the title, which count more, and of the first hundred words, times
    ``1 - (days apart) / days``. An article without a date is near all others. The words that very many articles have
    are in the length of the vector and in nothing else: only pairs that share a rarer one are ever looked at.
    """
    vectors = term_vectors(articles)
    times = [math.inf if article.published is None else article.published.timestamp() for article in articles]
    span = weights("grouping")["days"] * _DAY
    index = _Index()
    found: list[dict[int, float]] = [{} for _ in articles]
    for one in sorted(range(len(articles)), key=times.__getitem__):
        time = times[one]
        since = -math.inf if time == math.inf else time - span
        products = index.products(vectors[one], since=since)
        for other, total in [pair for pair in products.items() if pair[1] >= least]:
            # Those without a date come last and see all that went before.
            value = total if time == math.inf else total * (1 - (time - times[other]) / span)
            if value >= least:
                found[one][other] = value
        index.add(one, vectors[one], time=time)
    return found


class _Index:
    """Which vectors have a term, in the order in which they were added: that of time."""

    def __init__(self) -> None:
        self._postings: defaultdict[str, tuple[list[float], list[int], list[float]]] = defaultdict(lambda: ([], [], []))

    def add(self, item: int, vector: Mapping[str, float], *, time: float) -> None:
        for term, value in vector.items():
            times, items, values = self._postings[term]
            times.append(time)
            items.append(item)
            values.append(value)

    def products(self, vector: Mapping[str, float], *, since: float) -> dict[int, float]:
        """The inner product with each vector of that time or later that shares a term."""
        sums: defaultdict[int, float] = defaultdict(float)
        for term, value in vector.items():
            times, items, values = self._postings[term]
            start = bisect_left(times, since)
            for item, other in zip(items[start:], values[start:], strict=True):
                sums[item] += value * other
        return sums


def term_vectors(articles: Sequence[Article]) -> list[Mapping[str, float]]:
    """TF-IDF over titles and openings, each vector of length 1 before the terms that tell nothing are taken out."""
    weight = weights("grouping")
    counts = [_terms(article) for article in articles]
    spread = Counter(term for count in counts for term in count)
    total = len(articles)
    most = max(weight["common_articles"], weight["common_share"] * total)
    rarity = {term: math.log((1 + total) / (1 + number)) + 1 for term, number in spread.items()}
    vectors: list[Mapping[str, float]] = []
    for count in counts:
        vector = {term: (1 + math.log(number)) * rarity[term] for term, number in count.items()}
        norm = math.sqrt(sum(value * value for value in vector.values())) or 1.0
        # A term that no other article has adds to the length of the vector and to nothing else either.
        vectors.append({term: value / norm for term, value in vector.items() if 1 < spread[term] <= most})
    return vectors


def _terms(article: Article) -> Counter[str]:
    weight = weights("grouping")
    first = int(weight["first_words"])
    opening = " ".join(article.text[:_MOST_OPENING].split(None, first)[:first])
    terms = Counter(content_terms(opening)[: _TERMS_A_WORD * first])
    for term in content_terms(article.title[:_MOST_CHARACTERS]):
        terms[term] += int(weight["title"])
    return terms
