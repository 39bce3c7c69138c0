"""Read the JSON-LD (https://schema.org/Article) of a page: the node that describes its article."""

from __future__ import annotations

import json
import re
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING, Any

from digest.models import canonical_url
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser

__all__ = ["JsonLd"]

_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*.*?\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$", re.DOTALL)
#: A string, which stays as it is, or a comma with nothing behind it.
_STRING_OR_COMMA = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*")|,(?=\s*[}\]])', re.DOTALL)
#: A pair of a key that describes an article and a string, and the name of its first author.
_PAIR = re.compile(r'["\']?(@type|headline|datePublished|dateModified)["\']?\s*:\s*\[?\s*"([^"\\]*+(?:\\.[^"\\]*+)*+)"')
_AUTHOR = re.compile(r'["\']?author["\']?\s*:\s*\[?\s*\{[^{}]{0,500}?["\']?name["\']?\s*:\s*"([^"\\]{2,100})"')
_LONGEST_BROKEN = 200_000
_BETWEEN = re.compile(r"[\s,;]*")
_SCHEMA = re.compile(r"^(?:https?://(?:www\.)?schema\.org/|schema:)", re.IGNORECASE)
_MAX_DEPTH = 8
_MOST_NODES = 2_000  # objects in all the JSON-LD of a page


class JsonLd:
    """The JSON-LD of a page.

    Attributes:
        article: The node that describes the page's article; empty if there is none.
    """

    def __init__(self, tree: LexborHTMLParser, url: str) -> None:
        self._nodes = list(islice(_nodes(tree), _MOST_NODES))
        self._by_id = {node["@id"]: node for node in self._nodes if isinstance(node.get("@id"), str) and len(node) > 1}
        self.article = self._find(url)

    def text(self, *keys: str) -> str:
        """Return the first of the article's values that is a string, or has one as its @value or name."""
        return next((text for key in keys for text in self._texts(self.article.get(key))), "")

    def names(self, key: str) -> list[str]:
        """Return the names of the people or organisations under ``key``."""
        return list(self._texts(self.article.get(key)))

    def houses(self, key: str) -> frozenset[str]:
        """Return the names under ``key`` that are marked as those of organisations."""
        value = self.article.get(key)
        nodes = value if isinstance(value, list) else [value]
        resolved = (self._by_id.get(str(node.get("@id")), node) for node in nodes if isinstance(node, dict))
        marked = (node for node in resolved if "Organization" in str(node.get("@type")))
        return frozenset(name for node in marked for name in self._texts(node))

    def links(self, key: str) -> list[str]:
        """Return the addresses under ``key``, such as those of images."""
        return list(self._texts(self.article.get(key), ("url", "contentUrl", "@id")))

    def _texts(self, value: Any, fields: tuple[str, ...] = ("name", "@value"), depth: int = 0) -> Iterator[str]:
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, str):
            if value.strip():
                yield value.strip()
        elif isinstance(value, list):
            for part in value:
                yield from self._texts(part, fields, depth + 1)
        elif isinstance(value, dict):
            if set(value) == {"@id"} or set(value) == {"@id", "@type"}:
                value = self._by_id.get(value["@id"], value) if isinstance(value["@id"], str) else value
            inner = next((value[field] for field in fields if value.get(field)), None)
            yield from self._texts(inner, fields, depth + 1)

    def _find(self, url: str) -> dict[str, Any]:
        """Return the node of the most specific kind of article, and among several the one of this address."""
        kinds: list[str] = load_table("page_metadata")["articles"]
        here = canonical_url(url)

        def rank(node: dict[str, Any]) -> tuple[bool, bool, int]:
            addresses = [*self._texts(node.get("url")), *self._texts(node.get("mainEntityOfPage"), ("@id", "url"))]
            elsewhere = all(canonical_url(address) != here for address in addresses)
            return (not node.get("headline"), elsewhere, min(kinds.index(kind) for kind in _kinds(node)))

        articles = [node for node in self._nodes if _kinds(node)]
        return min(articles, key=rank, default={})


def _kinds(node: dict[str, Any]) -> list[str]:
    """Return those types of a node that are kinds of articles."""
    types = node.get("@type")
    articles: list[str] = load_table("page_metadata")["articles"]
    named = (_SCHEMA.sub("", kind) for kind in (types if isinstance(types, list) else [types]) if isinstance(kind, str))
    return [kind for kind in named if kind in articles]


def _nodes(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for script in tree.css("script[type*='ld+json' i]"):
        text = _WRAPPING.sub("", _WRAPPING.sub("", script.text().strip("\ufeff \t\r\n"))).strip("\ufeff \t\r\n")
        if text.startswith("{&quot;"):
            text = unescape(text)
        for value in _values(text):
            yield from _walk(value, 0)


def _values(text: str) -> Iterator[Any]:
    """Yield the values of an element. Sites write several objects into one, and commas before a closing bracket.

    Of an object that cannot be parsed, the values that an article needs are picked out.
    """
    decoder = json.JSONDecoder(strict=False)
    at = 0
    fixed = False
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except RecursionError:
            return
        except ValueError:
            if fixed:
                yield _picked_out(text[at:])
                return
            text, at, fixed = _STRING_OR_COMMA.sub(lambda match: match[1] or "", text[at:]), 0, True
            continue
        yield value
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr] # it matches nothing, too


def _picked_out(text: str) -> dict[str, Any]:
    """Return the first values of an article's keys in what is nearly JSON."""
    text = text[:_LONGEST_BROKEN]
    found: dict[str, Any] = {}
    for match in _PAIR.finditer(text):
        found.setdefault(match[1], match[2].replace('\\"', '"').replace("\\/", "/").replace("\\'", "'"))
    if author := _AUTHOR.search(text):
        found["author"] = author[1]
    return found


def _walk(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, list):
        for part in value:
            yield from _walk(part, depth + 1)
    elif isinstance(value, dict):
        yield value
        for part in value.values():
            if isinstance(part, dict | list):
                yield from _walk(part, depth + 1)
