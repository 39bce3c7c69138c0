"""How well a sentence summarises its article: its features, and a score computed from them.

The score is a linear model whose weights scripts/train_bullets.py trains and writes to salience.toml. This module only
scores single sentences; `digest.editing.bullets` selects among them.
"""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are intended

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from digest.editing.language_data import numbers, weights, word_list
from digest.editing.tokenization import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "COLUMNS",
    "Statement",
    "Subject",
    "column_of",
    "features_of",
    "is_dangling",
    "opens_dangling",
    "repeat_penalty",
    "score_of",
    "statement_of",
    "unbalanced",
]

_QUOTES = "\"'“‘«„"
_STOPS = (*".!?…।॥؟۔։።。！？",)
_CLOSERS = "\"'”’»)]」』"
_MARKS = re.compile(r'["“”„«»()]')
_LABEL = re.compile(r"[A-Z][\w.'’ -]{1,30}:\s")
_LABEL_REACH = 34
#: The number of sentences that show whether a text uses full stops.
_SAMPLE = 12
#: The columns of the table of word probabilities begin at these sentences; its rows are the number of sentences with
#: the word, from 1.
COLUMNS = (0, 1, 2, 3, 4, 6, 9, 13, 20, 40)
_FILE = "salience.toml"


class Statement(NamedTuple):
    """A sentence with its words, which are computed once.

    Attributes:
        words: All words, in order and in lower case.
        distinct: The set of all words.
        content: The set of words without stop words and possessive endings.
    """

    text: str
    words: list[str]
    distinct: frozenset[str]
    content: frozenset[str]


def statement_of(text: str) -> Statement:
    """Split a sentence into its words."""
    words = words_of(text)
    distinct = frozenset(words)
    content = distinct - _stop()
    if "'" in text or "’" in text:
        content = frozenset([word.removesuffix("'s") for word in content])
    return Statement(text, words, distinct, content)


@cache
def _stop() -> frozenset[str]:
    return word_list("words", "stop")


@cache
def _kind(name: str) -> frozenset[str]:
    return word_list("kinds", name)


def opens_dangling(words: Sequence[str]) -> bool:
    """Whether the words of a sentence open with a reference to a sentence before it, such as "He" or "But"."""
    if not words:
        return False
    dangling = word_list("words", "dangling")
    if words[0] in dangling or words[0].partition("'")[0] in dangling:
        return True
    if "later" in words[1:4] and words[words.index("later") - 1] in word_list("words", "times"):
        return True  # "Three days later" refers to another sentence
    if words[0] not in _phrase_openings():
        return False
    start = " ".join(words[:5]) + " "
    return start.startswith(_phrases())


def is_dangling(statement: Statement) -> bool:
    """Whether a statement opens with a dangling reference, also after a label: "Anna: We have seen it"."""
    if opens_dangling(statement.words):
        return True
    label = _label(statement.text)
    return label is not None and opens_dangling(words_of(statement.text[label.end() : label.end() + 40]))


def _label(text: str) -> re.Match[str] | None:
    """The label of a caption or a line of an interview: "Campaign: The mayor", "Anna: We have seen it"."""
    return _LABEL.match(text) if ": " in text[:_LABEL_REACH] else None


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(phrase + " " for phrase in word_list("words", "dangling_phrases"))


@cache
def _phrase_openings() -> frozenset[str]:
    return frozenset(phrase.partition(" ")[0] for phrase in _phrases())


def unbalanced(sentence: str) -> bool:
    """Whether a quotation mark or a bracket has no counterpart."""
    if _MARKS.search(sentence) is None:
        return False
    return (
        sentence.count('"') % 2 == 1
        or (
            sentence.count("„") != sentence.count("“") + sentence.count("”")
            if "„" in sentence
            else sentence.count("“") != sentence.count("”")
        )
        or sentence.count("«") != sentence.count("»")
        or sentence.count("(") != sentence.count(")")
    )


class Subject:
    """What an article is about: how much each of its words is worth, and which words its headline has.

    Attributes:
        first_seen: For each content word, the index of the first sentence that has it.
        count: The number of sentences.
        worth: For each content word, the probability that a human summary uses it. It is high for words that are in
            many sentences or in the first ones.
        headline: The content words of the title.
        has_stops: Whether the sentences of the text end with stops; some languages write none.
    """

    def __init__(
        self, title: str, statements: Sequence[Statement], chances: Sequence[Sequence[float]] | None = None
    ) -> None:
        """Analyse an article.

        Args:
            title: The title, on one line.
            statements: All sentences, in order.
            chances: The table of word probabilities; by default the one in salience.toml.
        """
        self.first_seen: dict[str, int] = {}
        for index in range(len(statements) - 1, -1, -1):
            self.first_seen.update(dict.fromkeys(statements[index].content, index))
        spread = Counter(chain.from_iterable([statement.content for statement in statements]))
        self.count = len(statements)
        by_number = _by_sentence(chances) if chances else _chances()
        most, last = len(by_number), len(by_number[0]) - 1
        row = [by_number[min(max(number, 1), most) - 1] for number in range(self.count + 1)]
        column = [min(first, last) for first in range(self.count)]
        self.worth = {word: row[number][column[self.first_seen[word]]] for word, number in spread.items()}
        self.headline = statement_of(title).content
        sample = statements[:_SAMPLE]
        self.has_stops = 2 * sum(_is_closed(each.text) for each in sample) >= len(sample)

    def worth_of(self, words: Iterable[str]) -> float:
        """The total worth of some words."""
        return math.fsum([self.worth[word] for word in words if word in self.worth])


def column_of(first: int) -> int:
    """The column of the table of word probabilities for words that first occur in sentence ``first``, from 0."""
    return bisect_right(COLUMNS, first) - 1


def _by_sentence(chances: Sequence[Sequence[float]]) -> list[list[float]]:
    """The table of word probabilities with one column per sentence, up to the last column."""
    return [[row[column_of(first)] for first in range(COLUMNS[-1] + 1)] for row in chances]


@cache
def _chances() -> list[list[float]]:
    return _by_sentence(numbers("worth", "chances", file=_FILE))


def score_of(index: int, statement: Statement, subject: Subject) -> float:
    """The score of a sentence: the higher, the better it summarises its article.

    Args:
        index: The index of the sentence in the article, from 0.
        statement: The sentence.
        subject: The analysis of the article.
    """
    weight, lexicon = _weights(), _lexicon()
    parts = [lexicon[word] for word in statement.distinct & lexicon.keys()]
    parts += [weight[name] * value for name, value in features_of(index, statement, subject).items() if value]
    return math.fsum(parts)  # exact, and therefore independent of the order of a set


@cache
def _weights() -> dict[str, float]:
    """The trained weights plus the weights set by hand."""
    names = weights("features", file=_FILE)
    by_hand = weights("ranking")
    return {name: value + by_hand.get(name, 0.0) for name, value in names.items()}


@cache
def _lexicon() -> dict[str, float]:
    return weights("words", file=_FILE)


def repeat_penalty() -> float:
    """The weight, which is negative, of the worth of the words that two statements share."""
    return weights("choosing", file=_FILE)["repeats"]


def features_of(index: int, statement: Statement, subject: Subject) -> dict[str, float]:
    """The features of one sentence, named as in salience.toml. ``index`` is its index in the article, from 0."""
    text, words, distinct, content = statement
    count, size = len(words) or 1, len(content) or 1
    worth = subject.worth_of(content)
    fresh = len([word for word in content if subject.first_seen.get(word, index) >= index])
    return {
        "lead8": math.exp(-index / 8),
        "position": index / (subject.count or 1),
        "log_position": math.log1p(index),
        "words": count / 10,
        "long": max(0, count - 20) / 10,
        "longer": max(0, count - 28) / 10,
        "short": max(0, 8 - count) / 10 if " " in text else 0.0,
        "worth": worth,
        "mean_worth": worth / size,
        "new": fresh / size,
        "title": len(content & subject.headline) / len(subject.headline) if subject.headline else 0.0,
        "opening_quote": float(text[:1] in _QUOTES),
        "label": float(_label(text) is not None),
        "question": float(text.rstrip("\"'”’)").endswith(("?", "？", "؟"))),
        "fragment": float(_is_fragment(text, has_stops=subject.has_stops)),
        "dangling": float(is_dangling(statement)),
        "unbalanced": float(unbalanced(text)),
        "person": float(len(distinct & _kind("person"))),
        "pronoun": 5 * len(distinct & _kind("pronoun")) / count,
    }


def _is_fragment(sentence: str, *, has_stops: bool) -> bool:
    first = sentence.lstrip(_QUOTES + "([¿¡£$€")[:1]
    return (has_stops and not _is_closed(sentence)) or (first.islower() and first.isascii())


def _is_closed(sentence: str) -> bool:
    """Whether a sentence ends with a stop."""
    return sentence.rstrip(_CLOSERS).endswith(_STOPS)
