"""Read articles in Markdown as plain text, through markdown-it."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from digest.sources.article_cleaning import drop_promotion, is_furniture
from digest.sources.files.article_head import parted_head, read_head, without_dateline
from digest.sources.files.plain_text_articles import PlainText
from digest.sources.html_text import plain_line, text_of_html
from digest.sources.pages.key_points import is_key_point_heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

    from digest.sources.files.article_head import Head

__all__ = ["read_markdown"]

_Block = tuple[str, list[str]]

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read_markdown(text: str, *, title: str = "") -> PlainText:
    """Read Markdown. Without a ``title``, the first heading is the title.

    A list is the author's key points if it comes directly after the title, or under a heading such as "Key points".
    """
    blocks = list(_blocks(_PARSER.parse(_listed(parted_head(text)))))
    if blocks and (not title or blocks[0] == ("heading", [title])) and any(kind == "heading" for kind, _ in blocks):
        first = next(number for number, (kind, _) in enumerate(blocks) if kind == "heading")
        title = title or blocks[first][1][0]
        blocks = blocks[:first] + blocks[first + 1 :]
    title, (authors, published), blocks = _head(blocks, title)
    points, blocks = _points(blocks)
    lines = [line for line in drop_promotion(line for _, block in blocks for line in block) if not is_furniture(line)]
    return PlainText(
        title=title,
        paragraphs=(*map(without_dateline, lines[:1]), *lines[1:]),
        authors=authors,
        published=published,
        key_points=points,
    )


def _listed(text: str) -> str:
    """Rewrite bullets that Markdown does not know as ones that it does."""
    return re.sub(r"^([ ]{0,3})[•‣▪◦●]\s*(?=\S)", r"\1- ", text, flags=re.MULTILINE)


def _head(blocks: Sequence[_Block], title: str) -> tuple[str, Head, list[_Block]]:
    """Take the title, the byline and the date out of the paragraphs at the top."""
    top = list(takewhile(lambda block: block[0] == "text", blocks))
    lines = [" ".join(block) for _, block in top]
    title, head, rest = read_head(lines, title=title)
    other_lines = iter(rest)
    other = next(other_lines, None)
    body: list[_Block] = []
    for line, block in zip(lines, top, strict=True):
        if line == other:
            body.append(block)
            other = next(other_lines, None)
    if not title and blocks:
        title, blocks = blocks[0][1][0], blocks[1:]
    return title, head, [*body, *blocks[len(top) :]]


def _points(blocks: Sequence[_Block]) -> tuple[tuple[str, ...], list[_Block]]:
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


def _blocks(tokens: Sequence[Token]) -> Iterator[_Block]:
    """Yield headings, paragraphs and top-level lists as plain text. Code is kept, horizontal rules are not."""
    items: list[str] = []
    depth = 0
    heading = False
    for token in tokens:
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            depth += 1
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            depth -= 1
            if not depth and items:
                yield "list", items
                items = []
        elif token.type in {"heading_open", "heading_close"}:
            heading = token.type == "heading_open"
        lines = _lines(token)
        if lines and depth:
            items.extend(lines)
        elif lines:
            yield "heading" if heading else "text", lines


def _lines(token: Token) -> list[str]:
    if token.type == "inline":
        line = _inline(token.children or [])
        return [line] if line else []
    if token.type in {"fence", "code_block"}:
        return [plain_line(token.content)] if token.content.strip() else []
    return text_of_html(token.content).split("\n\n") if token.type == "html_block" and token.content.strip() else []


def _inline(children: Sequence[Token]) -> str:
    """Return the text of a line. Images are dropped, with their descriptions."""
    pieces = (
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in children
        if child.type in {"text", "text_special", "code_inline", "softbreak", "hardbreak"}
    )
    return plain_line("".join(pieces))
