"""Three statements that stand for an article: the author's own where there are any, else its best sentences."""

# ruff: noqa: RUF001 - typographic quotes, dashes and the stops of other scripts are what is looked for here

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.editing.cleaning import is_boilerplate, one_line, statement_start
from digest.editing.language import content_words, weights, words_of
from digest.editing.salience import score_sentences
from digest.editing.sentences import split_sentences
from digest.models import Bullet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.models import Article

__all__ = ["pick_bullets", "rank_bullets"]

#: A bullet with this share of the shorter one's words in it says the same thing.
_SAME = 0.6
#: What is longer is no bullet; and what comes later in a very long text is not weighed.
_MOST_CHARACTERS = 400
_MOST_SENTENCES = 400
_MARK = re.compile(r"^(?:[•◦▪‣·●*–—-]|\d{1,2}[.)])\s+")


def pick_bullets(article: Article, *, limit: int = 3) -> tuple[Bullet, ...]:
    """At most ``limit`` statements of an article, as plain text on one line each.

    The author's key points come first and in their order (origin "author"). When there are fewer than ``limit``,
    sentences of the text that do not repeat them follow, in the order of the text (origin "extracted", where
    ``article.text[start:end]`` is the bullet up to white space). A text without words gives ``()``. Never raises.
    """
    bullets = rank_bullets(article, limit=limit)
    return tuple(sorted(bullets, key=lambda bullet: -1 if bullet.start is None else bullet.start))


def rank_bullets(article: Article, *, limit: int) -> tuple[Bullet, ...]:
    """What `pick_bullets` picks, the best first: a lower limit gives a beginning of it."""
    points = list(_key_points(article))[: max(0, limit)]
    if len(points) >= limit:
        return tuple(points)
    candidates = list(_candidates(article))
    said = [_sense(point.text) for point in points]
    chosen = _choose(article, candidates, said=said, limit=limit - len(points))
    return (*points, *chosen)


def _key_points(article: Article) -> Iterator[Bullet]:
    seen: set[str] = set()
    for point in article.key_points:
        text = _MARK.sub("", one_line(point))
        if any(map(str.isalnum, text)) and text.casefold() not in seen:
            seen.add(text.casefold())
            yield Bullet(text=text, origin="author")


def _candidates(article: Article) -> Iterator[Bullet]:
    """The sentences that could stand as a bullet, in order, without dateline and list mark."""
    title = one_line(article.title).casefold()
    kept = 0
    for sentence in split_sentences(article.text):
        if kept >= _MOST_SENTENCES:
            return
        if is_boilerplate(sentence.text):
            continue
        start = sentence.start + statement_start(sentence.text, first=kept < 3)
        bullet = _bullet(article.text, start, sentence.end)
        if bullet is not None and bullet.text.casefold().rstrip(".") != title.rstrip("."):
            kept += 1
            yield bullet


def _bullet(text: str, start: int, end: int) -> Bullet | None:
    line = one_line(text[start:end])
    if not any(map(str.isalnum, line)):
        return None
    return Bullet(text=line, start=start, end=end, origin="extracted")


def _choose(article: Article, candidates: list[Bullet], *, said: list[frozenset[str]], limit: int) -> list[Bullet]:
    """The best ``limit`` in the order of their worth, none of which repeats another or what is ``said``."""
    short = [bullet for bullet in candidates if len(bullet.text) <= _MOST_CHARACTERS]
    if not short and not said:
        return [_cut(article.text, bullet) for bullet in candidates[:1]]
    scores = score_sentences(one_line(article.title), [bullet.text for bullet in short])
    left = {index: _sense(bullet.text) for index, bullet in enumerate(short)}
    seen = [*said]
    chosen: list[Bullet] = []
    penalty = weights("ranking")["repeats"]
    covered: set[str] = set().union(*said)

    def worth(index: int) -> tuple[float, int]:
        words = left[index]
        return scores[index] + penalty * (len(words & covered) / len(words) if words else 0.0), -index

    while left and len(chosen) < limit:
        best = max(left, key=worth)
        words = left.pop(best)
        if any(_repeats(words, other) for other in seen):
            continue
        seen.append(words)
        covered |= words
        chosen.append(short[best])
    return chosen


def _sense(text: str) -> frozenset[str]:
    """What a statement is compared by: the words that carry meaning, or all of them, or the whole."""
    return frozenset(content_words(text) or words_of(text) or [text])


def _repeats(words: frozenset[str], other: frozenset[str]) -> bool:
    fewer = min(len(words), len(other))
    return fewer > 0 and len(words & other) >= _SAME * fewer


def _cut(text: str, bullet: Bullet) -> Bullet:
    """The beginning of a statement that is too long: all there is when a text has no sentences."""
    start = bullet.start or 0
    head = text[start : start + _MOST_CHARACTERS]
    words = head.rsplit(None, 1)
    end = start + (len(words[0]) if len(words) > 1 else len(head))
    return Bullet(text=one_line(text[start:end]) + " …", start=start, end=end, origin="extracted")
