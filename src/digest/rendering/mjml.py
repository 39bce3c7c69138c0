r"""MJML to HTML through mrml, around what it gets wrong.

mrml prints attribute values as Rust debug strings (a joiner becomes ``\u{200d}``, a line end ``\n``), leaves
``<mj-style inline="inline">`` to others, passes what it does not know through in silence, and seldom says where a
document is broken.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mjml import mjml2html

from digest.errors import Place, RenderError

__all__ = ["Page", "render_mjml"]

_OPAQUE = r"<!--.*?-->|<mj-style\b.*?</mj-style>"
_TAG = re.compile(rf"""(?P<opaque>{_OPAQUE})|<(?P<tag>[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.DOTALL)
_ANY_TAG = re.compile(rf"{_OPAQUE}|<[^<>]*>?", re.DOTALL)
_SOUND_TAG = re.compile(r"""<(/?)([A-Za-z][^\s/>]*)(?:\s+[^\s=<>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*\s*(/?)>""")
_VALUE = re.compile(r"""=\s*("[^"]*"|'[^']*')""")
_TITLE = re.compile(r"(<mj-title>)(.*?)(</mj-title>)", re.DOTALL)
_INLINE_STYLE = re.compile(r'<mj-style\b[^>]*\binline="inline"[^>]*>(.*?)</mj-style>', re.DOTALL)
_SPAN = re.compile(r"position (\d+):\d+")
_UNPRINTABLE = re.compile(r"[\\\x7f-\U0010ffff]")
_WHITE = re.compile(r"[\r\n\t]+")
_LEFT_OVER = re.compile(r"<mj-[a-z-]*")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_HINT = "Every element is closed, every attribute value stands in double quotes, and < in text is written &lt;."


class Page(NamedTuple):
    """A page before its styles are inlined: the HTML, and the style sheet to inline."""

    html: str
    css: str


def render_mjml(source: str, *, name: str = "issue.mjml") -> Page:
    """Turn MJML into HTML.

    Raises:
        RenderError: The MJML is broken, or holds an element that does not exist; ``name`` and the line in ``source``.
    """
    css = "\n".join(_INLINE_STYLE.findall(source))
    try:
        # Without fonts={} a stack that names Roboto or Open Sans would load it from Google.
        html = mjml2html(_prepare(source), fonts={}, disable_comments=True)
    except ValueError as error:
        line = _broken_line(source, str(error))
        shown = f": {source.splitlines()[line - 1].strip()[:80]}" if line else ""
        raise RenderError(f"the MJML is broken{shown} ({error})", place=Place(name, line), hint=_HINT) from error
    if found := _LEFT_OVER.search(html):
        line = source[: max(source.find(found[0]), 0)].count("\n") + 1
        raise RenderError(
            f"MJML does not know what to do with {found[0]}> here",
            place=Place(name, line),
            hint="It is misspelt or stands in the wrong place; an open conditional comment above it also does this.",
        )
    return Page(html, css)


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _prepare(source: str) -> str:
    """Write attribute values, and the title that becomes one, so that mrml prints them unchanged; keep the lines."""
    source = _INLINE_STYLE.sub(_blank, source)
    source = _TITLE.sub(lambda match: match[1] + _entities(match[2]) + match[3], source)
    return _TAG.sub(lambda match: match[0] if match["opaque"] else _VALUE.sub(_value, match[0]), source)


def _value(match: re.Match[str]) -> str:
    return '="' + _entities(match[1][1:-1]).replace('"', "&quot;") + '"'


def _entities(text: str) -> str:
    return _UNPRINTABLE.sub(lambda match: f"&#{ord(match[0])};", _WHITE.sub(" ", text))


def _broken_line(source: str, message: str) -> int | None:
    """The line to look at: the first that is not well formed, or else the one that mrml names."""
    position = _first_fault(source)
    if position is not None:
        return source.count("\n", 0, position) + 1
    if span := _SPAN.search(message):  # bytes of what mrml was given, which has the lines of the source
        return _prepare(source).encode().count(b"\n", 0, int(span[1])) + 1
    return None


def _first_fault(source: str) -> int | None:
    """Where the first tag stands that is cut off, has a bare attribute value, or is not closed in its parent."""
    opened: list[tuple[str, int]] = []
    for found in _ANY_TAG.finditer(source):
        tag = found[0]
        if tag.startswith(("<!--", "<mj-style")):
            if "--" in tag[4:-3] and tag.startswith("<!--"):
                return found.start()
            continue
        shape = _SOUND_TAG.fullmatch(tag)
        if shape is None:
            return found.start()
        closing, name, alone = shape.groups()
        if closing:
            if not opened or opened[-1][0] != name:
                unclosed = any(name == other for other, _ in opened)
                return opened[-1][1] if unclosed else found.start()
            opened.pop()
        elif not alone and name not in _VOID:
            opened.append((name, found.start()))
    return opened[-1][1] if opened else None
