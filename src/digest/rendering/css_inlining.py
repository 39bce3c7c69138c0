"""Inline the theme's style sheet with premailer, and leave everything else as MJML wrote it.

With its defaults, premailer 3.10 (https://github.com/peterbe/premailer) drops the doctype, overwrites the pixel widths
that Outlook for Windows needs, strips ``!important``, and rewrites media queries and conditional comments. The options
below prevent that, and the assertions after inlining fail if anything but inline styles has changed.
"""

from __future__ import annotations

import logging
import re
import sys
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from digest.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from premailer import Premailer

__all__ = ["inline_css"]

#: premailer skips a style block with this attribute. Without it, MJML's base styles for td, img and p would be inlined
#: into every cell, which makes the page a third longer.
_MARK = ' data-premailer="ignore"'
_COMMENT_OR_STYLE = re.compile(r"(?P<comment><!--.*?(?:-->|\Z))|<style\b", re.DOTALL)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
#: premailer keeps the doctype only in this spelling, and without one a page is shown in quirks mode.
_DOCTYPE = "<!DOCTYPE html>"
_CONDITIONS = ("<!--[if", "<![endif]", "<![if")
_RULE = re.compile(r"(?<![^{}])([^{}]+)\{([^{}]*)\}")
_WORD = re.compile(r"[A-Za-z][\w-]*")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
#: What premailer silently leaves out of a style attribute, or would change the precedence of.
_LOST = {
    "!important": re.compile(r"!\s*important"),
    "an @ rule": re.compile(r"@[a-z-]+"),
    "a colour with eight digits": re.compile(r"#[0-9a-f]{8}\b", re.IGNORECASE),
    ":not() or :nth-child()": re.compile(r":(?:not|nth-[a-z-]+)\("),
}


_OPTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "keep_style_tags": False,
        # By default, premailer also strips !important from style blocks, and media queries then lose to inline styles.
        "strip_important": False,
        "remove_classes": False,
        "exclude_pseudoclasses": True,
        # premailer would copy width: 100% from CSS over width="600", and Outlook for Windows reads only the attribute.
        "disable_basic_attributes": ["width", "height", "align", "valign", "bgcolor"],
        # These two would add align attributes, and capitalise float and margin.
        "align_floating_images": False,
        "capitalize_float_margin": False,
        "include_star_selectors": False,
        "remove_unset_properties": False,
        # Links are published unchanged.
        "disable_link_rewrites": True,
        "method": "html",
        # Otherwise a <link> in a theme would make premailer fetch a style sheet.
        "allow_network": False,
        "allow_loading_external_files": False,
        # cssutils would log every mso-* and -webkit-* property as an error.
        "disable_validation": True,
        "cssutils_logging_level": logging.CRITICAL,
    }
)


class _LoadedOnUse(ModuleType):
    """Stands for a module that is imported when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


def _load_premailer() -> Any:
    """The class Premailer. Its module imports requests, which only the downloads that the options forbid would use.

    Importing requests takes as long as importing all else that rendering needs, so it waits until somebody uses it.
    """
    if "requests" in sys.modules:
        return import_module("premailer").Premailer
    sys.modules["requests"] = _LoadedOnUse("requests")
    try:
        return import_module("premailer").Premailer
    finally:
        del sys.modules["requests"]  # for everybody else


if not TYPE_CHECKING:
    Premailer = _load_premailer()


def inline_css(html: str, css: str) -> str:
    """Write the rules of ``css`` into the elements that they select. ``<style>`` blocks stay as they are.

    Args:
        html: A whole page.
        css: The style sheet to inline.

    Raises:
        RenderError: ``css`` contains something that cannot be inlined, or inlining changed more than inline styles.
    """
    _assert_inlinable(css)
    html = re.sub(r"^\s*<!doctype html>", _DOCTYPE, html, count=1, flags=re.IGNORECASE)
    head, end, body = html.partition("</head>")
    marked = _COMMENT_OR_STYLE.sub(lambda match: match[0] if match["comment"] else f"<style{_MARK}", head) + end + body
    inlined = _Inliner(marked, css_text=[css] if css.strip() else [], **_OPTIONS).transform(pretty_print=False)
    result = str(inlined).replace(_MARK, "")
    _assert_unchanged(html, result)
    return result


class _Inliner(Premailer):  # type: ignore[misc] # premailer has no type annotations
    """premailer, made faster: each style sheet is parsed once, and rules that cannot match the page are skipped."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _parsed(css_body, ruleset_index)
        return [rule for rule in rules if all(word in self.html for word in _words_of(rule[1]))], list(leftover)

    def _style_to_basic_html_attributes(self, *_: Any, **__: Any) -> None:
        """Do nothing: the options turn off every attribute that this method would write."""


@lru_cache(maxsize=8)
def _parsed(css: str, index: int) -> tuple[list[Any], list[Any]]:
    rules, leftover = super(_Inliner, _Inliner("", **_OPTIONS))._parse_style_rules(css, index)
    return rules, leftover


@lru_cache(maxsize=1024)
def _words_of(selector: str) -> tuple[str, ...]:
    """The names of elements, classes and attributes in a selector; a page that it matches contains all of them."""
    return tuple(match[0] for match in _WORD.finditer(selector))


@lru_cache(maxsize=8)
def _assert_inlinable(css: str) -> None:
    css = _CSS_COMMENT.sub("", css)
    for what, pattern in _LOST.items():
        if match := pattern.search(css):
            excerpt = " ".join(css[max(match.start() - 40, 0) : match.end() + 20].split())
            raise RenderError(
                f"{what} cannot be inlined: … {excerpt} …",
                hint="Move the rule from inlined.css.j2 to screen.css.j2, or write it in another way.",
            )
    for selector, body in _RULE.findall(css):
        names = [declaration.partition(":")[0].strip() for declaration in body.split(";")]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice:
            raise RenderError(
                f"the rule for {selector.strip()} declares {twice} twice, and only the last would be inlined",
                hint="Remove one of them; put the fallback of a gradient into an attribute such as bgcolor.",
            )


def _styles(page: str) -> set[str]:
    return set(_STYLE.findall(page[: page.rfind("</style>") + 8]))


def _assert_unchanged(before: str, after: str) -> None:
    unchanged = {
        "the doctype": after.startswith(_DOCTYPE),
        "a conditional comment": all(before.count(mark) == after.count(mark) for mark in _CONDITIONS),
        "a style block": _styles(before) <= _styles(after),  # premailer may add one for :hover
    }
    for what, is_unchanged in unchanged.items():
        if not is_unchanged:
            raise RenderError(
                f"inlining the styles changed {what} of the page",
                hint="Look in the theme for raw HTML near it that is not well formed.",
            )
