"""The word lists, patterns and weights in the TOML files beside this module, loaded once."""

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
    """The rules and word lists of compression.toml for a language; empty if it has none."""
    table: Mapping[str, Any] = _table("compression.toml").get(language, {})
    return table


@cache
def word_list(table: str, name: str, *, file: str = "english.toml") -> frozenset[str]:
    """One word list of english.toml or another file beside this module, in lower case."""
    return frozenset(_table(file)[table][name])


@dataclass(frozen=True, kw_only=True, slots=True)
class Abbreviations:
    """The abbreviations of one language, in lower case: words after which a full stop may not end the sentence.

    Attributes:
        never_end: Never end a sentence.
        may_end: End a sentence only before a word of ``starters``.
        before_number: Do not end a sentence before a number.
        ordinals: Whether a number with a full stop is an ordinal, as in German.
    """

    never_end: frozenset[str]
    may_end: frozenset[str]
    before_number: frozenset[str]
    starters: frozenset[str]
    ordinals: bool


@cache
def abbreviations(language: str) -> Abbreviations:
    """The abbreviations of a language: from languages.toml, or from english.toml if it is not there."""
    table = _table("languages.toml").get(language) or {
        **_table("english.toml")["abbreviations"],
        "starters": word_list("words", "starters"),
        "ordinals": False,
    }
    lists = {name: frozenset(table[name]) for name in ("never_end", "may_end", "before_number", "starters")}
    return Abbreviations(**lists, ordinals=table["ordinals"])


@cache
def languages_by_word() -> dict[str, list[str]]:
    """For each common short word, the languages that use it."""
    languages: dict[str, list[str]] = {word: ["en"] for word in word_list("words", "stop")}
    for name, table in _table("languages.toml").items():
        for word in table["common"]:
            languages.setdefault(word, []).append(name)
    return languages


@cache
def patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """One list of patterns of boilerplate.toml. All but ``datelines`` and ``lines`` ignore case.

    ``openings`` and ``lines`` are joined into one pattern. Match ``lines`` against lower-cased text: `re` can skip an
    alternative by its first letter only if case counts, which is much faster.
    """
    flags = re.RegexFlag(0) if name in {"datelines", "lines"} else re.IGNORECASE
    sources: list[str] = _table("boilerplate.toml")[name]
    if name in {"lines", "openings"}:
        sources = ["|".join(sources)]
    return tuple(re.compile(source, flags) for source in sources)


@cache
def hints() -> tuple[str, ...]:
    """Words, in lower case, at least one of which is in every sentence that a pattern of ``anywhere`` matches."""
    return tuple(_table("boilerplate.toml")["hints"])


@cache
def weights(name: str, *, file: str = "weights.toml") -> dict[str, float]:
    """A table of numbers by name, from weights.toml or another file beside this module."""
    return {key: float(value) for key, value in _table(file)[name].items()}


def numbers(table: str, name: str, *, file: str) -> list[list[float]]:
    """A matrix, row by row, from a file beside this module."""
    rows: list[list[float]] = _table(file)[table][name]
    return rows
