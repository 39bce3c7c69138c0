"""How much each sentence of an article says: hand-set features and weights (weights.toml, table ``ranking``).

Scoring knows nothing of choosing: `digest.editing.bullets` takes any function from an article and its sentences to one
number for each.
"""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are what is looked for here

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from digest.editing.language import content_words, weights, word_list, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["features_of", "leans", "score_sentences", "unbalanced"]

_QUOTES = "\"'“‘«"
_TERMINAL = re.compile(r"[.!?…।॥؟۔։။።。！？][\"'”’»)\]」』]*$")
_LEANING_LENGTH = 60


def leans(sentence: str) -> bool:
    """Whether it opens with a word that leans on a sentence which is not there, such as "He" or "But"."""
    words = words_of(sentence[:_LEANING_LENGTH])
    if not words:
        return False
    if words[0] in word_list("words", "leaning") or words[0].split("'")[0] in word_list("words", "leaning"):
        return True
    start = " ".join(words)
    return any(start.startswith(phrase) for phrase in word_list("words", "leaning_phrases"))


def unbalanced(sentence: str) -> bool:
    """Whether half a quotation or half a bracket is missing."""
    return (
        sentence.count('"') % 2 == 1
        or sentence.count("“") != sentence.count("”")
        or sentence.count("«") != sentence.count("»")
        or sentence.count("(") != sentence.count(")")
    )


def score_sentences(title: str, sentences: Sequence[str]) -> list[float]:
    """One number for each sentence of an article, in order; the higher, the more it says."""
    weight = weights("ranking")
    return [sum(weight[name] * value for name, value in features.items()) for features in features_of(title, sentences)]


def features_of(title: str, sentences: Sequence[str]) -> list[Mapping[str, float]]:
    """The features of each sentence, by the names of weights.toml."""
    words = [content_words(sentence) for sentence in sentences]
    spread = Counter(word for each in words for word in set(each))
    # A word of one sentence only says nothing about the rest of the text.
    worth = {word: math.log(count) for word, count in spread.items() if count > 1}
    top = _top(worth, spread)
    headline = set(content_words(title))
    stopped = sum(bool(_TERMINAL.search(sentence)) for sentence in sentences)
    # Some languages write no stops; there a missing one means nothing.
    has_stops = stopped * 2 >= len(sentences)
    return [
        _features(index, sentence, set(own), worth=worth, top=top, headline=headline, has_stops=has_stops)
        for index, (sentence, own) in enumerate(zip(sentences, words, strict=True))
    ]


def _top(worth: Mapping[str, float], spread: Counter[str]) -> float:
    """What ten of the most recurring words are worth together: the most that a sentence can sensibly hold."""
    best = [worth.get(word, 0.0) for word, _ in sorted(spread.items(), key=lambda item: (-item[1], item[0]))[:10]]
    return sum(best) or 1.0


def _features(
    index: int,
    sentence: str,
    own: set[str],
    *,
    worth: Mapping[str, float],
    top: float,
    headline: set[str],
    has_stops: bool,
) -> Mapping[str, float]:
    weight = weights("ranking")
    words = words_of(sentence)
    count = len(words)
    return {
        "lead": math.exp(-index / 4),
        "early": 1 / (1 + index),
        "centrality": min(1.0, sum(sorted(worth.get(word, 0.0) for word in own)) / top),
        "title": len(own & headline) / len(headline) if headline else 0.0,
        "digit": float(any(character.isdigit() for character in sentence)),
        "long": max(0.0, count - weight["most_words"]),
        "short": max(0.0, weight["fewest_words"] - count) if " " in sentence else 0.0,
        "leaning": float(leans(sentence)),
        "person": float(sum(word in {"i", "we", "you", "my", "our", "your"} for word in words)),
        "quote": float(sentence[:1] in _QUOTES),
        "unbalanced": float(unbalanced(sentence)),
        "question": float(sentence.rstrip("\"'”’)").endswith(("?", "？", "؟"))),
        "fragment": float(_is_fragment(sentence, has_stops=has_stops)),
    }


def _is_fragment(sentence: str, *, has_stops: bool) -> bool:
    first = sentence.lstrip(_QUOTES + "([¿¡£$€")[:1]
    return (has_stops and not _TERMINAL.search(sentence)) or (first.islower() and first.isascii())
