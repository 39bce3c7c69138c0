"""Split bylines, and the authors of feeds and pages, into names of people."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.html_text import line_of_html
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["clean_names", "is_agency", "split_names"]

_EMAIL_WITH_NAME = re.compile(r"^\S+@\S+\s*\((.+)\)$")
_NAME_WITH_EMAIL = re.compile(r"^(.+?)(?:\s+|\s*<)\S+@\S+$")
_ADDRESS = re.compile(r"^(?:https?://|www\.|@)\S+$|^\S+@\S+$", re.IGNORECASE)
_AND = re.compile(r"\s*[,;]\s*(?:(?:and|und|et|y|og|och)\s+)?|\s+(?:and|und|et|y|og|och|&)\s+")
_ASIDE = re.compile(r"\s*\([^)]*\)?\s*$|\s+@\w+$")  # "(obe)" or "@handle" after a name
_BAR = re.compile(r"\s*[|•·●∙]\s*|\s+[\u2013\u2014-]\s+|\s+/\s+")
#: A reading time, a date or an hour, which are no names.
_TIME = re.compile(
    r"\d\s*[- ]?(?:min|mins|minutes?|minuten|hours?|std)\b|\b\d{1,2}[:.]\d{2}\b|\b(?:19|20)\d{2}\b|\bago\b"
    r"|\bread(?:ing time)?$|\blesezeit\b|\bmin(?:ute)? read\b|^(?:published|posted|updated)\b",
    re.IGNORECASE,
)
#: The house or the place behind a full name.
_BEHIND = re.compile(
    r"(?<=[^\W\d_]{2})\s+(?:for|For|für|pour|para|per|of|from|at|in|aus|à|en|voor)\s+"
    r"(?:(?:the|die|den|das|der|la|le|el|il|de)\s+)?[^\W\d_a-z].*$"
)
_PLACE = re.compile(r"\s*,\s*[^\W\d_]+\.?$")
_MAX_LENGTH = 80
_LONGEST_BYLINE = 1_000  # characters; a longer text does not name authors


def split_names(text: str, *, agencies: bool = False) -> tuple[str, ...]:
    """Return the names of the people in one byline, without "By".

    "A B, C D and E F" gives three names. "Bill and Melinda Gates" and "Lee, Ann" stay whole, because not every part is
    a full name. Roles and professions, the house and the place behind a name, and reading times are dropped.

    Args:
        text: The byline.
        agencies: Whether a news agency counts as an author, as the metadata of a page may say.
    """
    if len(text) > _LONGEST_BYLINE:
        return ()
    text = line_of_html(text)
    if match := _EMAIL_WITH_NAME.match(text) or _NAME_WITH_EMAIL.match(text):
        text = match[1]
    text = _prefix().sub("", text).strip(" ,;:|-→")
    parts = _parts(text)
    if parts != [text]:
        names = (name for part in parts for name in split_names(part, agencies=agencies))
        return clean_names(names, agencies=agencies)
    if (place := _PLACE.search(text)) and " " in text[: place.start()]:
        text = text[: place.start()]
    parts = [part for part in map(_without_house, _AND.split(text)) if part]
    if len(parts) > 1:
        named = [part for part in parts if not (_is_role(part) or (is_agency(part) and not agencies))]
        if all(" " in part or is_agency(part) for part in named):
            return clean_names(named, agencies=agencies)
        parts = [text]
    return clean_names(parts, agencies=agencies)


def clean_names(names: Iterable[str], *, agencies: bool = False) -> tuple[str, ...]:
    """Return the names in order, without duplicates, addresses, words such as "admin", and agencies unless wanted."""
    names_by_key: dict[str, str] = {}
    for name in names:
        line = _without_role(_ASIDE.sub("", line_of_html(name)))
        nobody = line.casefold() in _nobody() or (is_agency(line) and not agencies)
        if line and len(line) <= _MAX_LENGTH and not _ADDRESS.match(line) and not nobody:
            names_by_key.setdefault(line.casefold(), line)
    return tuple(names_by_key.values())


def _parts(text: str) -> list[str]:
    """The sides of semicolons and bars, and the names behind labels of their own, without reading times and dates."""
    if ";" in text:
        return text.split(";")
    sides = [side for side in _BAR.split(text) if side]
    if len(sides) > 1:
        people = [side for side in sides if not _TIME.search(side)]
        return [side for side in people if side is people[0] or _is_name(side)]
    return _credited(text)


def is_agency(name: str) -> bool:
    """Return whether a name is that of a news agency, or of several, such as "dpa/AFP"."""
    parts = [part.strip(" .()").casefold() for part in re.split(r"[/,+&]| and | und | et ", name)]
    agencies = _agencies()
    return any(parts) and all(part.removeprefix("the ") in agencies for part in parts if part)


def _credited(text: str) -> list[str]:
    """The names behind labels of their own: "Text: Ann Lee, Photos: Bob Ray", "Words by Ann Lee, pictures by …"."""
    if not (":" in text or " by " in text.casefold() or " von " in text.casefold()):
        return [text]
    return [part.strip(" ,;/&") for part in _labels().split(text) if part.strip(" ,;/&")]


def _without_house(part: str) -> str:
    """A name without the house or the place behind it: "Ann Lee for The Paper", "Ann Lee in Port Selby"."""
    return _BEHIND.sub("", part) if " " in part else part


def _is_name(text: str) -> bool:
    words = text.split()
    return 1 < len(words) <= 5 and all(word[0].isupper() for word in (words[0], words[-1]))


def _is_role(part: str) -> bool:
    words = part.casefold().split()
    described = len(words) > 1 and part[0].islower() and words[0] not in _particles()
    return described or words[0] in _professions() or any(word.strip(".,()") in _roles() for word in words)


def _without_role(name: str) -> str:
    """Drop a role before a name, as in "News-Reporter Ann Lee", or after it."""
    parts = name.split()
    while len(parts) > 2 and parts[0].casefold().rpartition("-")[2] in _roles():
        parts = parts[1:]
    if len(parts) > 2 and parts[-1].casefold() in _roles():  # "Ann Lee Political Editor"
        parts = parts[:-1]
        while len(parts) > 2 and parts[-1].casefold() in _professions():
            parts = parts[:-1]
    if len(parts) > 1 and parts[-1] in load_table("author_names")["after"]:
        parts = parts[:-1]
    return " ".join(parts)


@cache
def _prefix() -> re.Pattern[str]:
    prefixes = sorted(load_table("author_names")["by"], key=len, reverse=True)
    return re.compile(rf"^(?:{'|'.join(map(re.escape, prefixes))})(?:\s*:\s*|\s+)", re.IGNORECASE)


@cache
def _labels() -> re.Pattern[str]:
    labels = "|".join(map(re.escape, sorted(load_table("author_names")["credits"], key=len, reverse=True)))
    return re.compile(
        rf"(?:^|[,;/&]\s*|\s+)(?:(?:and|und|et|y)\s+)?(?:{labels})(?:\s*:\s*|\s+(?:by|von|par|por)\s+)", re.IGNORECASE
    )


@cache
def _professions() -> frozenset[str]:
    return frozenset(load_table("author_names")["professions"])


@cache
def _particles() -> frozenset[str]:
    return frozenset(load_table("author_names")["particles"])


@cache
def _agencies() -> frozenset[str]:
    return frozenset(load_table("author_names")["agencies"])


@cache
def _roles() -> frozenset[str]:
    return frozenset(load_table("author_names")["roles"])


@cache
def _nobody() -> frozenset[str]:
    return frozenset(load_table("author_names")["nobody"])
