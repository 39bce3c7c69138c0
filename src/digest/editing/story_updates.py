"""What readers have had in earlier issues: what says nothing else is left out, what brings news on it is marked.

Leaving out a story that is new is worse than repeating one, and so is "Update" over what is none: in doubt a story
stays as it is. Pure.
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
from digest.editing.text_cleaning import is_boilerplate
from digest.editing.text_similarity import find_copies, term_vectors
from digest.editing.tokenization import content_terms, word_count
from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from digest.models import Article

__all__ = ["EarlierReport", "Novelty", "find_earlier_reports", "may_come_back", "novelty_of"]

_DAY = 86_400
#: How sure it is that two articles tell the same; likeness is less than either.
_SAME_TEXT = 1.0
_SAME_ADDRESS = 2.0
#: A name inside a sentence, where a capital is not that of its first word; or a number.
_FACT = re.compile(r"(?<=[\w,;:'’)] )[^\W\d_a-z][\w'’]*|\d[\d.,]*")  # noqa: RUF001 - a typographic apostrophe
_CASED = re.compile(r"[A-Za-zÀ-ɏͰ-ӿ]")
#: Sentences of fewer words than this name no fact of their own.
_FEWEST_TERMS = 4
#: However little there is to compare with.
_FEWEST_SENTENCES = 3
#: Sentences in which a text says what it is about.
_OPENING = 2
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierReport:
    """That readers have had a story's event.

    Attributes:
        by: The article of an earlier issue that tells it.
        update: Whether the story brings facts that are new; if not it has nothing to say.
    """

    by: Article
    update: bool


def find_earlier_reports(stories: Sequence[Sequence[Article]], earlier: Sequence[Article]) -> dict[int, EarlierReport]:
    """The stories, as indices, whose event was in an earlier issue and that say nothing new, or clearly something.

    The event is the same where the address or the text of the leading article is, or where its words are more alike
    than those of one week's reports on one event have to be.
    """
    if not earlier:
        return {}
    leads = [story[0] for story in stories]
    same = _same_article(leads, earlier)
    alike = _alike(leads, earlier)
    found: dict[int, EarlierReport] = {}
    for index, lead in enumerate(leads):
        told = _judge(lead, same.get(index, {}), alike.get(index, {}), earlier)
        if told:
            found[index] = told
    return found


def may_come_back(article: Article, had: Sequence[Article]) -> bool:
    """Whether an address that readers have had (with the articles ``had``) now holds another article, or much news."""
    if not had:
        return False
    same = [one for one in had if not address_reused(one, article)]
    return not same or (_is_later(article, same) and novelty_of(article, same).much)


def _judge(
    lead: Article, same: Mapping[int, float], alike: Mapping[int, float], earlier: Sequence[Article]
) -> EarlierReport | None:
    """``same`` and ``alike`` are indices of earlier articles, with how sure it is that they tell the same."""
    matches = {**alike, **same}
    if not matches:
        return None
    best = min(matches, key=lambda index: (-matches[index], index))
    known = [earlier[index] for index in sorted(matches)]
    news = novelty_of(lead, known)
    if news.much and _is_later(lead, known):
        return EarlierReport(by=earlier[best], update=True)
    # What an outlet writes each time around its column is not the column.
    copied = bool(same) and (matches[best] == _SAME_ADDRESS or not news.opens)
    nothing = news.none and matches[best] >= weights("updates")["left_out"]
    if copied or nothing or _are_of_one_time(lead, earlier[best]):
        return EarlierReport(by=earlier[best], update=False)
    return None


def _are_of_one_time(one: Article, other: Article) -> bool:
    """Two reports on one event that cannot know more of it than each other."""
    if one.published is None or other.published is None:
        return False
    return abs(one.published - other.published) < timedelta(hours=weights("updates")["hours_later"])


def _is_later(article: Article, known: Sequence[Article]) -> bool:
    """Whether there was time for news: outlets publish one story within hours, and may be wrong about the zone."""
    times = [one.published for one in known if one.published]
    if article.published is None or len(times) < len(known):
        return False
    return article.published - max(times) >= timedelta(hours=weights("updates")["hours_later"])


def _same_article(leads: Sequence[Article], earlier: Sequence[Article]) -> dict[int, dict[int, float]]:
    """By the index of a lead the earlier articles that have its text, or its address and not another text."""
    found: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for one, other in find_copies([*earlier, *leads]):
        if one < len(earlier) <= other:
            found[other - len(earlier)][one] = _SAME_TEXT
    by_address: defaultdict[str, list[int]] = defaultdict(list)
    for number, article in enumerate(earlier):
        by_address[canonical_url(article.url)].append(number)
    for index, lead in enumerate(leads):
        for number in by_address.get(canonical_url(lead.url), ()):
            if not address_reused(earlier[number], lead):
                found[index][number] = _SAME_ADDRESS
    return found


def _alike(leads: Sequence[Article], earlier: Sequence[Article]) -> dict[int, dict[int, float]]:
    """By the index of a lead the earlier articles on its event, with their likeness, which falls with time."""
    weight = weights("updates")
    vectors = term_vectors([*earlier, *leads])
    holders: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for number in range(len(earlier)):
        if word_count(earlier[number].text) >= weight["enough_words"]:
            for term, value in vectors[number].items():
                holders[term].append((number, value))
    found: dict[int, dict[int, float]] = {}
    for index, lead in enumerate(leads):
        if word_count(lead.text) < weight["enough_words"]:
            continue
        products: defaultdict[int, float] = defaultdict(float)
        for term, value in vectors[len(earlier) + index].items():
            for number, other in holders.get(term, ()):
                products[number] += value * other
        address = canonical_url(lead.url)
        close = {
            number: value * _nearness(lead, earlier[number], days=weight["days"])
            for number, value in products.items()
            if canonical_url(earlier[number].url) != address
        }
        found[index] = {number: value for number, value in close.items() if value >= weight["same_event"]}
    return found


def _nearness(one: Article, other: Article, *, days: float) -> float:
    if one.published is None or other.published is None:
        return 0.5  # nothing says how far apart they are
    apart = abs((one.published - other.published).total_seconds()) / _DAY
    return max(0.0, 1 - apart / days)


@dataclass(frozen=True, kw_only=True, slots=True)
class Novelty:
    """What an article says that others do not.

    Attributes:
        sentences: For each sentence that was compared, in order, whether it says something new.
        headline: Whether the title does.
        words: The share of new words in what was compared.
    """

    sentences: tuple[bool, ...]
    headline: bool
    words: float

    @property
    def opens(self) -> bool:
        """Whether the text opens with something new."""
        return any(self.sentences[:_OPENING])

    @property
    def much(self) -> bool:
        """Whether it is worth telling readers who know the rest: news opens with what is new."""
        weight, new = weights("updates"), sum(self.sentences)
        enough = new >= weight["new_sentences"] and new >= weight["new_share"] * len(self.sentences)
        return enough and self.opens

    @property
    def none(self) -> bool:
        """Whether there is next to nothing for readers who know the rest."""
        weight = weights("updates")
        if self.headline or len(self.sentences) < _FEWEST_SENTENCES or self.words > weight["known_words"]:
            return False
        return sum(self.sentences) < weight["known_share"] * len(self.sentences)


def novelty_of(article: Article, known: Sequence[Article]) -> Novelty:
    """Tell which sentences at the beginning of an article say what no ``known`` article does.

    A sentence is new when at least half of its words are, and a name or a number among them where the script has
    capitals to know a name by. No more of the text is read than there is to compare with, so that the whole of an
    article of which only the beginning was known is no news; boilerplate never is.
    """
    texts = [f"{one.title}. {one.text[:_MOST_CHARACTERS]}" for one in known]
    terms = {term for text in texts for term in content_terms(text)}
    room = sum(len(content_terms(text)) for text in texts)
    found: list[bool] = []
    said: set[str] = set()
    for sentence in split_sentences(article.text[:_MOST_CHARACTERS]):
        own = content_terms(sentence.text)
        if len(own) < _FEWEST_TERMS or is_boilerplate(sentence.text):
            continue
        room -= len(own)
        if room < 0 and len(found) >= _FEWEST_SENTENCES:
            break
        found.append(_is_new(sentence.text, set(own), terms))
        said.update(own)
    title = set(content_terms(article.title))
    headline = len(title - terms) >= weights("updates")["new_words"] * len(title) > 0
    return Novelty(sentences=tuple(found), headline=headline, words=len(said - terms) / max(1, len(said)))


def _is_new(sentence: str, own: set[str], known: set[str]) -> bool:
    if len(own - known) < weights("updates")["new_words"] * len(own):
        return False
    facts = {term for fact in _FACT.findall(sentence) for term in content_terms(fact)}
    return bool(facts - known) or not _CASED.search(sentence)
