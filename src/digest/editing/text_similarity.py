"""How alike two articles are: whether one copies the other's text, and whether they report one event."""

from __future__ import annotations

import math
import zlib
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.editing.language_data import weights
from digest.editing.tokenization import content_terms, is_unspaced, terms_of
from digest.models import host_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.models import Article

__all__ = ["are_copies", "event_similarities", "find_copies", "term_vectors"]

#: A text with fewer shingles is a teaser; teasers mostly share phrases such as "Read the whole story".
_FEWEST_SHINGLES = 12
_CONTAINED = 0.5
#: A shingle in this many articles of one outlet belongs to its footer.
_FOOTER = 3
#: Two articles that share this much are versions of one text, and count once when a footer is detected.
_VERSION = 0.85
#: A shingle is indexed for at most this many articles, which is enough to recognise a widely copied text.
_MOST_HOLDERS = 20
#: The characters of a text that are compared.
_LONGEST_TEXT = 20_000
#: Knuth's multiplicative hashing constant (The Art of Computer Programming, volume 3, section 6.4).
_SPREAD = 2_654_435_761
_32_BITS = 0xFFFF_FFFF
_LARGEST_TABLE = 1 << 25
_DAY = 86_400
#: The characters of a title that are compared, in case a page has its whole text there.
_LONGEST_TITLE = 500
#: A hundred words end long before this many characters; in unspaced scripts the number of terms is limited instead.
_LONGEST_OPENING = 4000
_TERMS_A_WORD = 2


def find_copies(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    """Find pairs of articles in which one contains most of the other's text.

    The measure is the containment of shingles of four words. It finds copies that were cut to their first paragraph,
    which symmetric measures (Jaccard, MinHash, SimHash) miss. The footers of outlets do not count.

    Yields:
        Pairs of indices, the lower one first.
    """
    codes = _Codes()
    shingles = [_shingles(article.text, codes) for article in articles]
    repeated = _repeated(shingles)
    sizes = list(map(len, shingles))
    footers = _footers(articles, repeated, sizes)
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for index, own_shingles in enumerate(repeated):
        sizes[index] -= sum(shingle in footers for shingle in own_shingles)
        if sizes[index] < _FEWEST_SHINGLES:
            continue
        shared: Counter[int] = Counter()
        for shingle in own_shingles:
            if shingle not in footers:
                others = holders[shingle]
                shared.update(others)
                if len(others) < _MOST_HOLDERS:
                    others.append(index)
        for other in sorted(shared):
            if shared[other] >= _CONTAINED * min(sizes[index], sizes[other]):
                yield other, index


def are_copies(first: Article, second: Article) -> bool:
    """Whether one article contains most of the other's text. True if either text is too short to tell."""
    codes = _Codes()
    mine, theirs = set(_shingles(first.text, codes)), set(_shingles(second.text, codes))
    fewer = min(len(mine), len(theirs))
    return fewer < _FEWEST_SHINGLES or len(mine & theirs) >= _CONTAINED * fewer


class _Codes(dict[str, int]):
    """A 32-bit hash for each word, computed once. Unlike `hash`, it is the same in every process."""

    def __missing__(self, word: str) -> int:
        code = self[word] = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return code


def _shingles(text: str, codes_of: _Codes) -> array[int]:
    """The distinct shingles of four words, each as a 32-bit hash; none for a short text in an unspaced script."""
    text = text[:_LONGEST_TEXT]
    codes = list(map(codes_of.__getitem__, terms_of(text)))
    if len(codes) < 2 * _FEWEST_SHINGLES and is_unspaced(text):
        return array("I")
    pairs = [(first * _SPREAD + second) & _32_BITS for first, second in pairwise(codes)]
    square = _SPREAD * _SPREAD & _32_BITS
    return array("I", {(first * square + second) & _32_BITS for first, second in zip(pairs, pairs[2:], strict=False)})


def _repeated(shingles: Sequence[array[int]]) -> list[array[int]]:
    """For each article, the shingles that probably occur in another article too: the small part that is indexed.

    Occurrences are counted in a hash table with eight cells per shingle. A collision keeps a shingle needlessly, which
    costs space and nothing else.
    """
    table = bytearray(min(_LARGEST_TABLE, 8 * sum(map(len, shingles)) + 1))
    size = len(table)
    for own_shingles in shingles:
        for shingle in own_shingles:
            at = shingle % size
            if table[at] < 2:
                table[at] += 1
    return [array("I", (shingle for shingle in each if table[shingle % size] > 1)) for each in shingles]


def _footers(articles: Sequence[Article], shingles: Sequence[array[int]], sizes: Sequence[int]) -> set[int]:
    by_outlet: defaultdict[str, list[int]] = defaultdict(list)
    for index, article in enumerate(articles):
        by_outlet[host_name(article.url)].append(index)
    footers: set[int] = set()
    for outlet, members in by_outlet.items():
        if outlet and len(members) >= _FOOTER:
            footers |= _frequent(members, shingles, sizes)
    return footers


def _frequent(members: Sequence[int], shingles: Sequence[array[int]], sizes: Sequence[int]) -> set[int]:
    """The shingles in several texts of one outlet; versions of a text count as one."""
    counts = Counter(shingle for index in members for shingle in shingles[index])
    often = {shingle for shingle, count in counts.items() if count >= _FOOTER}
    if not often:
        return often
    versions: dict[int, int] = {}
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for index in members:
        shared = Counter(other for shingle in shingles[index] for other in holders[shingle])
        same = (other for other, number in shared.items() if number >= _VERSION * min(sizes[index], sizes[other]))
        versions[index] = versions.get(min(same, default=index), index)
        for shingle in shingles[index]:
            if len(holders[shingle]) < _MOST_HOLDERS:
                holders[shingle].append(index)
    by_version = {(shingle, versions[index]) for index in members for shingle in shingles[index] if shingle in often}
    texts = Counter(shingle for shingle, _ in by_version)
    return {shingle for shingle, count in texts.items() if count >= _FOOTER}


def event_similarities(articles: Sequence[Article], *, least: float) -> list[dict[int, float]]:
    """The similarity of all pairs of articles that may report one event.

    The measure is the cosine of TF-IDF vectors over the title, whose words count more, and the first hundred words,
    times ``1 - (days apart) / days``. An article without a date is near all others. Very frequent words only count
    towards the length of a vector, so pairs that share no rarer word are never compared.

    Returns:
        For each article the indices of others with the similarity, from ``least`` to 1. Each pair is listed once,
        under either index.
    """
    vectors = term_vectors(articles)
    times = [math.inf if article.published is None else article.published.timestamp() for article in articles]
    span = weights("grouping")["days"] * _DAY
    index = _Index()
    similarities: list[dict[int, float]] = [{} for _ in articles]
    for item in sorted(range(len(articles)), key=times.__getitem__):
        time = times[item]
        since = -math.inf if time == math.inf else time - span
        products = index.products(vectors[item], since=since)
        for other, total in [pair for pair in products.items() if pair[1] >= least]:
            # Articles without a date are added last and are compared with all others.
            value = total if time == math.inf else total * (1 - (time - times[other]) / span)
            if value >= least:
                similarities[item][other] = value
        index.add(item, vectors[item], time=time)
    return similarities


class _Index:
    """An inverted index: for each term the vectors that have it. Vectors must be added in order of time."""

    def __init__(self) -> None:
        self._postings: defaultdict[str, tuple[list[float], list[int], list[float]]] = defaultdict(lambda: ([], [], []))

    def add(self, item: int, vector: Mapping[str, float], *, time: float) -> None:
        for term, value in vector.items():
            times, items, values = self._postings[term]
            times.append(time)
            items.append(item)
            values.append(value)

    def products(self, vector: Mapping[str, float], *, since: float) -> dict[int, float]:
        """The inner product with each vector since a time (a Unix timestamp) that shares a term."""
        sums: defaultdict[int, float] = defaultdict(float)
        for term, value in vector.items():
            times, items, values = self._postings[term]
            start = bisect_left(times, since)
            for item, other in zip(items[start:], values[start:], strict=True):
                sums[item] += value * other
        return sums


def term_vectors(articles: Sequence[Article]) -> list[Mapping[str, float]]:
    """TF-IDF vectors of titles and openings, normalised to length 1 and then stripped of uninformative terms."""
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
        # A term of a single article, like a very frequent one, counts towards the length of the vector only.
        vectors.append({term: value / norm for term, value in vector.items() if 1 < spread[term] <= most})
    return vectors


def _terms(article: Article) -> Counter[str]:
    weight = weights("grouping")
    first = int(weight["first_words"])
    opening = " ".join(article.text[:_LONGEST_OPENING].split(None, first)[:first])
    terms = Counter(content_terms(opening)[: _TERMS_A_WORD * first])
    for term in content_terms(article.title[:_LONGEST_TITLE]):
        terms[term] += int(weight["title"])
    return terms
