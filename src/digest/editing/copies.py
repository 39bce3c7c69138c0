"""Which articles carry the same text, whatever stands around it."""

from __future__ import annotations

import zlib
from array import array
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.editing.terms import is_unspaced, terms_of
from digest.models import host_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from digest.models import Article

__all__ = ["are_copies", "copies"]

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
_MOST_CHARACTERS = 20_000
#: An odd number whose bits are spread (Knuth, The Art of Computer Programming 3, section 6.4).
_SPREAD = 2_654_435_761
_32_BITS = 0xFFFF_FFFF
_LARGEST_TABLE = 1 << 25


def copies(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
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
    text = text[:_MOST_CHARACTERS]
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
