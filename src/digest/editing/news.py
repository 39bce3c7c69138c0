"""What an article says that others do not. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.editing.cleaning import is_boilerplate
from digest.editing.language import weights
from digest.editing.sentences import split_sentences
from digest.editing.terms import content_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.models import Article

__all__ = ["News", "news_in"]

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
class News:
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


def news_in(article: Article, known: Sequence[Article]) -> News:
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
    return News(sentences=tuple(found), headline=headline, words=len(said - terms) / max(1, len(said)))


def _is_new(sentence: str, own: set[str], known: set[str]) -> bool:
    if len(own - known) < weights("updates")["new_words"] * len(own):
        return False
    facts = {term for fact in _FACT.findall(sentence) for term in content_terms(fact)}
    return bool(facts - known) or not _CASED.search(sentence)
