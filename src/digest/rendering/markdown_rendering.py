"""Render the editor's Markdown as HTML for the email, and as plain text for its text part.

Raw HTML is shown as text, and links are http, https or mailto. No line end is written between two inline elements,
because mrml would delete it and join the words. Both forms are made from the same tokens, so their content is the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markupsafe import Markup

from digest.rendering.sanitising import clean_line, published_image, safe_url, strip_controls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["MarkdownLink", "block_html", "block_text", "inline_html", "inline_text", "markdown_links", "prose"]


#: How many texts stay parsed. The rules of `check` read each passage of an issue a dozen times.
_PARSED_TEXTS = 1024
_SYNTAX = re.compile(r"[\\`*_\[<]|&(?=[#A-Za-z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkdownLink:
    """A link or a picture in Markdown.

    Attributes:
        url: The address as written.
        line: The line of the text, counted from 0.
        image: Whether it is a picture.
        label: The text of the link, or the alternative text of the picture.
    """

    url: str
    line: int
    image: bool
    label: str = ""


class _Markdown(MarkdownIt):
    """CommonMark that keeps addresses as they were written. What may be published is decided afterwards."""

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 - markdown-it-py's name and signature
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - markdown-it-py's name
        return url


@cache
def _parser() -> _Markdown:
    return _Markdown("commonmark", {"html": False, "xhtmlOut": True})


def block_html(markdown: str, *, images: str = "") -> Markup:
    """Blocks of Markdown, such as paragraphs, lists and quotations, as HTML.

    Args:
        images: The address where local pictures are published; without one they are replaced by their text.
    """
    parser = _parser()
    tokens = _publishable(parser.parse(strip_controls(markdown)), images=images, pictures=True)
    return Markup(parser.renderer.render(tokens, parser.options, {}).strip())  # noqa: S704 - raw HTML is off


def inline_html(markdown: str) -> Markup:
    """One line of Markdown as HTML. A picture is replaced by its alternative text."""
    line = clean_line(markdown)
    if _is_plain(line):
        return Markup(line.replace("&", "&amp;").replace(">", "&gt;").replace('"', "&quot;"))  # noqa: S704 - escaped
    parser = _parser()
    tokens = _publishable(parser.parseInline(line), images="", pictures=False)
    return Markup(parser.renderer.render(tokens, parser.options, {}).strip())  # noqa: S704 - raw HTML is off


def block_text(markdown: str, *, images: str = "") -> str:
    """Blocks of Markdown as plain text, not wrapped. A link becomes ``text (address)``."""
    tokens = _publishable(_parser().parse(strip_controls(markdown)), images=images, pictures=True)
    return "\n\n".join(block for node in SyntaxTreeNode(tokens).children if (block := "\n".join(_lines(node))))


def inline_text(markdown: str) -> str:
    """One line of Markdown as plain text. A link becomes ``text (address)``."""
    line = clean_line(markdown)
    if _is_plain(line):
        return line
    tokens = _publishable(_parser().parseInline(line), images="", pictures=False)
    return _plain_text(tokens[0].children or []).strip() if tokens else ""


@lru_cache(maxsize=_PARSED_TEXTS)
def prose(markdown: str) -> str:
    """The text that a reader sees, without addresses and code."""
    texts = []
    for token in _parser().parse(strip_controls(markdown)):
        texts += [_visible_text(child) for child in token.children or []]
        texts.append(" " if token.type.endswith("_close") else "")
    return "".join(texts).strip()


@lru_cache(maxsize=_PARSED_TEXTS)
def markdown_links(markdown: str) -> tuple[MarkdownLink, ...]:
    """Every link and picture, in order, including those that are not published."""
    links = []
    for token in _parser().parse(strip_controls(markdown)):
        line = token.map[0] if token.map else 0
        children = token.children or []
        for index, child in enumerate(children):
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            elif child.type in {"link_open", "image"}:
                image = child.type == "image"
                url = str(child.attrGet("src" if image else "href"))
                inside = (
                    [child] if image else takewhile(lambda inner: inner.type != "link_close", children[index + 1 :])
                )
                label = "".join(map(_visible_text, inside))
                links.append(MarkdownLink(url=url, line=line, image=image, label=label))
    return tuple(links)


def _is_plain(line: str) -> bool:
    """Return whether a line has no Markdown syntax. Most bullets have none, and need no parser."""
    return _SYNTAX.search(line) is None


def _publishable(tokens: list[Token], *, images: str, pictures: bool) -> list[Token]:
    """The tokens of what may be sent: only safe links and published pictures, and paragraphs instead of headings.

    A heading would break the outline of the email, so it becomes a paragraph in bold.
    """
    for index, token in enumerate(tokens):
        if token.children is not None:
            token.children = list(_inline(token.children, images=images, pictures=pictures))
        if token.type == "heading_open":
            token.type, token.tag = "paragraph_open", "p"
            text = tokens[index + 1]
            text.children = [
                Token("strong_open", "strong", 1),
                *(text.children or []),
                Token("strong_close", "strong", -1),
            ]
        elif token.type == "heading_close":
            token.type, token.tag = "paragraph_close", "p"
    return tokens


def _inline(children: Sequence[Token], *, images: str, pictures: bool) -> Iterator[Token]:
    dropped = False
    for token in children:
        if token.type == "softbreak":
            yield Token("text", "", 0, content=" ")
        elif token.type == "link_open":
            url = safe_url(str(token.attrGet("href")))
            dropped = not url
            if url:
                token.attrs = {"href": url}
                yield token
        elif token.type == "link_close":
            if not dropped:
                yield token
        elif token.type == "image":
            url = published_image(str(token.attrGet("src")), base_url=images) if pictures else ""
            if url:
                token.attrs = {"src": url, "alt": ""}
                yield token
            else:
                yield Token("text", "", 0, content=token.content)
        else:
            yield token


def _visible_text(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return token.content if token.type in {"text", "text_special", "image"} else ""


def _plain_text(children: Sequence[Token]) -> str:
    """Inline tokens as plain text."""
    parts: list[str] = []
    opened: list[tuple[int, str]] = []
    for token in children:
        if token.type == "link_open":
            opened.append((len(parts), str(token.attrGet("href"))))
        elif token.type == "link_close":
            start, url = opened.pop()
            label = "".join(parts[start:])
            if label not in {url, url.removeprefix("mailto:")}:
                parts.append(f" ({url})" if label else url)
        elif token.type == "hardbreak":
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)


def _lines(node: SyntaxTreeNode) -> list[str]:
    """The lines of a block as plain text."""
    if node.type == "paragraph":
        inline = node.children[0]
        return _plain_text(inline.token.children or []).split("\n") if inline.token else []
    if node.type in {"bullet_list", "ordered_list"}:
        first = int(node.attrs.get("start", 1))
        marks = ("- " if node.type == "bullet_list" else f"{first + index}. " for index in range(len(node.children)))
        return [
            line
            for mark, item in zip(marks, node.children, strict=True)
            for line in _prefixed(_inner(item), mark, " " * len(mark))
        ]
    if node.type == "blockquote":
        return _prefixed(_inner(node), "> ", "> ")
    if node.type in {"fence", "code_block"}:
        return _prefixed(node.content.rstrip("\n").split("\n"), "    ", "    ")
    return ["* * *"] if node.type == "hr" else []


def _inner(node: SyntaxTreeNode) -> list[str]:
    lines: list[str] = []
    for child in node.children:
        if lines and not (child.type.endswith("_list") and node.type == "list_item"):
            lines.append("")
        lines += _lines(child)
    return lines


def _prefixed(lines: Sequence[str], first: str, others: str) -> list[str]:
    return [(others if index else first) + line for index, line in enumerate(lines)]
