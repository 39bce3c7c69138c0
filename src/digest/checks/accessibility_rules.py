"""A: what people need who listen to an email, or read it enlarged."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.checks.check_context import css_declarations
from digest.checks.rule_registry import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding

__all__ = ["check_accessibility", "check_targets"]

#: What stands there when nobody said it: MJML writes und and auto.
_UNSAID = {"lang": {"", "und"}, "dir": {"", "auto"}}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_NO_TABLE = frozenset({"presentation", "none"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: In CSS pixels: Apple's Human Interface Guidelines, and WCAG 2.2, 2.5.5.
_LEAST = 44.0
_BLOCKS = frozenset({"p", "div", "td", "li", "center"})
_TALL = ("inline-block", "block")
_NUMBER = re.compile(r"^(\d*\.?\d+)(px|%|)$")
_NORMAL = 1.2


def check_accessibility(context: CheckContext) -> Iterator[Finding]:
    """A401 to A403."""
    tree, place = context.page.tree, context.built("email.html")
    if tree is None:
        return
    # Webmail keeps neither <html> nor <body>, so the first element in it has to say the same.
    for what, element in (("the html element", tree), ("the first element that is shown", _wrapper(tree))):
        missing = [name for name, unsaid in _UNSAID.items() if element is None or element.get(name, "") in unsaid]
        if missing:
            yield fault("A401", f"{' and '.join(missing)} not said on {what}", place)
    bare = [table for table in tree.iter("table") if _is_layout(table) and table.get("role") not in _NO_TABLE]
    if bare:
        count = "1 table" if len(bare) == 1 else f"{len(bare)} tables"
        yield fault("A402", f'{count} without role="presentation" would be read out cell by cell', place)
    levels = [int(heading.tag[1]) for heading in tree.iter(*_HEADINGS)]
    if levels and levels[0] != 1:
        yield fault("A403", f"The first heading is an h{levels[0]}", place)
    elif levels.count(1) != 1:
        yield fault("A403", f"There are {levels.count(1)} headings of the first level", place)
    for before, after in pairwise(levels):
        if after > before + 1:
            yield fault("A403", f"An h{after} follows an h{before}", place)
            return


def _wrapper(tree: HtmlElement) -> HtmlElement | None:
    body = tree.find("body")
    shown = (each for each in (body if body is not None else ()) if isinstance(each.tag, str))
    return next((each for each in shown if not _HIDDEN.search(each.get("style", ""))), None)


def _is_layout(table: HtmlElement) -> bool:
    """Whether it has no heading cells of its own, as tables of data do."""
    return next(table.iter("th"), None) is None


def check_targets(context: CheckContext) -> Iterator[Finding]:
    """One finding for each kind of link that stands by itself, as actions do, and is too low.

    Links among words are not meant (WCAG 2.2, 2.5.8, exceptions), nor are headlines, which have the action below them.
    """
    tree = context.page.tree
    written = {unquote(link.url) for passage in context.passages() for link, _ in passage.links()}
    seen = set()
    for link in tree.iter("a") if tree is not None else ():
        words = " ".join(link.text_content().split())
        if unquote(link.get("href", "")) in written:
            continue  # words of the editor's, whose links are words among others
        if not words or not link.get("href") or link.get("aria-hidden") == "true" or not _alone(link, words):
            continue
        height = _height(link)
        if height < _LEAST and (height, link.get("class")) not in seen:
            seen.add((height, link.get("class")))
            yield fault("A405", f"The link “{words[:40]}” is {height:.0f} pixels high", context.built("email.html"))


def _alone(link: HtmlElement, words: str) -> bool:
    for around in link.iterancestors():
        if around.tag in _HEADINGS:
            return False
        if around.tag in _BLOCKS:
            return " ".join(around.text_content().split()) == words
    return False


def _height(link: HtmlElement) -> float:
    """One line of the link with its padding, which counts where it is a box of its own."""
    styles = [css_declarations(element.get("style", "")) for element in (link, *link.iterancestors())]
    sizes = (_pixels(style.get("font-size", ""), of=16.0) for style in styles)
    size = next((size for size in sizes if size is not None), 16.0)
    lines = (_pixels(style.get("line-height", ""), of=size) for style in styles)
    line = next((line for line in lines if line is not None), size * _NORMAL)
    if styles[0].get("display") not in _TALL:
        return line
    return line + sum(_paddings(styles[0]))


def _pixels(value: str, *, of: float) -> float | None:
    found = _NUMBER.match(value)
    if found is None:
        return None
    number = float(found[1])
    return {"px": number, "%": of * number / 100, "": of * number}[found[2]]


def _paddings(style: dict[str, str]) -> tuple[float, float]:
    sides = style.get("padding", "0").split()
    above, below = sides[0], sides[2] if len(sides) > 2 else sides[0]
    values = (style.get("padding-top", above), style.get("padding-bottom", below))
    top, bottom = (_pixels(value, of=0.0) or 0.0 for value in values)
    return top, bottom
