"""A404: whether the text can be read, in light, in the email's own dark colours, and in forced dark ones.

Contrast is that of WCAG 2.2 (section 1.4.3): 4.5 to 1, and 3 to 1 for text of 24 pixels or more. What a program makes
of the colours that it turns over by itself is an approximation: lightness is inverted, hue and saturation stay.
"""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cssselect
from cssutils.css.colors import COLORS
from lxml.cssselect import CSSSelector

from digest.checks.check_context import css_declarations
from digest.checks.rule_registry import fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lxml.html import HtmlElement

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding

__all__ = ["check_contrast", "contrast"]

Colour = tuple[float, float, float]

_LEAST, _LEAST_LARGE, _LARGE = 4.5, 3.0, 24.0
_DARK = re.compile(r"@media[^{]*prefers-color-scheme\s*:\s*dark[^{]*\{", re.IGNORECASE)
_RULE = re.compile(r"([^{};]+)\{([^{}]*)\}")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)", re.IGNORECASE)
_HSL = re.compile(r"hsl\(\s*([\d.]+)(?:deg)?[\s,]+([\d.]+)%[\s,]+([\d.]+)%\s*\)", re.IGNORECASE)
_SIZE = re.compile(r"^([\d.]+)px")


@dataclass(frozen=True, slots=True)
class _Look:
    """What is inherited. A colour is None where it cannot be told, such as over a picture."""

    text: Colour | None = (0.0, 0.0, 0.0)
    ground: Colour | None = (1.0, 1.0, 1.0)
    size: float = 16.0


def check_contrast(context: CheckContext) -> Iterator[Finding]:
    """One finding for each pair of colours in each scheme."""
    tree = context.page.tree
    body = None if tree is None else tree.find("body")
    if tree is None or body is None:
        return
    seen = set()
    for scheme, words, look, text in _texts(tree, body):
        if look.text is None or look.ground is None:
            continue
        pair = (scheme, look.text, look.ground)
        ratio = contrast(look.text, look.ground)
        # What a program makes of turned colours is a guess, so that only what nobody could read is told.
        least = _LEAST_LARGE if look.size >= _LARGE or scheme == "forced" else _LEAST
        if ratio < least and pair not in seen:
            seen.add(pair)
            colours = f"{_written(look.text)} on {_written(look.ground)}"
            message = f"The contrast is {ratio:.1f} to 1 {words} ({colours}): “{text}”"
            yield fault("A404", message, context.built("email.html"))


def contrast(one: Colour, other: Colour) -> float:
    """The ratio of two colours, each as red, green and blue from 0 to 1 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _texts(tree: HtmlElement, body: HtmlElement) -> Iterator[tuple[str, str, _Look, str]]:
    """Each piece of text in each scheme: the scheme, how to call it, its look, and its beginning."""
    for look, text in _walk(body, _Look(), {}):
        yield "light", "in light mode", look, text
        yield "forced", "when a program turns the colours over", _turned(look), text
    dark = _dark_rules(tree)
    if dark:
        for look, text in _walk(body, _Look(), dark):
            yield "dark", "in dark mode", look, text


def _walk(
    element: HtmlElement, look: _Look, rules: Mapping[HtmlElement, Mapping[str, str]]
) -> Iterator[tuple[_Look, str]]:
    style = {**_declared(element), **rules.get(element, {})}
    if style.get("display", "").startswith("none"):
        return
    look = _changed(look, style)
    text = " ".join((element.text or "").split())
    if text:
        yield look, text[:40]
    for child in element:
        if isinstance(child.tag, str):
            yield from _walk(child, look, rules)
        after = " ".join((child.tail or "").split())
        if after:
            yield look, after[:40]


def _changed(look: _Look, style: Mapping[str, str]) -> _Look:
    if "color" in style:
        look = replace(look, text=_colour(style["color"]))
    ground = style.get("background-color") or style.get("background") or style.get("bgcolor")
    if ground and ground.split()[0] not in {"transparent", "none", "inherit"}:
        look = replace(look, ground=_colour(ground))
    if size := _SIZE.match(style.get("font-size", "")):
        look = replace(look, size=float(size[1]))
    return look


def _declared(element: HtmlElement) -> dict[str, str]:
    found = {name: element.get(name) for name in ("bgcolor", "color") if element.get(name)}
    return {**found, **css_declarations(element.get("style", ""))}


def _colour(value: str) -> Colour | None:
    first = value.split(maxsplit=1)[0]
    if first in COLORS and len(COLORS[first]) >= 3 and first != "transparent":
        red, green, blue = COLORS[first][:3]
        return red / 255, green / 255, blue / 255
    if found := _HSL.search(value):
        hue, saturation, lightness = (float(part) for part in found.groups())
        return colorsys.hls_to_rgb(hue % 360 / 360, lightness / 100, saturation / 100)
    if found := _HEX.search(value):
        digits = found[1] if len(found[1]) == 6 else "".join(digit * 2 for digit in found[1])
        return int(digits[:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:], 16) / 255
    if found := _RGB.search(value):
        return int(found[1]) / 255, int(found[2]) / 255, int(found[3]) / 255
    return None


def _turned(look: _Look) -> _Look:
    return replace(look, text=look.text and _inverted(look.text), ground=look.ground and _inverted(look.ground))


def _inverted(colour: Colour) -> Colour:
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb(hue, 1 - lightness, saturation)


def _dark_rules(tree: HtmlElement) -> dict[HtmlElement, dict[str, str]]:
    """What the email's rules for dark schemes say of each element; the more specific, and then the later, wins."""
    rules: list[tuple[tuple[int, int, int], int, str, dict[str, str]]] = []
    for style in tree.iter("style"):
        for block in _blocks(style.text or ""):
            for selectors, body in _RULE.findall(block):
                for selector in selectors.split(","):
                    try:
                        (parsed,) = cssselect.parse(selector.strip())
                    except cssselect.SelectorError:
                        continue  # a selector for one program alone
                    rules.append((parsed.specificity(), len(rules), selector.strip(), css_declarations(body)))
    found: dict[HtmlElement, dict[str, str]] = {}
    for _, _, selector, declared in sorted(rules, key=lambda rule: rule[:2]):
        try:
            elements = CSSSelector(selector, translator="html")(tree)
        except cssselect.ExpressionError:
            continue
        for element in elements:
            found.setdefault(element, {}).update(declared)
    return found


def _blocks(css: str) -> Iterator[str]:
    """The insides of the media blocks for dark schemes."""
    for opening in _DARK.finditer(css):
        depth, place = 1, opening.end()
        while depth and place < len(css):
            depth += {"{": 1, "}": -1}.get(css[place], 0)
            place += 1
        yield css[opening.end() : place - 1]


def _written(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
