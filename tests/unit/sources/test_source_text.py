from __future__ import annotations

import pytest

from digest.sources.article_cleaning import is_promotion
from digest.sources.author_names import split_names
from digest.sources.feeds.feed_articles import make_headline
from digest.sources.feeds.feed_items import first_picture
from digest.sources.html_text import line_of_html, text_of_html
from digest.sources.source_links import join_link, language_tag, same_site


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("A &amp; B", "A & B"),
        ("<b>Big</b> news", "Big news"),
        ("one<br>two", "one two"),
        ("a<!-- x -->b", "ab"),
        ("5 < 6 and x > y", "5 < 6 and x > y"),
        ("use <T> here", "use <T> here"),
        ("Use <main> once", "Use <main> once"),
        ("Why <b> is not <strong>", "Why <b> is not <strong>"),
        ("Is <section>, or <div>, better?", "Is <section>, or <div>, better?"),
        ("<b>Big news", "Big news"),
        ("List<String> and <insert name>", "List<String> and <insert name>"),
        ("The <a href='/x'>mill</a> and <img src=a.png> the sea", "The mill and the sea"),
        ("caf&eacute;\u00ad\u200b  <i>x</i>y\n", "café xy"),
    ],
)
def test_strips_markup_from_a_title_and_nothing_else(html, line):
    assert line_of_html(html) == line


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One <b>bold</b></p><p>two<br>lines</p>", "One bold\n\ntwo lines"),
        ("a<br><br/>b", "a\n\nb"),
        ("<ul><li>a<li>b</ul>c", "a\n\nb\n\nc"),
        ("plain &amp; simple\n\nsecond\nparagraph", "plain & simple\n\nsecond paragraph"),
        ("<p>ok</p><script>x()</script><style>p{}</style><!-- c -->", "ok"),
        ("<div><div><div>deep</div></div></div>", "deep"),
        ("", ""),
        ("<p>Type <your-name> and <T> here</p>", "Type <your-name> and <T> here"),
        ("<p>Word<o:p></o:p> and <g-emoji>x</g-emoji> <amp-img src='a'>y</p>", "Word and x y"),
        ("<p>a</p><main>b</main>", "a\n\nb"),
    ],
)
def test_splits_a_fragment_into_paragraphs(html, text):
    assert text_of_html(html) == text


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ann Lee", ("Ann Lee",)),
        ("By: Ann Lee, Bob Ray & Cy Fox", ("Ann Lee", "Bob Ray", "Cy Fox")),
        ("Von Anna Groß und Karl Klein", ("Anna Groß", "Karl Klein")),
        ("By Ann Lee, Business Reporter", ("Ann Lee",)),
        ("Bill and Melinda Gates", ("Bill and Melinda Gates",)),
        ("Lee, Ann", ("Lee, Ann",)),
        ("The Insights Team", ("The Insights Team",)),
        ("Bylaw Smith", ("Bylaw Smith",)),
        ("ann@news.example (Ann Lee)", ("Ann Lee",)),
        ("Ann Lee <ann@news.example>", ("Ann Lee",)),
        ("Elena Ober (obe)", ("Elena Ober",)),
        ("ann@news.example", ()),
        ("https://news.example/ann", ()),
        ("admin", ()),
        ("", ()),
    ],
)
def test_splits_a_byline_into_names(byline, names):
    assert split_names(byline) == names


@pytest.mark.parametrize(
    ("base", "link", "joined"),
    [
        ("https://news.example/blog/feed.xml", "a.html", "https://news.example/blog/a.html"),
        ("https://news.example/blog/", "/a", "https://news.example/a"),
        ("https://news.example/", "//cdn.example/i.png", "https://cdn.example/i.png"),
        ("https://news.example/", " https://news.example/a b\n", "https://news.example/a%20b"),
        ("https://news.example/", "mailto:ann@news.example", ""),
        ("https://news.example/", "javascript:x()", ""),
        ("https://news.example/", "file:///etc/hostname", ""),
        ("https://news.example/", "", ""),
        ("samples/feed.xml", "a.html", "samples/a.html"),
        ("samples/feed.xml", "https://news.example/a", "https://news.example/a"),
        ("samples/feed.xml", "file:///etc/hostname", ""),
    ],
)
def test_joins_links_and_drops_other_schemes(base, link, joined):
    assert join_link(base, link) == joined


def test_ignores_www_and_the_like_when_comparing_sites():
    assert same_site("https://www.news.example/a", "http://m.news.example/b")
    assert not same_site("https://news.example/", "https://other.example/")
    assert not same_site("samples/a.html", "samples/b.html")


@pytest.mark.parametrize(
    ("language", "tag"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("zh-hant-TW", "zh-Hant-TW"),
        ("de-DE.UTF-8", "de-DE"),
        ("english", None),
        (None, None),
    ],
)
def test_normalises_languages_to_bcp_47(language, tag):
    assert language_tag(language) == tag


def test_ignores_tracking_pixels():
    html = (
        '<img src="/p.gif" width="1" height="1"><img src="https://x.example/pixel"><img src="data:x"><img src="b.jpg">'
    )
    assert first_picture(html, "https://news.example/a/") == "https://news.example/a/b.jpg"
    assert first_picture("<p>none</p>", "https://news.example/") is None


def test_cuts_a_headline_between_words():
    assert make_headline("word " * 40) == "word " * 15 + "…"
    assert make_headline("Short.\n\nMore.") == "Short."
    assert make_headline("") == ""


@pytest.mark.parametrize(
    "line",
    [
        "Also Read: A headline",
        "Read more: https://x.example",
        "Related:",
        "→ See also | A headline",
        "Lire aussi : un titre",
    ],
)
def test_recognises_promotion(line):
    assert is_promotion(line)


@pytest.mark.parametrize(
    "line", ["Related parties met on Monday.", "Watch out for rain", "Read more books", "Related: " + "x" * 300]
)
def test_does_not_take_a_sentence_for_promotion(line):
    assert not is_promotion(line)
