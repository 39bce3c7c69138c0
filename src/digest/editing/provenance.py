"""The provenance of bullets: for each extracted bullet of an issue, the sentence it was taken from. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.editing.sentences import split_sentences
from digest.editing.text_cleaning import single_line
from digest.models import unescape_inline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.models import Article, Bullet, Issue, Origin, Story

__all__ = ["Trace", "trace_bullets"]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """A bullet and the sentence it was taken from.

    Attributes:
        headline: The headline of its story.
        text: The bullet in plain text.
        sentence: The source sentence on one line, in pieces, each with whether the bullet keeps it. Empty if the bullet
            was not extracted, or if the article is missing or has changed.
        line: Its line in issue.md, starting at 1.
    """

    headline: str
    text: str
    origin: Origin
    sentence: tuple[tuple[str, bool], ...]
    line: int | None

    @property
    def source(self) -> str:
        """The sentence as text."""
        return "".join(piece for piece, _ in self.sentence)

    @property
    def shortened(self) -> bool:
        """Whether words of the sentence were left out of the bullet."""
        return any(not is_kept and _WORD.search(piece) for piece, is_kept in self.sentence)


def trace_bullets(issue: Issue, articles: Sequence[Article]) -> tuple[Trace, ...]:
    """Trace each ticked bullet of an issue, in order, to the articles that the issue was made from."""
    by_key = {article.key: article for article in articles}
    return tuple(trace for story in issue.stories for trace in _traces(story, by_key))


def _traces(story: Story, articles: Mapping[str, Article]) -> Iterator[Trace]:
    article = articles.get(story.key)
    for candidate in story.candidates:
        if candidate.ticked:
            bullet = candidate.bullet
            text = unescape_inline(bullet.text)
            yield Trace(
                headline=story.headline,
                text=text,
                origin=bullet.origin,
                sentence=tuple(_sentence(article, bullet, text)) if article else (),
                line=candidate.line,
            )


def _sentence(article: Article, bullet: Bullet, text: str) -> Iterator[tuple[str, bool]]:
    if bullet.start is None or bullet.end is None:
        return
    words = [word.casefold() for word in _WORD.findall(text)]
    place = bullet.start
    spans: list[tuple[int, int]] = []
    for word in words:
        match = next(
            (each for each in _WORD.finditer(article.text, place, bullet.end) if each[0].casefold() == word), None
        )
        if match is None:
            return
        # Spaces and punctuation between two adjacent words of the text are kept with them.
        if spans and not _WORD.search(article.text, spans[-1][1], match.start()):
            spans[-1] = (spans[-1][0], match.end())
        else:
            spans.append(match.span())
        place = match.end()
    around = [
        sentence
        for sentence in split_sentences(article.text, language=article.language)
        if sentence.start < bullet.end and bullet.start < sentence.end
    ]
    if around and spans:
        yield from _pieces(article.text, around[0].start, around[-1].end, spans)


def _pieces(text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """``text[start:end]`` on one line, in kept and omitted pieces; the final stop belongs to the last kept piece."""
    place = start
    for number, (first, last) in enumerate(spans):
        stop = end if number == len(spans) - 1 and not _WORD.search(text, last, end) else last
        if place < first:
            yield _spaced(text[place:first]), False
        yield _spaced(text[first:stop]), True
        place = stop
    if place < end:
        yield _spaced(text[place:end]), False


def _spaced(piece: str) -> str:
    """A piece on one line, with one space at each end that had white space."""
    inner = single_line(piece)
    lead, trail = piece[:1].isspace(), piece[-1:].isspace()
    return (" " * lead + inner + " " * trail) if inner else " " * (lead or trail)
