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

#: Fewer runs of words than this are a teaser; what teasers share is mostly "Read the whole story".
_FEWEST_RUNS = 12
_CONTAINED = 0.5
#: A run that so many articles of one outlet have is its footer,
_FOOTER = 3
#: unless one of them has so much of the other that they are versions of one text.
_VERSION = 0.85
#: One text in more places than this needs no more of them to be known by.
_MOST_HOLDERS = 20
#: What comes later in a very long text is not compared.
_LONGEST_TEXT = 20_000
#: An odd number whose bits are spread (Knuth, The Art of Computer Programming 3, section 6.4).
_SPREAD = 2_654_435_761
_32_BITS = 0xFFFF_FFFF
_LARGEST_TABLE = 1 << 25
_DAY = 86_400
#: No title is longer; a page's whole text in its place must cost no more.
_LONGEST_TITLE = 500
#: A hundred words end long before this; where a script sets no spaces they are known by the number of their terms.
_LONGEST_OPENING = 4000
_TERMS_A_WORD = 2


def find_copies(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    """Pairs of indices, the lower first, of which one article's text is for the most part in the other's.

    Containment of runs of four words finds copies that are cut to the first paragraph, which a symmetric measure
    (Jaccard, MinHash, SimHash) does not. What an outlet writes under all its articles does not count.
    """
    codes = _Codes()
    runs = [_runs(article.text, codes) for article in articles]
    repeated = _repeated(runs)
    sizes = [len(own) for own in runs]
    footers = _footers(articles, repeated, sizes)
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for index, own in enumerate(repeated):
        sizes[index] -= sum(run in footers for run in own)
        if sizes[index] < _FEWEST_RUNS:
            continue
        shared: Counter[int] = Counter()
        for run in own:
            if run not in footers:
                others = holders[run]
                shared.update(others)
                if len(others) < _MOST_HOLDERS:
                    others.append(index)
        for other in sorted(shared):
            if shared[other] >= _CONTAINED * min(sizes[index], sizes[other]):
                yield other, index


def are_copies(one: Article, other: Article) -> bool:
    """Whether one text is for the most part in the other; also where one is too short to tell."""
    codes = _Codes()
    mine, theirs = set(_runs(one.text, codes)), set(_runs(other.text, codes))
    fewer = min(len(mine), len(theirs))
    return fewer < _FEWEST_RUNS or len(mine & theirs) >= _CONTAINED * fewer


class _Codes(dict[str, int]):
    """A number of 32 bits for each word, the same in every process."""

    def __missing__(self, word: str) -> int:
        code = self[word] = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return code


def _runs(text: str, codes_of: _Codes) -> array[int]:
    """The different runs of four words, each as a number of 32 bits; none where a script without spaces has few."""
    text = text[:_LONGEST_TEXT]
    codes = list(map(codes_of.__getitem__, terms_of(text)))
    if len(codes) < 2 * _FEWEST_RUNS and is_unspaced(text):
        return array("I")
    pairs = [(first * _SPREAD + second) & _32_BITS for first, second in pairwise(codes)]
    square = _SPREAD * _SPREAD & _32_BITS
    return array("I", {(first * square + second) & _32_BITS for first, second in zip(pairs, pairs[2:], strict=False)})


def _repeated(runs: Sequence[array[int]]) -> list[array[int]]:
    """For each article its runs that some other one seems to have too: a small part, so that only these are held.

    Counts are kept in a table eight times as large as there are runs; two that fall together cost space, no more.
    """
    table = bytearray(min(_LARGEST_TABLE, 8 * sum(map(len, runs)) + 1))
    size = len(table)
    for own in runs:
        for run in own:
            at = run % size
            if table[at] < 2:
                table[at] += 1
    return [array("I", (run for run in own if table[run % size] > 1)) for own in runs]


def _footers(articles: Sequence[Article], runs: Sequence[array[int]], sizes: Sequence[int]) -> set[int]:
    by_outlet: defaultdict[str, list[int]] = defaultdict(list)
    for index, article in enumerate(articles):
        by_outlet[host_name(article.url)].append(index)
    footers: set[int] = set()
    for outlet, members in by_outlet.items():
        if outlet and len(members) >= _FOOTER:
            footers |= _frequent(members, runs, sizes)
    return footers


def _frequent(members: Sequence[int], runs: Sequence[array[int]], sizes: Sequence[int]) -> set[int]:
    """The runs that several texts of one outlet have; versions of a text count as one."""
    counts = Counter(run for index in members for run in runs[index])
    often = {run for run, count in counts.items() if count >= _FOOTER}
    if not often:
        return often
    versions: dict[int, int] = {}
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for index in members:
        shared = Counter(other for run in runs[index] for other in holders[run])
        like = (other for other, number in shared.items() if number >= _VERSION * min(sizes[index], sizes[other]))
        versions[index] = versions.get(min(like, default=index), index)
        for run in runs[index]:
            if len(holders[run]) < _MOST_HOLDERS:
                holders[run].append(index)
    texts = Counter(
        run for run, _ in {(run, versions[index]) for index in members for run in runs[index] if run in often}
    )
    return {run for run, count in texts.items() if count >= _FOOTER}


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
    opening = " ".join(article.text[:_LONGEST_OPENING].split(None, first)[:first])
    terms = Counter(content_terms(opening)[: _TERMS_A_WORD * first])
    for term in content_terms(article.title[:_LONGEST_TITLE]):
        terms[term] += int(weight["title"])
    return terms
