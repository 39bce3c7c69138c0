"""C501: features of HTML and CSS that a chosen family of email clients does not support.

The figures are in client_support.toml, which is generated from caniemail's data. Each feature counts on its own: a mean
over all of them would improve if a page lost its dark mode. A feature that fewer than half of the clients in a family
support is a finding, unless client_features.toml lists it as an enhancement.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lxml import html as lxml_html

from digest.checks.check_context import CONDITIONAL_COMMENT
from digest.checks.rule_registry import fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from digest.checks.check_context import CheckContext
    from digest.checks.rule_registry import Finding

__all__ = ["check_support", "features_in", "support_of"]

#: In percent. Below it, most clients of the family lack the feature.
_MINIMUM = 50
_FAMILY_NAMES = {"gmail": "Gmail", "apple-mail": "Apple Mail", "outlook": "Outlook", "yahoo": "Yahoo"}

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"(?<![^{};])([^{};]+)\{([^{}]*)\}")
_AT = re.compile(r"@([a-z-]+)([^{;]*)", re.IGNORECASE)
_DECLARATION = re.compile(r"(?<![a-z-])([a-z-]+)\s*:\s*([^;]+)", re.IGNORECASE)
_UNIT = re.compile(r"(?<![\w#])-?(?:\d+(?:\.\d+)?|\.\d+)(ch|cm|em|ex|in|mm|pc|pt|px|rem|vh|vmax|vmin|vw|%)(?![\w])")
_FUNCTION = re.compile(r"(?<![\w-])([a-z-]+)\(")
_PSEUDO = re.compile(r"(::?)([a-z-]+)")
#: Features of selectors, and how to recognise each.
_SELECTORS = {
    "css-selector-attribute": re.compile(r"\["),
    "css-selector-child": re.compile(r">"),
    "css-selector-adjacent-sibling": re.compile(r"\+"),
    "css-selector-general-sibling": re.compile(r"~(?!=)"),
    "css-selector-universal": re.compile(r"(?:^|[\s,>])\*"),
    "css-selector-id": re.compile(r"#[A-Za-z]"),
}
#: CSS functions whose feature in caniemail's data has another name.
_CALLS = {"calc": "css-unit-calc", "var": "css-variables", "rgb": "css-rgb", "rgba": "css-rgba"}


def check_support(context: CheckContext) -> Iterator[Finding]:
    """One finding for each feature, naming the families that hardly support it."""
    enhancements = _table("client_features.toml")["enhancements"]
    for feature in sorted(features_in(context.rendered.html)):
        if feature in enhancements or feature == "image-base64":  # reported as M304
            continue
        figures = support_of(feature)
        lacking = [family for family in context.config.check.clients if figures.get(family, 100) < _MINIMUM]
        if lacking:
            families = " and ".join(f"{_FAMILY_NAMES[family]} ({figures[family]} %)" for family in lacking)
            message = f"{_table('client_support.toml')[feature]['title']} ({feature}) is hardly supported by {families}"
            yield fault("C501", message, context.built("email.html"))


def support_of(feature: str) -> Mapping[str, int]:
    """The support of a feature in each family, in percent. Families without test results are left out."""
    return {name: value for name, value in _table("client_support.toml").get(feature, {}).items() if name != "title"}


def features_in(html: str) -> frozenset[str]:
    """The features of client_support.toml that an email uses, outside Outlook's conditional comments."""
    listed = _table("client_support.toml").keys()
    return frozenset(feature for feature in _features(CONDITIONAL_COMMENT.sub("", html)) if feature in listed)


def _features(html: str) -> Iterator[str]:
    if not html.strip():
        return
    tree = lxml_html.document_fromstring(html.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    for element in tree.iter():
        if isinstance(element.tag, str):
            yield from _of_element(element.tag, dict(element.attrib))
            if element.tag == "style":
                yield from _of_sheet(element.text or "")


def _of_element(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    yield _elements().get(tag, f"html-{tag}")
    yield from (f"html-{name}" for name in attributes)
    if tag == "input":
        yield f"html-input-{attributes.get('type', 'text').lower()}"
    if attributes.get("name", "").lower() == "color-scheme":
        yield "html-meta-color-scheme"
    if "loading" in attributes:
        yield "html-loading-attribute"
    href = attributes.get("href", "")
    if href.startswith("mailto:"):
        yield "html-mailto-links"
    if len(href) > 1 and href.startswith("#"):
        yield "html-anchor-links"
    if tag in {"img", "source"}:
        yield from _of_image(attributes.get("src", ""))
    yield from _of_declarations(attributes.get("style", ""))


def _of_image(src: str) -> Iterator[str]:
    if src.startswith("data:"):
        yield "image-base64"
        return
    ending = urlsplit(src).path.rpartition(".")[2].lower()
    yield f"image-{ {'jpeg': 'jpg', 'tif': 'tiff', 'heic': 'heif'}.get(ending, ending) }"


def _of_sheet(css: str) -> Iterator[str]:
    css = _COMMENT.sub("", css)
    for name, condition in _AT.findall(css):
        yield f"css-at-{name.lower()}"
        yield from (f"css-at-{name.lower()}-{word}" for word in re.findall(r"\(\s*(?:min-|max-)?([a-z-]+)", condition))
    for selector, body in _RULE.findall(css):
        if not selector.lstrip().startswith("@"):
            yield from _of_selector(selector)
        yield from _of_declarations(body)


def _of_selector(selector: str) -> Iterator[str]:
    bare = re.sub(r"\[[^\]]*\]", "[]", selector)
    yield from (feature for feature, pattern in _SELECTORS.items() if pattern.search(bare))
    for colons, name in _PSEUDO.findall(bare):
        yield f"css-pseudo-{'element' if colons == '::' else 'class'}-{name}"


def _of_declarations(css: str) -> Iterator[str]:
    for name, value in _DECLARATION.findall(css.lower()):
        if name.startswith(("-", "mso-")):
            continue  # targets one email client
        yield _property(name)
        yield f"css-{name}-{value.split()[0]}" if value.split() else ""
        if "!important" in value:
            yield "css-important"
        yield from (f"css-unit-{'percent' if unit == '%' else unit}" for unit in _UNIT.findall(value))
        for call in _FUNCTION.findall(value):
            yield _CALLS.get(call, f"css-function-{call}")
            yield f"css-{call.removeprefix('repeating-')}"


def _property(name: str) -> str:
    """The feature of a CSS property: its own, or that of the shorthand it belongs to (border-top-color: border)."""
    listed = _table("client_support.toml")
    if name in _table("client_features.toml")["properties"]:
        return str(_table("client_features.toml")["properties"][name])
    shorthand = name
    while f"css-{shorthand}" not in listed and "-" in shorthand:
        shorthand = shorthand.rpartition("-")[0]
    return f"css-{shorthand}"


@cache
def _elements() -> Mapping[str, str]:
    return {tag: feature for feature, tags in _table("client_features.toml")["elements"].items() for tag in tags}


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("digest.checks").joinpath(name).read_text(encoding="utf-8"))
