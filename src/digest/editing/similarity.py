"""How alike articles are: by shared runs of words (copies) and by TF-IDF (the same event)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.editing.language import content_words, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.models import Article

__all__ = ["copies", "event_similarities"]

_SHINGLE = 4
#: Fewer runs of words than this are a teaser; what teasers share is mostly "Read the whole story".
_FEWEST_SHINGLES = 12
_CONTAINED = 0.5
#: A run of words that so many articles have is a footer.
_COMMONEST_SHINGLE = 60
_FIRST_WORDS = 100
#: In a handful of articles every shared word is in half of them.
_ENOUGH_TO_COUNT = 20


def copies(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    """Pairs of indices, the lower first, of which one article's text is for the most part in the other's.

    Containment of runs of four words finds copies that are cut to the first paragraph, which a symmetric measure
    (Jaccard, MinHash, SimHash) does not.
    """
    shingles = [_shingles(article.text) for article in articles]
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for index, own in enumerate(shingles):
        if len(own) < _FEWEST_SHINGLES:
            continue
        shared: Counter[int] = Counter()
        for shingle in own:
            others = holders[shingle]
            if len(others) < _COMMONEST_SHINGLE:
                shared.update(others)
                others.append(index)
        for other in sorted(shared):
            if shared[other] >= _CONTAINED * min(len(own), len(shingles[other])):
                yield other, index


def _shingles(text: str) -> set[int]:
    words = words_of(text)
    return {hash(tuple(words[at : at + _SHINGLE])) for at in range(len(words) - _SHINGLE + 1)}


def event_similarities(articles: Sequence[Article], *, days: int) -> list[dict[int, float]]:
    """For each article the cosine with every later-listed one that is not more than ``days`` apart, zeros left out.

    The cosine is that of TF-IDF over the words and pairs of words of the title, twice, and of the first hundred words.
    An article without a date is near all others.
    """
    vectors = _vectors(articles)
    dates = [None if article.published is None else article.published.toordinal() for article in articles]
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for index, vector in enumerate(vectors):
        for term, value in vector.items():
            postings[term].append((index, value))
    found: list[dict[int, float]] = []
    for index, vector in enumerate(vectors):
        sums: defaultdict[int, float] = defaultdict(float)
        for term, value in vector.items():
            for other, weight in postings[term]:
                sums[other] += value * weight
        mine = dates[index]
        found.append(
            {
                other: total
                for other, total in sorted(sums.items())
                if other > index and (mine is None or (theirs := dates[other]) is None or abs(mine - theirs) <= days)
            }
        )
    return found


def _vectors(articles: Sequence[Article]) -> list[Mapping[str, float]]:
    counts = [_terms(article) for article in articles]
    spread = Counter(term for count in counts for term in count)
    total = len(articles)
    most = total / 2 if total >= _ENOUGH_TO_COUNT else total
    vectors: list[Mapping[str, float]] = []
    for count in counts:
        vector = {
            term: (1 + math.log(number)) * (math.log((1 + total) / (1 + spread[term])) + 1)
            for term, number in count.items()
            if spread[term] <= most
        }
        norm = math.sqrt(sum(value * value for value in vector.values())) or 1.0
        # A term that no other article has adds to the length of the vector and to nothing else.
        vectors.append({term: value / norm for term, value in vector.items() if spread[term] > 1})
    return vectors


def _terms(article: Article) -> Counter[str]:
    title = content_words(article.title)
    body = content_words(" ".join(article.text.split(None, _FIRST_WORDS)[:_FIRST_WORDS]))
    terms = Counter(body)
    terms.update(f"{first} {second}" for first, second in pairwise(body))
    for _ in range(2):
        terms.update(title)
        terms.update(f"{first} {second}" for first, second in pairwise(title))
    return terms
