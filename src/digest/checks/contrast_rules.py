"""A404: whether text has enough contrast: in light mode, in the email's own dark mode, and with inverted colours.

WCAG 2.2 (success criterion 1.4.3) asks for 4.5 to 1, and for 3 to 1 in text of 24 pixels or more. Email clients that
force a dark mode, such as Gmail's apps, do not document how they invert colours. This module approximates it: lightness
is inverted, hue and saturation stay.
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

_MINIMUM, _MINIMUM_LARGE = 4.5, 3.0
#: In CSS pixels, which is WCAG's 18 points.
_LARGE = 24.0
_DARK = re.compile(r"@media[^{@]*prefers-color-scheme\s*:\s*dark[^{@]*\{", re.IGNORECASE)
_RULE = re.compile(r"(?<![^{};])([^{};]+)\{([^{}]*)\}")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\b", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)", re.IGNORECASE)
_HSL = re.compile(r"hsl\(\s*([\d.]+)(?:deg)?[\s,]+([\d.]+)%[\s,]+([\d.]+)%\s*\)", re.IGNORECASE)
_SIZE = re.compile(r"^([\d.]+)px")


@dataclass(frozen=True, slots=True)
class _TextStyle:
    """The inherited style of a piece of text. A colour is None if it is unknown, such as over a picture."""

    text: Colour | None = (0.0, 0.0, 0.0)
    background: Colour | None = (1.0, 1.0, 1.0)
    size: float = 16.0


def check_contrast(context: CheckContext) -> Iterator[Finding]:
    """One finding for each pair of colours with too little contrast, in each colour scheme."""
    tree = context.page.tree
    body = None if tree is None else tree.find("body")
    if tree is None or body is None:
        return
    seen = set()
    for scheme, phrase, style, text in _texts(tree, body):
        if style.text is None or style.background is None:
            continue
        pair = (scheme, style.text, style.background)
        ratio = contrast(style.text, style.background)
        # Inverted colours are a guess, so only text that nobody could read is reported.
        minimum = _MINIMUM_LARGE if style.size >= _LARGE or scheme == "forced" else _MINIMUM
        if ratio < minimum and pair not in seen:
            seen.add(pair)
            colours = f"{_hex(style.text)} on {_hex(style.background)}"
            message = f"The contrast is {ratio:.1f} to 1 {phrase} ({colours}): “{text}”"
            yield fault("A404", message, context.built("email.html"))


def contrast(first: Colour, second: Colour) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2, definition of "contrast ratio").

    Args:
        first: Red, green and blue, each from 0 to 1.
        second: The same.
    """
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _texts(tree: HtmlElement, body: HtmlElement) -> Iterator[tuple[str, str, _TextStyle, str]]:
    """Each piece of text in each scheme: the scheme, how a message describes it, the style, and how the text begins."""
    for style, text in _walk(body, _TextStyle(), {}):
        yield "light", "in light mode", style, text
        yield "forced", "when an email client inverts the colours", _inverted(style), text
    dark = _dark_rules(tree)
    if dark:
        for style, text in _walk(body, _TextStyle(), dark):
            yield "dark", "in dark mode", style, text


def _walk(
    element: HtmlElement, inherited: _TextStyle, rules: Mapping[HtmlElement, Mapping[str, str]]
) -> Iterator[tuple[_TextStyle, str]]:
    declared = {**_declared(element), **rules.get(element, {})}
    if declared.get("display", "").startswith("none"):
        return
    style = _changed(inherited, declared)
    text = " ".join((element.text or "").split())
    if text:
        yield style, text[:40]
    for child in element:
        if isinstance(child.tag, str):
            yield from _walk(child, style, rules)
        after = " ".join((child.tail or "").split())
        if after:
            yield style, after[:40]


def _changed(style: _TextStyle, declared: Mapping[str, str]) -> _TextStyle:
    if "color" in declared:
        style = replace(style, text=_colour(declared["color"]))
    background = declared.get("background-color") or declared.get("background") or declared.get("bgcolor")
    if background and background.split()[0] not in {"transparent", "none", "inherit"}:
        style = replace(style, background=_colour(background))
    if size := _SIZE.match(declared.get("font-size", "")):
        style = replace(style, size=float(size[1]))
    return style


def _declared(element: HtmlElement) -> dict[str, str]:
    attributes = {name: element.get(name) for name in ("bgcolor", "color") if element.get(name)}
    return {**attributes, **css_declarations(element.get("style", ""))}


def _colour(value: str) -> Colour | None:
    first = value.split(maxsplit=1)[0]
    # cssutils lists "transparent" as black with an alpha of 0.
    if first in COLORS and len(COLORS[first]) >= 3 and first != "transparent":
        red, green, blue = COLORS[first][:3]
        return red / 255, green / 255, blue / 255
    if match := _HSL.search(value):
        hue, saturation, lightness = (float(part) for part in match.groups())
        return colorsys.hls_to_rgb(hue % 360 / 360, lightness / 100, saturation / 100)
    if match := _HEX.search(value):
        digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
        return int(digits[:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:], 16) / 255
    if match := _RGB.search(value):
        return int(match[1]) / 255, int(match[2]) / 255, int(match[3]) / 255
    return None


def _inverted(style: _TextStyle) -> _TextStyle:
    text, background = (
        style.text and _inverted_colour(style.text),
        style.background and _inverted_colour(style.background),
    )
    return replace(style, text=text, background=background)


def _inverted_colour(colour: Colour) -> Colour:
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb(hue, 1 - lightness, saturation)


def _dark_rules(tree: HtmlElement) -> dict[HtmlElement, dict[str, str]]:
    """The declarations for dark mode of each element: a more specific rule wins, then the later one."""
    rules: list[tuple[tuple[int, int, int], int, str, dict[str, str]]] = []
    for style in tree.iter("style"):
        for block in _dark_blocks(style.text or ""):
            for selectors, body in _RULE.findall(block):
                for selector in selectors.split(","):
                    try:
                        (parsed,) = cssselect.parse(selector.strip())
                    except cssselect.SelectorError:
                        continue  # not CSS: a hack that targets one email client
                    rules.append((parsed.specificity(), len(rules), selector.strip(), css_declarations(body)))
    by_element: dict[HtmlElement, dict[str, str]] = {}
    for _, _, selector, declared in sorted(rules, key=lambda rule: rule[:2]):
        try:
            elements = CSSSelector(selector, translator="html")(tree)
        except cssselect.ExpressionError:
            continue  # a pseudo-class that XPath cannot express, such as :hover
        for element in elements:
            by_element.setdefault(element, {}).update(declared)
    return by_element


def _dark_blocks(css: str) -> Iterator[str]:
    """The contents of each ``@media (prefers-color-scheme: dark)`` block."""
    for opening in _DARK.finditer(css):
        depth, place = 1, opening.end()
        while depth and place < len(css):
            depth += {"{": 1, "}": -1}.get(css[place], 0)
            place += 1
        yield css[opening.end() : place - 1]


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
