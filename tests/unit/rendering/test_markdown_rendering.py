from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from digest.models import escape_inline
from digest.rendering.markdown_rendering import block_html, block_text, inline_html, inline_text, markdown_links, prose
from digest.rendering.mjml import render_mjml
from digest.rendering.sanitising import clean_line


def test_renders_inline_markdown_as_html_and_text():
    markdown = "a **b** *c* [d](https://d.example/?x=1&y=2)"
    expected = 'a <strong>b</strong> <em>c</em> <a href="https://d.example/?x=1&amp;y=2">d</a>'
    assert inline_html(markdown) == expected
    assert inline_text(markdown) == "a b c d (https://d.example/?x=1&y=2)"


def test_an_address_that_is_its_own_label_appears_once():
    assert inline_text("<https://d.example> <ana@example.com>") == "https://d.example ana@example.com"


def test_raw_html_is_shown_as_text():
    assert inline_html("<script>x</script> & <b>") == "&lt;script&gt;x&lt;/script&gt; &amp; &lt;b&gt;"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///x", "notes.md", "#top"])
def test_a_link_that_may_not_be_published_leaves_its_text(url):
    assert inline_html(f"see [this]({url}) now") == "see this now"
    assert inline_text(f"see [this]({url}) now") == "see this now"


def test_renders_blocks_as_plain_text():
    markdown = "# Head\n\nOne\ntwo\\\nthree\n\n- a\n  - b\n- c\n\n3. x\n4. y\n\n> q\n\n---\n\n    code  here\n"
    expected = "Head\n\nOne two\nthree\n\n- a\n  - b\n- c\n\n3. x\n4. y\n\n> q\n\n* * *\n\n    code  here"
    assert block_text(markdown) == expected


def test_a_heading_becomes_a_paragraph_in_bold():
    assert block_html("# Head") == "<p><strong>Head</strong></p>"


def test_pictures_are_shown_only_in_blocks_and_from_the_web():
    image = "![A boat](images/boat.png)"
    assert (
        block_html(image, images="https://cdn.example")
        == '<p><img src="https://cdn.example/boat.png" alt="A boat" /></p>'
    )
    assert block_html(image) == "<p>A boat</p>"
    assert inline_html("![A boat](https://cdn.example/boat.png)") == "A boat"


def test_finds_every_link_with_its_line():
    markdown = "one\n[a](https://a.example)\n\n- x\n- [b](../b) ![c](data:image/png,x)"
    links = [(link.url, link.line, link.image) for link in markdown_links(markdown)]
    assert links == [("https://a.example", 1, False), ("../b", 4, False), ("data:image/png,x", 4, True)]


def test_prose_leaves_out_code_and_addresses():
    assert prose("Use `{{ x }}` [here](https://todo.example)").split() == ["Use", "here"]


@given(st.text())
def test_escaped_text_comes_out_unchanged(text):
    assert inline_text(escape_inline(text)) == inline_text(escape_inline(inline_text(escape_inline(text))))


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("<>&*_`[]()!#-\n "), max_size=80))
def test_any_markdown_gives_well_formed_mjml(text):
    html = block_html(text)
    etree.fromstring(f"<div>{html}</div>".replace("&nbsp;", " "))
    page = render_mjml(
        f"<mjml><mj-body><mj-section><mj-column><mj-text>{html}</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    assert "</html>" in page.html


def test_does_not_join_words_at_a_line_end_between_elements():
    page = render_mjml(
        f"<mjml><mj-body><mj-section><mj-column><mj-text>{block_html('**a**' + chr(10) + '*b*')}</mj-text>"
        "</mj-column></mj-section></mj-body></mjml>"
    )
    assert "<strong>a</strong> <em>b</em>" in page.html


@given(st.text(alphabet=st.sampled_from("ab \"'>&;#x1!()]~.-+=:/@é👩")))
def test_the_shortcut_for_plain_text_agrees_with_the_parser(text):
    parsed = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True}).renderInline(clean_line(text))
    assert inline_html(text) == parsed.strip()
    assert inline_text(text) == unescape(parsed).strip()
