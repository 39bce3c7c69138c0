"""Where the bullets of an issue come from: for each one that was extracted, the sentence of its article. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.editing.sentences import split_sentences
from digest.editing.text_cleaning import single_line
from digest.models import canonical_url, unescape_inline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from digest.models import Article, Bullet, Issue, Origin, Story

__all__ = ["Trace", "trace_bullets"]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """One bullet and what it rests on.

    Attributes:
        headline: Of its story.
        text: The bullet, in plain text.
        sentence: Its source sentence on one line, in pieces, each with whether the bullet keeps it; empty for a bullet
            that was not extracted, or when the article is no longer there or says something else now.
        line: Where it stands in issue.md, counted from 1.
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
        """Whether the sentence says more than the bullet."""
        return any(not kept and _WORD.search(piece) for piece, kept in self.sentence)


def trace_bullets(issue: Issue, articles: Sequence[Article]) -> tuple[Trace, ...]:
    """Each ticked bullet of an issue, in order. ``articles`` are those that it was made from."""
    known = {canonical_url(article.url): article for article in articles}
    return tuple(trace for story in issue.stories for trace in _traces(story, known))


def _traces(story: Story, known: Mapping[str, Article]) -> Iterator[Trace]:
    article = known.get(canonical_url(story.url))
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
    kept: list[tuple[int, int]] = []
    for word in words:
        found = next(
            (match for match in _WORD.finditer(article.text, place, bullet.end) if match[0].casefold() == word), None
        )
        if found is None:
            return
        # What stands between two words that both follow each other is kept with them.
        if kept and not _WORD.search(article.text, kept[-1][1], found.start()):
            kept[-1] = (kept[-1][0], found.end())
        else:
            kept.append(found.span())
        place = found.end()
    around = [
        sentence
        for sentence in split_sentences(article.text, language=article.language)
        if sentence.start < bullet.end and bullet.start < sentence.end
    ]
    if around and kept:
        yield from _pieces(article.text, around[0].start, around[-1].end, kept)


def _pieces(text: str, start: int, end: int, kept: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """``text[start:end]`` on one line, cut where what is kept begins and ends; its final stop goes with the last."""
    place = start
    for number, (first, last) in enumerate(kept):
        stop = end if number == len(kept) - 1 and not _WORD.search(text, last, end) else last
        if place < first:
            yield _spaced(text[place:first]), False
        yield _spaced(text[first:stop]), True
        place = stop
    if place < end:
        yield _spaced(text[place:end]), False


def _spaced(piece: str) -> str:
    """On one line, with a space where there was white space at either end."""
    inner = single_line(piece)
    lead, trail = piece[:1].isspace(), piece[-1:].isspace()
    return (" " * lead + inner + " " * trail) if inner else " " * (lead or trail)
