"""The word lists that the splitter and the bullet picker read: english.toml, boilerplate.toml and weights.toml."""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are what is looked for here

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["content_words", "patterns", "weights", "word_list", "words_of"]

_WORD = re.compile(r"\w+(?:'\w+)?")


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("digest.editing").joinpath(name).read_text(encoding="utf-8"))


@cache
def word_list(table: str, name: str) -> frozenset[str]:
    """One list of english.toml, in lower case."""
    return frozenset(_table("english.toml")[table][name])


@cache
def patterns(name: str) -> tuple[re.Pattern[str], ...]:
    """One list of boilerplate.toml. Datelines are told by their capitals, the rest whatever the case."""
    flags = re.RegexFlag(0) if name == "datelines" else re.IGNORECASE
    return tuple(re.compile(pattern, flags) for pattern in _table("boilerplate.toml")[name])


@cache
def weights(name: str) -> dict[str, float]:
    """One table of weights.toml."""
    return {key: float(value) for key, value in _table("weights.toml")[name].items()}


def words_of(text: str) -> list[str]:
    """The words of ``text`` in lower case, with a straight apostrophe."""
    return _WORD.findall(text.casefold().replace("’", "'"))


def content_words(text: str) -> list[str]:
    """The words of ``text`` that carry meaning, in order, with repeats and without a possessive ending."""
    stop = word_list("words", "stop")
    return [word.removesuffix("'s") for word in words_of(text) if word not in stop]
