"""A rough English grammar without a parser or a model: word lists (compression.toml), word endings and commas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.editing.language_data import compression_table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Cut",
    "finite_verbs",
    "grammar_words",
    "has_main_clause",
    "is_english",
    "is_finite",
    "is_under_way",
    "quotations",
    "surely_finite_verbs",
    "words_in",
]

_WORD = re.compile(r"\w+(?:['.-]\w+)*")
_ASIDE = re.compile(r", (?:who|which|whose|whom|where)\b[^,]*,")
_SINGLE_QUOTE = re.compile(r"(?:^|(?<=[\s(]))'(?!\d0s|em\b|til\b)")
_SPAN = re.compile(
    r"[^,]{0,40}\b(?:years?|decades?|months?|weeks?|days?|hours?|minutes|moments|shortly|soon|long) (?:after|before)\b"
)
_QUOTED = re.compile(r'"[^"]*"')
_DATED = re.compile(r"^(?:On|In) (?:\w+day|[A-Z][a-z]+|\d{4}) (?=the |a |an |[A-Z])")
_MOST_LEAD_INS = 3


@cache
def grammar_words(name: str, language: str = "en") -> frozenset[str]:
    """One word list of a language in compression.toml, in lower case; empty if the language has no such list."""
    return frozenset(compression_table(language)["words"].get(name, ()))


def words_in(text: str) -> list[str]:
    """The words of a text in lower case. A hyphen, a full stop or a straight apostrophe within a word belongs to it."""
    return _WORD.findall(text.lower())


def is_english(text: str) -> bool:
    """Whether a sentence has at least three very frequent English words, as every longer one does."""
    return len(grammar_words("english").intersection(words_in(text))) >= 3


def quotations(text: str) -> list[tuple[int, int]]:
    """The spans of quotations. Single quotes form one span, from the first opening to the last closing mark."""
    spans = [match.span() for match in _QUOTED.finditer(text)] if '"' in text else []
    opening = _SINGLE_QUOTE.search(text) if "'" in text else None
    if opening is not None:
        closing = text.rfind("'", opening.end())
        spans.append((opening.start(), len(text) if closing < 0 else closing + 1))
    return spans


def is_finite(word: str, previous: str = "") -> bool:
    """Guess from the form of a word, and the word before it, whether it is a finite verb."""
    if previous in grammar_words("determiners"):
        return False
    if word in grammar_words("finite"):
        return True
    return word.endswith("ed") and len(word) > 3 and word not in grammar_words("not_finite")


def finite_verbs(words: Sequence[str]) -> int:
    """The number of words that look like finite verbs."""
    return sum(is_finite(word, previous) for previous, word in pairwise(("", *words)))


def surely_finite_verbs(words: Sequence[str]) -> int:
    """The number of finite verbs that cannot be participles or nouns."""
    sure = grammar_words("finite") - grammar_words("ambiguous")
    return sum(word in sure and is_finite(word, previous) for previous, word in pairwise(("", *words)))


def is_under_way(words: Sequence[str]) -> bool:
    """Whether there is a past progressive ("was sailing"), which describes what an event interrupted."""
    return any(word in {"was", "were"} and after.endswith("ing") for word, after in pairwise(words))


def has_main_clause(part: str) -> bool:
    """Whether ``part`` has a complete main clause, after any lead-in and before any relative clause."""
    rest = _DATED.sub("", _QUOTED.sub("", part).lstrip(" ,"))
    for _ in range(_MOST_LEAD_INS):
        words = words_in(rest)
        if not words:
            return False
        if words[0] not in grammar_words("lead_in") and not words[0].endswith("ing") and not _SPAN.match(rest):
            break
        rest = rest.partition(", ")[2]
    else:
        return False
    words = words_in(_ASIDE.sub("", rest))
    if not words or words[-1] in grammar_words("unfinished"):
        return False
    head = next((index for index, word in enumerate(words) if index and word in grammar_words("relative")), len(words))
    return finite_verbs(words[:head]) > is_finite(words[0]) or _goes_on(words[head + 1 :])


def _goes_on(words: Sequence[str]) -> bool:
    """Whether a main verb follows the relative clause that ``words`` begin with: an auxiliary after its own verb."""
    own = next((index for index, word in enumerate(words) if is_finite(word)), len(words))
    for index in range(own + 2, len(words)):
        if words[index] in grammar_words("openers"):
            return False
        if words[index] in grammar_words("main_verbs") and words[index - 1] not in grammar_words("pronouns"):
            return True
    return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A clause that may be cut from a sentence: ``text[start:end]``. The text has single spaces and straight quotes."""

    text: str
    start: int
    end: int
    language: str = "en"

    def takes(self, name: str) -> bool:
        """Whether the cut removes a word of the list ``name``."""
        return not grammar_words(name, self.language).isdisjoint(self.words)

    @property
    def before(self) -> str:
        return self.text[: self.start]

    @property
    def segment(self) -> str:
        return self.text[self.start : self.end]

    @property
    def after(self) -> str:
        return self.text[self.end :]

    @property
    def words(self) -> list[str]:
        return words_in(self.segment)

    @property
    def next_words(self) -> list[str]:
        return words_in(self.after[:60])

    @property
    def last_word(self) -> str:
        return (words_in(self.before[-40:]) or [""])[-1]

    @property
    def rest(self) -> str:
        return self.before + self.after
