"""From the blocks of a formatted file (headings, paragraphs and lists) to an article's title, head, points and text."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from digest.sources.article_cleaning import drop_promotion, is_furniture
from digest.sources.files.article_head import read_head, without_dateline
from digest.sources.files.plain_text_articles import PlainText
from digest.sources.files.wire_copy import without_ending
from digest.sources.pages.key_points import is_key_point_heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.sources.files.article_head import Head

__all__ = ["Block", "article_of_blocks"]

#: "heading", "text" or "list", and its lines.
Block = tuple[str, list[str]]


def article_of_blocks(blocks: list[Block], *, title: str = "") -> PlainText:
    """Read an article. Without a ``title``, the first heading is the title, or else the first line.

    A list is the author's key points if it comes directly after the title, or under a heading such as "Key points".
    """
    if blocks and (not title or blocks[0] == ("heading", [title])) and any(kind == "heading" for kind, _ in blocks):
        first = next(number for number, (kind, _) in enumerate(blocks) if kind == "heading")
        title = title or blocks[first][1][0]
        blocks = blocks[:first] + blocks[first + 1 :]
    title, (authors, published), blocks = _head(blocks, title)
    points, blocks = _points(blocks)
    lines = [line for line in drop_promotion(line for _, block in blocks for line in block) if not is_furniture(line)]
    lines = without_ending(lines)
    return PlainText(
        title=title,
        paragraphs=(*map(without_dateline, lines[:1]), *lines[1:]),
        authors=authors,
        published=published,
        key_points=points,
    )


def _head(blocks: Sequence[Block], title: str) -> tuple[str, Head, list[Block]]:
    """Take the title, the byline and the date out of the paragraphs at the top."""
    top = list(takewhile(lambda block: block[0] == "text", blocks))
    lines = [" ".join(block) for _, block in top]
    title, head, rest = read_head(lines, title=title)
    other_lines = iter(rest)
    other = next(other_lines, None)
    body: list[Block] = []
    for line, block in zip(lines, top, strict=True):
        if line == other:
            body.append(block)
            other = next(other_lines, None)
    if not title and blocks:
        title, blocks = blocks[0][1][0], blocks[1:]
    return title, head, [*body, *blocks[len(top) :]]


def _points(blocks: Sequence[Block]) -> tuple[tuple[str, ...], list[Block]]:
    """Separate the key points from the other blocks."""
    for number, (kind, lines) in enumerate(blocks):
        if kind != "list" or len(lines) < 2:
            continue
        previous = blocks[number - 1] if number else None
        announced = previous is not None and is_key_point_heading(" ".join(previous[1]))
        if number == 0 or announced:
            start = number - 1 if announced else number
            return tuple(lines), [*blocks[:start], *blocks[number + 1 :]]
    return (), list(blocks)
