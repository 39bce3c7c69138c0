from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.models import Article
from digest.sources import extract_article

URL = "https://www.news.example/2026/01/harbour"
BODY = "".join(
    f"<p>The harbour of the town was dredged for the {word} time on Monday, and the ferries came back at noon.</p>"
    for word in ("first", "second", "third", "fourth")
)


def page(head="", body=BODY, lang="en"):
    head = f"<head><meta charset='utf-8'>{head}</head>"
    return f"<!doctype html><html lang='{lang}'>{head}<body><article>{body}</article></body></html>"


def linked(**values):
    node = {"@context": "https://schema.org", "@type": "NewsArticle", **values}
    return f"<script type='application/ld+json'>{json.dumps(node)}</script>"


def test_prefers_json_ld_to_opengraph_to_markup():
    head = linked(
        headline="Ferries are back &amp; running",
        author=[{"@type": "Person", "name": "Ann Lee"}, {"@type": "Person", "name": "Bob Ray"}],
        datePublished="2026-01-05T10:00:00+01:00",
        image={"@type": "ImageObject", "url": "/ferry.jpg"},
        publisher={"@type": "Organization", "name": "The News"},
    )
    head += '<meta property="og:title" content="Other title"><meta name="author" content="Somebody Else">'
    article = extract_article(page(head, "<h1>Third title</h1>" + BODY), url=URL)
    assert article.title == "Ferries are back & running"
    assert article.authors == ("Ann Lee", "Bob Ray")
    assert article.published == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert article.image == "https://www.news.example/ferry.jpg"
    assert (article.source, article.language, article.url) == ("The News", "en", URL)
    assert len(article.text.split("\n\n")) == 4


def test_finds_json_ld_in_a_graph_and_by_reference():
    graph = {
        "@graph": [
            {"@type": "WebSite", "name": "The News"},
            {"@type": "Article", "headline": "Ferries are back", "author": {"@id": "#ann"}},
            {"@type": "Person", "@id": "#ann", "name": "Ann Lee"},
        ]
    }
    article = extract_article(page(f"<script type='application/ld+json'>{json.dumps(graph)}</script>"), url=URL)
    assert (article.title, article.authors) == ("Ferries are back", ("Ann Lee",))


@pytest.mark.parametrize(
    "broken", ["{not json", '{"@type": ["NewsArticle", 5], "headline": 7, "author": {"name": {}}}', "[" * 5000]
)
def test_ignores_broken_json_ld(broken):
    head = f"<script type='application/ld+json'>{broken}</script><meta property='og:title' content='Ferries are back'>"
    assert extract_article(page(head), url=URL).title == "Ferries are back"


def test_removes_the_name_of_the_site_from_opengraph():
    head = (
        '<meta property="og:title" content="Ferries are back | The News">'
        '<meta property="og:site_name" content="The News">'
        '<meta property="article:published_time" content="2026-01-05T10:00:00Z">'
        '<meta property="og:image" content="f.jpg">'
    )
    article = extract_article(page(head), url=URL)
    assert (article.title, article.source) == ("Ferries are back", "The News")
    assert article.published == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
    assert article.image == "https://www.news.example/2026/01/f.jpg"


def test_falls_back_to_markup():
    body = '<h1>Ferries are back</h1><a rel="author" href="/ann">Ann Lee</a><p>Published January 5, 2026</p>' + BODY
    article = extract_article(page("<title>Ferries are back - News</title>", body), url=URL)
    assert (article.title, article.authors) == ("Ferries are back", ("Ann Lee",))
    assert article.published == datetime(2026, 1, 5, tzinfo=UTC)


def test_the_site_is_not_its_own_author():
    head = linked(headline="T", author={"name": "The News"}, publisher={"name": "The News"})
    body = '<a rel="author">Ann Lee</a>' + BODY
    assert extract_article(page(head, body), url=URL).authors == ("Ann Lee",)


@pytest.mark.parametrize(
    ("canonical", "expected"),
    [
        ("https://news.example/2026/harbour", "https://news.example/2026/harbour"),
        ("/2026/harbour", "https://www.news.example/2026/harbour"),
        ("https://other.example/harbour", URL),
        ("https://www.news.example/", URL),
        ("http://[", URL),
    ],
)
def test_uses_a_canonical_address_of_the_same_site_only(canonical, expected):
    assert extract_article(page(f'<link rel="canonical" href="{canonical}">'), url=URL).url == expected


def test_uses_the_address_that_a_local_page_names():
    head = '<meta property="og:url" content="https://news.example/harbour">'
    assert extract_article(page(head), url="samples/harbour.html").url == "https://news.example/harbour"
    assert extract_article(page(), url="samples/harbour.html").url == "samples/harbour.html"


@pytest.mark.parametrize(
    "points",
    [
        "<div class='RenderKeyPoints-keyPoints'><h3>Key Points</h3><ul><li>{0}</li><li>{1}</li></ul></div>",
        "<ul class='story-highlights'><li>{0}</li><li>{1}</li><li><a href='/x'>A headline that is a link</a></li></ul>",
        "<div class='x-bulletpoints'><p>{0}</p><p>{1}</p></div>",
        "<h2>Das Wichtigste in Kürze:</h2><ul><li>{0}</li><li>{1}</li></ul>",
        "<div><span>L'essentiel</span></div><div><ul><li>{0}</li><li>{1}</li></ul></div>",
    ],
)
def test_separates_the_publishers_bullets_from_the_text(points):
    expected = ("The harbour was dredged for a fourth time", "Ferries came back at noon on Monday")
    article = extract_article(page("", "<h1>Ferries</h1>" + points.format(*expected) + BODY), url=URL)
    assert article.key_points == expected
    assert not any(point in article.text for point in expected)
    assert "dredged for the fourth time" in article.text


@pytest.mark.parametrize(
    "other",
    [
        "<h2>Related</h2><ul><li>The harbour was dredged again today</li><li>Ferries came back at noon</li></ul>",
        "<ul class='key-points'><li><a href='/'>The harbour was dredged</a><li><a href='/'>Ferries came back</a></ul>",
        "<nav class='story-highlights'><ul><li>The harbour was dredged again<li>Ferries came back at noon</ul></nav>",
        "<div class='key-points'><ul><li>Only one point is made here</li></ul></div>",
    ],
)
def test_does_not_take_other_lists_for_key_points(other):
    assert extract_article(page("", BODY + other), url=URL).key_points == ()


def test_drops_promotion_from_the_text():
    body = BODY + "<p>Also read: The mayor speaks about the harbour and the ferries of the town</p>" + BODY
    assert "Also read" not in extract_article(page("", body), url=URL).text


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_decodes_bytes_by_their_content(encoding):
    html = page("<title>Grüße vom Hafen „heute“</title>").replace("<meta charset='utf-8'>", "")
    assert extract_article(html.encode(encoding), url=URL).title == "Grüße vom Hafen „heute“"


@pytest.mark.parametrize(
    ("html", "message"),
    [
        (b"", "empty"),
        ("  ", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not a web page"),
        ("<html><body><script>app()</script></body></html>", "empty without JavaScript"),
    ],
)
def test_refuses_pages_that_are_not_articles(html, message):
    with pytest.raises(SourceError, match=message):
        extract_article(html, url=URL)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
@settings(max_examples=40, deadline=None)
def test_garbage_raises_nothing_but_a_source_error(html):
    with contextlib.suppress(SourceError):
        assert isinstance(extract_article(html, url=URL), Article)
