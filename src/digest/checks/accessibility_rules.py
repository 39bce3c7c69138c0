"""A401 to A403 and A405: structure for screen readers, and links large enough for a thumb."""

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

#: Placeholder values. Without a language, mrml (the MJML renderer) writes lang="und" and dir="auto".
_UNSET = {"lang": {"", "und"}, "dir": {"", "auto"}}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_LAYOUT_ROLES = frozenset({"presentation", "none"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: In CSS pixels: WCAG 2.2, success criterion 2.5.5, and Apple's Human Interface Guidelines.
_MINIMUM_HEIGHT = 44.0
_BLOCKS = frozenset({"p", "div", "td", "li", "center"})
_BOXES = ("inline-block", "block")
_NUMBER = re.compile(r"^(\d*\.\d+|\d+)(px|%|)$")
#: Roughly what browsers use for ``line-height: normal``.
_NORMAL = 1.2


def check_accessibility(context: CheckContext) -> Iterator[Finding]:
    """A401 to A403: language and direction, layout tables, and the order of headings."""
    tree, place = context.page.tree, context.built("email.html")
    if tree is None:
        return
    # Webmail puts the email into its own page and drops <html> and <body>, so the first element repeats both.
    for what, element in (("the html element", tree), ("the first visible element", _wrapper(tree))):
        missing = [name for name, unset in _UNSET.items() if element is None or element.get(name, "") in unset]
        if missing:
            yield fault("A401", f"{what.capitalize()} has no {' and no '.join(missing)}", place)
    bare = [table for table in tree.iter("table") if _is_layout(table) and table.get("role") not in _LAYOUT_ROLES]
    if bare:
        count = "1 table" if len(bare) == 1 else f"{len(bare)} tables"
        yield fault("A402", f'Screen readers would read out {count} without role="presentation" cell by cell', place)
    levels = [int(heading.tag[1]) for heading in tree.iter(*_HEADINGS)]
    if levels and levels[0] != 1:
        yield fault("A403", f"The first heading is an h{levels[0]}, not an h1", place)
    elif levels.count(1) != 1:
        yield fault("A403", f"There are {levels.count(1)} h1 headings; there should be one", place)
    for before, after in pairwise(levels):
        if after > before + 1:
            yield fault("A403", f"An h{after} follows an h{before}", place)
            return


def _wrapper(tree: HtmlElement) -> HtmlElement | None:
    body = tree.find("body")
    elements = (child for child in (body if body is not None else ()) if isinstance(child.tag, str))
    return next((element for element in elements if not _HIDDEN.search(element.get("style", ""))), None)


def _is_layout(table: HtmlElement) -> bool:
    """Return whether a table has no heading cells, and is therefore not a data table."""
    return next(table.iter("th"), None) is None


def check_targets(context: CheckContext) -> Iterator[Finding]:
    """A405: one finding for each kind of link that is alone in its block, like a button, and is too low.

    Links within text are exempt, as in WCAG 2.2 (success criterion 2.5.5, "inline"). So are headlines, because the same
    link follows below the story.
    """
    tree = context.page.tree
    in_text = {unquote(link.url) for passage in context.passages() for link, _ in passage.links()}
    seen = set()
    for link in tree.iter("a") if tree is not None else ():
        label = " ".join(link.text_content().split())
        if unquote(link.get("href", "")) in in_text:
            continue  # a link in the editor's Markdown, so within text
        if not label or not link.get("href") or link.get("aria-hidden") == "true" or not _is_alone(link, label):
            continue
        height = _height(link)
        if height < _MINIMUM_HEIGHT and (height, link.get("class")) not in seen:
            seen.add((height, link.get("class")))
            yield fault(
                "A405", f"The link “{label[:40]}” is only {height:.0f} pixels high", context.built("email.html")
            )


def _is_alone(link: HtmlElement, label: str) -> bool:
    for around in link.iterancestors():
        if around.tag in _HEADINGS:
            return False
        if around.tag in _BLOCKS:
            return " ".join(around.text_content().split()) == label
    return False


def _height(link: HtmlElement) -> float:
    """The height of one line of the link in CSS pixels, with its padding if the link is a box."""
    styles = [css_declarations(element.get("style", "")) for element in (link, *link.iterancestors())]
    sizes = (_pixels(style.get("font-size", ""), of=16.0) for style in styles)
    size = next((size for size in sizes if size is not None), 16.0)
    lines = (_pixels(style.get("line-height", ""), of=size) for style in styles)
    line = next((line for line in lines if line is not None), size * _NORMAL)
    if styles[0].get("display") not in _BOXES:
        return line
    return line + sum(_paddings(styles[0]))


def _pixels(value: str, *, of: float) -> float | None:
    """A CSS length in pixels; percentages and bare numbers are relative to ``of``. None for anything else."""
    match = _NUMBER.match(value)
    if match is None:
        return None
    number = float(match[1])
    return {"px": number, "%": of * number / 100, "": of * number}[match[2]]


def _paddings(style: dict[str, str]) -> tuple[float, float]:
    sides = style.get("padding", "0").split()
    above, below = sides[0], sides[2] if len(sides) > 2 else sides[0]
    values = (style.get("padding-top", above), style.get("padding-bottom", below))
    top, bottom = (_pixels(value, of=0.0) or 0.0 for value in values)
    return top, bottom
