"""Which articles tell the same story: grouping by similarity, and a check that splits doubtful groups. Pure."""

from __future__ import annotations

import heapq
from functools import cache
from typing import TYPE_CHECKING

from digest.editing.event_names import are_two_events, is_rubric
from digest.editing.language_data import weights, word_list
from digest.editing.text_similarity import are_copies, event_similarities, find_copies
from digest.editing.tokenization import content_terms, is_unspaced, word_count
from digest.models import site_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from digest.models import Article

__all__ = ["address_reused", "group_articles", "separate_stories"]

#: In the choice of a story's best article, a text longer than this many characters has no further advantage.
_LONG_ENOUGH = 3000
_DAY = 86_400
#: With fewer words, two texts of one address may be alike by chance.
_TELLING_WORDS = 20
#: The part of a text that is compared with a short text: this many words, or characters in an unspaced script.
_OPENING_WORDS = 100
_OPENING_CHARACTERS = 1000


def group_articles(articles: Sequence[Article]) -> list[list[Article]]:
    """Group articles into stories.

    Articles form one story if they have the same canonical URL, if one text contains most of the other, or if their
    words are similar and they were published within a few days (TF-IDF and average-link clustering, in which each text
    counts once).
    The same articles give the same stories in whatever order they are passed.

    Returns:
        One list per story, the best article first: one with key points, then the longer text, then the earlier date.
        Every article is in exactly one list. Stories are in the order in which their first article was passed.
    """
    # Sorted by content, so that the result does not depend on the order of the arguments.
    places = sorted(range(len(articles)), key=lambda place: _identity(articles[place]))
    stories = [sorted(places[index] for index in story) for story in _stories([articles[place] for place in places])]
    return [sorted((articles[place] for place in story), key=_worst_last) for story in sorted(stories)]


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
    # Most pairs are far below the threshold, where they hardly affect a mean.
    similarities = event_similarities([articles[members[0]] for members in texts], least=threshold / 2)
    for story in _Linkage(similarities, threshold).run():
        yield [index for text in story for index in texts[text]]


def _same_address(articles: Sequence[Article]) -> Iterator[tuple[int, int]]:
    """Pairs of indices of articles with the same URL, unless both their texts and their dates differ."""
    seen: dict[str, list[int]] = {}
    for index, article in enumerate(articles):
        if not article.url.strip():
            continue
        others = seen.setdefault(article.key, [])
        same = next((other for other in others if not address_reused(articles[other], article)), None)
        if same is None:
            others.append(index)
        else:
            yield same, index


def address_reused(first: Article, second: Article) -> bool:
    """Whether a URL was used for two different articles, as is common for columns and broadcasts.

    Another headline under a second id of the same feed shows that, and so does a date some days later, unless the text
    is the same.
    """
    other_id = first.id and second.id and first.id != second.id and first.source == second.source
    if other_id and _headline(first) != _headline(second):
        short = min(word_count(first.text), word_count(second.text)) < _TELLING_WORDS
        return short or not are_copies(first, second)
    if first.published is None or second.published is None:
        return False
    apart = abs((first.published - second.published).total_seconds())
    return apart > weights("grouping")["days"] * _DAY and not are_copies(first, second)


def _worst_last(article: Article) -> tuple[bool, int, float]:
    return not article.key_points, -min(len(article.text), _LONG_ENOUGH), _moment(article)


class _Linkage:
    """Average-link clustering over a sparse matrix of similarities: pairs that are not in it count as 0.

    A heap yields the pair of groups with the highest mean. Outdated entries are skipped: their mean is no longer that
    of the two groups.
    """

    def __init__(self, similarities: Sequence[Mapping[int, float]], threshold: float) -> None:
        self._members = {item: [item] for item in range(len(similarities))}
        self._threshold = threshold
        self._sums: dict[int, dict[int, float]] = {item: {} for item in self._members}
        self._heap: list[tuple[float, int, int]] = []
        for first, others in enumerate(similarities):
            for second, value in others.items():
                self._add(first, second, value)
                self._offer(first, second)

    def run(self) -> list[list[int]]:
        """Merge the two groups with the highest mean similarity, until it falls below the threshold."""
        while self._heap:
            mean, first, second = heapq.heappop(self._heap)
            exist = first in self._members and second in self._members
            if exist and -mean == self._mean(first, second):
                self._join(first, second)
        return list(self._members.values())

    def _add(self, first: int, second: int, value: float) -> None:
        self._sums[first][second] = self._sums[second][first] = self._sums[first].get(second, 0.0) + value

    def _mean(self, first: int, second: int) -> float:
        return self._sums[first][second] / (len(self._members[first]) * len(self._members[second]))

    def _offer(self, first: int, second: int) -> None:
        mean = self._mean(first, second)
        if mean >= self._threshold:
            heapq.heappush(self._heap, (-mean, min(first, second), max(first, second)))

    def _join(self, first: int, second: int) -> None:
        self._members[first] += self._members.pop(second)
        for third, value in self._sums.pop(second).items():
            del self._sums[third][second]
            if third != first:
                self._add(first, third, value)
        for third in self._sums[first]:
            self._offer(first, third)


def separate_stories(stories: Iterable[list[Article]]) -> list[list[Article]]:
    """Split groups whose words are not enough evidence that all articles are about one event.

    `group_articles` relies on words, which works for full reports by several outlets. It is a guess if texts are short,
    or if one outlet writes all its articles to one pattern. Losing an article in a wrong group is worse than showing an
    event twice, so:

    - Articles with the same URL or text stay together, and so do those with the same headline, unless one of the next
      two points tells them apart.
    - Two outlets' reports that have no name, number or place in common are two events told in the same words.
    - A rubric such as "Letters to the editor" never joins two outlets.
    - An outlet reports an event only once, so its second article is another story.
    - A short article must share words with another one, apart from stock phrases of headlines. An article without a
      text must share nearly the whole headline.

    Args:
        stories: Groups, each with its best article first.
    """
    groups = list(stories)
    # All articles are compared at once, because the footer of an outlet shows only in many of its articles.
    articles = [article for group in groups for article in group]
    repeats = _DisjointSets(len(articles))
    if len(groups) < len(articles):
        for index, copy in find_copies(articles):
            repeats.join(index, copy)
    separated: list[list[Article]] = []
    first = 0
    for group in groups:
        labels = [repeats.find(first + place) for place in range(len(group))]
        separated += _parts(group, labels)
        first += len(group)
    return separated


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
    return [sorted((article for unit in part for article in unit), key=lambda each: places[id(each)]) for part in parts]


def _units(story: Sequence[Article], labels: Sequence[int]) -> list[list[Article]]:
    """Units of articles that must stay together: they share a URL, headline or text. The best article comes first."""
    units = _DisjointSets(len(story))
    seen: dict[object, int] = {}
    headlines: dict[str, list[int]] = {}
    for place, (article, label) in enumerate(zip(story, labels, strict=True)):
        for sign in (label, ("address", article.key)):
            units.join(seen.setdefault(sign, place), place)
        others = headlines.setdefault(_headline(article), [])
        for other in others:
            if not _are_apart(article, story[other]):
                units.join(other, place)
        others.append(place)
    return [[story[place] for place in members] for members in units.members()]


def _belongs(unit: Sequence[Article], part: Sequence[Sequence[Article]]) -> bool:
    here, there = _outlets(unit), _outlets([article for other in part for article in other])
    if here <= there or there <= here:
        return False
    return any(_may_be_one(unit[0], other[0]) for other in part)


def _are_apart(first: Article, second: Article) -> bool:
    """Whether articles of two outlets tell two events, or are rubrics, which tell none."""
    if _outlets([first]) == _outlets([second]):
        return False
    return is_rubric(first.title) or is_rubric(second.title) or are_two_events(first, second)


def _outlets(articles: Iterable[Article]) -> set[str]:
    """Each article's outlet: as its aggregated feed names it, otherwise the host, otherwise the source."""
    return {
        f"outlet {article.outlet}" if article.outlet else site_name(article.url) or f"source {article.source}"
        for article in articles
    }


def _may_be_one(first: Article, second: Article) -> bool:
    """Whether both texts are long enough to trust their similarity, or short ones have enough words in common.

    Never for rubrics and for reports of two outlets that name nothing in common.
    """
    if _are_apart(first, second):
        return False
    weight = weights("short")
    if min(word_count(first.text), word_count(second.text)) >= weight["words"]:
        return True
    titles = _telling(first.title), _telling(second.title)
    in_titles = titles[0] & titles[1]
    share = len(in_titles) / max(1, min(map(len, titles)))
    evidence = share * len(in_titles)
    if not (first.text.strip() and second.text.strip()):
        return share >= weight["no_text"] and evidence >= _needed("alike", first, second)
    texts = _telling(_opening(first.text)), _telling(_opening(second.text))
    anywhere = (titles[0] | texts[0]) & (titles[1] | texts[1])
    # A word of both headlines that both texts repeat is their topic, and counts twice.
    evidence += len(anywhere - in_titles) + len(in_titles & texts[0] & texts[1])
    if share >= weight["headline"]:
        return evidence >= _needed("alike", first, second)
    # Texts on any topic share phrases such as "Click here", so only words of a headline are evidence.
    in_headlines = len(anywhere & (titles[0] | titles[1]))
    return in_headlines >= weight["headline_words"] and evidence >= _needed("unlike", first, second)


def _needed(headlines: str, first: Article, second: Article) -> float:
    # In unspaced scripts terms are overlapping pairs of characters: a word in common is about two terms.
    return weights("short")[headlines] * (2 if is_unspaced(first.title) and is_unspaced(second.title) else 1)


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
    """Union-find over the numbers from 0 to ``size - 1`` (Galler and Fischer, 1964). The lowest number names a set."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, item: int) -> int:
        """The lowest number of the set that contains ``item``."""
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def join(self, first: int, second: int) -> None:
        """Merge the sets of two numbers."""
        low, high = sorted((self.find(first), self.find(second)))
        self._parent[high] = low

    def members(self) -> list[list[int]]:
        """All sets, each in ascending order, sorted by their lowest numbers."""
        sets: dict[int, list[int]] = {}
        for item in range(len(self._parent)):
            sets.setdefault(self.find(item), []).append(item)
        return list(sets.values())
