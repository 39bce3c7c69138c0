"""Split bylines, and the authors of feeds and pages, into names of people."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.html_text import line_of_html
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["clean_names", "split_names"]

_EMAIL_WITH_NAME = re.compile(r"^\S+@\S+\s*\((.+)\)$")
_NAME_WITH_EMAIL = re.compile(r"^(.+?)(?:\s+|\s*<)\S+@\S+$")
_ADDRESS = re.compile(r"^(?:https?://|www\.|@)\S+$|^\S+@\S+$", re.IGNORECASE)
_AND = re.compile(r"\s*[,;]\s*(?:(?:and|und|et|y|og|och)\s+)?|\s+(?:and|und|et|y|og|och|&)\s+")
_ASIDE = re.compile(r"\s*\([^)]*\)?\s*$|\s+@\w+$")  # "(obe)" or "@handle" after a name
_PLACE = re.compile(r"\s*,\s*[^\W\d_]+\.?$")
_MAX_LENGTH = 80
_LONGEST_BYLINE = 1_000  # characters; a longer text does not name authors


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in one byline, without "By".

    "A B, C D and E F" gives three names. "Bill and Melinda Gates" and "Lee, Ann" stay whole, because not every part is
    a full name. A role such as "Chief Editor" is dropped, and so is a single word after a comma, such as a place.
    """
    if len(text) > _LONGEST_BYLINE:
        return ()
    text = line_of_html(text)
    if match := _EMAIL_WITH_NAME.match(text) or _NAME_WITH_EMAIL.match(text):
        text = match[1]
    text = _prefix().sub("", text).strip(" ,;|-→")
    if ";" in text:
        return clean_names(name for part in text.split(";") for name in split_names(part))
    if (place := _PLACE.search(text)) and " " in text[: place.start()]:
        text = text[: place.start()]
    parts = [part for part in _AND.split(text) if part]
    if len(parts) > 1:
        named = [part for part in parts if not _is_role(part)]
        if named and all(" " in part for part in named):
            return clean_names(named)
    return clean_names([text])


def clean_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names in order, without duplicates, addresses, and words such as "admin" that are not names."""
    names_by_key: dict[str, str] = {}
    for name in names:
        line = _without_role(_ASIDE.sub("", line_of_html(name)))
        if line and len(line) <= _MAX_LENGTH and not _ADDRESS.match(line) and line.casefold() not in _nobody():
            names_by_key.setdefault(line.casefold(), line)
    return tuple(names_by_key.values())


def _is_role(part: str) -> bool:
    return any(word in _roles() for word in part.casefold().split())


def _without_role(name: str) -> str:
    """Drop a role before a name, as in "News-Reporter Ann Lee", or after it, as in Korean and Japanese."""
    parts = name.split()
    while len(parts) > 2 and parts[0].casefold().rpartition("-")[2] in _roles():
        parts = parts[1:]
    if len(parts) > 1 and parts[-1] in load_table("author_names")["after"]:
        parts = parts[:-1]
    return " ".join(parts)


@cache
def _prefix() -> re.Pattern[str]:
    prefixes = sorted(load_table("author_names")["by"], key=len, reverse=True)
    return re.compile(rf"^(?:{'|'.join(map(re.escape, prefixes))})(?:\s*:\s*|\s+)", re.IGNORECASE)


@cache
def _roles() -> frozenset[str]:
    return frozenset(load_table("author_names")["roles"])


@cache
def _nobody() -> frozenset[str]:
    return frozenset(load_table("author_names")["nobody"])
