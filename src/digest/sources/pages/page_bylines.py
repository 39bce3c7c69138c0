"""Authors where a page names them only in its running markup: "By Ann Lee" under the headline."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.author_names import split_names
from digest.sources.html_text import plain_line
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["find_byline"]

_LONGEST = 120  # characters of a byline
_CLIMB = 2  # from the word "By" to the element that holds the names too
_SEEN = 12  # elements with a byline's class that are looked at
#: Where the names end: a date, a time, a bar.
_END = re.compile(r"\s*(?:[|•·●\n]|\s[-\u2013—]\s|\d)")
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[.'\u2019\u2010-])*\.?")


def find_byline(tree: LexborHTMLParser) -> tuple[str, ...]:
    """The people of the first byline after the headline, or without one of the first byline; () where there is none."""
    for text in (*_spoken(tree), *_classed(tree)):
        names = split_names(_END.split(text, maxsplit=1)[0])
        if names and all(map(_is_person, names)):
            return names
    return ()


def _spoken(tree: LexborHTMLParser) -> Iterator[str]:
    """Texts that begin with "By" or its like, after the headline."""
    if tree.body is None:
        return
    waiting = tree.css_first("h1") is not None
    seen = 0
    for node in tree.body.traverse(include_text=True):
        if node.tag == "h1":
            waiting = False
        elif not waiting and node.is_text_node and _begins().match(node.text_content or "") and not _is_outside(node):
            seen += 1
            if seen > _SEEN:
                return
            holder: LexborNode | None = node
            for _ in range(_CLIMB):
                holder = holder.parent if holder is not None else None
                text = plain_line(holder.text(separator=" ")) if holder is not None else ""
                if len(text) > _LONGEST:
                    break
                if (found := _begins().match(text)) and len(text) > found.end():
                    yield text[found.end() :]
                    break


def _classed(tree: LexborHTMLParser) -> Iterator[str]:
    """Texts of the elements whose class says that they hold an author."""
    for node in tree.css(", ".join(load_table("author_names")["classes"]))[:_SEEN]:
        text = plain_line(node.text(separator=" "))
        if text and len(text) <= _LONGEST and not _is_outside(node):
            yield text


def _is_outside(node: LexborNode) -> bool:
    """Tell whether a node belongs to a comment, a teaser or the page's frame."""
    table = load_table("author_names")["outside"]
    parent: LexborNode | None = node
    while parent is not None:
        if parent.tag in table["elements"]:
            return True
        attributes = parent.attributes if parent.is_element_node else {}
        mark = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower()
        if parent.tag not in {"body", "html"} and any(word in mark for word in table["words"]):
            return True
        parent = parent.parent
    return False


def _is_person(name: str) -> bool:
    """Two to five words with a capital each, but for particles such as "van der"."""
    words = name.split()
    particles = load_table("author_names")["particles"]
    named = [word for word in words if word.casefold() not in particles]
    return (
        2 <= len(words) <= 5
        and len(named) >= 2
        and all(_WORD.fullmatch(word) and word[0] == word[0].upper() for word in named)
        and not any(word.casefold().strip(".") in load_table("author_names")["never"] for word in words)
    )


@cache
def _begins() -> re.Pattern[str]:
    words = sorted(load_table("author_names")["announced"], key=len, reverse=True)
    return re.compile(rf"^\s*(?:{'|'.join(map(re.escape, words))})(?:\s*:\s*|\s+|$)", re.IGNORECASE)
