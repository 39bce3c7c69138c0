"""What may stand in an article: no control characters but the line's end, no halves of characters, no markup."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from digest.sources.markup import has_markup, line_of_html, plain_line

if TYPE_CHECKING:
    from digest.models import Article

__all__ = ["clean_article", "clean_text"]

_SPACES = re.compile(r"[\t\v\f\r\x1c-\x1f\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]+")
_TAG = re.compile(r"</?[a-z][a-z0-9]+\b[^<>]*>", re.IGNORECASE)  # "use <T>" is none
_MARKS = re.compile(r"[<>]")
_LONGEST_TITLE = 500


def clean_text(text: str) -> str:
    """Text without control characters (but for line feeds) and without lone surrogates."""
    return _CONTROLS.sub("", _SPACES.sub(" ", text))


def clean_article(article: Article) -> Article:
    """An article whose every text is clean; its title is one line of at most 500 characters without markup."""
    points = dict.fromkeys(filter(None, map(_line, article.key_points)))
    return replace(
        article,
        title=_title(article.title) or _title(_MARKS.sub(" ", article.text.partition("\n")[0])) or _line(article.url),
        text="\n\n".join(line for part in article.text.split("\n\n") if (line := clean_text(part).strip())),
        authors=tuple(filter(None, map(_line, article.authors))),
        source=_line(article.source),
        key_points=tuple(points),
    )


def _line(text: str) -> str:
    return plain_line(clean_text(text))


def _title(text: str) -> str:
    title = _line(text[: 2 * _LONGEST_TITLE])[:_LONGEST_TITLE]
    while has_markup(title):  # what was escaped may be markup once it no longer is
        title = _line(line_of_html(title))
    return _line(_TAG.sub("", title))
