"""Lines that stand in an article and are none of it: "Also read: …", "Follow us", "Photo: …"."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["drop_promotion", "is_furniture", "is_promotion"]


def is_promotion(line: str) -> bool:
    """Tell whether a line only leads elsewhere, such as "Also Read: Another headline"."""
    line = line.strip()
    return len(line) <= read_table("promotion")["longest"] and _lead().match(line) is not None


def drop_promotion(lines: Iterable[str]) -> list[str]:
    """The lines that do not lead elsewhere, in order."""
    return [line for line in lines if not is_promotion(line)]


def is_furniture(line: str) -> bool:
    """Tell whether a line asks for something or says who helped, such as "Follow us on X" and "Photo: Ann Lee"."""
    table = read_table("promotion")
    return line.casefold().strip(" .:!?…|-\u2013—") in _furniture() or (
        len(line) <= table["longest_aside"] and _asides().search(line) is not None
    )


@cache
def _lead() -> re.Pattern[str]:
    leads, sure = (_any_of(read_table("promotion")[key]) for key in ("leads", "sure"))
    # An arrow, a bracket or an emphasis may stand in front of it.
    mark = r"[\s*_]*[:|»→>][\s*_]*"
    return re.compile(rf"^[\W_]{{0,4}}(?:(?:{leads}){mark}|(?:{sure})\s+[-\u2013—]\s)", re.IGNORECASE)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


@cache
def _furniture() -> frozenset[str]:
    return frozenset(read_table("promotion")["furniture"])


@cache
def _asides() -> re.Pattern[str]:
    return re.compile("|".join(read_table("promotion")["asides"]), re.IGNORECASE)
