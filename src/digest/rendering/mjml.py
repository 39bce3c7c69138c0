"""MJML to HTML through mrml, which passes on what it does not know and seldom says where a document is broken."""

from __future__ import annotations

import difflib
import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from mjml import mjml2html

from digest.errors import Place, RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MjmlOutput", "render_mjml"]

_SPAN = re.compile(r"position (\d+):\d+")
_LEFT_OVER = re.compile(r"<mj-[a-z-]*")
_HINT = "Every element is closed, every attribute value stands in double quotes, and < in text is written &lt;."
_OPAQUE = r"<!--.*?-->|<mj-style\b.*?</mj-style>"
_TAG = re.compile(rf"""(?P<opaque>{_OPAQUE})|<(?P<tag>[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.DOTALL)
_ANY_TAG = re.compile(rf"{_OPAQUE}|<[^<>]*>?", re.DOTALL)
_SOUND_TAG = re.compile(r"""<(/?)([A-Za-z][^\s/>]*)(?:\s+[^\s=<>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*\s*(/?)>""")
_COMPONENT = re.compile(rf"""{_OPAQUE}|<(?P<name>mj[a-z-]*)(?P<rest>(?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.DOTALL)
_ATTRIBUTE = re.compile(r"""\s([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_VALUE = re.compile(r"""=\s*("[^"]*"|'[^']*')""")
#: What a tag has none of is printed as it is.
_CARE = re.compile(r"[\\\x7f-\U0010ffff\r\n\t']|mj-class")
_CLASSES = re.compile(r"""(\smj-class\s*=\s*)(["'])([^"']*)\2""")
_TITLE = re.compile(r"(<mj-title>)(.*?)(</mj-title>)", re.DOTALL)
_INLINE_STYLE = re.compile(r'<mj-style\b[^>]*\binline="inline"[^>]*>(.*?)</mj-style>', re.DOTALL)
_INLINE = r"(?:a|abbr|b|bdi|bdo|cite|code|em|i|img|small|span|strong|sub|sup|u)\b"
_GLUED = re.compile(rf"(</{_INLINE}[^>]*>|<img\b[^>]*>)(?=\s*\n\s*<{_INLINE})")
_UNPRINTABLE = re.compile(r"[\\\x7f-\U0010ffff]")
_WHITE = re.compile(r"[\r\n\t]+")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})


class MjmlOutput(NamedTuple):
    """A page before its styles are inlined: the HTML, and the style sheet to inline."""

    html: str
    css: str


def render_mjml(source: str, *, name: str = "issue.mjml") -> MjmlOutput:
    """Turn MJML into HTML.

    Raises:
        RenderError: The MJML is broken, or holds an element or an attribute that does not exist; ``name`` and the line
            in ``source``.
    """
    if unknown := _unknown_attribute(source):
        raise RenderError(
            f"<{unknown.element}> has no attribute {unknown.attribute}",
            place=Place(name, _line_at(source, unknown.offset)),
            hint=f"Did you mean {unknown.nearest}?" if unknown.nearest else "MJML would leave it out without a word.",
        )
    try:
        # Without fonts={} a stack that names Roboto or Open Sans would load it from Google.
        html = mjml2html(_prepare_mjml(source), fonts={}, disable_comments=True)
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
    return MjmlOutput(html, _inline_style(source))


def _broken_line(source: str, message: str) -> int | None:
    """The line to look at: the first that is not well formed, or else the one that mrml names."""
    position = _first_fault(source)
    if position is not None:
        return _line_at(source, position)
    if span := _SPAN.search(message):  # bytes of what mrml was given, which has the lines of the source
        return _prepare_mjml(source).encode().count(b"\n", 0, int(span[1])) + 1
    return None


def _line_at(source: str, offset: int) -> int:
    return source.count("\n", 0, offset) + 1


class _Unknown(NamedTuple):
    """An attribute that an element of MJML does not have: where it stands, and the one that may be meant or ""."""

    offset: int
    element: str
    attribute: str
    nearest: str


def _inline_style(source: str) -> str:
    """The style sheet of ``<mj-style inline="inline">``, which mrml would leave in the head."""
    return "\n".join(_INLINE_STYLE.findall(source))


def _prepare_mjml(source: str) -> str:
    """The document as mrml prints it unchanged, without the style sheet to inline; the lines stay the lines."""
    source = _INLINE_STYLE.sub(_blank, source)
    source = _TITLE.sub(lambda match: match[1] + _entities(match[2]) + match[3], source)
    source = _GLUED.sub(lambda match: f"{match[1]}&#32;", source)
    return _TAG.sub(_printable, source)


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


def _unknown_attribute(source: str) -> _Unknown | None:
    """The first attribute that its element of MJML does not have."""
    for found in _COMPONENT.finditer(source):
        known = _attributes().get(found["name"] or "")
        if known is None:
            continue
        for attribute in _ATTRIBUTE.finditer(found["rest"]):
            if attribute[1] not in known:
                close = difflib.get_close_matches(attribute[1], known, n=1)
                return _Unknown(found.start("rest") + attribute.start(1), found["name"], attribute[1], "".join(close))
    return None


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _printable(tag: re.Match[str]) -> str:
    if tag["opaque"] or not _CARE.search(tag[0]):
        return tag[0]
    return _VALUE.sub(_value, _CLASSES.sub(_last_first, tag[0]))


def _last_first(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{' '.join(reversed(match[3].split()))}{match[2]}"


def _value(match: re.Match[str]) -> str:
    return '="' + _entities(match[1][1:-1]).replace('"', "&quot;") + '"'


def _entities(text: str) -> str:
    return _UNPRINTABLE.sub(lambda match: f"&#{ord(match[0])};", _WHITE.sub(" ", text))


@cache
def _attributes() -> Mapping[str, frozenset[str]]:
    """What each element has. ``mj-all`` and its like, which stand for others, are not in it."""
    table = tomllib.loads(resources.files("digest.rendering").joinpath("mjml_attributes.toml").read_text("utf-8"))
    return {element: frozenset(names) for element, names in table.items()}
