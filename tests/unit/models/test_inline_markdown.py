from __future__ import annotations

import html

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from digest.models import escape_inline

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")


@example("__0__")
@example("a __init__ of b__c")
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_escaped_text_renders_as_the_original_text(text):
    plain = " ".join(text.split())
    assert html.unescape(MARKDOWN.renderInline(escape_inline(text))) == plain


@pytest.mark.parametrize("text", ["5 * 3 * 2", "a snake_case name", "AT&T rose 3 %", "#1 in the country", "1. first"])
def test_ordinary_text_needs_no_escaping(text):
    assert escape_inline(text) == text
