"""Clean what readers return: control characters, markup, and lines that are not part of an article."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.html_text import has_markup, line_of_html, plain_line
from digest.sources.reporter_addresses import without_reporters_addresses
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.models import Article

__all__ = ["_clean_text", "clean_article", "drop_promotion", "is_furniture", "is_promotion"]

_SPACES = re.compile(r"[\t\v\f\r\x1c-\x1f\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]+")
#: Any element with attributes, as in the source of a page whose <title> never ends.
_WITH_ATTRIBUTES = re.compile(r"<[a-z][\w:-]*+\s[^<>=]*+=[^<>]*+>", re.IGNORECASE)
_LONGEST_TITLE = 500


def _clean_text(text: str) -> str:
    """Remove control characters other than line feeds, and lone surrogates."""
    return _CONTROLS.sub("", _SPACES.sub(" ", text))


def clean_article(article: Article, *, markup: bool = True) -> Article:
    """Clean every text of an article.

    Titles, names and key points become single lines. The title has at most 500 characters. An empty title is replaced
    by the first line of the text, or else by the address.

    Args:
        article: The article.
        markup: Whether markup may have been left in the title, which is removed. Otherwise everything in it is text.
    """
    title = _title(article.title) if markup else _line(article.title[: 2 * _LONGEST_TITLE])[:_LONGEST_TITLE]
    points = dict.fromkeys(filter(None, map(_line, article.key_points)))
    return replace(
        article,
        title=title or _line(article.text.partition("\n")[0])[:_LONGEST_TITLE] or _line(article.url),
        text=without_reporters_addresses(
            "\n\n".join(line for part in article.text.split("\n\n") if (line := _clean_text(part).strip())),
            article.authors,
        ),
        authors=tuple(filter(None, map(_line, article.authors))),
        source=_line(article.source),
        key_points=tuple(points),
    )


def _line(text: str) -> str:
    return plain_line(_clean_text(text))


def _title(text: str) -> str:
    title = _line(text[: 2 * _LONGEST_TITLE])[:_LONGEST_TITLE]
    while has_markup(title) and (decoded := _line(line_of_html(title))) != title:  # markup may be escaped twice
        title = decoded
    return _line(_WITH_ATTRIBUTES.sub("", title))


def is_promotion(line: str) -> bool:
    """Return whether a line only points to something else, such as "Also Read: Another headline"."""
    line = line.strip()
    return len(line) <= load_table("promotion")["longest"] and _lead().match(line) is not None


def drop_promotion(lines: Iterable[str]) -> list[str]:
    """Return the lines that are not promotion, in order."""
    return [line for line in lines if not is_promotion(line)]


def is_furniture(line: str) -> bool:
    """Return whether a line is an appeal or a credit, such as "Follow us on X" or "Photo: Ann Lee"."""
    table = load_table("promotion")
    return line.casefold().strip(" .:!?…|-\u2013—") in _furniture() or (
        len(line) <= table["longest_aside"] and _asides().search(line) is not None
    )


@cache
def _lead() -> re.Pattern[str]:
    leads, sure = (_any_of(load_table("promotion")[key]) for key in ("leads", "sure"))
    # An arrow, a bracket or an emphasis may come first.
    mark = r"[\s*_]*[:|»→>][\s*_]*"
    return re.compile(rf"^[\W_]{{0,4}}(?:(?:{leads}){mark}|(?:{sure})\s+[-\u2013—]\s)", re.IGNORECASE)


def _any_of(phrases: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))


@cache
def _furniture() -> frozenset[str]:
    return frozenset(load_table("promotion")["furniture"])


@cache
def _asides() -> re.Pattern[str]:
    return re.compile("|".join(load_table("promotion")["asides"]), re.IGNORECASE)
