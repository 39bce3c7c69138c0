"""Find authors that a page names only in its text, such as "By Ann Lee" below the headline."""

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
_CLIMB = 2  # levels from the word "By" to the element that contains the names as well
_MOST = 12  # elements with the class of a byline that are read
#: The end of the names: a date, a time, or a bar.
_END = re.compile(r"\s*(?:[|•·●\n]|\s[-\u2013—]\s|\d)")
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[.'\u2019\u2010-])*\.?")


def find_byline(tree: LexborHTMLParser) -> tuple[str, ...]:
    """Return the people of the first byline after the headline, or of the first byline if there is no headline."""
    for text in (*_spoken(tree), *_classed(tree)):
        names = split_names(_END.split(text, maxsplit=1)[0])
        if names and all(map(_is_person, names)):
            return names
    return ()


def _spoken(tree: LexborHTMLParser) -> Iterator[str]:
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
            and not _is_outside(node)
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


def _classed(tree: LexborHTMLParser) -> Iterator[str]:
    """Yield the texts of elements whose class says that they name an author."""
    for node in tree.css(", ".join(load_table("author_names")["classes"]))[:_MOST]:
        text = plain_line(node.text(separator=" "))
        if text and len(text) <= _LONGEST and not _is_outside(node):
            yield text


def _is_outside(node: LexborNode) -> bool:
    """Return whether a node belongs to a comment, a teaser, or the navigation around the article."""
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
def _begins() -> re.Pattern[str]:
    phrases = sorted(load_table("author_names")["announced"], key=len, reverse=True)
    return re.compile(rf"^\s*(?:{'|'.join(map(re.escape, phrases))})(?:\s*:\s*|\s+|$)", re.IGNORECASE)
