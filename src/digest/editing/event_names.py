"""What tells apart two events that are told in the same words: names and numbers. And rubrics, which are no events."""

# ruff: noqa: RUF001 - the quotes of other languages, which look like ASCII, introduce names here

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from digest.editing.language_data import word_list
from digest.editing.tokenization import detect_language, is_unspaced, words_of

if TYPE_CHECKING:
    from digest.models import Article

__all__ = ["are_two_events", "is_rubric"]

#: The characters of a text in which names are looked for: news says what happened first.
_LONGEST = 1200
_TITLE = 300
_TOKEN = re.compile(r"[^\W\d_][\w'’]*(?:-\w+)*|\d[\d.,:]*(?<![.,:])%?|[.!?:;…]|[\"“”„«»‘(|•]|\n")
_BREAKS = frozenset('.!?:;…"“”„«»‘(|•\n')
#: In these languages every noun has a capital. A name is seen where no article stands: "in Kiel", "Ida Moss".
_NOUN_CAPITALS = frozenset({"de", "lb"})
_BEFORE_PLACES = frozenset({"in", "aus", "nach", "bei", "um", "bis", "über"})
#: Two words that begin with so many of the same letters are forms of one name: Russia and Russian, Москва and Москве.
_SAME_LETTERS = 4
_ENDING = 2
_MOST_RUBRIC_WORDS = 8


def are_two_events(first: Article, second: Article) -> bool:
    """Whether the reports have no name, number or place in common, although both have some.

    "Council rejects plan for new swimming pool" happens in many towns in nearly the same words. Reports on one event
    name the same people and places, however they are worded. Where names cannot be seen (a script without capitals, a
    text in lower case, no text at all), the answer is False.
    """
    names, others = _names(first), _names(second)
    if not (names.sure and others.sure):
        return False
    if names.numbers & others.numbers:
        return False
    # What is a common word in either report is no name: "Firefighters brought …" beside "forty firefighters".
    common = names.lower | others.lower
    return not any(
        _alike(name, other)
        for mine, theirs in ((names.sure, others.capital), (others.sure, names.capital))
        for name in mine - common
        for other in theirs - common
    )


class _Names(NamedTuple):
    """The words of a report in lower case.

    Attributes:
        sure: Those with a capital within a sentence.
        capital: Those with a capital anywhere, also where each word has one.
        lower: Those without.
        numbers: The telling numbers.
    """

    sure: frozenset[str]
    capital: frozenset[str]
    lower: frozenset[str]
    numbers: frozenset[str]


def _names(article: Article) -> _Names:
    return _names_in(article.title[:_TITLE], article.text[:_LONGEST], article.language)


@lru_cache(maxsize=4096)
def _names_in(title: str, text: str, language: str | None) -> _Names:
    if is_unspaced(text[:_TITLE]):
        return _Names(frozenset(), frozenset(), frozenset(), frozenset())
    nouns = detect_language(f"{title} {text}", tag=language) in _NOUN_CAPITALS
    sure: set[str] = set()
    capital: set[str] = set()
    lower: set[str] = set()
    numbers: set[str] = set()
    for part in (title, text):
        tokens = _TOKEN.findall(part)
        words = [token for token in tokens if token[0].isalpha()]
        capitals = sum(word[0].isupper() for word in words)
        # Where most words have one ("Council Backs Plan for Pool"), a capital says nothing.
        telling = 2 * capitals < len(words) or (part is text and not nouns)
        before = "."
        for token in tokens:
            word = token.casefold().replace("’", "'").replace("-", "").removesuffix("'s")
            if token[0].isdigit():
                if _is_telling(token):
                    numbers.add(word.replace(",", "").rstrip("%"))
            elif token[0].isalpha():
                if not token[0].isupper():
                    lower.add(word)
                elif word not in _everyday():
                    capital.add(word)
                    if before not in _BREAKS and telling and (not nouns or _is_name_in_german(before)):
                        sure.add(word)
            before = token
    return _Names(
        frozenset(sure), frozenset(capital), frozenset(lower - capital if nouns else lower), frozenset(numbers)
    )


def _is_name_in_german(before: str) -> bool:
    """Whether the word before a capital shows that it is a name: a preposition of places, or another such word."""
    return before.casefold() in _BEFORE_PLACES or (before[0].isupper() and before.casefold() not in _everyday())


def _is_telling(number: str) -> bool:
    """Whether two reports would hardly share a number by chance: not a year, a day, an hour or a small count."""
    digits = number.replace(",", "").replace(".", "").rstrip("%")
    if ":" in number or (len(digits) == 4 and digits[:2] in {"19", "20"}):
        return False
    return len(digits) > 2 or "." in number or "," in number


def _alike(first: str, second: str) -> bool:
    if first == second:
        return True
    least = max(_SAME_LETTERS, min(len(first), len(second)) - _ENDING)
    return first[:least] == second[:least] and min(len(first), len(second)) >= _SAME_LETTERS


def _everyday() -> frozenset[str]:
    return word_list("words", "stop") | word_list("names", "everyday", file="events.toml")


def is_rubric(title: str) -> bool:
    """Whether a headline only names a regular column of many papers, such as "Weather forecast for Thursday"."""
    words = words_of(title[:_TITLE])
    if not words or len(words) > _MOST_RUBRIC_WORDS:
        return False
    beside, telling, whole = (word_list("rubrics", name, file="events.toml") for name in ("beside", "words", "whole"))
    rest = [word for word in words if not any(map(str.isdigit, word)) and word not in beside]
    return " ".join(rest) in whole or (bool(rest) and telling.issuperset(rest))
