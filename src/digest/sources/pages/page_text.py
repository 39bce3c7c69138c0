"""The text of an article in a page: trafilatura's precise reading, checked against the page's own paragraphs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import trafilatura
from trafilatura.settings import Document

from digest.sources.article_cleaning import drop_promotion, is_furniture
from digest.sources.html_text import plain_line
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["clear_page", "read_text", "unrepeated"]

_BULLET = re.compile(r"^[-*•]\s+")
_TABLE_EDGE = re.compile(r"^\|\s*|\s*\|$")
_SHORTEST_LINK = 20  # characters
_MOST_LINKS = 3  # in one block; more are words that are explained
_LINK_SHARE = 0.8  # of a block's text: then it only leads elsewhere


def clear_page(tree: LexborHTMLParser) -> None:
    """Take off what is no paragraph of an article: what is hidden, captions, boxes, lines that are only a link."""
    table = load_table("page_text")
    most = table["share"] * max(sum(map(len, _paragraphs(tree))), 1000)
    for selector in table["clutter"]:
        found = [node for node in tree.css(selector) if len(plain_line(node.text(separator=" "))) <= most]
        # Where a class marks every paragraph ("subscriber-only"), it marks the article.
        inside = {paragraph.mem_id: len(paragraph.text()) for node in found for paragraph in node.css("p")}
        if sum(length for length in inside.values() if length >= table["paragraph"]) <= most:
            _take_off(found)
    links = [node for node in tree.css("article li, main li, p") if _is_link(node)]
    # A page may be made of links; then they are its article.
    if sum(len(node.text()) for node in links) <= most:
        _take_off(links)


def _take_off(nodes: Sequence[LexborNode]) -> None:
    """Remove elements; those within another go with it, and must not be touched again."""
    taken = {node.mem_id for node in nodes}
    outermost = [node for node in nodes if not any(above.mem_id in taken for above in _ancestors(node))]
    for node in outermost:
        node.decompose()


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def read_text(tree: LexborHTMLParser, *, url: str, known: Collection[str], stated: str = "") -> str:
    """The text in paragraphs, without those that are known already: headline and key points.

    Args:
        tree: The page, cleared of what is no text.
        url: Where it came from.
        known: Lines that are not repeated.
        stated: The whole text as the page gives it beside its markup, if it does.
    """
    lines = _longest_needed(tree, url, stated)
    folded = {_folded(line) for line in known}
    kept = [_TABLE_EDGE.sub("", _BULLET.sub("", line.strip())) for line in lines]
    kept = [line for line in kept if line and _folded(line) not in folded and not is_furniture(line)]
    return "\n\n".join(drop_promotion(kept))


def unrepeated(line: str, known: Collection[str]) -> str:
    """A line, but "" for one that is known already."""
    return "" if _folded(line) in {_folded(other) for other in known} else line


def _longest_needed(tree: LexborHTMLParser, url: str, stated: str) -> Sequence[str]:
    """The precise reading, unless it misses much of what is there: then the next that does not."""
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
    # trafilatura reads the same data, but on one line.
    return whole if len(best) == 1 and _folded(best[0]) == _folded(stated) else best


def _extracted(html: str, url: str, *, precise: bool) -> list[str]:
    document = trafilatura.load_html(html)
    if document is None:
        return []
    found = trafilatura.bare_extraction(document, url=url, favor_precision=precise, include_comments=False)
    return (found.text or "").splitlines() if isinstance(found, Document) else []


def _paragraphs(tree: LexborHTMLParser | LexborNode) -> list[str]:
    """The page's paragraphs of some length, outside of what is no article."""
    table = load_table("page_text")
    outside = frozenset(table["outside"])
    found = ((node, plain_line(node.text(separator=" "))) for node in tree.css("p"))
    return [
        line
        for node, line in found
        if len(line) >= table["paragraph"] and not any(above.tag in outside for above in _ancestors(node))
    ]


def _is_link(node: LexborNode) -> bool:
    """Tell whether a block holds little but links."""
    links = node.css("a[href]")
    if not 0 < len(links) <= _MOST_LINKS:
        return False
    said = len(plain_line(node.text(separator=" ")))
    linked = sum(len(plain_line(link.text(separator=" "))) for link in links)
    return said >= _SHORTEST_LINK and linked > _LINK_SHARE * said


def _size(lines: Sequence[str]) -> int:
    return sum(map(len, lines))


def _folded(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
