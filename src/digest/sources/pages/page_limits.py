"""Limits on pages: an unusually large or deep page is cut down to what the parsers can handle.

For example, lexbor needs quadratic time for nested formatting elements: https://github.com/lexbor/lexbor/issues/340.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bounded_page", "is_bounded"]

#: A page within all of these limits is read as it is. Among 368 news pages the largest had 2.2 million characters (0.5
#: million of them outside of scripts), 9,700 elements, and a depth of 92.
_CHARACTERS = 1_500_000
_ELEMENTS = 10_000
_DEEPEST = 128
_NESTED = 500_000  # the sum of the depths of all elements: extractors visit the descendants of each element
_FORMATS = 32  # formatting elements open at once; a parser opens each again in every later paragraph
_LONGEST_TAG = 200_000
_LONGEST_RUN = 700_000

#: What is kept of a page beyond the limits, in characters unless stated otherwise.
_KEPT = 8_000  # elements
_TEXT = 600_000
_RUN = 300_000
_DEPTH = 32
_VALUE = 4_000  # of an attribute
_ATTRIBUTES = 40  # in an element
_TITLE = 2_000
_LINKED_DATA = 300_000
_PARAGRAPHS = 2_000
_PLENTY = 100_000  # of text in the elements that are kept; then the rest is not needed
_SHORTEST = 40  # of a paragraph after the last element that is kept
_STEPS = 300_000  # tags that are read

_OPENS = re.compile(r"<(?:(!--)|([!?])|(/?)([a-zA-Z][^\s/>]*))")
#: A quotation mark counts only after "=". A lookahead with a backreference stands in for a possessive group, which
#: matches wrongly before Python 3.11.5: https://github.com/python/cpython/issues/106052
_TAG_END = re.compile(r"(?=((?:[^>=]++|=(?!\s*+[\"'])|=\s*+(?:\"[^\"]*+\"|'[^']*+'))*))\1>")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]++)(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s\"'>]++))?")
_LONG_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{_LONGEST_TAG}}}")
_LONG_RUN = re.compile(rf"(?:^|[<>])[^<>]{{{_LONGEST_RUN}}}")
_PARAGRAPH = re.compile(
    r"<p(?=[\s>])[^>]*+>([^<]*+(?:</?(?:a|b|i|em|strong|span|u|sup|sub|br|mark|q|cite)\b[^>]*+>[^<]*+)*)",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^>]*+>")


def is_bounded(html: str) -> bool:
    """Return whether the parsers can handle a page as it is."""
    return (
        len(html) <= _CHARACTERS
        and html.count("<") <= 2 * _ELEMENTS
        and not _LONG_TAG.search(html)
        and not _LONG_RUN.search(html)
        and not _is_deep(html)
    )


def bounded_page(html: str) -> str:
    """Return the page without scripts, styles, pictures and comments, cut to the limits.

    Its JSON-LD stays. Elements that are nested too deeply are left out, but not their text. Of a page with too many
    elements, the first ones are kept, and if they hold little text, the paragraphs of the rest.
    """
    return "".join(_Cut(html).pieces())


def _is_deep(html: str) -> bool:
    """Return whether too many elements are open at once. An element is closed by its own end tag only."""
    flat, formats = _kind("flat"), _kind("formats")
    still_open: Counter[str] = Counter()
    depth = formatted = nested = 0
    at = 0
    while tag := _OPENS.search(html, at):
        at = _end_of(tag, html)
        if at < 0:
            return False
        end, name = tag[3], (tag[4] or "").lower()
        drawn = still_open["svg"] or still_open["math"]
        if name == "script" and not end and not drawn:
            closed = _closer(name).search(html, at)
            at = closed.end() if closed else len(html)
        if not name or name in flat or name == "script" or (drawn and html[at - 2] == "/"):
            continue
        step = -1 if end else 1
        if end and not still_open[name]:
            continue
        still_open[name] += step
        depth += step
        nested += depth
        formatted += step if name in formats else 0
        if depth > _DEEPEST or formatted > _FORMATS or nested > 2 * _NESTED:
            return True
    return False


def _end_of(tag: re.Match[str], html: str) -> int:
    """Return where a tag or a comment ends; -1 if it never does, and so includes the rest of the page."""
    if tag[1]:
        end = html.find("-->", tag.end() - 2)
        return end + 3 if end >= 0 else -1
    if tag[2]:
        return html.find(">", tag.end()) + 1 or -1
    closed = _TAG_END.match(html, tag.end())
    return closed.end() if closed else -1


class _Cut:
    """Reads a page from its beginning until a limit is reached."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._at = 0  # where the next piece begins
        self._open: list[str] = []
        self._counts: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._endless: set[str] = set()
        self._elements, self._text, self._linked = _KEPT, _TEXT, _LINKED_DATA

    def pieces(self) -> Iterator[str]:
        for _ in range(_STEPS):
            tag = _OPENS.search(self._html, self._at)
            most = _TITLE if self._open and self._open[-1] in _kind("headings") else _RUN
            yield self._take_text(self._at, tag.start() if tag else len(self._html), most)
            if tag is None:
                return
            if not self._elements or not self._text:
                break
            end = _end_of(tag, self._html)
            if end < 0:
                return
            self._at = end
            if tag[4]:
                yield self._tag(tag, end)
        if _TEXT - self._text < _PLENTY:
            yield self._closed()
            yield from self._paragraphs()

    def _take_text(self, start: int, end: int, most: int) -> str:
        text = self._html[start : min(end, start + min(self._text, most))]
        self._text -= len(text)
        return text

    def _tag(self, match: re.Match[str], end: int) -> str:
        name = match[4].lower()
        if match[3]:
            return self._closing(name)
        tag = self._html[match.start() : end] if end - match.start() <= _LONGEST_TAG else self._short(match, end)
        if name in _kind("raw"):
            return self._raw(name, tag)
        if name in _kind("flat"):
            self._elements -= 1
            self._counts[name] = 1
            return tag
        if len(self._open) >= _DEPTH or (name in _kind("formats") and self._formats() >= _FORMATS):
            self._dropped[name] += 1
            return " "
        self._elements -= 1
        self._open.append(name)
        self._counts[name] += 1
        return tag

    def _formats(self) -> int:
        return sum(self._counts[name] for name in _kind("formats"))

    def _closing(self, name: str) -> str:
        """Return an end tag if it ends an open element."""
        if self._dropped[name]:
            self._dropped[name] -= 1
            return " "
        if not self._counts[name]:
            return ""
        self._counts[name] -= 1
        while self._open and name not in _kind("flat"):
            inner = self._open.pop()
            if inner == name:
                break
            self._counts[inner] -= 1
        return f"</{name}>"

    def _short(self, match: re.Match[str], end: int) -> str:
        """Return a tag with those of its attributes that are not too long."""
        parts = [f"<{match[4][:_VALUE]}"]
        for number, attribute in enumerate(_ATTRIBUTE.finditer(self._html, match.end(), end)):
            if number == _ATTRIBUTES:
                break
            if len(attribute[0]) <= _VALUE:
                parts.append(attribute[0])
        return f"{' '.join(parts)}>"

    def _raw(self, name: str, tag: str) -> str:
        """Return an element whose content is not markup, if it is a title or JSON-LD."""
        closed = None if name in self._endless else _closer(name).search(self._html, self._at)
        if closed is None and name in _kind("left_open"):
            self._endless.add(name)  # searching again for each of them would take quadratic time
            return " "
        start, end = self._at, closed.start() if closed else len(self._html)
        self._at = closed.end() if closed else end
        self._elements -= 1 if name == "title" or "ld+json" in tag else 0
        if name == "title":
            return f"{tag}{self._take_text(start, end, _TITLE)}</title>"
        if name == "script" and "ld+json" in tag.lower() and end - start <= self._linked:
            self._linked -= end - start
            return f"{tag}{self._html[start:end]}</script>"
        return " "

    def _closed(self) -> str:
        """Return the end tags of the elements that are still open inside the article."""
        outermost = [number for number, name in enumerate(self._open) if name in {"html", "body", "main", "article"}]
        inner = self._open[outermost[-1] + 1 if outermost else 0 :]
        return "".join(f"</{name}>" for name in reversed(inner))

    def _paragraphs(self) -> Iterator[str]:
        remaining, room = _PARAGRAPHS, _RUN
        for number, paragraph in enumerate(_PARAGRAPH.finditer(self._html, self._at)):
            if not remaining or room <= 0 or number > _STEPS:
                return
            text = _ANY_TAG.sub("", paragraph[1][:room])
            if len(text.strip()) >= _SHORTEST:
                remaining -= 1
                room -= len(text)
                yield f"<p>{text}</p>"


@cache
def _kind(kind: str) -> frozenset[str]:
    return frozenset(load_table("page_limits")[kind])


@cache
def _closer(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[\s/>])[^>]*+>?", re.IGNORECASE)
