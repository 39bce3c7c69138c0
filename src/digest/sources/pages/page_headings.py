"""Read the main headings of a page as its readers see them: without the line above a headline, and without a logo."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from digest.sources.html_text import plain_line
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["read_headings", "read_minor_headings"]

_MOST, _LONGEST = 50, 5_000
_SHORTEST_REST = 8  # characters of a headline below the line above it


def read_headings(tree: LexborHTMLParser, url: str) -> tuple[str, ...]:
    """Return the page's main headings, the most reliable first, without those that are the site's logo.

    Args:
        tree: The page.
        url: Where it came from.
    """
    table = load_table("page_metadata")["markup"]
    lines = (
        plain_line(node.attributes.get("content") or "") or _headline(node)
        for selector in table["headline"]
        for node in tree.css(selector)[:_MOST]
        if not _leads_home(node, url)
    )
    return tuple(dict.fromkeys(line[:_LONGEST] for line in lines if line))


def read_minor_headings(tree: LexborHTMLParser) -> tuple[str, ...]:
    """Return the lesser headings of a page, for one that has no main heading."""
    nodes = tree.css("h2, h3, h4, [class*=headline i], [class*=title i]")[:_MOST]
    return tuple(dict.fromkeys(line[:_LONGEST] for node in nodes if (line := plain_line(node.text(separator=" ")))))


def _headline(node: LexborNode) -> str:
    """The text of a heading without the elements that hold a topic, a date or nothing that a reader sees.

    A topic that ends with a colon is the beginning of the headline.
    """
    whole = plain_line(node.text(separator=" "))
    if not node.css_first("*"):
        return whole
    rest = plain_line("".join(_seen(node)))
    return rest if len(rest) >= _SHORTEST_REST else whole


def _seen(node: LexborNode) -> Iterator[str]:
    for child in node.iter(include_text=True):
        if child.is_text_node:
            yield child.text_content or ""
        elif not _is_above(child):
            yield from (" ", *_seen(child), " ") if child.tag not in _INLINE else _seen(child)


_INLINE = frozenset({"a", "abbr", "b", "em", "i", "mark", "q", "ruby", "rb", "strong", "sub", "sup", "u", "wbr"})


def _is_above(node: LexborNode) -> bool:
    table = load_table("page_metadata")["above_headline"]
    if node.tag in table["elements"]:
        return True
    words = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}".lower().replace("-", "_").split()
    marks = {part for word in words for part in (word, *word.split("_"))}
    if marks.isdisjoint(table["unseen"]) and marks.isdisjoint(table["words"]):
        return False
    return not marks.isdisjoint(table["unseen"]) or not plain_line(node.text()).endswith((":", "\uff1a"))


def _leads_home(node: LexborNode, url: str) -> bool:
    """Whether a heading is nothing but a link to a page above this one, as a site's name is."""
    link = node.css_first("a[href]") or (node.parent if node.parent is not None and node.parent.tag == "a" else None)
    if link is None or plain_line(link.text()) != plain_line(node.text()):
        return False
    try:
        address = urljoin(url, link.attributes.get("href") or "").partition("#")[0].rstrip("/")
    except ValueError:
        return False
    return address != url.partition("#")[0].rstrip("/") and url.startswith(f"{address}/")
