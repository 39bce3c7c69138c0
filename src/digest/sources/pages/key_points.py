"""Find the publisher's own bullets on a page before its text is extracted, because extractors often drop them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from typing import TYPE_CHECKING

from digest.sources.html_text import lines_of_node, plain_line
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["KeyPoints", "find_key_points", "is_key_point_heading"]

_CONTAINERS = "ul, ol, div, section, aside"
_HEADINGS = "h2, h3, h4, h5, h6, strong, b, p, span, div, summary, legend"
_CHROME = frozenset({"nav", "footer", "header", "form", "menu"})
_HEADING_LENGTH = 40
_CLIMB = 3  # levels from a heading to the element whose sibling is the list
_LOOK = 2  # siblings after that element
_MOST_CANDIDATES = 40  # an ordinary page has a few
_MOST_ITEMS = 100
_LINKED = 0.4  # share of a text that makes it a teaser
_EDGES = re.compile(r"^\W+|\W+$")
_COUNT = re.compile(r"^(?:the )?\d+ ", re.IGNORECASE)  # "5 key takeaways"
_BULLET = re.compile(r"(?:^|\s)[•‣▪◦●]\s*")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPoints:
    """The key points in order, and the elements that contain them and nothing else."""

    points: tuple[str, ...] = ()
    nodes: tuple[LexborNode, ...] = ()

    def remove(self) -> None:
        """Remove them from the page, so that they are not read again as its text."""
        for node in self.nodes:
            node.decompose()


def is_key_point_heading(line: str) -> bool:
    """Return whether a line announces key points, such as "Key points:"."""
    return _COUNT.sub("", _EDGES.sub("", line)).casefold() in _heading_words()


def find_key_points(tree: LexborHTMLParser) -> KeyPoints:
    """Return the first list whose class, id or heading says that it holds key points."""
    return next(chain(_by_mark(tree), _by_heading(tree)), KeyPoints())


def _by_mark(tree: LexborHTMLParser) -> Iterator[KeyPoints]:
    for node in islice(filter(_is_marked, tree.css(_CONTAINERS)), _MOST_CANDIDATES):
        if points := _points(node):
            yield KeyPoints(points=points, nodes=(_smallest(node, points),))


def _is_marked(node: LexborNode) -> bool:
    attributes = node.attributes
    mark = " ".join(attributes.get(key) or "" for key in ("class", "id", "data-testid", "data-component"))
    return bool(mark.strip()) and _marks().search(mark.lower()) is not None


def _by_heading(tree: LexborHTMLParser) -> Iterator[KeyPoints]:
    for node in islice(filter(_announces, tree.css(_HEADINGS)), _MOST_CANDIDATES):
        for candidate in _following(node):
            if points := _points(candidate):
                yield KeyPoints(points=points, nodes=(node, _smallest(candidate, points)))
        if (inline := _inline_points(node)).points:
            yield inline


def _announces(node: LexborNode) -> bool:
    return _is_short(node) and is_key_point_heading(plain_line(node.text(separator=" ")))


def _is_short(node: LexborNode) -> bool:
    return len(node.text(strip=True)) <= _HEADING_LENGTH


def _following(heading: LexborNode) -> Iterator[LexborNode]:
    """Yield elements after the heading, or after an element that contains nothing but the heading."""
    node: LexborNode | None = heading
    for _ in range(_CLIMB):
        if node is None or not _is_short(node):
            return
        sibling, count = node.next, 0
        while sibling is not None and count < _LOOK:
            if sibling.is_element_node:
                count += 1
                lists = [sibling] if sibling.tag in {"ul", "ol"} else sibling.css("ul, ol")
                yield from lists[:1]
            sibling = sibling.next
        node = node.parent


def _inline_points(heading: LexborNode) -> KeyPoints:
    """Return the paragraphs after a heading that begin with a typed bullet."""
    holder = heading.parent if heading.parent is not None and _is_short(heading.parent) else heading
    points: list[str] = []
    nodes = [heading]
    node = holder.next
    while node is not None and len(points) <= load_table("key_points")["most"]:
        text = plain_line(node.text(separator=" ")) if node.is_element_node else ""
        if node.is_element_node and (node.tag != "p" or not _BULLET.match(text)):
            break
        if text:
            points += [part for part in _BULLET.split(text) if part]
            nodes.append(node)
        node = node.next
    if not _are_statements(points) or _in_chrome(heading):
        return KeyPoints()
    return KeyPoints(points=tuple(map(_tidy, points)), nodes=tuple(nodes))


def _points(node: LexborNode) -> tuple[str, ...]:
    """Return the items of an element if they look like key points."""
    # css() on a node matches the node itself as well.
    items = node.css("li")
    items = [item for item in items[: _MOST_ITEMS + 1] if len(item.css("li")) == 1] or node.css("p")
    if len(items) > _MOST_ITEMS:
        return ()
    texts = [(item, " ".join(lines_of_node(item))) for item in items]
    texts = [(item, text) for item, text in texts if text and not is_key_point_heading(text)]
    own = [text for item, text in texts if not _is_link(item, text)]
    if not _are_statements(own) or len(own) <= len(texts) / 2 or _in_chrome(node) or _is_named_otherwise(node):
        return ()
    links = node.css("a[href]") if items[0].tag == "p" else []
    teasers = sum(len(plain_line(link.text())) for link in links)
    return () if teasers > _LINKED * sum(map(len, own)) else tuple(_tidy(text) for text in own)


def _are_statements(points: Sequence[str]) -> bool:
    """Return whether texts can be key points: a few of them, as long as sentences, and not all questions."""
    limits = load_table("key_points")
    return (
        limits["fewest"] <= len(points) <= limits["most"]
        and all(limits["least"] <= len(text) <= limits["longest"] for text in points)
        and len([text for text in points if len(text) >= limits["shortest"]]) > len(points) / 2
        and not all(text.endswith("?") for text in points)
    )


def _is_named_otherwise(node: LexborNode) -> bool:
    """Return whether the element around the points has a heading that calls them something else."""
    headings = (plain_line(heading.text(separator=" ")) for heading in node.css("h2, h3, h4, h5"))
    return any(_EDGES.sub("", heading).casefold() in load_table("key_points")["never"] for heading in headings)


def _smallest(node: LexborNode, points: tuple[str, ...]) -> LexborNode:
    """Return the element itself if it contains little besides the points, or else the list in it."""
    inside = next(iter(node.css("ul, ol")), node)
    return node if len(plain_line(node.text(separator=" "))) <= sum(map(len, points)) + 100 else inside


def _tidy(text: str) -> str:
    return re.sub(r"\s+([.,;:!?])", r"\1", text).lstrip("•\u2013-*· ").strip()


def _is_link(item: LexborNode, text: str) -> bool:
    """Return whether an item is a link, or begins with one like a teaser."""
    links = [plain_line(link.text(separator=" ")) for link in item.css("a[href]")]
    teaser = bool(links) and text.startswith(links[0]) and len(links[0]) > _LINKED * len(text)
    return teaser or any(len(link) > 0.8 * len(text) for link in links)


def _in_chrome(node: LexborNode) -> bool:
    """Return whether an element belongs to navigation, a form, comments or recommendations."""
    parent: LexborNode | None = node
    within = True  # inside the article; the classes of outer elements describe the whole page
    while parent is not None:
        attributes = parent.attributes if parent.is_element_node else {}
        if parent.tag in _CHROME or attributes.get("role") == "navigation":
            return True
        within = within and parent.tag not in {"article", "main", "body", "html"}
        if within and _frames().search(f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()):
            return True
        parent = parent.parent
    return False


@cache
def _marks() -> re.Pattern[str]:
    return re.compile("|".join(load_table("key_points")["marks"]))


@cache
def _frames() -> re.Pattern[str]:
    return re.compile(rf"(?:^|\s)(?:{'|'.join(load_table('key_points')['outside'])})(?![a-z])")


@cache
def _heading_words() -> frozenset[str]:
    return frozenset(load_table("key_points")["headings"])
