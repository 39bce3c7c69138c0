from __future__ import annotations

import re

import pytest

from digest.errors import RenderError
from digest.rendering.css_inlining import inline_css

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>é</title>
<!--[if mso]><style>.x { width: 1px !important }</style><![endif]-->
<style>img { width: 100% } @media (prefers-color-scheme: dark) { .a { color: #fff !important } }</style>
<style>[data-ogsc] .a { color: #fff !important } u + #body a { color: inherit !important }</style></head>
<body><!--[if mso | IE]><table width="600"><tr><td><![endif]-->
<p class="a">A 👩‍💻 <a href="https://a.example/?x=1&amp;y={{x}}">b</a></p>
<img src="https://a.example/i.png" alt="" width="600">
<!--[if mso | IE]></td></tr></table><![endif]--></body></html>"""
CSS = ".a { color: #123456; margin: 0 } a { text-decoration: underline } a:hover { color: red }"


@pytest.fixture(scope="module")
def inlined():
    return inline_css(PAGE, CSS)


def test_writes_rules_into_the_elements_that_they_match(inlined):
    assert re.search(r'<p class="a" style="color:#123456; margin:0">', inlined)
    assert 'style="text-decoration:underline"' in inlined


def test_keeps_the_doctype_which_prevents_quirks_mode(inlined):
    assert inlined.startswith("<!DOCTYPE html>")


def test_keeps_style_blocks_and_conditional_comments_unchanged(inlined):
    for block in re.findall(r"<!--\[if.*?<!\[endif\]-->|<style>.*?</style>", PAGE, re.DOTALL):
        assert block in inlined
    assert "data-premailer" not in inlined


def test_keeps_the_width_attribute_that_outlook_reads(inlined):
    assert re.search(r'<img [^>]*width="600"', inlined)


def test_keeps_addresses_and_characters(inlined):
    assert "👩‍💻" in inlined
    assert "https://a.example/?x=1&amp;y={{x}}" in inlined


def test_accepts_an_empty_style_sheet():
    assert "<p>x</p>" in inline_css("<!doctype html><html><head></head><body><p>x</p></body></html>", "")


def test_refuses_a_page_that_inlining_would_change():
    with pytest.raises(RenderError, match="the doctype"):
        inline_css("<p>no page at all</p>", CSS)
