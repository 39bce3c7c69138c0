"""Turn HTML into plain text: one line for a title, paragraphs for a text.

Feeds hold thousands of small fragments, and building a tree for each is slow. `text_of_source` reads simple fragments
with regular expressions, and leaves every ambiguous fragment to a tree.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from itertools import repeat
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "decode_references",
    "has_markup",
    "is_typed_tag",
    "line_of_html",
    "lines_of_node",
    "plain_line",
    "text_of_html",
    "text_of_markup",
    "text_of_plain",
    "text_of_source",
    "text_of_tree",
    "tree_of_html",
    "visible_source",
    "with_typed_tags",
    "without_controls",
]

_ELEMENTS = load_table("html_elements")
#: Anything else in angle brackets in a title or a snippet was written by the author, such as "use <T>".
_TAG = re.compile(rf"</?(?:{'|'.join(_ELEMENTS['known'])})\b[^<>]*>|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL)
_BLOCKS = frozenset(_ELEMENTS["blocks"])
_NAMES = frozenset(name for key in ("blocks", "inline", "unseen", "skipped", "others") for name in _ELEMENTS[key])
_STRAY = frozenset({"br", "hr", "img", "li", "p", "wbr"})  # elements that people leave open
_TYPED = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w:.-]*)(?P<rest>[^<>]*)>")
_UNSEEN = frozenset(_ELEMENTS["unseen"])
_BREAK = " \x02 "  # stands for <br>; no document can contain it
_PARAGRAPH = " \x03 "
_MARKS = re.compile("[\x02\x03]")
_INVISIBLE_MARKS = "\u00ad\u200b\u2060\ufeff"
_INVISIBLE = dict.fromkeys(map(ord, _INVISIBLE_MARKS))
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")  # but not white space
_LATER_CONTROLS = re.compile("[\x80-\x9f]")  # the only ones that `unescape` returns
#: A reference as HTML and `unescape` read it: https://html.spec.whatwg.org/multipage/parsing.html#character-reference-state
_REFERENCE = re.compile(r"(&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[^\t\n\f <&#;]{1,32});?)")
_BREAKS = re.compile("\x02(?: \x02)+")
#: lexbor escapes "<" and ">" when it serialises text, except inside of these elements:
#: https://html.spec.whatwg.org/multipage/parsing.html#serialising-html-fragments
_RAW = frozenset({"script", "style", "iframe", "noembed", "noframes", "xmp", "plaintext"})
_MANY, _TOO_MANY = 1_000, 50_000  # tags
_DEEP = 500
_NESTING = re.compile(
    r"<(/)?(?!(?:br|col|hr|img|input|link|meta|p|li|source|wbr)\b)[a-zA-Z][^<>]*(?<!/)>", re.IGNORECASE
)
_ANY_NAME = re.compile(r"</?[a-zA-Z][^<>]*>")
_HIDDEN = _RAW | _UNSEEN
_VOID = frozenset({"embed", "input", "meta"})
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ANY_TAG = re.compile(r"<([^> ]+)[^>]*>")
_SOURCE_TAG = re.compile(r"<(/?[^\s/>]*)[^>]*>")
_WELL_KNOWN = frozenset(
    f"{slash}{name}" for name in (*_ELEMENTS["blocks"], *_ELEMENTS["inline"], "br") for slash in ("", "/")
)
_EDGES = {"br": _BREAK, "/br": _BREAK} | {f"{slash}{name}": _PARAGRAPH for name in _BLOCKS for slash in ("", "/")}
_BLANK_LINE = re.compile(r"\n[ \t\r\f\v]*\n")
_SKIPPED = "|".join(_ELEMENTS["skipped"])
_UNREAD = re.compile(
    rf"<!--.*?(?:-->|\Z)|<({_SKIPPED})(?=[\s/>])[^>]*>.*?(?:</\1\s*>|\Z)|<(?:embed|input|meta)(?=[\s/>])[^>]*>",
    re.IGNORECASE | re.DOTALL,
)
_UNREAD_MARKS = ("<!--", "<iframe", "<script", "<svg")
#: A tag that seems to end inside the value of an attribute.
_TAG_REST = re.compile("[\"']>")
_CUT_TAG = re.compile(r"""<[^<>]*=\s*(?:"[^"<>]*|'[^'<>]*)>""")


def has_markup(text: str) -> bool:
    """Return whether a text contains HTML elements."""
    return _TAG.search(text) is not None


def plain_line(text: str) -> str:
    """Collapse white space, and remove invisible characters: the text on one line."""
    if not text.isascii():
        text = text.translate(_INVISIBLE)
    return " ".join(text.split())


def without_controls(text: str) -> str:
    """Remove control characters other than white space, and lone surrogates."""
    return _CONTROLS.sub("", text)


def decode_references(text: str) -> str:
    """Decode HTML's character references. Those that stand for control characters are dropped."""
    if "&" not in text:
        return text
    pieces = _REFERENCE.split(text)
    pieces[1::2] = map(_character, pieces[1::2])
    decoded = "".join(pieces)
    return _LATER_CONTROLS.sub("", decoded) if "&#" in text else decoded


@lru_cache(maxsize=4096)
def _character(reference: str) -> str:
    return unescape(reference)


def line_of_html(html: str) -> str:
    """Return a title or a name, which may contain elements and character references, as one line of plain text.

    Only elements of HTML count as markup, and only where they are used: "<b>Big</b> news" has one. "5 < 6", "use <T>"
    and "Why <b> is not <strong>" have none.
    """
    if has_markup(html):
        names = _named(html)

        def text(tag: re.Match[str]) -> str:
            typed = tag[0][:2] != "<!" and is_typed_tag(tag[0], names, html[tag.end() : tag.end() + 1])
            return tag[0] if typed else "" if _is_inline(tag[0]) else " "

        html = " ".join(_TAG.sub(text, html).split())
    return plain_line(decode_references(html))


def is_typed_tag(tag: str, names: Collection[str], following: str) -> bool:
    """Return whether somebody typed a tag as a word, such as the <main> of "Use <main> once".

    Args:
        tag: The tag.
        names: The names of all tags of the text, with a slash before those of end tags.
        following: The character behind the tag, or "".
    """
    match = _TYPED.fullmatch(tag)
    if match is None or "=" in match["rest"] or match["rest"].endswith("/"):
        return False
    name = match["name"].lower()
    if name not in _NAMES and not re.fullmatch("h[1-6]", name):
        return (name if match["end"] else f"/{name}") not in names
    return not match["end"] and f"/{name}" not in names and name not in _STRAY and not following.isalnum()


def _named(html: str) -> frozenset[str]:
    return frozenset(f"{tag['end']}{tag['name'].lower()}" for tag in _TYPED.finditer(html))


def with_typed_tags(html: str) -> str:
    """Escape the tags of a fragment that are no elements of HTML and have no end, such as "<your-name>"."""
    names = _named(html)
    if all(name.lstrip("/") in _NAMES for name in names):
        return html
    return _TYPED.sub(
        lambda tag: (
            f"&lt;{tag[0][1:-1]}&gt;"
            if tag["name"].lower() not in _NAMES and is_typed_tag(tag[0], names, "")
            else tag[0]
        ),
        html,
    )


def text_of_markup(html: str) -> str:
    """Return what `text_of_html` does of a fragment that is HTML in any case, whatever elements it has."""
    return text_of_tree(tree_of_html(with_typed_tags(html)))


def text_of_html(html: str) -> str:
    """Return the text of an HTML fragment, or of plain text, with a blank line between paragraphs."""
    if not has_markup(html):
        return text_of_plain(decode_references(html))
    text = text_of_source(html)
    return text_of_markup(html) if text is None else text


def text_of_plain(text: str) -> str:
    """Collapse the white space of plain text, in which blank lines separate paragraphs."""
    return _paragraphs(_PARAGRAPH.join(_BLANK_LINE.split(_MARKS.sub("", text))))


def visible_source(html: str) -> str:
    """Remove comments, scripts and the like from a fragment, as far as they can be told from its source."""
    return _UNREAD.sub("", html)


def text_of_source(html: str) -> str | None:
    """Return what `text_of_html` does, without building a tree; None if the fragment needs one.

    It needs one if it has a tag other than those of well-known elements in lower case, a stray "<", or a ">" in the
    value of an attribute.
    """
    if any(mark in html for mark in _UNREAD_MARKS):  # the most frequent of what `visible_source` removes
        return None
    if html.rfind(">") < html.rfind("<"):  # an unclosed "<", for which the patterns would search to the end
        return None
    if "\x02" in html or "\x03" in html:
        html = _MARKS.sub("", html)
    pieces = _SOURCE_TAG.split(html)
    tags = pieces[1::2]
    if not _WELL_KNOWN.issuperset(tags):
        return None
    pieces[1::2] = map(_EDGES.get, tags, repeat(""))
    flat = "".join(pieces)
    if "<" in flat or (">" in flat and (_TAG_REST.search(flat) or _CUT_TAG.search(html))):
        return None
    return _paragraphs(decode_references(flat))


def _is_deep(html: str) -> bool:
    """Return whether elements are nested, or left open, so deeply that lexbor would need quadratic time.

    See https://github.com/lexbor/lexbor/issues/340 and https://github.com/rushter/selectolax/issues/153.
    """
    if html.count("<") <= _MANY:
        return False
    depth = 0
    for count, tag in enumerate(_NESTING.finditer(html)):
        depth += -1 if tag[1] else 1
        if depth > _DEEP or count > _TOO_MANY:
            return True
    return False


def tree_of_html(html: str) -> LexborHTMLParser:
    """Parse a fragment. If parsing would take too long, its tags are removed first."""
    if _is_deep(html):
        html = _ANY_NAME.sub("\n\n", html)
    return LexborHTMLParser(_MARKS.sub("", html))


def text_of_tree(tree: LexborHTMLParser) -> str:
    """Return what `text_of_html` does, from a tree of `tree_of_html`. Scripts are removed from the tree."""
    pieces = _pieces(tree)
    tags = pieces[1::2]
    if hidden := _HIDDEN.intersection(tags):
        if not _RAW.isdisjoint(hidden):
            tree.strip_tags(list(_RAW & hidden), recursive=True)
            pieces = _pieces(tree)
        pieces = _visible(pieces)
        tags = pieces[1::2]
    pieces[1::2] = map(_EDGES.get, tags, repeat(""))
    flat = "".join(pieces)
    if "&" in flat:
        flat = flat.replace("&nbsp;", "\xa0").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _paragraphs(flat)


def lines_of_node(root: LexborNode) -> list[str]:
    """Return the paragraphs of an element."""
    return [line for line in _paragraphs(_flat(root)).split("\n\n") if line]


def _flat(root: LexborNode) -> str:
    """Return the text of an element, with marks where lines and paragraphs end."""
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
    """Return texts and tags in turn. Splitting lexbor's output is faster than walking its tree from Python."""
    body = tree.body
    html = (body.html or "") if body is not None else ""
    return _ANY_TAG.split(_COMMENT.sub("", html) if "<!--" in html else html)


def _visible(pieces: list[str]) -> list[str]:
    """Remove the elements whose text a reader does not see from texts and tags in turn."""
    visible = [pieces[0]]
    hidden, depth = "", 0
    for tag, text in zip(pieces[1::2], pieces[2::2], strict=True):
        if not depth and tag in _UNSEEN and tag not in _VOID:
            hidden, depth = tag, 1
        elif depth and tag in {hidden, f"/{hidden}"}:
            depth += 1 if tag == hidden else -1
            if not depth:
                visible[-1] += text
        elif not depth:
            visible += (tag, text)
    return visible


def _paragraphs(flat: str) -> str:
    """Collapse white space, and write the marks of `_flat` as blank lines."""
    if not flat.isascii():
        for mark in _INVISIBLE_MARKS:
            if mark in flat:
                flat = flat.replace(mark, "")
    flat = " ".join(flat.split())  # _BREAK and _PARAGRAPH are words now
    if "\x02" in flat:
        flat = _BREAKS.sub("\x03", flat).replace(" \x02", "").replace("\x02", "")
    return "\n\n".join(filter(None, map(str.strip, flat.split("\x03"))))


def _is_inline(tag: str) -> bool:
    name = re.match(r"</?(\w+)", tag)
    return name is None or name[1].lower() not in {*_BLOCKS, "br"}
