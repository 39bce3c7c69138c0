"""Inline the theme's style sheet with premailer, leaving everything else as MJML wrote it.

The options, and the assertions after them, keep what premailer breaks when left to itself: the doctype, the pixel
widths that Outlook reads, ``!important``, the media queries, and the conditional comments.
"""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from premailer import Premailer

from digest.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["inline_css"]

_MARK = ' data-premailer="ignore"'
_COMMENT_OR_STYLE = re.compile(r"(?P<comment><!--.*?-->)|<style\b", re.DOTALL)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_DOCTYPE = "<!DOCTYPE html>"
_CONDITIONS = ("<!--[if", "<![endif]", "<![if")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_WORD = re.compile(r"[A-Za-z][\w-]*")
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
#: What premailer leaves out of a style attribute, or would give another weight there, without a word.
_LOST = {
    "!important": re.compile(r"!\s*important"),
    "an @ rule": re.compile(r"@[a-z-]+"),
    "a colour with eight digits": re.compile(r"#[0-9a-f]{8}\b", re.IGNORECASE),
    ":not() or :nth-child()": re.compile(r":(?:not|nth-[a-z-]+)\("),
}


_OPTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "keep_style_tags": False,
        "strip_important": False,
        "remove_classes": False,
        "exclude_pseudoclasses": True,
        "disable_basic_attributes": ["width", "height", "align", "valign", "bgcolor"],
        "align_floating_images": False,
        "capitalize_float_margin": False,
        "include_star_selectors": False,
        "remove_unset_properties": False,
        "disable_link_rewrites": True,
        "method": "html",
        "allow_network": False,
        "allow_loading_external_files": False,
        "disable_validation": True,
        "cssutils_logging_level": logging.CRITICAL,
    }
)


def inline_css(html: str, css: str) -> str:
    """Write the rules of ``css`` into the elements that they select. ``<style>`` blocks stay as they are.

    Raises:
        RenderError: ``css`` holds what cannot be inlined, or something else than inline styles changed on the way.
    """
    _assert_inlinable(css)
    html = re.sub(r"^\s*<!doctype html>", _DOCTYPE, html, count=1, flags=re.IGNORECASE)
    head, end, body = html.partition("</head>")
    marked = _COMMENT_OR_STYLE.sub(lambda match: match[0] if match["comment"] else f"<style{_MARK}", head) + end + body
    inlined = _Inliner(marked, css_text=[css] if css.strip() else [], **_OPTIONS).transform(pretty_print=False)
    result = str(inlined).replace(_MARK, "")
    _assert_kept(html, result)
    return result


class _Inliner(Premailer):  # type: ignore[misc] # it has no types
    """premailer, but a style sheet is parsed once for all issues, and what the page has not is not looked for."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _parsed(css_body, ruleset_index)
        return [rule for rule in rules if all(word in self.html for word in _words_of(rule[1]))], list(leftover)

    def _style_to_basic_html_attributes(self, *_: Any, **__: Any) -> None:
        """Nothing: the options turn off all attributes that it would write."""


@lru_cache(maxsize=8)
def _parsed(css: str, index: int) -> tuple[list[Any], list[Any]]:
    rules, leftover = super(_Inliner, _Inliner("", **_OPTIONS))._parse_style_rules(css, index)
    return rules, leftover


@lru_cache(maxsize=1024)
def _words_of(selector: str) -> tuple[str, ...]:
    """What stands in the text of every page on which a selector matches: its elements, classes and attributes."""
    return tuple(found[0] for found in _WORD.finditer(selector))


@lru_cache(maxsize=8)
def _assert_inlinable(css: str) -> None:
    css = _CSS_COMMENT.sub("", css)
    for what, pattern in _LOST.items():
        if found := pattern.search(css):
            around = " ".join(css[max(found.start() - 40, 0) : found.end() + 20].split())
            raise RenderError(
                f"{what} cannot be inlined: … {around} …",
                hint="Put the rule into screen.css.j2, or write it otherwise.",
            )
    for selector, body in _RULE.findall(css):
        names = [declaration.partition(":")[0].strip() for declaration in body.split(";")]
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice:
            raise RenderError(
                f"{selector.strip()} says {twice} twice, and only the last would be inlined",
                hint="Leave one of them out; what stands for a gradient belongs in an attribute such as bgcolor.",
            )


def _styles(page: str) -> set[str]:
    return set(_STYLE.findall(page[: page.rfind("</style>") + 8]))


def _assert_kept(before: str, after: str) -> None:
    kept = {
        "the doctype": after.startswith(_DOCTYPE),
        "a conditional comment": all(before.count(mark) == after.count(mark) for mark in _CONDITIONS),
        "a style block": _styles(before) <= _styles(after),  # one for :hover may be new
    }
    for what, unchanged in kept.items():
        if not unchanged:
            raise RenderError(
                f"inlining the styles changed {what} of the page",
                hint="Look in the theme for raw HTML that is not well formed near it.",
            )
