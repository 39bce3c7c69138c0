"""English words and clauses told by their form: no parser or model, but word lists (compression.toml) and commas."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "finite_verbs",
    "has_main_clause",
    "is_english",
    "is_finite",
    "is_under_way",
    "listed",
    "quotations",
    "surely_finite_verbs",
    "table",
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
def table(language: str) -> Mapping[str, Any]:
    """What compression.toml has for a language, or nothing."""
    tables = tomllib.loads(files("digest.editing").joinpath("compression.toml").read_text(encoding="utf-8"))
    found: Mapping[str, Any] = tables.get(language, {})
    return found


@cache
def listed(name: str, language: str = "en") -> frozenset[str]:
    """One list of words of a language, in lower case; empty where it has none of that name."""
    return frozenset(table(language)["words"].get(name, ()))


def words_in(text: str) -> list[str]:
    """The words of ``text`` in lower case; what a hyphen, a point or a straight apostrophe joins is one."""
    return _WORD.findall(text.lower())


def is_english(text: str) -> bool:
    """Whether it has three of the words that no English sentence of some length is without."""
    return len(listed("english").intersection(words_in(text))) >= 3


def quotations(text: str) -> list[tuple[int, int]]:
    """The places of quotations; from the first single quote that opens one to the last that closes one."""
    spans = [match.span() for match in _QUOTED.finditer(text)] if '"' in text else []
    opening = _SINGLE_QUOTE.search(text) if "'" in text else None
    if opening is not None:
        closing = text.rfind("'", opening.end())
        spans.append((opening.start(), len(text) if closing < 0 else closing + 1))
    return spans


def is_finite(word: str, previous: str = "") -> bool:
    """Whether ``word`` is a verb that goes with a subject, as far as its form and the word before it tell."""
    if previous in listed("determiners"):
        return False
    if word in listed("finite"):
        return True
    return word.endswith("ed") and len(word) > 3 and word not in listed("not_finite")


def finite_verbs(words: Sequence[str]) -> int:
    """How many of ``words`` are finite verbs."""
    return sum(is_finite(word, previous) for previous, word in pairwise(("", *words)))


def surely_finite_verbs(words: Sequence[str]) -> int:
    """How many of ``words`` are finite verbs that are no participle and no noun as well."""
    sure = listed("finite") - listed("ambiguous")
    return sum(word in sure and is_finite(word, previous) for previous, word in pairwise(("", *words)))


def is_under_way(words: Sequence[str]) -> bool:
    """Whether ``words`` tell what was going on when the news came: "was sailing"."""
    return any(word in {"was", "were"} and after.endswith("ing") for word, after in pairwise(words))


def has_main_clause(part: str) -> bool:
    """Whether a main clause is complete in ``part``: behind what leads in, before what a relative pronoun begins."""
    rest = _DATED.sub("", _QUOTED.sub("", part).lstrip(" ,"))
    for _ in range(_MOST_LEAD_INS):
        words = words_in(rest)
        if not words:
            return False
        if words[0] not in listed("lead_in") and not words[0].endswith("ing") and not _SPAN.match(rest):
            break
        rest = rest.partition(", ")[2]
    else:
        return False
    words = words_in(_ASIDE.sub("", rest))
    if not words or words[-1] in listed("unfinished"):
        return False
    head = next((index for index, word in enumerate(words) if index and word in listed("relative")), len(words))
    return finite_verbs(words[:head]) > is_finite(words[0]) or _goes_on(words[head + 1 :])


def _goes_on(words: Sequence[str]) -> bool:
    """Whether the main verb follows the relative clause that begins ``words``: an auxiliary behind its own verb."""
    own = next((index for index, word in enumerate(words) if is_finite(word)), len(words))
    for index in range(own + 2, len(words)):
        if words[index] in listed("openers"):
            return False
        if words[index] in listed("main_verbs") and words[index - 1] not in listed("pronouns"):
            return True
    return False
