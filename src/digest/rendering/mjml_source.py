r"""MJML as mrml has to get it, and what is wrong with it where mrml would not say so.

mrml prints attribute values as Rust debug strings (a joiner becomes ``\u{200d}``, a line end ``\n``), deletes white
space with a line end between two elements, takes the first of two classes where MJML takes the last, and drops
attributes that it does not know.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Unknown", "first_fault", "inline_style", "prepare_mjml", "unknown_attribute"]

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


class Unknown(NamedTuple):
    """An attribute that an element of MJML does not have: where it stands, and the one that may be meant or ""."""

    offset: int
    element: str
    attribute: str
    nearest: str


def inline_style(source: str) -> str:
    """The style sheet of ``<mj-style inline="inline">``, which mrml would leave in the head."""
    return "\n".join(_INLINE_STYLE.findall(source))


def prepare_mjml(source: str) -> str:
    """The document as mrml prints it unchanged, without the style sheet to inline; the lines stay the lines."""
    source = _INLINE_STYLE.sub(_blank, source)
    source = _TITLE.sub(lambda match: match[1] + _entities(match[2]) + match[3], source)
    source = _GLUED.sub(lambda match: f"{match[1]}&#32;", source)
    return _TAG.sub(_printable, source)


def first_fault(source: str) -> int | None:
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


def unknown_attribute(source: str) -> Unknown | None:
    """The first attribute that its element of MJML does not have."""
    for found in _COMPONENT.finditer(source):
        known = _attributes().get(found["name"] or "")
        if known is None:
            continue
        for attribute in _ATTRIBUTE.finditer(found["rest"]):
            if attribute[1] not in known:
                close = difflib.get_close_matches(attribute[1], known, n=1)
                return Unknown(found.start("rest") + attribute.start(1), found["name"], attribute[1], "".join(close))
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
