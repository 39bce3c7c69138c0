"""Read the styles of a page as far as they can hide text: ``style`` attributes, and simple rules in its own sheets."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["Style", "read_styles"]

#: The properties and their values, in lower case and without "!important".
Style = dict[str, str]

_LONGEST_SHEETS = 1_000_000  # characters of all sheets of a page
_MOST_RULES, _MOST_NODES = 400, 5_000
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BRACE = re.compile(r"[{}]")
#: A type, classes and ids without a combinator, such as "p.note" or "#extra.open".
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][A-Za-z_][\w-]*){1,4}", re.IGNORECASE)
_ROOT = frozenset({"body", "html", ":root"})
_EVERY_SCREEN = re.compile(r"@media\s+(?:only\s+)?(?:screen|all)\s*(?:,\s*print\s*)?$", re.IGNORECASE)
_TAKES_PART = re.compile(
    r"display|visibility|opacity|font|color|background|position|left|right|top|bottom|margin|indent|clip|"
    r"width|height|overflow|transform|filter|animation",
    re.IGNORECASE,
)


def read_styles(tree: LexborHTMLParser) -> list[tuple[LexborNode, Style]]:
    """Return the elements with a style of their own, in document order of each rule, and their styles.

    Rules that hold for some screens only do not count, nor do selectors with combinators. Later rules replace earlier
    ones, and a ``style`` attribute replaces both.
    """
    nodes: dict[int, tuple[LexborNode, Style]] = {}
    for selector, declarations in islice(_rules(tree), _MOST_RULES):
        for node in tree.css(selector)[:_MOST_NODES]:
            nodes.setdefault(node.mem_id, (node, {}))[1].update(declarations)
    for node in tree.css("[style]")[:_MOST_NODES]:
        declarations = _declarations(node.attributes.get("style") or "")
        if declarations:
            nodes.setdefault(node.mem_id, (node, {}))[1].update(declarations)
    return list(nodes.values())


def _rules(tree: LexborHTMLParser) -> Iterator[tuple[str, Style]]:
    sheets = (node for node in tree.css("style") if _is_for_screens(node.attributes.get("media") or ""))
    text = "\n".join(sheet.text() for sheet in sheets)[:_LONGEST_SHEETS]
    for selectors, body in _blocks(_COMMENT.sub("", text)):
        declarations = _declarations(body)
        if declarations:
            for selector in selectors.split(","):
                if (name := selector.strip()) in _ROOT or _SIMPLE.fullmatch(name):
                    yield name, declarations


def _is_for_screens(media: str) -> bool:
    return media.strip().lower() in {"", "all", "screen"}


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors and the body of each rule that holds for every screen."""
    at = skipped = 0
    selectors = ""
    for brace in _BRACE.finditer(text):
        between, at = text[at : brace.start()].strip(), brace.end()
        if brace[0] == "{":
            selectors = between.rpartition(";")[2].strip()
            if skipped or (selectors.startswith("@") and not _EVERY_SCREEN.match(selectors)):
                skipped += 1
        elif skipped:
            skipped -= 1
        elif selectors and not selectors.startswith("@"):
            yield selectors, between
            selectors = ""


def _declarations(text: str) -> Style:
    style: Style = {}
    if not _TAKES_PART.search(text):
        return style
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        if colon and _TAKES_PART.search(name):
            style[name.strip().lower()] = " ".join(value.lower().replace("!important", "").split())
    return style
