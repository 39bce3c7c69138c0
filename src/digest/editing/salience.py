"""How well each sentence of an article would stand for it: features, and one number made of them.

The weights are trained by scripts/train_bullets.py and stand in salience.toml. Scoring knows nothing of choosing:
`digest.editing.bullets` takes one number for each sentence.
"""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are what is looked for here

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from digest.editing.language import weights, word_list, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Statement", "Subject", "features_of", "leans", "repeat_penalty", "score_of", "statement_of", "unbalanced"]

_QUOTES = "\"'“‘«„"
_TERMINAL = re.compile(r"[.!?…।॥؟۔։።。！？][\"'”’»)\]」』]*$")
_MARKS = frozenset('"“”„«»()')
_LABEL = re.compile(r"[A-Z][\w.'’ -]{1,30}:\s")
_DIGIT = re.compile(r"\d")
_CURRENCY = re.compile(r"[$£€%]")
_AMOUNTS = frozenset({"percent", "cent", "million", "billion"})
#: So many of the most recurring words are the most that a sentence can sensibly hold; so many sentences tell a habit.
_TOP = 10
_SAMPLE = 12
_FILE = "salience.toml"


class Statement(NamedTuple):
    """A sentence with its words, so that they are looked for once.

    Attributes:
        words: All of them, in lower case and in order.
        content: Those that carry meaning.
    """

    text: str
    words: list[str]
    content: frozenset[str]


def statement_of(text: str) -> Statement:
    words = words_of(text)
    content = frozenset(words) - _stop()
    if "'" in text or "’" in text:
        content = frozenset([word.removesuffix("'s") for word in content])
    return Statement(text, words, content)


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
    if words[0] not in _phrase_openings():
        return False
    start = " ".join(words[:5]) + " "
    return start.startswith(_phrases())


def _answers(text: str) -> bool:
    """Whether it is a line of an interview that leans: "Anna: We have seen it"."""
    label = _LABEL.match(text)
    return label is not None and leans(words_of(text[label.end() : label.end() + 40]))


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(phrase + " " for phrase in word_list("words", "leaning_phrases"))


@cache
def _phrase_openings() -> frozenset[str]:
    return frozenset(phrase.partition(" ")[0] for phrase in _phrases())


def unbalanced(sentence: str) -> bool:
    """Whether half a quotation or half a bracket is missing."""
    if _MARKS.isdisjoint(sentence):
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
    """What an article is about: which words recur, and what stands in its headline and opening."""

    def __init__(self, title: str, statements: Sequence[Statement]) -> None:
        spread = Counter[str]()
        for statement in statements:
            spread.update(statement.content)
        self.count = len(statements)
        self.length = math.log1p(self.count)
        # A word of one sentence only says nothing about the rest of the text.
        self.worth = {word: math.log(number) for word, number in spread.items() if number > 1}
        self.others = {word: number - 1 for word, number in spread.items() if number > 1}
        self.top = math.fsum(sorted(self.worth.values(), reverse=True)[:_TOP]) or 1.0
        self.headline = statement_of(title).content
        self.opening = statements[0].content if statements else frozenset[str]()
        self.beginning = frozenset[str]().union(*[statement.content for statement in statements[:3]])
        self.first_seen: dict[str, int] = {}
        for index, statement in enumerate(statements):
            for word in statement.content:
                self.first_seen.setdefault(word, index)
        # Some languages write no stops; there a missing one means nothing.
        sample = statements[:_SAMPLE]
        self.has_stops = 2 * sum(_TERMINAL.search(each.text) is not None for each in sample) >= len(sample)


def score_of(index: int, statement: Statement, subject: Subject) -> float:
    """How much a sentence says; the higher, the better it stands for its article. ``index`` is its number, from 0."""
    weight, lexicon = _weights(), _lexicon()
    parts = [lexicon[word] for word in set(statement.words) if word in lexicon]
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
    """What a statement loses when all its words were said by others; negative."""
    return weights("choosing", file=_FILE)["repeats"]


def features_of(index: int, statement: Statement, subject: Subject) -> dict[str, float]:
    """The features of one sentence by the names of salience.toml. ``index`` is its number in the article, from 0."""
    text, words, own = statement
    count, size = len(words) or 1, len(own) or 1
    worth, others, seen = subject.worth, subject.others, subject.first_seen
    known = [word for word in own if word in worth]
    fresh = [word for word in own if seen.get(word, index) >= index]
    total = math.fsum([worth[word] for word in known])
    central = min(1.0, total / subject.top)
    persons, pronouns = _kind("person"), _kind("pronoun")
    early = math.exp(-index / 4)
    length = subject.length
    long = max(0, count - 20) / 10
    return {
        "lead4": early,
        "lead8": math.exp(-index / 8),
        "first": float(index == 0),
        "position": index / (subject.count or 1),
        "log_position": math.log1p(index),
        "lead_length": early * length,
        "words": count / 10,
        "words2": count * count / 100,
        "words_length": count / 10 * length,
        "long": long,
        "longer": max(0, count - 28) / 10,
        "short": max(0, 8 - count) / 10 if " " in text else 0.0,
        "lead_words": early * count / 10,
        "content_share": len(own) / count,
        "central": central,
        "central_length": central * length,
        "density": total / size,
        "recurring": len(known) / size,
        "degree": 10 * sum([others[word] for word in known]) / size / (subject.count or 1),
        "new": len(fresh) / size,
        "introduces": math.fsum([worth[word] for word in fresh if word in worth]) / subject.top,
        "like_opening": len(own & subject.opening) / size if index else 0.0,
        "like_beginning": len(own & subject.beginning) / size if index > 2 else 0.0,
        "title": len(own & subject.headline) / len(subject.headline) if subject.headline else 0.0,
        "letters": len("".join(own)) / size / 10,
        "digit": float(_DIGIT.search(text) is not None),
        "amount": float(not own.isdisjoint(_AMOUNTS) or _CURRENCY.search(text) is not None),
        "commas": float(text.count(",")),
        "opening_quote": float(text[:1] in _QUOTES),
        "quote": float('"' in text or "“" in text),
        "colon": float(":" in text),
        "question": float(text.rstrip("\"'”’)").endswith(("?", "？", "؟"))),
        "fragment": float(_is_fragment(text, has_stops=subject.has_stops)),
        "leaning": float(leans(words) or _answers(text)),
        "unbalanced": float(unbalanced(text)),
        "person": float(len([word for word in words if word in persons])),
        "pronoun": 5 * len([word for word in words if word in pronouns]) / count,
    }


def _is_fragment(sentence: str, *, has_stops: bool) -> bool:
    first = sentence.lstrip(_QUOTES + "([¿¡£$€")[:1]
    return (has_stops and not _TERMINAL.search(sentence)) or (first.islower() and first.isascii())
