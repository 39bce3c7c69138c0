"""A405: whether an action can be hit with a thumb."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from digest.checks.registry import fault
from digest.checks.styles import declarations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_targets"]

#: In CSS pixels: Apple's Human Interface Guidelines, and WCAG 2.2, 2.5.5.
_LEAST = 44.0
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = frozenset({"p", "div", "td", "li", "center"})
_TALL = ("inline-block", "block")
_NUMBER = re.compile(r"^(\d*\.?\d+)(px|%|)$")
_NORMAL = 1.2


def check_targets(material: Material) -> Iterator[Finding]:
    """One finding for each kind of link that stands by itself, as actions do, and is too low.

    Links among words are not meant (WCAG 2.2, 2.5.8, exceptions), nor are headlines, which have the action below them.
    """
    tree = material.page.tree
    written = {unquote(link.url) for passage in material.passages() for link, _ in passage.links()}
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
            yield fault("A405", f"The link “{words[:40]}” is {height:.0f} pixels high", material.built("email.html"))


def _alone(link: HtmlElement, words: str) -> bool:
    for around in link.iterancestors():
        if around.tag in _HEADINGS:
            return False
        if around.tag in _BLOCKS:
            return " ".join(around.text_content().split()) == words
    return False


def _height(link: HtmlElement) -> float:
    """One line of the link with its padding, which counts where it is a box of its own."""
    styles = [declarations(element.get("style", "")) for element in (link, *link.iterancestors())]
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
