"""The editor's Markdown as HTML for the email and as plain text for its text part.

Raw HTML is text, links are http, https or mailto, and no white space with a line end stands between two elements,
because MJML would delete it. Both forms are made from the same tokens, so they say the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
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


_MEANING = re.compile(r"[\\`*_\[<]|&(?=[#A-Za-z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkdownLink:
    """An address in Markdown.

    Attributes:
        line: Counted from 0, from the first line of the text.
        image: Whether it is a picture.
        words: What a reader presses, or the picture's alternative text.
    """

    url: str
    line: int
    image: bool
    words: str = ""


class _Markdown(MarkdownIt):
    """CommonMark that hands out addresses as they were written; what may be published is decided afterwards."""

    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802 - the library's name and signature
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        return url


@cache
def _parser() -> _Markdown:
    return _Markdown("commonmark", {"html": False, "xhtmlOut": True})


def block_html(markdown: str, *, images: str = "") -> Markup:
    """Paragraphs, lists and quotations as HTML. ``images`` is the base address of local pictures."""
    parser = _parser()
    tokens = _publishable(parser.parse(strip_controls(markdown)), images=images, pictures=True)
    return Markup(parser.renderer.render(tokens, parser.options, {}).strip())  # noqa: S704 - raw HTML is off


def inline_html(markdown: str) -> Markup:
    """One line as HTML; a picture becomes its alternative text."""
    line = clean_line(markdown)
    if _is_plain(line):
        return Markup(line.replace("&", "&amp;").replace(">", "&gt;").replace('"', "&quot;"))  # noqa: S704 - escaped
    parser = _parser()
    tokens = _publishable(parser.parseInline(line), images="", pictures=False)
    return Markup(parser.renderer.render(tokens, parser.options, {}).strip())  # noqa: S704 - raw HTML is off


def block_text(markdown: str, *, images: str = "") -> str:
    """The plain-text form, not wrapped: paragraphs apart, lists with marks, and links as ``text (address)``."""
    tokens = _publishable(_parser().parse(strip_controls(markdown)), images=images, pictures=True)
    return "\n\n".join(block for node in SyntaxTreeNode(tokens).children if (block := "\n".join(_lines(node))))


def inline_text(markdown: str) -> str:
    """One line in its plain-text form, with links as ``text (address)``."""
    line = clean_line(markdown)
    if _is_plain(line):
        return line
    tokens = _publishable(_parser().parseInline(line), images="", pictures=False)
    return _spelled(tokens[0].children or []).strip() if tokens else ""


def prose(markdown: str) -> str:
    """Only the words, without addresses and without code: what a person reads, for looking at it."""
    words = []
    for token in _parser().parse(strip_controls(markdown)):
        words += [_words(child) for child in token.children or []]
        words.append(" " if token.type.endswith("_close") else "")
    return "".join(words).strip()


def markdown_links(markdown: str) -> tuple[MarkdownLink, ...]:
    """Every link and picture, in order, also those that are not published."""
    found = []
    for token in _parser().parse(strip_controls(markdown)):
        line = token.map[0] if token.map else 0
        children = token.children or []
        for index, child in enumerate(children):
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            elif child.type in {"link_open", "image"}:
                image = child.type == "image"
                url = str(child.attrGet("src" if image else "href"))
                inside = [child] if image else takewhile(lambda each: each.type != "link_close", children[index + 1 :])
                words = "".join(map(_words, inside))
                found.append(MarkdownLink(url=url, line=line, image=image, words=words))
    return tuple(found)


def _is_plain(line: str) -> bool:
    """Whether nothing in a line means something in Markdown: most bullets, which then need no parser."""
    return _MEANING.search(line) is None


def _publishable(tokens: list[Token], *, images: str, pictures: bool) -> list[Token]:
    """The tokens of what may be sent: safe links, served pictures, no headings, which would break the outline."""
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


def _words(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return token.content if token.type in {"text", "text_special", "image"} else ""


def _spelled(children: Sequence[Token]) -> str:
    """Inline tokens in plain text."""
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
    """A block in plain text, line by line."""
    if node.type == "paragraph":
        inline = node.children[0]
        return _spelled(inline.token.children or []).split("\n") if inline.token else []
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
