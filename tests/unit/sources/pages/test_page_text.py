from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.models import Article
from digest.sources import extract_article

URL = "https://www.news.example/2026/01/harbour"
SENTENCES = [
    f"The harbour of the town was dredged for the {word} time on Monday, and the ferries came back at noon."
    for word in ("first", "second", "third", "fourth", "fifth", "sixth")
]
BODY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
FRAGMENTS = [
    *("<p>", "</p>", "<div class='byline'>", "<article>", "</div>", "<h1>", "By Ann Lee", "<li><a href='x'>", "<b>"),
    *("<ul class='key-points'>", "<script type='application/ld+json'>", '{"@type":"NewsArticle","author":['),
    *("</script>", "<meta property='og:title' content='", "'>", "<title>", "&#0;", "\x00", "<!--", "<svg>"),
    *("<template>", "<table><tr>", "<time datetime='2026-99-99'>", "\ud800", SENTENCES[0]),
]


def text_of(body, head=""):
    return extract_article(f"<html><head>{head}</head><body><article>{body}</article></body></html>", url=URL).text


@pytest.mark.parametrize(
    "furniture",
    [
        "<figure><img src='a.jpg'><figcaption>The new ferry on its way to the island</figcaption></figure>",
        "<p class='wp-caption-text'>The new ferry on its way to the island, seen from the old pier</p>",
        "<p style='display:none'>The new ferry on its way to the island, hidden from sight</p>",
        "<div class='newsletter-box'><p>The new ferry in your mailbox, every morning at six</p></div>",
        "<p><a href='/other'>The new ferry has a name: readers chose it</a></p>",
        "<p>Follow us on Twitter to hear about the new ferry</p>",
        "<p>Sign up for our newsletter about the new ferry</p>",
        "<p>(Reporting by Ann Lee on the new ferry; editing by Bob Ray)</p>",
        "<p>Photo: the new ferry, Ann Lee</p>",
        "<p>Updated: January 5, 2026, the new ferry</p>",
        "<p>© 2026 The new ferry company. All rights reserved.</p>",
    ],
)
def test_removes_furniture_from_the_text(furniture):
    half = len(BODY) // 2
    cut = BODY.index("<p>", half)
    assert text_of(BODY[:cut] + furniture + BODY[cut:]).split("\n\n") == SENTENCES


def test_keeps_paragraphs_with_a_few_links():
    linked = (
        "<p>The <a href='/f'>new ferry</a> has a name that <a href='/r'>the readers</a> of this paper have chosen.</p>"
    )
    assert "The new ferry has a name" in text_of(BODY + linked)


def test_ignores_a_class_that_is_on_every_paragraph():
    marked = "".join(f"<div class='subscriber-only'><p>{sentence}</p></div>" for sentence in SENTENCES)
    assert text_of(marked).split("\n\n") == SENTENCES


def test_keeps_the_links_of_a_page_that_consists_of_them():
    links = "".join(f"<p><a href='/{n}'>{sentence}</a></p>" for n, sentence in enumerate(SENTENCES))
    assert SENTENCES[3] in text_of(links)


def test_prefers_the_whole_text_in_json_ld_to_a_fragment():
    whole = "\n\n".join(SENTENCES * 5)
    data = json.dumps({"@type": "NewsArticle", "headline": "Ferries", "articleBody": whole})
    head = f"<script type='application/ld+json'>{data}</script>"
    assert text_of(f"<p>{SENTENCES[0]}</p>", head) == whole


def test_finds_key_points_whole_and_does_not_repeat_them():
    points = ("Ferries <b>f</b>rom the island are back", "The harbour is deeper by a metre")
    body = f"<ul class='key-points'><li>{points[0]}</li><li>{points[1]}</li></ul>{BODY}<p>{points[1]}</p>"
    article = extract_article(f"<html><body><article>{body}</article></body></html>", url=URL)
    assert article.key_points == ("Ferries from the island are back", points[1])
    assert article.text.split("\n\n") == SENTENCES


HOSTILE = {
    "deep": "<div>" * 100_000,
    "deep and wrongly closed": "<div></x>" * 100_000,
    "headline of 10 MB": f"<h1>{'Ferries ' * 1_250_000}</h1>",
    "shared title of 10 MB": f"<meta property='og:title' content='{'Ferries ' * 1_250_000}'>",
    "attributes": f"<p {' '.join(f'a{n}=1' for n in range(50_000))}>",
    "script of 0.9 MB": f"<script>{'a = b;' * 150_000}</script>",
    "deep JSON-LD": "<script type='application/ld+json'>" + '{"@graph":[' * 50_000 + "</script>",
}


@pytest.mark.parametrize("opening", HOSTILE.values(), ids=HOSTILE)
def test_reads_hostile_pages_quickly(opening):
    started = time.process_time()
    with contextlib.suppress(SourceError):
        assert len(extract_article(f"{opening}{BODY}", url=URL).title) <= 500
    assert time.process_time() - started < 10


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40))
@settings(max_examples=60, deadline=None)
def test_broken_markup_raises_nothing_but_a_source_error(fragments):
    with contextlib.suppress(SourceError):
        assert isinstance(extract_article("".join(fragments), url=URL), Article)
    with contextlib.suppress(SourceError):
        assert isinstance(extract_article("".join(fragments).encode("utf-8", "replace"), url=URL), Article)
