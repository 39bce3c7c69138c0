"""Extract the text of an article from its page: trafilatura's result, checked against the page's own paragraphs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import trafilatura
from trafilatura.settings import Document

from digest.sources.article_cleaning import drop_promotion, is_furniture
from digest.sources.html_text import plain_line
from digest.sources.pages.visibility.hidden_text import remove_elements
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["clear_page", "read_text", "unrepeated"]

_BULLET = re.compile(r"^[-*•]\s+")
_TABLE_EDGE = re.compile(r"^\|\s*|\s*\|$")
_SHORTEST_LINK = 20  # characters
_MOST_LINKS = 3  # in one block; more links explain words of a text
_LINK_SHARE = 0.8  # of a block's text; such a block only points to something else


def clear_page(tree: LexborHTMLParser) -> None:
    """Remove what is not a paragraph of the article: captions, boxes, and lines with only a link."""
    table = load_table("page_text")
    most = table["share"] * max(sum(map(len, _paragraphs(tree))), 1000)
    for selector in table["clutter"]:
        nodes = [node for node in tree.css(selector) if len(plain_line(node.text(separator=" "))) <= most]
        # A class on every paragraph, such as "subscriber-only", marks the article itself.
        inside = {paragraph.mem_id: len(paragraph.text()) for node in nodes for paragraph in node.css("p")}
        if sum(length for length in inside.values() if length >= table["paragraph"]) <= most:
            remove_elements(nodes)
    links = [node for node in tree.css("article li, main li, p") if _is_link(node)]
    # If the page consists of links, they are its article.
    if sum(len(node.text()) for node in links) <= most:
        remove_elements(links)


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def read_text(tree: LexborHTMLParser, *, url: str, known_lines: Collection[str], stated: str = "") -> str:
    """Return the text of a page, with a blank line between paragraphs.

    Args:
        tree: The page, after `clear_page`.
        url: Where it came from.
        known_lines: Lines that are not repeated in the text, such as the headline and the key points.
        stated: The whole text as the page states it in its JSON-LD, or "".
    """
    lines = _best_lines(tree, url, stated)
    folded = {_folded(line) for line in known_lines}
    paragraphs = [_TABLE_EDGE.sub("", _BULLET.sub("", line.strip())) for line in lines]
    paragraphs = [line for line in paragraphs if line and _folded(line) not in folded and not is_furniture(line)]
    return "\n\n".join(drop_promotion(paragraphs))


def unrepeated(line: str, known_lines: Collection[str]) -> str:
    """Return the line, or "" if it is one of the known lines."""
    return "" if _folded(line) in {_folded(other) for other in known_lines} else line


def _best_lines(tree: LexborHTMLParser, url: str, stated: str) -> Sequence[str]:
    """Return trafilatura's precise result, or the next one if that misses much of the page's text."""
    html = tree.html or ""
    table = load_table("page_text")
    paragraphs = _paragraphs(tree)
    if html.count("<") > table["tags"] or len(html) > table["largest"]:
        return paragraphs or [line for line in stated.split("\n\n") if line]
    best = _extracted(html, url, precise=True)
    if _size(best) < max(table["enough"] * _size(paragraphs), table["short"]):
        other = _extracted(html, url, precise=False)
        best = best if _size(best) >= table["enough"] * _size(other) else other
    articles = tree.css("article")
    own = paragraphs if len(articles) == 1 and _size(paragraphs) == _size(_paragraphs(articles[0])) else []
    whole = [line for line in stated.split("\n\n") if line]
    for other in (whole, own):
        if _size(best) < table["half"] * _size(other):
            best = other
    # trafilatura reads the text in JSON-LD as well, but without its line breaks.
    return whole if len(best) == 1 and _folded(best[0]) == _folded(stated) else best


def _extracted(html: str, url: str, *, precise: bool) -> list[str]:
    """Return the lines that trafilatura extracts, each of them a paragraph.

    Its options are explained on https://trafilatura.readthedocs.io/en/latest/usage-python.html.
    """
    document = trafilatura.load_html(html)
    if document is None:
        return []
    result = trafilatura.bare_extraction(document, url=url, favor_precision=precise, include_comments=False)
    return (result.text or "").splitlines() if isinstance(result, Document) else []


def _paragraphs(tree: LexborHTMLParser | LexborNode) -> list[str]:
    """Return the page's longer paragraphs, except in headers, footers and the like."""
    table = load_table("page_text")
    outside = frozenset(table["outside"])
    lines = ((node, plain_line(node.text(separator=" "))) for node in tree.css("p"))
    return [
        line
        for node, line in lines
        if len(line) >= table["paragraph"] and not any(above.tag in outside for above in _ancestors(node))
    ]


def _is_link(node: LexborNode) -> bool:
    """Return whether a block contains little but links."""
    links = node.css("a[href]")
    if not 0 < len(links) <= _MOST_LINKS:
        return False
    length = len(plain_line(node.text(separator=" ")))
    linked = sum(len(plain_line(link.text(separator=" "))) for link in links)
    return length >= _SHORTEST_LINK and linked > _LINK_SHARE * length


def _size(lines: Sequence[str]) -> int:
    return sum(map(len, lines))


def _folded(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
