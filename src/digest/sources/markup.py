"""HTML as plain text: one line for a title, paragraphs for a text."""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.sources.tables import read_table

__all__ = ["has_markup", "line_of_html", "lines_of_node", "plain_line", "text_of_html"]

#: Other "<words>" in a title or a snippet are the writer's own.
_TAG = re.compile(
    rf"</?(?:{'|'.join(read_table('elements')['known'])})\b[^<>]*>|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL
)
_BLOCKS = frozenset(read_table("elements")["blocks"])
_UNSEEN = frozenset(read_table("elements")["unseen"])
_BREAK = "\x00"  # stands for <br>; HTML cannot contain it
_PARAGRAPH = "\x01"
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff\x00\x01"))
_BLANK_LINE = re.compile(r"\n[ \t\r\f\v]*\n")


def has_markup(text: str) -> bool:
    """Tell whether ``text`` holds HTML elements."""
    return _TAG.search(text) is not None


def plain_line(text: str) -> str:
    """Text with its white space folded and without invisible characters, on one line."""
    return " ".join(text.translate(_INVISIBLE).split())


def line_of_html(html: str) -> str:
    """A title or name that may hold elements and entities, as one line of plain text.

    Only elements that HTML knows are markup: in "if a <b> c" they are, in "5 < 6" and "use <T>" they are not.
    """
    if has_markup(html):
        html = " ".join(_TAG.sub(lambda tag: "" if _is_inline(tag[0]) else " ", html).split())
    return plain_line(unescape(html))


def text_of_html(html: str) -> str:
    """The text of an HTML fragment, or of plain text; paragraphs are separated by a blank line."""
    if not has_markup(html):
        return _paragraphs(_PARAGRAPH.join(_BLANK_LINE.split(unescape(html))))
    root = LexborHTMLParser(html.replace(_BREAK, "").replace(_PARAGRAPH, "")).body
    return "\n\n".join(lines_of_node(root)) if root is not None else ""


def lines_of_node(root: LexborNode) -> list[str]:
    """The text under an element, a paragraph each."""
    return [line for line in _paragraphs(_flat(root)).split("\n\n") if line]


def _flat(root: LexborNode) -> str:
    pieces: list[str] = []
    stack: list[LexborNode | str] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node.is_text_node:
            pieces.append(node.text_content or "")
        elif node.tag == "br":
            pieces.append(_BREAK)
        elif node.is_element_node and node.tag not in _UNSEEN:
            edge = _PARAGRAPH if node.tag in _BLOCKS else ""
            stack.append(edge)
            stack.extend(reversed(list(node.iter(include_text=True))))
            pieces.append(edge)
    return "".join(pieces)


def _paragraphs(flat: str) -> str:
    flat = re.sub(rf"{_BREAK}\s*{_BREAK}[\s{_BREAK}]*", _PARAGRAPH, flat)
    lines = (plain_line(part.replace(_BREAK, " ")) for part in flat.split(_PARAGRAPH))
    return "\n\n".join(line for line in lines if line)


def _is_inline(tag: str) -> bool:
    name = re.match(r"</?(\w+)", tag)
    return name is None or name[1].lower() not in {*_BLOCKS, "br"}
