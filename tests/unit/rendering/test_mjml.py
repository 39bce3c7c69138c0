from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from digest.errors import RenderError
from digest.rendering.mjml import render_mjml
from digest.rendering.sanitising import clean_line


def document(body, head=""):
    return (
        f"<mjml>\n<mj-head>\n{head}\n</mj-head>\n<mj-body>\n<mj-section>\n<mj-column>\n<mj-text>\n{body}\n</mj-text>\n"
        "</mj-column>\n</mj-section>\n</mj-body>\n</mjml>"
    )


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1))
def test_attribute_values_survive(text):
    value = clean_line(text)
    html = render_mjml(document(f'<p title="{escape(value)}">x</p>')).html
    assert unescape(re.search(r'<p title="([^"]*)"', html)[1]) == unescape(str(escape(value)))


@pytest.mark.parametrize("text", ["👩‍💻 ❤️", "क्षत्रिय", "שָׁלוֹם", "a\u00a0b\u00adc", "back\\slash", 'say "hi"'])
def test_the_title_and_its_label_survive(text):
    html = render_mjml(document("x", head=f"<mj-title>{escape(text)}</mj-title>")).html
    assert unescape(re.search(r"<title>(.*?)</title>", html)[1]) == text
    assert unescape(re.search(r'aria-label="(.*?)"', html)[1]) == text


def test_a_single_quoted_value_may_contain_double_quotes():
    assert '<p title="a &quot;b&quot;">' in render_mjml(document("<p title='a \"b\"'>x</p>")).html


def test_a_style_may_contain_line_ends():
    assert 'style="color: red; margin: 0"' in render_mjml(document('<p style="color: red;\n\tmargin: 0">x</p>')).html


def test_returns_the_inline_style_sheet_and_removes_it_from_the_page():
    page = render_mjml(document("x", head='<mj-style inline="inline">p { color: red }</mj-style>'))
    assert page.css.strip() == "p { color: red }"
    assert "color: red" not in page.html


def test_loads_no_font_from_another_server():
    html = render_mjml(document("x", head='<mj-attributes><mj-all font-family="Roboto" /></mj-attributes>')).html
    assert "fonts.googleapis.com" not in html


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("a\n<p>b\n<i>c</i>", 10),
        ("a\n\na < b", 11),
        ("a\n<p class=x>b</p>", 10),
        ("a</p>", 9),
        ("a\n<BR>", 10),
        ("a\nb\n<!-- a -- b -->", 11),
        ("a\n<ul><li>x</ul>", 10),
        ('a\n<p class="x"', 10),
    ],
)
def test_refuses_broken_mjml_and_names_the_line(body, line):
    with pytest.raises(RenderError) as caught:
        render_mjml(document(body), name="issue.mjml")
    assert str(caught.value.place) == f"issue.mjml:{line}"


def test_refuses_an_unknown_element_and_names_the_line():
    with pytest.raises(RenderError, match="<mj-foo") as caught:
        render_mjml(document("a\n<mj-foo>x</mj-foo>"))
    assert caught.value.place.line == 10


def test_refuses_a_ghost_table_that_swallows_the_rest():
    swallowed = (
        "<mjml><mj-body><mj-raw><!--[if mso]><table><tr><td><![endif]--></mj-raw><mj-section><mj-column>"
        "<mj-text>x</mj-text></mj-column></mj-section><mj-raw><!--[if mso]></td></tr></table><![endif]-->"
        "</mj-raw></mj-body></mjml>"
    )
    with pytest.raises(RenderError):
        render_mjml(swallowed)
