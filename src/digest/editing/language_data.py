"""The word lists, patterns and weights that stand in data files beside this module."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Abbreviations",
    "abbreviations",
    "compression_table",
    "hints",
    "languages_by_word",
    "numbers",
    "patterns",
    "weights",
    "word_list",
]


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("digest.editing").joinpath(name).read_text(encoding="utf-8"))


@cache
def compression_table(language: str) -> Mapping[str, Any]:
    """What compression.toml has for a language, or nothing."""
    table: Mapping[str, Any] = _table("compression.toml").get(language, {})
    return table


@cache
def word_list(table: str, name: str) -> frozenset[str]:
    """One list of english.toml, in lower case."""
    return frozenset(_table("english.toml")[table][name])


@dataclass(frozen=True, kw_only=True, slots=True)
class Abbreviations:
    """The words of one language, in lower case, that a full stop does not end a sentence after.

    Attributes:
        never_end: Always followed by the rest of the sentence.
        may_end: End a sentence only before a word of ``starters``.
        before_number: Do not end a sentence before a number.
        ordinals: Whether a number with a full stop is an ordinal.
    """

    never_end: frozenset[str]
    may_end: frozenset[str]
    before_number: frozenset[str]
    starters: frozenset[str]
    ordinals: bool


@cache
def abbreviations(language: str) -> Abbreviations:
    """Those of languages.toml, or of english.toml for every language that is not there."""
    table = _table("languages.toml").get(language) or {
        **_table("english.toml")["abbreviations"],
        "starters": word_list("words", "starters"),
        "ordinals": False,
    }
    lists = {name: frozenset(table[name]) for name in ("never_end", "may_end", "before_number", "starters")}
    return Abbreviations(**lists, ordinals=table["ordinals"])


@cache
def languages_by_word() -> dict[str, list[str]]:
    """The languages whose small words include a word."""
    found: dict[str, list[str]] = {word: ["en"] for word in word_list("words", "stop")}
    for name, table in _table("languages.toml").items():
        for word in table["common"]:
            found.setdefault(word, []).append(name)
    return found


@cache
def patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """One list of boilerplate.toml. Datelines are told by their capitals, the rest whatever the case.

    What is told by its beginning is one pattern: ``openings``, and ``lines``, which is for text in lower case, since re
    skips an alternative by its first letter only where case counts.
    """
    flags = re.RegexFlag(0) if name in {"datelines", "lines"} else re.IGNORECASE
    found: list[str] = _table("boilerplate.toml")[name]
    if name in {"lines", "openings"}:
        found = ["|".join(found)]
    return tuple(re.compile(pattern, flags) for pattern in found)


@cache
def hints() -> tuple[str, ...]:
    """Words that a boilerplate line has which is not told by its beginning, in lower case."""
    return tuple(_table("boilerplate.toml")["hints"])


@cache
def weights(name: str, *, file: str = "weights.toml") -> dict[str, float]:
    """One table of weights.toml, or of another file beside this module."""
    return {key: float(value) for key, value in _table(file)[name].items()}


def numbers(table: str, name: str, *, file: str) -> list[list[float]]:
    """A table of numbers of a file beside this module, row by row."""
    found: list[list[float]] = _table(file)[table][name]
    return found
