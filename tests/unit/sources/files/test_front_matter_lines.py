from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.files.article_front_matter import read_article_front_matter
from digest.sources.files.front_matter_lines import read_front_matter_lines


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (["Title: The mill closes"], {"title": "The mill closes"}),
        (["title: The mill: a story"], {"title": "The mill: a story"}),
        (["title: >-", "  The mill at", "  Fernmouth", "date: 1"], {"title": "The mill at Fernmouth", "date": "1"}),
        (["title: |", "  The mill", "x: y"], {"title": "The mill", "x": "y"}),
        (["note: >", "  title: Not this", "", "  - nor this", "title: Mill"], {"title": "Mill"}),
        (["title: The mill at", "  Fernmouth closes"], {"title": "The mill at Fernmouth closes"}),
        (['"title": "The \\"mill\\" \\u2013 closed"'], {"title": 'The "mill" \u2013 closed'}),
        (["'title': 'It''s closed' # today"], {"title": "It's closed"}),
        (["title: We are #1 # draft"], {"title": "We are #1"}),
        (["title: &t !!str The mill"], {"title": "The mill"}),
        (["seo:", "  title: Another", "title: Mill"], {"seo": {"title": "Another"}, "title": "Mill"}),
        (["tags: [a, 'b', c]"], {"tags": ["a", "b", "c"]}),
        (["tags:", "- a", "- b", "x: y"], {"tags": ["a", "b"], "x": "y"}),
        (
            ["authors:", "  - name: Ann Lee", "    mail: a@b.example", "  - Bob Ray"],
            {"authors": [{"name": "Ann Lee", "mail": "a@b.example"}, "Bob Ray"]},
        ),
        (["# a comment", "title: Mill"], {"title": "Mill"}),
        (["no key here", "title:"], {"title": ""}),
    ],
)
def test_reads_what_people_write_in_front_matter(lines, values):
    found = read_front_matter_lines(lines)
    assert {key: found.get(key) for key in values} == values


LINK = "https://a.example/1"


@pytest.mark.parametrize(
    "head",
    [
        f"---\nheadline: The mill\nbyline: Ann Lee\npubDate: Wed, 18 Nov 2026 10:00:00 +0000\nlink: {LINK}\n---\n",
        f"---\n'title': The mill\nwriter: Ann Lee\npublish_date: 2026-11-18T10:00:00Z\ncanonical: {LINK}\n...\n",
        f"---\ntitle: The mill\nurl: {LINK}\nauthor:\n  name: Ann Lee\npublished: 2026-11-18 10:00\n---\n",
        f'+++\nheadline = "The mill"\nby = {{name = "Ann Lee"}}\ndate = 2026-11-18T10:00:00Z\nlink = "{LINK}"\n+++\n',
        f'{{"title": "The mill", "authors": ["Ann Lee"], "date": "2026-11-18T10:00:00Z", "link": "{LINK}"}}\n',
    ],
)
def test_knows_the_keys_of_other_tools(head):
    front, rest = read_article_front_matter(f"{head}Text", path="a.md")
    assert (front.title, front.authors, front.url) == ("The mill", ("Ann Lee",), LINK)
    assert front.published == datetime(2026, 11, 18, 10, tzinfo=UTC)
    assert rest.strip() == "Text"


@pytest.mark.parametrize(
    "line", ["published: true", "created: whenever", "permalink: /2026/mill/", "url: /2026/mill", "source: a friend"]
)
def test_passes_over_values_that_mean_something_else(line):
    front, _ = read_article_front_matter(f"---\ntitle: The mill\n{line}\n---\nText", path="a.md")
    assert (front.title, front.url, front.published) == ("The mill", "", None)


def test_takes_a_text_that_begins_with_a_brace_for_a_text():
    for text in ("{not JSON}\nText", '{"other": 1}\nText'):
        assert read_article_front_matter(text, path="a.md")[1] == text


@given(st.text("ab: -#|>\"'\\[]{}\n&!.", max_size=60))
def test_reads_any_lines(text):
    assert isinstance(read_front_matter_lines(text.splitlines()), dict)
