"""How well each sentence of an article would stand for it: features, and one number made of them.

The weights are trained by scripts/train_bullets.py and stand in salience.toml. Scoring knows nothing of choosing:
`digest.editing.bullets` takes one number for each sentence.
"""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are what is looked for here

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
    "leaning_statement",
    "leans",
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
#: So many sentences tell a habit.
_SAMPLE = 12
#: The columns of the table of words begin at these sentences, its rows are 1, 2, … sentences that hold a word.
COLUMNS = (0, 1, 2, 3, 4, 6, 9, 13, 20, 40)
_FILE = "salience.toml"


class Statement(NamedTuple):
    """A sentence with its words, so that they are looked for once.

    Attributes:
        words: All of them, in lower case and in order.
        distinct: Each once.
        content: Those that carry meaning.
    """

    text: str
    words: list[str]
    distinct: frozenset[str]
    content: frozenset[str]


def statement_of(text: str) -> Statement:
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


def leans(words: Sequence[str]) -> bool:
    """Whether these words of a sentence open it in a way that leans on one which is not there: "He", "But"."""
    if not words:
        return False
    leaning = word_list("words", "leaning")
    if words[0] in leaning or words[0].partition("'")[0] in leaning:
        return True
    if "later" in words[1:4] and words[words.index("later") - 1] in word_list("words", "times"):
        return True  # "Three days later", counted from another sentence
    if words[0] not in _phrase_openings():
        return False
    start = " ".join(words[:5]) + " "
    return start.startswith(_phrases())


def leaning_statement(statement: Statement) -> bool:
    """Whether its opening `leans`, or, in a line of an interview, what is said: "Anna: We have seen it"."""
    if leans(statement.words):
        return True
    label = _label(statement.text)
    return label is not None and leans(words_of(statement.text[label.end() : label.end() + 40]))


def _label(text: str) -> re.Match[str] | None:
    """What a caption or a line of an interview opens with: "Campaign: The mayor", "Anna: We have seen it"."""
    return _LABEL.match(text) if ": " in text[:_LABEL_REACH] else None


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(phrase + " " for phrase in word_list("words", "leaning_phrases"))


@cache
def _phrase_openings() -> frozenset[str]:
    return frozenset(phrase.partition(" ")[0] for phrase in _phrases())


def unbalanced(sentence: str) -> bool:
    """Whether half a quotation or half a bracket is missing."""
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
    """What an article is about: what each of its words is worth, and what stands in its headline.

    Attributes:
        worth: For each content word, how likely a person who sums the article up uses it: words that many sentences
            hold, and those of the first ones, are.
        headline: The content words of the title.
    """

    def __init__(
        self, title: str, statements: Sequence[Statement], chances: Sequence[Sequence[float]] | None = None
    ) -> None:
        """``chances`` is another table of what words are worth than that of salience.toml."""
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
        # Some languages write no stops; there a missing one means nothing.
        sample = statements[:_SAMPLE]
        self.has_stops = 2 * sum(_is_closed(each.text) for each in sample) >= len(sample)

    def worth_of(self, words: Iterable[str]) -> float:
        """What these words are worth together."""
        return math.fsum([self.worth[word] for word in words if word in self.worth])


def column_of(first: int) -> int:
    """Where the table of words has those that are first seen in the sentence of this number."""
    return bisect_right(COLUMNS, first) - 1


def _by_sentence(chances: Sequence[Sequence[float]]) -> list[list[float]]:
    """The same with a column for each sentence, as far as it makes a difference."""
    return [[row[column_of(first)] for first in range(COLUMNS[-1] + 1)] for row in chances]


@cache
def _chances() -> list[list[float]]:
    return _by_sentence(numbers("worth", "chances", file=_FILE))


def score_of(index: int, statement: Statement, subject: Subject) -> float:
    """How much a sentence says; the higher, the better it stands for its article. ``index`` is its number, from 0."""
    weight, lexicon = _weights(), _lexicon()
    parts = [lexicon[word] for word in statement.distinct & lexicon.keys()]
    parts += [weight[name] * value for name, value in features_of(index, statement, subject).items() if value]
    return math.fsum(parts)  # exact, so that it does not depend on the order of a set


@cache
def _weights() -> dict[str, float]:
    """Those that are trained, plus those that are set by hand."""
    names = weights("features", file=_FILE)
    by_hand = weights("ranking")
    return {name: value + by_hand.get(name, 0.0) for name, value in names.items()}


@cache
def _lexicon() -> dict[str, float]:
    return weights("words", file=_FILE)


def repeat_penalty() -> float:
    """What two statements lose for what the words are worth that both have; negative."""
    return weights("choosing", file=_FILE)["repeats"]


def features_of(index: int, statement: Statement, subject: Subject) -> dict[str, float]:
    """The features of one sentence by the names of salience.toml. ``index`` is its number in the article, from 0."""
    text, words, distinct, own = statement
    count, size = len(words) or 1, len(own) or 1
    worth = subject.worth_of(own)
    fresh = len([word for word in own if subject.first_seen.get(word, index) >= index])
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
        "title": len(own & subject.headline) / len(subject.headline) if subject.headline else 0.0,
        "opening_quote": float(text[:1] in _QUOTES),
        "label": float(_label(text) is not None),
        "question": float(text.rstrip("\"'”’)").endswith(("?", "？", "؟"))),
        "fragment": float(_is_fragment(text, has_stops=subject.has_stops)),
        "leaning": float(leaning_statement(statement)),
        "unbalanced": float(unbalanced(text)),
        "person": float(len(distinct & _kind("person"))),
        "pronoun": 5 * len(distinct & _kind("pronoun")) / count,
    }


def _is_fragment(sentence: str, *, has_stops: bool) -> bool:
    first = sentence.lstrip(_QUOTES + "([¿¡£$€")[:1]
    return (has_stops and not _is_closed(sentence)) or (first.islower() and first.isascii())


def _is_closed(sentence: str) -> bool:
    """Whether a stop ends it."""
    return sentence.rstrip(_CLOSERS).endswith(_STOPS)
