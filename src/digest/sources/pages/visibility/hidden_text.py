"""Remove from a page what none of its readers sees: text of no size, off the screen, transparent or clipped away.

The same styles also reveal a text while the page is scrolled, fold it up, or close the gaps between boxes. So a style
hides nothing that makes up much of the page, and nothing in elements that set the opposite themselves.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from digest.sources.html_text import plain_line
from digest.sources.pages.visibility.page_styles import read_styles
from digest.sources.pages.visibility.text_colours import is_transparent, look_alike
from digest.sources.tables import load_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from digest.sources.pages.visibility.page_styles import Style

__all__ = ["remove_elements", "remove_hidden"]

_NUMBER = re.compile(r"(-?(?:\d+(?:\.\d*)?|\.\d+))(px|em|rem|ex|ch|pt|vw|vh|vmin|vmax|%)?")
_PIXELS = {"em": 16, "rem": 16, "ex": 8, "ch": 8, "pt": 1.33, "vw": 5.5, "vh": 5.5, "vmin": 5.5, "vmax": 5.5, "%": 5.5}
_FAR = -500  # pixels beyond the edge of the screen; a margin of -50vw only makes a picture as wide as that
_TINY = 1  # pixels
_SHIFT = re.compile(r"translate(?:x|y|3d)?\(([^)]*)\)")
_NO_SCALE = re.compile(r"scale(?:x|y|3d)?\(\s*0(?:\.0+)?\s*[,)]")
_NO_CLIP = re.compile(
    r"inset\(\s*(?:50|[6-9]\d|100)%|circle\(\s*0|polygon\(\s*0(?:px|%)?\s+0(?:px|%)?\s*(?:,\s*0(?:px|%)?\s+0(?:px|%)?\s*)*\)"
)
_RELATIVE_SIZE = re.compile(r"^(?:0|[\d.]+(?:em|%|ex|ch)|inherit|smaller|larger|unset)")
#: Classes of scripts that show a text when it comes into view.
_REVEALED = re.compile(r"\b(?:reveal|fade|animat|aos|wow|scroll|lazy|slide|appear|in-?view|transition)", re.IGNORECASE)
_NO_GROUND = frozenset({"", "none", "inherit", "initial", "unset"})
_SIDES = ("left", "top", "right", "bottom")


def remove_hidden(tree: LexborHTMLParser) -> None:
    """Remove the elements whose text no reader of the page sees."""
    table = load_table("page_text")
    ways: defaultdict[str, dict[int, LexborNode]] = defaultdict(dict)
    for selector in table["unseen"]:
        for node in tree.css(selector):
            ways["unseen"][node.mem_id] = node
    styled = read_styles(tree)
    styles = {node.mem_id: style for node, style in styled}
    plain_page = tree.css_first("link[rel~=stylesheet i]") is None
    for node, style in styled:
        if node.tag not in {"html", "body"} and (way := _way(node, style, styles, plain_page=plain_page)):
            for each in _without_restored(node, way, styles):
                ways[way][each.mem_id] = each
    whole = _size(tree.body) if tree.body is not None else 0
    for way, nodes in ways.items():
        most = (table["hidden"] if way in {"unseen", "opacity", "visibility"} else table["invisible"]) * whole
        outermost = [node for node in nodes.values() if not any(above.mem_id in nodes for above in _above(node))]
        if whole and sum(map(_size, outermost)) <= most:
            remove_elements(outermost)


def remove_elements(nodes: Iterable[LexborNode]) -> None:
    """Remove elements from the tree.

    lexbor frees the descendants of an element with it, and selectolax crashes when a node is freed twice, so only the
    outermost elements are removed. See https://github.com/rushter/selectolax/issues/169.
    """
    by_id = {node.mem_id: node for node in nodes}
    outermost = [node for node in by_id.values() if not any(above.mem_id in by_id for above in _above(node))]
    for node in outermost:
        node.decompose()


def _above(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _size(node: LexborNode) -> int:
    """The characters of an element's paragraphs, or of its text if it has none. Menus and forms are no text."""
    paragraphs = {each.mem_id: each for each in node.css("p")} or (
        {} if node.css_first("a, li, form, button, input") else {node.mem_id: node}
    )
    return sum(len(plain_line(each.text())) for each in paragraphs.values())


def _way(node: LexborNode, style: Style, styles: Mapping[int, Style], *, plain_page: bool) -> str:
    """How a style hides the element: "opacity", "visibility", "size", "place" or "colour"; empty if it does not."""
    revealed = "animation" in style or "animation-name" in style or _is_revealed(node)
    if not revealed and (_is_zero(style.get("opacity", "")) or "opacity(0" in style.get("filter", "")):
        return "opacity"
    if not revealed and _NO_SCALE.search(style.get("transform", "")):
        return "opacity"
    if style.get("display") == "none" or style.get("visibility") in {"hidden", "collapse"} or _is_folded(style):
        return "" if revealed else "visibility"
    if 0 <= _pixels(_font_size(style), 16) <= _TINY or _is_clipped(style):
        return "size"
    if _is_away(style):
        return "place"
    return "colour" if _is_in_colour_of_ground(node, style, styles, plain_page=plain_page) else ""


def _is_revealed(node: LexborNode) -> bool:
    attributes = node.attributes
    marks = f"{attributes.get('class') or ''} {' '.join(key for key in attributes if key.startswith('data-'))}"
    return _REVEALED.search(marks) is not None


def _is_folded(style: Style) -> bool:
    cut = style.get("overflow", style.get("overflow-y", "")) in {"hidden", "clip"}
    return cut and any(_is_zero(style.get(name, "")) for name in ("max-height", "height", "width", "max-width"))


def _is_clipped(style: Style) -> bool:
    if style.get("position") in {"absolute", "fixed"} and style.get("clip", "").startswith("rect("):
        sides = [abs(_pixels(side, 999)) for side in re.split(r"[\s,]+", style["clip"][5:].strip(" ()"))]
        return len(sides) == 4 and max(sides) <= _TINY
    if _NO_CLIP.search(style.get("clip-path", "")):
        return True
    cut = style.get("overflow") in {"hidden", "clip"}
    return cut and all(_pixels(style.get(name, ""), 999) <= _TINY for name in ("width", "height"))


def _is_away(style: Style) -> bool:
    if _pixels(style.get("text-indent", ""), 0) <= _FAR:
        return True
    names = ["margin-left", "margin-top", "margin"]
    if style.get("position") in {"absolute", "fixed", "relative"}:
        names += _SIDES
    if any(_pixels(style.get(name, "").partition(" ")[0], 0) <= _FAR for name in names):
        return True
    shift = _SHIFT.search(style.get("transform", ""))
    return shift is not None and any(
        "%" not in part and _pixels(part.strip(), 0) <= _FAR for part in shift[1].split(",")
    )


def _is_in_colour_of_ground(node: LexborNode, style: Style, styles: Mapping[int, Style], *, plain_page: bool) -> bool:
    """Whether a text has the colour of its ground, which is white where no style says so and no sheet is linked."""
    colour = style.get("color", "")
    if not colour or "-webkit-text-fill-color" in style or "background-clip" in style or "text-shadow" in style:
        return False
    if is_transparent(colour):
        return True
    for each in (node, *_above(node)):
        own = style if each is node else styles.get(each.mem_id, {})
        ground = own.get("background-color") or own.get("background") or (each.attributes.get("bgcolor") or "").lower()
        if "background-image" in own:
            return False
        if ground not in _NO_GROUND and not is_transparent(ground):
            return look_alike(colour, ground)
        if each.tag == "html":
            break
    return plain_page and look_alike(colour, "white")


def _font_size(style: Style) -> str:
    if "font-size" in style:
        return style["font-size"]
    short = re.match(r"(?:\S+\s+){0,4}?(0(?:px|em|rem|pt|%)?)(?:/\S+)?\s+\S", style.get("font", ""))
    return short[1] if short else ""


def _is_zero(value: str) -> bool:
    match = _NUMBER.fullmatch(value)
    return match is not None and abs(float(match[1])) <= 0.01


def _pixels(value: str, otherwise: float) -> float:
    match = _NUMBER.fullmatch(value.strip())
    return float(match[1]) * _PIXELS.get(match[2] or "", 1) if match else otherwise


def _without_restored(node: LexborNode, way: str, styles: Mapping[int, Style]) -> Iterator[LexborNode]:
    """The element, or its parts but for those that set the opposite: a size, or visible text in an invisible box."""
    restored = {
        each.mem_id
        for each in node.css("[style], [class], [id]")
        if each.mem_id != node.mem_id and _restores(styles.get(each.mem_id, {}), way)
    }
    if not restored:
        yield node
        return
    stack = [node]
    while stack:
        for child in stack.pop().iter():
            if child.mem_id in restored:
                continue
            if any(each.mem_id in restored for each in child.css("*")):
                stack.append(child)
            else:
                yield child


def _restores(style: Style, way: str) -> bool:
    if way == "size":
        size = style.get("font-size", "")
        return bool(size) and not _RELATIVE_SIZE.match(size)
    return (way == "visibility" and style.get("visibility") == "visible") or (way == "colour" and "color" in style)
