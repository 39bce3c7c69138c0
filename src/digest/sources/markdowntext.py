"""Markdown articles as plain text, through markdown-it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from digest.sources.keypoints import is_key_point_heading
from digest.sources.markup import plain_line, text_of_html
from digest.sources.plaintext import PlainText, read_byline
from digest.sources.promotion import drop_promotion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from markdown_it.token import Token

__all__ = ["read_markdown"]

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read_markdown(text: str, *, title: str = "") -> PlainText:
    """Read Markdown; without a ``title`` its first heading is the title.

    A list is the author's key points when it stands under the title, before the first paragraph, or under a heading
    such as "Key points".
    """
    blocks = list(_blocks(_PARSER.parse(text)))
    if blocks and (not title or blocks[0] == ("heading", [title])) and any(kind == "heading" for kind, _ in blocks):
        first = next(number for number, (kind, _) in enumerate(blocks) if kind == "heading")
        title = title or blocks[first][1][0]
        blocks = blocks[:first] + blocks[first + 1 :]
    elif blocks and not title:
        title, blocks = blocks[0][1][0], blocks[1:]
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    while blocks and blocks[0][0] == "text":
        names, moment = read_byline(blocks[0][1][0])
        if not (names and not authors) and not (moment and published is None):
            break
        authors, published, blocks = authors or names, published or moment, blocks[1:]
    points, blocks = _points(blocks)
    lines = [line for _, block in blocks for line in block]
    return PlainText(
        title=title,
        paragraphs=tuple(drop_promotion(lines)),
        authors=authors,
        published=published,
        key_points=points,
    )


_Block = tuple[str, list[str]]


def _points(blocks: Sequence[_Block]) -> tuple[tuple[str, ...], list[_Block]]:
    for number, (kind, lines) in enumerate(blocks):
        if kind != "list" or len(lines) < 2:
            continue
        before = blocks[number - 1] if number else None
        announced = before is not None and is_key_point_heading(" ".join(before[1]))
        if number == 0 or announced:
            start = number - 1 if announced else number
            return tuple(lines), [*blocks[:start], *blocks[number + 1 :]]
    return (), list(blocks)


def _blocks(tokens: Sequence[Token]) -> Iterator[_Block]:
    """Headings, paragraphs and top-level lists as plain text. Code stays as it is, rules are left out."""
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
    """The words of a line; a picture is left out, with its description."""
    pieces = (
        " " if child.type in {"softbreak", "hardbreak"} else child.content
        for child in children
        if child.type in {"text", "text_special", "code_inline", "softbreak", "hardbreak"}
    )
    return plain_line("".join(pieces))
