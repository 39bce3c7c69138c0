"""HTML as plain text: one line for a title, paragraphs for a text."""

from __future__ import annotations

import re
from html import unescape
from itertools import repeat

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.sources.tables import read_table

__all__ = ["has_markup", "line_of_html", "lines_of_node", "plain_line", "text_of_html", "text_of_tree", "tree_of_html"]

#: Other "<words>" in a title or a snippet are the writer's own.
_TAG = re.compile(
    rf"</?(?:{'|'.join(read_table('elements')['known'])})\b[^<>]*>|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL
)
_BLOCKS = frozenset(read_table("elements")["blocks"])
_UNSEEN = frozenset(read_table("elements")["unseen"])
_BREAK = "\x00"  # stands for <br>; HTML cannot contain it
_PARAGRAPH = "\x01"
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff\x00\x01"))
_INVISIBLE_MARKS = "\u00ad\u200b\u2060\ufeff"
_ASCII_SPACES = "\n\t\r\x0b\x0c\x1c\x1d\x1e\x1f"
_BREAKS = re.compile(rf"{_BREAK}\s*{_BREAK}[\s{_BREAK}]*")
#: In what lexbor writes "<" and ">" are markup always, but for these elements, whose text is written as it is.
_RAW = frozenset({"script", "style", "iframe", "noembed", "noframes", "xmp", "plaintext"})
_LONG, _MANY = 10_000, 5_000
_HIDDEN = _RAW | _UNSEEN
_VOID = frozenset({"embed", "input", "meta"})
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ANY_TAG = re.compile(r"<([^> ]+)[^>]*>")
_EDGES = {"br": _BREAK} | {f"{slash}{name}": _PARAGRAPH for name in _BLOCKS for slash in ("", "/")}
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
    if _is_lopsided(html):
        html = _TAG.sub("\n\n", html)
    if not has_markup(html):
        return _paragraphs(_PARAGRAPH.join(_BLANK_LINE.split(unescape(html))))
    return text_of_tree(tree_of_html(html))


def _is_lopsided(html: str) -> bool:
    """Tell whether so many elements are never closed that lexbor would take time by the square of their depth."""
    return len(html) > _LONG and html.count("<") > _MANY and html.count("</") * 8 < html.count("<")


def tree_of_html(html: str) -> LexborHTMLParser:
    """A fragment as a tree, for more than one reader."""
    if _is_lopsided(html):
        html = _TAG.sub("\n", html)
    return LexborHTMLParser(html.replace(_BREAK, "").replace(_PARAGRAPH, ""))


def text_of_tree(tree: LexborHTMLParser) -> str:
    """What `text_of_html` gives, from a tree of `tree_of_html`; its scripts and the like are taken out of it."""
    pieces = _pieces(tree)
    tags = pieces[1::2]
    if hidden := _HIDDEN.intersection(tags):
        if not _RAW.isdisjoint(hidden):
            tree.strip_tags(list(_RAW & hidden), recursive=True)
            pieces = _pieces(tree)
        pieces = _seen(pieces)
        tags = pieces[1::2]
    pieces[1::2] = map(_EDGES.get, tags, repeat(""))
    flat = "".join(pieces)
    if "&" in flat:
        flat = flat.replace("&nbsp;", "\xa0").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _paragraphs(flat)


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


def _pieces(tree: LexborHTMLParser) -> list[str]:
    """Texts and tags by turns, from what lexbor writes: a tag costs less there than a node of its tree."""
    body = tree.body
    html = (body.html or "") if body is not None else ""
    return _ANY_TAG.split(_COMMENT.sub("", html) if "<!--" in html else html)


def _seen(pieces: list[str]) -> list[str]:
    """Texts and tags by turns without the elements that have no words for a reader."""
    kept = [pieces[0]]
    hidden, depth = "", 0
    for tag, text in zip(pieces[1::2], pieces[2::2], strict=True):
        if not depth and tag in _UNSEEN and tag not in _VOID:
            hidden, depth = tag, 1
        elif depth and tag in {hidden, f"/{hidden}"}:
            depth += 1 if tag == hidden else -1
            if not depth:
                kept[-1] += text
        elif not depth:
            kept += (tag, text)
    return kept


def _paragraphs(flat: str) -> str:
    if _BREAK in flat:
        flat = _BREAKS.sub(_PARAGRAPH, flat).replace(_BREAK, " ")
    if flat.isascii():  # replacing each white space is faster than splitting into words
        for space in _ASCII_SPACES:
            flat = flat.replace(space, " ")
        while "  " in flat:
            flat = flat.replace("  ", " ")
        lines = [line.strip(" ") for line in flat.split(_PARAGRAPH)]
    else:
        for mark in _INVISIBLE_MARKS:
            flat = flat.replace(mark, "")
        lines = [" ".join(line.split()) for line in flat.split(_PARAGRAPH)]
    return "\n\n".join(filter(None, lines))


def _is_inline(tag: str) -> bool:
    name = re.match(r"</?(\w+)", tag)
    return name is None or name[1].lower() not in {*_BLOCKS, "br"}
