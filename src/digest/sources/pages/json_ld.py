"""JSON-LD in a page: the node that describes its article."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from digest.models import canonical_url
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser

__all__ = ["JsonLd"]

_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*.*?\*/|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$", re.DOTALL)
_MAX_DEPTH = 8
_MOST_NODES = 2_000  # objects in all the data of a page


class JsonLd:
    """All JSON-LD of a page, and the node about its article (an empty one where there is none)."""

    def __init__(self, tree: LexborHTMLParser, url: str) -> None:
        self._nodes = list(islice(_nodes(tree), _MOST_NODES))
        self._by_id = {node["@id"]: node for node in self._nodes if isinstance(node.get("@id"), str) and len(node) > 1}
        self.article = self._find(url)

    def text(self, *keys: str) -> str:
        """The first of the article's values that is a string, or holds one as its @value or name."""
        return next((text for key in keys for text in self._texts(self.article.get(key))), "")

    def names(self, key: str) -> list[str]:
        """The names of the people or organisations under ``key``."""
        return list(self._texts(self.article.get(key)))

    def links(self, key: str) -> list[str]:
        """The addresses under ``key``, as of images."""
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
            found = next((value[field] for field in fields if value.get(field)), None)
            yield from self._texts(found, fields, depth + 1)

    def _find(self, url: str) -> dict[str, Any]:
        """The surest kind of article; of several that of this address."""
        kinds: list[str] = load_table("page_metadata")["articles"]
        here = canonical_url(url)

        def rank(node: dict[str, Any]) -> tuple[bool, bool, int]:
            addresses = [*self._texts(node.get("url")), *self._texts(node.get("mainEntityOfPage"), ("@id", "url"))]
            elsewhere = all(canonical_url(address) != here for address in addresses)
            return (not node.get("headline"), elsewhere, min(kinds.index(kind) for kind in _kinds(node)))

        articles = [node for node in self._nodes if _kinds(node)]
        return min(articles, key=rank, default={})


def _kinds(node: dict[str, Any]) -> list[str]:
    kinds = node.get("@type")
    known: list[str] = load_table("page_metadata")["articles"]
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str) and kind in known]


def _nodes(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for script in tree.css("script[type*='ld+json' i]"):
        text = _WRAPPING.sub("", script.text().strip())
        try:
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _walk(value, 0)


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
