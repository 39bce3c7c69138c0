"""MJML to HTML through mrml, which passes on what it does not know and seldom says where a document is broken."""

from __future__ import annotations

import re
from typing import NamedTuple

from mjml import mjml2html

from digest.errors import Place, RenderError
from digest.rendering.mjml_source import first_fault, inline_style, prepare_mjml, unknown_attribute

__all__ = ["Page", "render_mjml"]

_SPAN = re.compile(r"position (\d+):\d+")
_LEFT_OVER = re.compile(r"<mj-[a-z-]*")
_HINT = "Every element is closed, every attribute value stands in double quotes, and < in text is written &lt;."


class Page(NamedTuple):
    """A page before its styles are inlined: the HTML, and the style sheet to inline."""

    html: str
    css: str


def render_mjml(source: str, *, name: str = "issue.mjml") -> Page:
    """Turn MJML into HTML.

    Raises:
        RenderError: The MJML is broken, or holds an element or an attribute that does not exist; ``name`` and the line
            in ``source``.
    """
    if unknown := unknown_attribute(source):
        raise RenderError(
            f"<{unknown.element}> has no attribute {unknown.attribute}",
            place=Place(name, _line_at(source, unknown.offset)),
            hint=f"Did you mean {unknown.nearest}?" if unknown.nearest else "MJML would leave it out without a word.",
        )
    try:
        # Without fonts={} a stack that names Roboto or Open Sans would load it from Google.
        html = mjml2html(prepare_mjml(source), fonts={}, disable_comments=True)
    except ValueError as error:
        line = _broken_line(source, str(error))
        shown = f": {source.splitlines()[line - 1].strip()[:80]}" if line else ""
        raise RenderError(f"the MJML is broken{shown} ({error})", place=Place(name, line), hint=_HINT) from error
    if found := _LEFT_OVER.search(html):
        raise RenderError(
            f"MJML does not know what to do with {found[0]}> here",
            place=Place(name, _line_at(source, max(source.find(found[0]), 0))),
            hint="It is misspelt or stands in the wrong place; an open conditional comment above it also does this.",
        )
    return Page(html, inline_style(source))


def _broken_line(source: str, message: str) -> int | None:
    """The line to look at: the first that is not well formed, or else the one that mrml names."""
    position = first_fault(source)
    if position is not None:
        return _line_at(source, position)
    if span := _SPAN.search(message):  # bytes of what mrml was given, which has the lines of the source
        return prepare_mjml(source).encode().count(b"\n", 0, int(span[1])) + 1
    return None


def _line_at(source: str, offset: int) -> int:
    return source.count("\n", 0, offset) + 1
