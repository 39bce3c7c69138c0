"""Which stories were in an earlier issue: those without news are left out, those with news are marked "Update".

Leaving out a new story, or wrongly marking one "Update", is worse than repeating a story. When in doubt, a story stays
as it is. All functions are pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from digest.editing.grouping import address_reused
from digest.editing.language_data import weights
from digest.editing.sentences import split_sentences
from digest.editing.text_cleaning import is_boilerplate, single_line
from digest.editing.text_similarity import are_copies, find_copies, term_vectors
from digest.editing.tokenization import content_terms, word_count
from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from digest.models import Article

__all__ = ["EarlierReport", "Novelty", "by_address", "find_earlier_reports", "novelty_of", "was_seen"]

_DAY = 86_400
#: How certain it is that two articles tell the same story. For articles that only have similar words it is less.
_SAME_TEXT = 1.0
_SAME_ADDRESS = 2.0
#: A number, or a capitalised word that is not the first one of its sentence.
_FACT = re.compile(r"(?<=[\w,;:'’)] )[^\W\d_a-z][\w'’]*|\d[\d.,]*")  # noqa: RUF001 - a typographic apostrophe
_CASED = re.compile(r"[A-Za-zÀ-ɏͰ-ӿ]")
#: Sentences with fewer terms are not compared.
_FEWEST_TERMS = 4
#: At least this many sentences are compared, even if the earlier texts are shorter.
_FEWEST_SENTENCES = 3
#: The number of sentences that open a text.
_OPENING = 2
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierReport:
    """An earlier issue's report on the event of a story.

    Attributes:
        by: The article of the earlier issue.
        update: Whether the story adds new facts. If not, it is a repetition.
    """

    by: Article
    update: bool


def find_earlier_reports(stories: Sequence[Sequence[Article]], earlier: Sequence[Article]) -> dict[int, EarlierReport]:
    """Find the stories whose event was in an earlier issue, if they clearly add news or clearly add nothing.

    An event is the same if the leading articles have the same URL or text, or if their words are more similar than
    reports of one week need to be.

    Args:
        stories: The articles of each story, the leading one first.
        earlier: The leading articles of the stories of earlier issues.

    Returns:
        The earlier report for each story, by the index of the story.
    """
    if not earlier:
        return {}
    leads = [story[0] for story in stories]
    same = _same_article(leads, earlier)
    similar = _similar(leads, earlier)
    reports: dict[int, EarlierReport] = {}
    for index, lead in enumerate(leads):
        report = _judge(lead, same.get(index, {}), similar.get(index, {}), earlier)
        if report:
            reports[index] = report
    return reports


def by_address(articles: Iterable[Article]) -> dict[str, list[Article]]:
    """The articles by their canonical URLs, which several may share."""
    groups: dict[str, list[Article]] = {}
    for article in articles:
        groups.setdefault(canonical_url(article.url), []).append(article)
    return groups


def was_seen(article: Article, seen: Collection[str], *, had: Mapping[str, Sequence[Article]]) -> bool:
    """Whether an article was in an earlier issue, and has neither changed into another one nor got much news since.

    Args:
        seen: The keys of the articles of earlier issues.
        had: The articles that readers have had, by canonical URL.
    """
    known = article.keys.intersection(seen)
    address = canonical_url(article.url)
    reports = had.get(address, ())
    if known - {address}:  # under its id, whatever else was at this address
        reports = [report for report in reports if report.id == article.id]
    elif known or (article.shares_url and address in seen):  # at a time when nothing else was at this address
        reports = [report for report in reports if not report.shares_url]
        if article.shares_url and not reports:
            return False  # it is unknown which one that was
    else:
        return False
    return not _may_come_back(article, reports)


def _may_come_back(article: Article, had: Sequence[Article]) -> bool:
    """Whether a URL of earlier issues now has a different article, or much news."""
    if not had:
        return False
    same = [report for report in had if not _is_another(report, article)]
    return not same or (_is_later(article, same) and novelty_of(article, same).is_substantial)


def _is_another(report: Article, article: Article) -> bool:
    """Whether an article is another one than the report that readers have had from its URL."""
    if address_reused(report, article):
        return True
    undated = report.published is None or article.published is None
    retitled = single_line(report.title).casefold() != single_line(article.title).casefold()
    return undated and retitled and not are_copies(report, article)


def _judge(
    lead: Article, same: Mapping[int, float], similar: Mapping[int, float], earlier: Sequence[Article]
) -> EarlierReport | None:
    """Decide on one story. ``same`` and ``similar`` map indices of earlier articles to certainties."""
    matches = {**similar, **same}
    if not matches:
        return None
    best = min(matches, key=lambda index: (-matches[index], index))
    reports = [earlier[index] for index in sorted(matches)]
    novelty = novelty_of(lead, reports)
    if novelty.is_substantial and _is_later(lead, reports):
        return EarlierReport(by=earlier[best], update=True)
    # A column may repeat its own frame each week; a copy that opens with news is not a repetition.
    copied = bool(same) and (matches[best] == _SAME_ADDRESS or not novelty.opens)
    nothing = novelty.is_negligible and matches[best] >= weights("updates")["left_out"]
    if copied or nothing or _are_of_one_time(lead, earlier[best]):
        return EarlierReport(by=earlier[best], update=False)
    return None


def _are_of_one_time(first: Article, second: Article) -> bool:
    """Whether two reports on one event were published so close together that neither can add news."""
    if first.published is None or second.published is None:
        return False
    return abs(first.published - second.published) < timedelta(hours=weights("updates")["hours_later"])


def _is_later(article: Article, reports: Sequence[Article]) -> bool:
    """Whether there was time for news: outlets publish a story within hours, and may state a wrong time zone."""
    times = [report.published for report in reports if report.published]
    if article.published is None or len(times) < len(reports):
        return False
    return article.published - max(times) >= timedelta(hours=weights("updates")["hours_later"])


def _same_article(leads: Sequence[Article], earlier: Sequence[Article]) -> dict[int, dict[int, float]]:
    """For each lead, by index, the earlier articles with its text, or with its URL and no other text."""
    matches: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for first, second in find_copies([*earlier, *leads]):
        if first < len(earlier) <= second:
            matches[second - len(earlier)][first] = _SAME_TEXT
    by_address: defaultdict[str, list[int]] = defaultdict(list)
    for number, article in enumerate(earlier):
        by_address[article.key].append(number)
    for index, lead in enumerate(leads):
        for number in by_address.get(lead.key, ()):
            if not _is_another(earlier[number], lead):
                matches[index][number] = _SAME_ADDRESS
    return matches


def _similar(leads: Sequence[Article], earlier: Sequence[Article]) -> dict[int, dict[int, float]]:
    """For each lead, by index, the earlier articles on its event and their similarity, which falls with time."""
    weight = weights("updates")
    vectors = term_vectors([*earlier, *leads])
    holders: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number in range(len(earlier)):
        if word_count(earlier[number].text) >= weight["enough_words"]:
            for term, value in vectors[number].items():
                holders[term].append((number, value))
    matches: dict[int, dict[int, float]] = {}
    for index, lead in enumerate(leads):
        if word_count(lead.text) < weight["enough_words"]:
            continue
        products: defaultdict[int, float] = defaultdict(float)
        for term, value in vectors[len(earlier) + index].items():
            for number, other in holders.get(term, ()):
                products[number] += value * other
        address = lead.key
        close = {
            number: value * _nearness(lead, earlier[number], days=weight["days"])
            for number, value in products.items()
            if earlier[number].key != address
        }
        matches[index] = {number: value for number, value in close.items() if value >= weight["same_event"]}
    return matches


def _nearness(first: Article, second: Article, *, days: float) -> float:
    if first.published is None or second.published is None:
        return 0.5  # the distance in time is unknown
    apart = abs((first.published - second.published).total_seconds()) / _DAY
    return max(0.0, 1 - apart / days)


@dataclass(frozen=True, kw_only=True, slots=True)
class Novelty:
    """How much an article says that earlier articles do not.

    Attributes:
        sentences: For each compared sentence, in order, whether it says something new.
        headline: Whether the title says something new.
        words: The share of new words among the compared ones, from 0 to 1.
    """

    sentences: tuple[bool, ...]
    headline: bool
    words: float

    @property
    def opens(self) -> bool:
        """Whether the text opens with something new."""
        return any(self.sentences[:_OPENING])

    @property
    def is_substantial(self) -> bool:
        """Whether there is enough to tell readers who know the earlier articles. News opens with what is new."""
        weight, new = weights("updates"), sum(self.sentences)
        enough = new >= weight["new_sentences"] and new >= weight["new_share"] * len(self.sentences)
        return enough and self.opens

    @property
    def is_negligible(self) -> bool:
        """Whether there is next to nothing new for readers who know the earlier articles."""
        weight = weights("updates")
        if self.headline or len(self.sentences) < _FEWEST_SENTENCES or self.words > weight["known_words"]:
            return False
        return sum(self.sentences) < weight["known_share"] * len(self.sentences)


def novelty_of(article: Article, earlier: Sequence[Article]) -> Novelty:
    """Measure what the beginning of an article says that no earlier article does.

    A sentence is new if at least half of its words are, and if a name or a number is among them in scripts with
    capital letters. Only as much text is read as there is to compare with; otherwise the full text of an article whose
    beginning is known would count as news. Boilerplate is skipped.
    """
    texts = [f"{report.title}. {report.text[:_MOST_CHARACTERS]}" for report in earlier]
    terms = {term for text in texts for term in content_terms(text)}
    room = sum(len(content_terms(text)) for text in texts)
    sentences: list[bool] = []
    compared: set[str] = set()
    for sentence in split_sentences(article.text[:_MOST_CHARACTERS]):
        own = content_terms(sentence.text)
        if len(own) < _FEWEST_TERMS or is_boilerplate(sentence.text):
            continue
        room -= len(own)
        if room < 0 and len(sentences) >= _FEWEST_SENTENCES:
            break
        sentences.append(_is_new(sentence.text, set(own), terms))
        compared.update(own)
    title = set(content_terms(article.title))
    headline = len(title - terms) >= weights("updates")["new_words"] * len(title) > 0
    return Novelty(sentences=tuple(sentences), headline=headline, words=len(compared - terms) / max(1, len(compared)))


def _is_new(sentence: str, terms: set[str], earlier: set[str]) -> bool:
    if len(terms - earlier) < weights("updates")["new_words"] * len(terms):
        return False
    facts = {term for fact in _FACT.findall(sentence) for term in content_terms(fact)}
    return bool(facts - earlier) or not _CASED.search(sentence)
