"""Find authors that a page names only in its text, such as "By Ann Lee" below the headline."""

from __future__ import annotations

import re
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING

from digest.sources.author_names import split_names
from digest.sources.html_text import plain_line
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["OtherArticles", "find_byline", "is_person", "names_on_page"]

_LONGEST = 120  # characters of a byline
_CLIMB = 2  # levels from the word "By" to the element that contains the names as well
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_LONG_PARAGRAPH = 60  # characters
_SHORTEST_HEADLINE = 12  # characters
_COMPARED = 40
_MOST = 12  # elements with the class of a byline that are read
#: The end of the names: a date, a time, or a bar.
_END = re.compile(r"\s*(?:[|•·●\n]|\s[-\u2013—]\s|\d)")
_DATED_LINE = re.compile(r"\s*\|\s*(?:[^\W\d_]+[ .,:]+){0,3}\d{1,4}[.\-/ ]")
_NEAR, _LONG = 25, 2  # texts below the headline, and how many of them may be as long as a paragraph, as a summary is
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[.'\u2019\u2010-])*\.?")


def find_byline(tree: LexborHTMLParser, others: OtherArticles) -> tuple[str, ...]:
    """Return the people of the first byline after the headline, or of the first byline if there is no headline."""
    for text in chain(_spoken(tree, others), _classed(tree, others), _bare(tree, others)):
        names = split_names(_without_month(_END.split(text, maxsplit=1)[0]))
        if names and all(map(is_person, names)):
            return names
    return ()


def _without_month(text: str) -> str:
    """Drop the month at the end of a text that was cut where the day or the year begins."""
    head, _, last = text.rstrip(" ,-\u2013\u2014").rpartition(" ")
    return head if last.strip(".").casefold() in _months() else text


def _spoken(tree: LexborHTMLParser, others: OtherArticles) -> Iterator[str]:
    """Yield the texts after the headline that begin with "By" or the like, without it."""
    if tree.body is None:
        return
    before_headline = tree.css_first("h1") is not None
    count = 0
    for node in tree.body.traverse(include_text=True):
        if node.tag == "h1":
            before_headline = False
        elif (
            not before_headline
            and node.is_text_node
            and _begins().match(node.text_content or "")
            and not others.are_around(node)
            and not others.have(node)
        ):
            count += 1
            if count > _MOST:
                return
            holder: LexborNode | None = node
            for _ in range(_CLIMB):
                holder = holder.parent if holder is not None else None
                text = plain_line(holder.text(separator=" ")) if holder is not None else ""
                if len(text) > _LONGEST:
                    break
                if (start := _begins().match(text)) and len(text) > start.end():
                    yield text[start.end() :]
                    break


def _classed(tree: LexborHTMLParser, others: OtherArticles) -> Iterator[str]:
    """Yield the texts of elements whose class says that they name an author."""
    for node in tree.css(", ".join(load_table("author_names")["classes"]))[:_MOST]:
        text = plain_line(node.text(separator=" "))
        if text and len(text) <= _LONGEST and not others.are_around(node) and not others.have(node):
            yield text


def _bare(tree: LexborHTMLParser, others: OtherArticles) -> Iterator[str]:
    """Yield names without "By": before a date on a line of their own, or alone in the first paragraph of the text."""
    headline = others.headline
    if headline is None or tree.body is None:
        return
    begun = False
    count = long = 0
    for node in tree.body.traverse(include_text=True):
        begun = begun or node.mem_id == headline.mem_id
        if not begun or not node.is_text_node or not (text := plain_line(node.text_content or "")):
            continue
        count += 1
        long += len(text) >= _LONG_PARAGRAPH
        if count > _NEAR or long > _LONG:
            return
        parts = text.split("|")
        if not is_person(parts[0].strip()) or others.are_around(node) or others.have(node):
            continue
        holder = node.parent
        line = plain_line(holder.text(separator=" ")) if holder is not None else ""
        if holder is not None and holder.tag in {"strong", "b", "em", "i"} and holder.parent is not None:
            if holder.parent.tag == "p" and plain_line(holder.parent.text()) == text:
                yield text
        elif len(parts) > 1 and holder is not None and holder.tag != "a":
            around = holder.parent if line == text else holder
            if around is not None and _DATED_LINE.match(plain_line(around.text(separator=" "))[len(parts[0]) :]):
                yield parts[0]


class OtherArticles:
    """Tells what stands under another headline than the page's own, as the bylines of teasers do."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._tree = tree

    @cached_property
    def _nodes(self) -> frozenset[int]:
        """The ids of all nodes under headings of other articles."""
        headline = self.headline
        if headline is None or self._tree.body is None:
            return frozenset()
        own_article = _article_of(headline)
        nodes: set[int] = set()
        holders: set[int] = set()  # of the article's paragraphs
        begun = elsewhere = False
        for node in self._tree.body.traverse(include_text=True):
            tag = node.tag
            if tag in _HEADINGS:
                if node.mem_id == headline.mem_id:
                    begun, elsewhere = True, False
                elif begun:
                    within = own_article is not None and _article_of(node) == own_article
                    subheading = node.parent is not None and node.parent.mem_id in holders
                    elsewhere = bool(holders) and not (within or subheading)
            elif begun and tag == "p" and not elsewhere and node.parent and len(node.text()) >= _LONG_PARAGRAPH:
                holders.add(node.parent.mem_id)
            if elsewhere:
                nodes.add(node.mem_id)
        return frozenset(nodes)

    def have(self, node: LexborNode) -> bool:
        """Return whether a node belongs to another article.

        One whose nearest headings include the page's own is below the article's text, and still belongs to it.
        """
        if node.mem_id not in self._nodes:
            return False
        holder: LexborNode | None = node.parent
        while holder is not None and not (headings := holder.css("h1, h2, h3, h4, h5")):
            holder = holder.parent
        own = self.headline
        return holder is None or own is None or own.mem_id not in {heading.mem_id for heading in headings}

    def are_around(self, node: LexborNode) -> bool:
        """Return whether a node belongs to a comment, a teaser, or the navigation around the article.

        An element that also contains the page's headline is not one of these, even if its class mentions a sidebar.
        """
        table = load_table("author_names")["outside"]
        parent: LexborNode | None = node
        while parent is not None and parent.tag not in {"body", "html"} and parent.mem_id not in self._holders:
            if parent.tag in table["elements"]:
                return True
            attributes = parent.attributes if parent.is_element_node else {}
            marks = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower().split()
            mark = " ".join(word for word in marks if not word.startswith(tuple(table["builders"])))
            if any(word in mark for word in table["words"]):
                return True
            parent = parent.parent
        return False

    @cached_property
    def _holders(self) -> frozenset[int]:
        """The ids of all elements that hold the page's own headline."""
        holders: set[int] = set()
        holder = self.headline.parent if self.headline is not None else None
        while holder is not None:
            holders.add(holder.mem_id)
            holder = holder.parent
        return frozenset(holders)

    @cached_property
    def headline(self) -> LexborNode | None:
        """The ``h1`` that the page's title repeats, because a site's logo may be one as well; or else the first."""
        headings = (self._tree.css("article h1, main h1") or self._tree.css("h1"))[:_MOST]
        shared = self._tree.css_first("meta[property='og:title']")
        title = self._tree.css_first("head title, title")
        site_titles = _folded(f"{(shared and shared.attributes.get('content')) or ''} {title.text() if title else ''}")
        places = ((_place_in(site_titles, _folded(node.text())), node) for node in self._tree.css("h1")[:_MOST])
        alike = sorted(((place, node) for place, node in places if place >= 0), key=lambda each: each[0])
        return next((node for _, node in alike), next(iter(headings), None))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _place_in(title: str, heading: str) -> int:
    """Where a page's title repeats a heading, or at least its beginning; -1 if it does not."""
    return title.find(heading[:_COMPARED]) if len(heading) >= _SHORTEST_HEADLINE else -1


def _article_of(node: LexborNode) -> int | None:
    """The innermost ``article`` around a node."""
    holder: LexborNode | None = node
    while holder is not None and holder.tag != "article":
        holder = holder.parent
    return holder.mem_id if holder is not None else None


def names_on_page(names: tuple[str, ...], tree: LexborHTMLParser) -> tuple[str, ...]:
    """Return the names but for those that the page only has in teasers and under other headlines."""
    if not names or tree.body is None:
        return names
    others = OtherArticles(tree)
    seen: set[str] = set()
    own: set[str] = set()
    for node in tree.body.traverse(include_text=True):
        text = (node.text_content or "").casefold() if node.is_text_node else ""
        for name in names:
            if text and name not in own and name.casefold() in text:
                seen.add(name)
                if not others.have(node):
                    own.add(name)
    return tuple(name for name in names if name in own or name not in seen)


def is_person(name: str) -> bool:
    """Return whether a text is two to five capitalised words, apart from particles such as "van der"."""
    parts = name.split()
    particles = load_table("author_names")["particles"]
    named = [word for word in parts if word.casefold() not in particles]
    return (
        2 <= len(parts) <= 5
        and len(named) >= 2
        and all(_WORD.fullmatch(word) and word[0] == word[0].upper() for word in named)
        and not any(word.casefold().strip(".") in load_table("author_names")["never"] for word in parts)
    )


@cache
def _months() -> frozenset[str]:
    table: dict[str, list[str]] = load_table("dates")["months"]
    return frozenset(word for name, words in table.items() for word in (name.casefold(), *words, name[:3].casefold()))


@cache
def _begins() -> re.Pattern[str]:
    phrases = sorted(load_table("author_names")["announced"], key=len, reverse=True)
    return re.compile(rf"^\s*(?:{'|'.join(map(re.escape, phrases))})(?:\s*:\s*|\s+|$)", re.IGNORECASE)
