"""A: what people need who listen to an email, or read it enlarged."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from digest.checks.registry import fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from digest.checks.finding import Finding
    from digest.checks.material import Material

__all__ = ["check_accessibility"]

#: What stands there when nobody said it: MJML writes und and auto.
_UNSAID = {"lang": {"", "und"}, "dir": {"", "auto"}}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_NO_TABLE = frozenset({"presentation", "none"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def check_accessibility(material: Material) -> Iterator[Finding]:
    """A401 to A403."""
    tree, place = material.page.tree, material.built("email.html")
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
