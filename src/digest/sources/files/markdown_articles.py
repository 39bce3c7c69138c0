"""Read articles in Markdown as plain text, through markdown-it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from digest.sources.files.article_blocks import article_of_blocks
from digest.sources.files.article_head import parted_head
from digest.sources.files.markdown_dialects import plain_markdown
from digest.sources.html_text import is_typed_tag, plain_line, text_of_markup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

    from digest.sources.files.article_blocks import Block
    from digest.sources.files.plain_text_articles import PlainText

__all__ = ["read_markdown"]

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read_markdown(text: str, *, title: str = "") -> PlainText:
    """Read Markdown. Without a ``title``, the first heading is the title.

    A list is the author's key points if it comes directly after the title, or under a heading such as "Key points".
    """
    return article_of_blocks(list(_blocks(_PARSER.parse(_listed(parted_head(plain_markdown(text)))))), title=title)


def _listed(text: str) -> str:
    """Rewrite bullets that Markdown does not know as ones that it does."""
    return re.sub(r"^([ ]{0,3})[•‣▪◦●]\s*(?=\S)", r"\1- ", text, flags=re.MULTILINE)


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
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
    return text_of_markup(token.content).split("\n\n") if token.type == "html_block" and token.content.strip() else []


def _inline(children: Sequence[Token]) -> str:
    """Return the text of a line. Images are dropped, with their descriptions, but not "<word>" as somebody typed it."""
    names = frozenset(
        re.sub(r"^<(/?[\w:.-]*).*$", r"\1", child.content, flags=re.DOTALL).lower()
        for child in children
        if child.type == "html_inline"
    )
    pieces: list[str] = []
    for child, following in zip(children, (*children[1:], None), strict=True):
        if child.type in {"text", "text_special", "code_inline"}:
            pieces.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            pieces.append(" ")
        elif child.type == "html_inline":
            behind = following.content[:1] if following is not None and following.type == "text" else ""
            if is_typed_tag(child.content, names, behind):
                pieces.append(child.content)
            elif re.match(r"<br\b", child.content, re.IGNORECASE):
                pieces.append(" ")
    return plain_line("".join(pieces))
