"""Inline the theme's style sheet with premailer, leaving everything else as MJML wrote it.

The options, and the assertions after them, keep what premailer breaks when left to itself: the doctype, the pixel
widths that Outlook reads, ``!important``, the media queries, and the conditional comments.
"""

from __future__ import annotations

import logging
import re

from premailer import Premailer

from digest.errors import RenderError

__all__ = ["inline_css"]

_MARK = ' data-premailer="ignore"'
_COMMENT_OR_STYLE = re.compile(r"(?P<comment><!--.*?-->)|<style\b", re.DOTALL)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_DOCTYPE = "<!DOCTYPE html>"


def inline_css(html: str, css: str) -> str:
    """Write the rules of ``css`` into the elements that they select. ``<style>`` blocks stay as they are.

    Raises:
        RenderError: Something else than inline styles changed on the way.
    """
    html = re.sub(r"^\s*<!doctype html>", _DOCTYPE, html, count=1, flags=re.IGNORECASE)
    marked = _COMMENT_OR_STYLE.sub(lambda match: match[0] if match["comment"] else f"<style{_MARK}", html)
    inlined = Premailer(
        marked,
        css_text=[css] if css.strip() else [],
        keep_style_tags=False,
        strip_important=False,
        remove_classes=False,
        exclude_pseudoclasses=True,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
        align_floating_images=False,
        capitalize_float_margin=False,
        include_star_selectors=False,
        remove_unset_properties=False,
        disable_link_rewrites=True,
        method="html",
        allow_network=False,
        allow_loading_external_files=False,
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    result = str(inlined).replace(_MARK, "")
    _assert_kept(html, result)
    return result


def _assert_kept(before: str, after: str) -> None:
    kept = {
        "the doctype": after.startswith(_DOCTYPE),
        "a conditional comment": all(before.count(mark) == after.count(mark) for mark in ("<!--[if", "<![endif]")),
        "a style block": set(_STYLE.findall(before)) <= set(_STYLE.findall(after)),  # one for :hover may be new
    }
    for what, unchanged in kept.items():
        if not unchanged:
            raise RenderError(
                f"inlining the styles changed {what} of the page",
                hint="Look in the theme for raw HTML that is not well formed near it.",
            )
