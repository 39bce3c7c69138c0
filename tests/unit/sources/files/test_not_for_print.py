"""Drafts, comments and notes to the desk never become part of an article."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import parse_feed
from digest.errors import SourceError
from digest.sources import parse_text
from digest.sources.files.not_for_print import DraftError, draft_mark_in_lines, without_remarks

TEXT = "The mill at Brill grinds again, after a miller from the next valley had cut it a new wheel."


def read(head: str, path: str = "articles/mill.md", body: str = TEXT):
    return parse_text(f"{head}\n\n{body}\n".encode(), path=path)


@pytest.mark.parametrize(
    "mark",
    [
        "draft: true", "Draft: True", "draft: yes", "draft: on", 'draft: "true"', "'draft': true",
        "draft : true # later",
        "draft:\n  true", "draft: !!bool true", "isDraft: true", "published: false", "published: no", "publish: off",
        "publish: 'false'", "status: draft", "Status: Draft", "status: [draft]", "status:\n  - draft", "status: wip",
        "status: in progress", "params:\n  draft: true", "{title: Mill, draft: true}",
    ],
)  # fmt: skip
def test_a_mark_in_yaml_keeps_a_file_out(mark):
    with pytest.raises(DraftError, match="not for print"):
        read(f"---\ntitle: Mill\n{mark}\n---")


@pytest.mark.parametrize("mark", ["draft = true", "published = false", 'status = "draft"', "[params]\ndraft = true"])
def test_a_mark_in_toml_keeps_a_file_out(mark):
    with pytest.raises(DraftError, match="not for print"):
        read(f'+++\ntitle = "Mill"\n{mark}\n+++')


@pytest.mark.parametrize(
    "line",
    [
        "draft: false", "draft: no", "draft:", "published: true", "published: 2026-11-18", "publish: true",
        "status: published", "status: final", "comments:\n  published: false", "description: draft: true",
    ],
)  # fmt: skip
def test_other_values_do_not(line):
    assert read(f"---\ntitle: Mill\n{line}\n---").title == "Mill"


@given(st.text())
def test_any_lines_have_a_mark_or_none(text):
    assert isinstance(draft_mark_in_lines(text.splitlines()), str)


@pytest.mark.parametrize(
    "remark",
    [
        "<!-- Ask the miller. -->", "<!-- Ask\n\nthe miller. -->",
        "%% Ask the miller. %%", "%%\nAsk\n\nthe miller.\n%%",
        "{>>Ask the miller.<<}",
        "{% comment %}Ask the miller.{% endcomment %}", "{{/* Ask the miller. */}}",
        "{/* Ask the miller. */}", "[//]: # (Ask the miller.)", "> [!todo] Ask the miller.",
        "> [!warning]\n> Ask the miller.", "> [!note]- For the desk\n> Ask the miller.",
        "> [!editor]\n> Ask the miller.",
        "<!-- Ask the miller.", "%% Ask the miller.",
    ],
)  # fmt: skip
def test_remarks_do_not_reach_the_text(remark):
    article = read("# Mill", body=f"{TEXT}\n\n{remark}")
    assert article.text == TEXT
    assert "miller." not in str(article)


@pytest.mark.parametrize(
    "text",
    [
        "It is 50%% or more.", "Write `<!-- -->` in HTML.", "```\n<!-- kept -->\n```", r"Not \<!-- a comment -->",
        "{#anchor}", "A {>> that never ends",
    ],
)  # fmt: skip
def test_text_that_looks_like_a_remark_stays(text):
    assert without_remarks(text) == text


def test_a_call_out_for_readers_keeps_its_text():
    article = read("# Mill", body=f"{TEXT}\n\n> [!info] Opening hours\n> Open from Friday to Sunday.")
    assert article.text == f"{TEXT}\n\nOpening hours Open from Friday to Sunday."


def test_html_comments_are_dropped_from_plain_text_too():
    assert read("Mill", "articles/mill.txt", f"{TEXT}\n\n<!-- Ask the miller. -->").text == TEXT


@given(st.text(st.sampled_from("<!->%{}/*#`~\\ \nab[]!"), max_size=60))
def test_nothing_but_remarks_is_removed(text):
    remaining = iter(text)
    assert all(character in remaining for character in without_remarks(text).replace(">", "") if character != "\n")


def test_many_openings_take_linear_time():
    assert len(without_remarks("{>> " * 100_000 + "`" * 3)) > 100_000


@pytest.mark.parametrize(
    "mark", ["<app:control><app:draft>yes</app:draft></app:control>", "<app:draft>YES</app:draft>"]
)
@pytest.mark.parametrize("title", ["A &amp; B", "A & B &nbsp;"], ids=["well-formed", "broken"])
def test_entries_marked_as_drafts_are_left_out(mark, title):
    entries = "".join(
        f"<entry><title>{title}</title><id>tag:x,{n}</id><link href='https://a.example/{n}'/>{inner}</entry>"
        for n, inner in enumerate(["", mark, "<app:control><app:draft>no</app:draft></app:control>"])
    )
    feed = f"<feed xmlns='http://www.w3.org/2005/Atom' xmlns:app='http://www.w3.org/2007/app'>{entries}</feed>"
    articles = parse_feed(feed.encode(), url="https://a.example/feed").articles
    assert [article.url for article in articles] == ["https://a.example/0", "https://a.example/2"]


def test_a_draft_is_an_error_that_names_the_mark():
    with pytest.raises(SourceError, match=r"articles/mill.md: .*draft: true"):
        read("---\ndraft: true\n---")
