"""Defects of mrml (D1 to D14) and premailer (P1 to P12), none of which reaches the email.

Each was measured with mjml-python 1.4.2 (mrml 6.0.1) and premailer 3.10.0.
"""

from __future__ import annotations

import logging
import re

import pytest
from lxml import html as lxml_html

from digest.errors import RenderError
from digest.rendering.css_inlining import inline_css
from digest.rendering.mjml import render_mjml

HARD = "👩‍💻 ❤️ क्षत्रिय ภาษาไทย שָׁלוֹם a\u00a0b a\u00adb back\\slash"


def mjml(column, head="", body=""):
    return (
        f"<mjml><mj-head>{head}</mj-head><mj-body{body}>\n<mj-section><mj-column>\n{column}\n"
        "</mj-column></mj-section></mj-body></mjml>"
    )


def email(column="<mj-text><p>x</p></mj-text>", head="", body=""):
    """The email as it is sent, with this column."""
    page = render_mjml(mjml(column, head, body))
    return inline_css(page.html, page.css)


def page(body, head=""):
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


# --- mrml ---


def test_d1_attributes_are_not_printed_as_rust_debug_strings():
    html = email(f'<mj-image src="https://a.example/i.png" alt="{HARD}" title="one\ntwo" />')
    image = lxml_html.document_fromstring(html).find(".//img")
    assert (image.get("alt"), image.get("title")) == (HARD, "one two")


def test_d2_inlines_the_inline_style_sheet():
    html = email(head='<mj-style inline="inline">p { color: #123456; }</mj-style>')
    assert '<p style="color:#123456">' in html
    assert "#123456; }" not in html


@pytest.mark.parametrize("unknown", ["<mj-foo>x</mj-foo>", "<mj-txt>x</mj-txt>"])
def test_d3_d4_refuses_an_unknown_element(unknown):
    with pytest.raises(RenderError, match="<mj-"):
        email(unknown)


@pytest.mark.parametrize(
    ("column", "attribute", "hint"),
    [
        ('<mj-text paddng="1px">x</mj-text>', "paddng", "padding"),
        ('<mj-image src="https://a.example" allt="x" />', "allt", "alt"),
        ('<mj-divider\n  border-colour="red" />', "border-colour", "border-color"),
    ],
)
def test_d4_refuses_an_unknown_attribute_and_suggests_the_nearest(column, attribute, hint):
    with pytest.raises(RenderError, match=attribute) as caught:
        email(column)
    assert caught.value.hint == f"Did you mean {hint}?"
    assert caught.value.place.line == 3 + column.count("\n")


def test_d5_does_not_join_words_of_two_lines():
    text = lxml_html.document_fromstring(email("<mj-text><b>one</b>\n  <i>two</i>\n<a href='#'>three</a></mj-text>"))
    assert text.body.text_content().split() == ["one", "two", "three"]


@pytest.mark.parametrize("broken", ["<p>x", "<BR>", "<p class=x>y</p>", "a < b", "<!-- a -- b -->", "\x0b", "<li>x"])
def test_d6_refuses_malformed_mjml_and_names_the_line(broken):
    with pytest.raises(RenderError) as caught:
        email(f"<mj-text>\nx\n{broken}\n</mj-text>")
    assert caught.value.place.line is None or 3 <= caught.value.place.line <= 6


@pytest.mark.parametrize(
    "head", ['<mj-html-attributes><mj-selector path=".x" /></mj-html-attributes>', '<mj-include path="part.mjml" />']
)
def test_d7_d11_refuses_what_mrml_cannot_render(head):
    with pytest.raises(RenderError):
        email(head=head)


def test_d8_the_last_of_two_classes_wins_as_in_mjml():
    classes = '<mj-class name="one" color="#111111" /><mj-class name="two" color="#222222" />'
    html = email('<mj-text mj-class="one two">x</mj-text>', head=f"<mj-attributes>{classes}</mj-attributes>")
    assert "#222222" in html
    assert "#111111" not in html


def test_d9_every_image_of_the_theme_has_an_alt(render):
    assert all("alt" in image.attrib for image in lxml_html.document_fromstring(render().html).iter("img"))


def test_d10_loads_no_font_from_a_server():
    head = '<mj-attributes><mj-all font-family="Roboto, Lato, Ubuntu, sans-serif" /></mj-attributes>'
    assert "googleapis" not in email(head=head) + email()


def test_d11_p1_the_doctype_prevents_quirks_mode():
    assert email().startswith("<!DOCTYPE html>")


def test_d12_the_body_has_the_background_of_the_theme(render):
    body = lxml_html.document_fromstring(render().html).body
    assert "background-color:#f4f1ea" in body.get("style").replace(": ", ":")


def test_d13_double_quotes_in_a_single_quoted_value_do_not_break_the_style():
    html = email("<mj-text font-family='\"Segoe UI\", sans-serif'>x</mj-text>")
    (styled,) = (element for element in lxml_html.document_fromstring(html).iter("div") if element.text == "x")
    assert '"Segoe UI", sans-serif' in styled.get("style")


def test_d14_no_image_of_the_theme_is_wider_than_its_column(render, config):
    looks = config.theme.model_copy(update={"logo": "https://a.example/l.png", "logo_width": 520})
    html = render(config=config.model_copy(update={"theme": looks})).html
    widths = {
        element.get("src"): int(element.get("width")) for element in lxml_html.document_fromstring(html).iter("img")
    }
    assert widths == {"https://a.example/l.png": 520, "https://images.example/tide.png": 600}


# --- premailer ---


def test_p2_a_width_in_percent_does_not_replace_the_pixels_that_outlook_reads():
    html = inline_css(page('<img width="600" src="x">'), "img { width: 100%; }")
    assert 'width="600"' in html
    assert "width:100%" in html


@pytest.mark.parametrize(
    "rule",
    [
        "@media (max-width: 480px) { .a { color: red !important } }",
        "[data-ogsc] .a { color: red !important }",
        "u + .body .a { color: red }",
        "a[x-apple-data-detectors] { color: red }",
        "@supports (display: grid) { .a { color: red } }",
        "@font-face { font-family: x; src: url(https://a.example/x.woff) }",
        "*[class=x] { color: red }",
        "@media (width <= 480px) { .a { color: red } }",
        ":is(.a, .b) { color: red }",
    ],
)
def test_p3_p4_keeps_rules_that_are_not_inlined(rule):
    html = inline_css(page('<p class="a">x</p>', f"<style>{rule}</style>"), ".a { margin: 0 }")
    assert f"<style>{rule}</style>" in html


def test_p5_fetches_no_style_sheet():
    link = '<link rel="stylesheet" href="https://a.invalid/x.css">'
    assert link in inline_css(page("<p>x</p>", link), "p { margin: 0 }")


@pytest.mark.parametrize(
    ("css", "message"),
    [
        (".a { color: red !important }", "!important cannot"),
        (".a { background: #fff; background: linear-gradient(red, blue) }", "background twice"),
        (".a { color: #11223344 }", "eight digits"),
        (".a :not(.b) { color: red }", "nth-child"),
        (".a li:nth-child(2) { color: red }", "nth-child"),
        ("@media print { .a { color: red } }", "an @ rule"),
    ],
)
def test_p6_p7_refuses_what_would_be_lost_or_change_precedence(css, message):
    with pytest.raises(RenderError, match=re.escape(message)):
        inline_css(page('<p class="a">x</p>'), css)


def test_p8_refuses_a_condition_that_would_become_a_comment():
    with pytest.raises(RenderError, match="conditional comment"):
        inline_css(page("<![if !mso]><p>x</p><![endif]>"), "p { margin: 0 }")


def test_p9_adds_no_attributes_for_styles():
    html = inline_css(page('<div class="a">x</div>'), ".a { background-color: #fff; width: 100%; text-align: center }")
    assert re.search(r'<div class="a" style="[^"]*">x</div>', html)


def test_p10_does_not_inline_mjmls_base_styles_into_every_cell():
    assert "border-collapse" in email()
    assert not re.search(r'style="[^"]*border-collapse', email())


def test_p11_the_css_parser_logs_nothing(caplog):
    with caplog.at_level(logging.DEBUG):
        email(head='<mj-style inline="inline">p { mso-line-height-rule: exactly; -webkit-hyphens: none }</mj-style>')
    assert caplog.records == []


def test_p12_leaves_no_white_space_and_no_mark():
    html = inline_css(
        page("<p>a<b>b</b><i>c</i></p>", '<style media="screen">p { color: red }</style>'), "b { margin: 0 }"
    )
    assert '<p>a<b style="margin:0">b</b><i>c</i></p>' in html
    assert "data-premailer" not in html
