r"""Turn MJML into HTML with mjml-python, and report the errors that it silently ignores.

mjml-python (https://github.com/mgd020/mjml-python) wraps mrml, a renderer in Rust (https://github.com/jdrouet/mrml). In
mjml-python 1.4.2, mrml differs from the reference implementation of MJML in ways that this module works around:

- It prints attribute values as Rust debug strings: a line end becomes ``\n``, a zero-width joiner ``\u{200d}``.
- It deletes white space that contains a line end between two elements, which joins words.
- With two values in ``mj-class`` it lets the first win; the reference lets the last win.
- It leaves ``<mj-style inline="inline">`` in the head instead of inlining it.
- It drops unknown attributes, and passes unknown elements through, without an error.
- It reports the position of an error as a byte offset, or not at all.
"""

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
_HINT = "Close every element, put every attribute value in double quotes, and write < in text as &lt;."
#: What never ends reaches to the end of the text: searching for the end again and again would take quadratic time.
_OPAQUE = r"<!--.*?(?:-->|\Z)|<mj-style\b.*?(?:</mj-style>|\Z)"
_TAG = re.compile(rf"""(?P<opaque>{_OPAQUE})|<(?P<tag>[A-Za-z](?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.DOTALL)
_ANY_TAG = re.compile(rf"{_OPAQUE}|<[^<>]*>?", re.DOTALL)
_SOUND_TAG = re.compile(r"""<(/?)([A-Za-z][^\s/>]*)(?:\s+[^\s=<>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*\s*(/?)>""")
_COMPONENT = re.compile(rf"""{_OPAQUE}|<(?P<name>mj[a-z-]*)(?P<rest>(?:[^<>"']|"[^"]*"|'[^']*')*)>""", re.DOTALL)
_ATTRIBUTE = re.compile(r"""\s([^\s=<>"'/]+)\s*=\s*("[^"]*"|'[^']*')""")
_VALUE = re.compile(r"""=\s*("[^"]*"|'[^']*')""")
#: A tag without any of these is printed unchanged.
_CARE = re.compile(r"[\\\x7f-\U0010ffff\r\n\t']|mj-class")
#: With several classes, the first wins in mrml and the last wins in MJML, so the order is reversed.
_CLASSES = re.compile(r"""(\smj-class\s*=\s*)(["'])([^"']*)\2""")
#: mrml also prints the title as an attribute (aria-label), so it needs the same care as attribute values.
_TITLE = re.compile(r"(<mj-title>)(.*?)(</mj-title>)", re.DOTALL)
_INLINE_STYLE = re.compile(r'<mj-style\b[^>]*\binline="inline"[^>]*>(.*?)</mj-style>', re.DOTALL)
#: Inline elements, between which mrml deletes white space that contains a line end.
_INLINE = r"(?:a|abbr|b|bdi|bdo|cite|code|em|i|img|small|span|strong|sub|sup|u)\b"
_GLUED = re.compile(rf"(</{_INLINE}[^>]*>|<img\b[^>]*>)(?=\s*\n\s*<{_INLINE})")
_UNPRINTABLE = re.compile(r"[\\\x7f-\U0010ffff]")
_WHITE = re.compile(r"[\r\n\t]+")
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})


class MjmlOutput(NamedTuple):
    """A page whose style sheet is not inlined yet.

    Attributes:
        html: The page.
        css: The style sheet to inline.
    """

    html: str
    css: str


def render_mjml(source: str, *, name: str = "issue.mjml") -> MjmlOutput:
    """Turn MJML into HTML.

    Args:
        source: The MJML document.
        name: The name of the document in error messages.

    Raises:
        RenderError: The MJML is not well formed, or has an unknown element or attribute. The error has the line in
            ``source``.
    """
    if unknown := _unknown_attribute(source):
        raise RenderError(
            f"<{unknown.element}> has no attribute {unknown.attribute}",
            place=Place(name, _line_at(source, unknown.offset)),
            hint=f"Did you mean {unknown.nearest}?" if unknown.nearest else "MJML would silently ignore it.",
        )
    try:
        # For a font stack that names Roboto, Open Sans or Ubuntu, mrml would add a link to Google Fonts, which each
        # reader's client would fetch. fonts={} prevents that.
        html = mjml2html(_prepare_mjml(source), fonts={}, disable_comments=True)
    except ValueError as error:
        line = _broken_line(source, str(error))
        shown = f": {source.splitlines()[line - 1].strip()[:80]}" if line else ""
        raise RenderError(f"the MJML is broken{shown} ({error})", place=Place(name, line), hint=_HINT) from error
    if left_over := _LEFT_OVER.search(html):
        raise RenderError(
            f"MJML has no element {left_over[0]}> that may be used here",
            place=Place(name, _line_at(source, max(source.find(left_over[0]), 0))),
            hint="It is misspelled or in the wrong place, or a conditional comment above it is not closed.",
        )
    return MjmlOutput(html, _inline_style(source))


def _broken_line(source: str, message: str) -> int | None:
    """The line to look at: the first that is not well formed, otherwise the one that mrml names."""
    position = _first_fault(source)
    if position is not None:
        return _line_at(source, position)
    if span := _SPAN.search(message):  # bytes of the prepared source, which has the same lines
        return _prepare_mjml(source).encode().count(b"\n", 0, int(span[1])) + 1
    return None


def _line_at(source: str, offset: int) -> int:
    return source.count("\n", 0, offset) + 1


class _UnknownAttribute(NamedTuple):
    """An attribute that an MJML element does not have.

    Attributes:
        offset: Where it is in the source, in characters.
        nearest: The attribute that was probably meant, or an empty string.
    """

    offset: int
    element: str
    attribute: str
    nearest: str


def _inline_style(source: str) -> str:
    """The style sheet of ``<mj-style inline="inline">``, which mrml would leave in the head."""
    return "\n".join(_INLINE_STYLE.findall(source))


def _prepare_mjml(source: str) -> str:
    """The document rewritten to survive mrml, without the style sheet to inline. Line numbers do not change."""
    source = _INLINE_STYLE.sub(_blank_lines, source)
    source = _TITLE.sub(lambda match: match[1] + _entities(match[2]) + match[3], source)
    source = _GLUED.sub(lambda match: f"{match[1]}&#32;", source)
    return _TAG.sub(_printable, source)


def _first_fault(source: str) -> int | None:
    """The offset of the first tag that is cut off, has an unquoted attribute value, or is not closed in its parent."""
    opened: list[tuple[str, int]] = []
    for match in _ANY_TAG.finditer(source):
        tag = match[0]
        if tag.startswith(("<!--", "<mj-style")):
            if "--" in tag[4:-3] and tag.startswith("<!--"):
                return match.start()
            continue
        shape = _SOUND_TAG.fullmatch(tag)
        if shape is None:
            return match.start()
        closing, name, alone = shape.groups()
        if closing:
            if not opened or opened[-1][0] != name:
                unclosed = any(name == other for other, _ in opened)
                return opened[-1][1] if unclosed else match.start()
            opened.pop()
        elif not alone and name not in _VOID:
            opened.append((name, match.start()))
    return opened[-1][1] if opened else None


def _unknown_attribute(source: str) -> _UnknownAttribute | None:
    """The first attribute that its MJML element does not have."""
    for element in _COMPONENT.finditer(source):
        allowed = _attributes().get(element["name"] or "")
        if allowed is None:
            continue
        for attribute in _ATTRIBUTE.finditer(element["rest"]):
            if attribute[1] not in allowed:
                close = difflib.get_close_matches(attribute[1], allowed, n=1)
                offset = element.start("rest") + attribute.start(1)
                return _UnknownAttribute(offset, element["name"], attribute[1], "".join(close))
    return None


def _blank_lines(match: re.Match[str]) -> str:
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
    """The attributes of each element. ``mj-all`` and similar elements, which set defaults for others, are left out."""
    table = tomllib.loads(resources.files("digest.rendering").joinpath("mjml_attributes.toml").read_text("utf-8"))
    return {element: frozenset(names) for element, names in table.items()}
