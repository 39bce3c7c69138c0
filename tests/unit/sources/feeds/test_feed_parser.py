from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.models import Feed
from digest.sources import parse_feed

URL = "https://news.example/blog/feed.xml"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/"'
)


def rss(items, channel="<link>https://news.example/</link>"):
    inner = f"<channel><title>News</title>{channel}{items}</channel>"
    return f'<?xml version="1.0"?><rss version="2.0" {NAMESPACES}>{inner}</rss>'


def atom(entries, attributes=""):
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>News</title><id>u:1</id>{entries}</feed>'


def item(inner, link="https://news.example/a"):
    return f"<item><title>T</title><link>{link}</link>{inner}</item>"


def read(document, **settings):
    data = document if isinstance(document, bytes) else document.encode()
    return parse_feed(data, url=URL, **settings)


def first(document, **settings):
    return read(document, **settings).articles[0]


def test_reads_a_whole_item():
    document = rss(
        "<item><title>A &amp;amp; B <![CDATA[<b>bold</b>]]></title><link>/story?a=1&amp;b=2</link>"
        "<pubDate>Mon, 06 Jul 2026 10:00:00 CEST</pubDate>"
        "<dc:creator>Ann Lee</dc:creator><dc:creator>Bob Ray</dc:creator>"
        "<description>Short.</description><content:encoded>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</content:encoded>"
        '<media:thumbnail url="/small.jpg" width="10"/></item>',
        channel="<link>https://news.example/</link><language>en_us</language>",
    )
    article = first(document)
    assert article.url == "https://news.example/story?a=1&b=2"
    assert article.title == "A & B bold"
    assert article.text == "One.\n\nTwo."
    assert article.authors == ("Ann Lee", "Bob Ray")
    assert article.published == datetime(2026, 7, 6, 8, 0, tzinfo=UTC)
    assert article.image == "https://news.example/small.jpg"
    assert article.source == "News"
    assert article.language == "en-US"


def test_reads_the_title_and_the_address_of_the_feed():
    assert read(rss("")) == Feed(title="News", url=URL, articles=())


def test_keeps_the_order_of_the_feed():
    links = [f"https://news.example/{number}" for number in (3, 1, 2)]
    assert [article.url for article in read(rss("".join(item("", link) for link in links))).articles] == links


def test_resolves_relative_links_against_the_site_or_the_feed():
    assert first(rss(item("", "post.html"))).url == "https://news.example/post.html"
    assert first(rss(item("", "post.html"), channel="")).url == "https://news.example/blog/post.html"
    assert first(atom('<entry xml:base="x/"><title>T</title><id>1</id><link href="a"/></entry>')).url == (
        "https://news.example/blog/x/a"
    )


def test_resolves_links_of_a_local_feed_to_local_paths():
    feed = parse_feed(rss(item("", "post.html"), channel="").encode(), url="samples/world.xml")
    assert feed.articles[0].url == "samples/post.html"


@pytest.mark.parametrize(
    "inner",
    [
        "<title>T</title>",
        "<title>T</title><guid>g1</guid>",
        "<title>T</title><link>javascript:alert(1)</link>",
    ],
)
def test_drops_an_item_without_an_address_and_a_text(inner):
    assert read(rss(f"<item>{inner}</item>")).articles == ()


@pytest.mark.parametrize(
    ("inner", "address"),
    [
        ('<guid isPermaLink="false">https://news.example/?p=1</guid>', "https://news.example/?p=1"),
        ('<enclosure url="/e.mp3" type="audio/mpeg" length="1"/>', "https://news.example/e.mp3"),
        ("<guid>g 1</guid><description>Only here.</description>", "https://news.example/"),
        ('<guid isPermaLink="true">/a</guid>', "https://news.example/a"),
    ],
)
def test_uses_the_next_best_address_for_an_item_without_a_link(inner, address):
    assert [article.url for article in read(rss(f"<item><title>T</title>{inner}</item>")).articles] == [address]


def test_uses_a_permalink_guid_as_address():
    assert (
        first(rss("<item><title>T</title><guid>https://news.example/g</guid></item>")).url == "https://news.example/g"
    )


def test_makes_a_headline_from_the_text_of_an_untitled_item():
    article = first(rss("<item><link>https://news.example/a</link><description>A short message.</description></item>"))
    assert article.title == "A short message."


def test_drops_scripts_from_the_text():
    assert (
        first(rss(item("<description>&lt;p&gt;ok&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description>"))).text
        == "ok"
    )


def test_uses_the_authors_of_an_atom_feed_for_entries_without_one():
    entries = (
        '<author><name>The Desk</name></author><entry><title>T</title><id>1</id><link href="/a"/></entry>'
        '<entry><title>U</title><id>2</id><link href="/b"/><author><name>Ann Lee</name></author></entry>'
    )
    assert [article.authors for article in read(atom(entries)).articles] == [("The Desk",), ("Ann Lee",)]


def test_does_not_take_an_address_for_an_author():
    assert first(rss(item("<author>ann@news.example</author>"))).authors == ()


@pytest.mark.parametrize(
    ("inner", "image"),
    [
        (
            '<media:content url="/s.jpg" width="100"/><media:content url="/l.jpg" width="900"/>',
            "https://news.example/l.jpg",
        ),
        ('<media:content url="/v.mp4" type="video/mp4"/>', None),
        ('<enclosure url="/e.jpg" type="image/jpeg" length="1"/>', "https://news.example/e.jpg"),
        ("<description>&lt;img src='i.png'&gt;</description>", "https://news.example/i.png"),
    ],
)
def test_finds_the_picture(inner, image):
    assert first(rss(item(inner))).image == image


@pytest.mark.parametrize(
    ("declaration", "encoding", "content_type"),
    [
        ("", "utf-8", None),
        ('<?xml version="1.0" encoding="iso-8859-1"?>', "utf-8", None),
        ('<?xml version="1.0" encoding="iso-8859-1"?>', "iso-8859-1", None),
        ("", "iso-8859-1", "text/xml; charset=iso-8859-1"),
        ("", "utf-16", None),
    ],
)
def test_finds_the_encoding_even_if_the_declaration_is_wrong(declaration, encoding, content_type):
    document = rss(item("").replace("<title>T", "<title>Café")).removeprefix('<?xml version="1.0"?>')
    assert first((declaration + document).encode(encoding), content_type=content_type).title == "Café"


def test_reads_a_json_feed():
    article = first(
        b'\xef\xbb\xbf{"version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "de", "items": ['
        b'{"id": 7, "url": "/a", "title": "T", "content_html": "<p>One</p><p>Two</p>", "image": "i.png",'
        b' "date_published": "2026-01-05T10:00:00Z", "authors": [{"name": "Ann"}]}, 5, {"id": "x"}]}'
    )
    assert (article.url, article.title, article.text) == ("https://news.example/a", "T", "One\n\nTwo")
    assert (article.authors, article.image, article.language) == (("Ann",), "https://news.example/blog/i.png", "de")
    assert article.published == datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


def test_reads_json_feed_1_0_with_one_author_and_ids_as_addresses():
    article = first(
        b'{"version": "https://jsonfeed.org/version/1", "author": {"name": "Ann"}, "items": ['
        b'{"id": "https://news.example/z", "content_text": "Hello there."}]}'
    )
    assert (article.url, article.title, article.authors) == ("https://news.example/z", "Hello there.", ("Ann",))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the feed is empty"),
        (b" \n", "the feed is empty"),
        (b"hello", "this is not a feed"),
        (b"pyproject.toml", "this is not a feed"),
        (b'{"a": 1}', "not a JSON feed"),
        (b'{"a":', "not JSON"),
        (b'{"a":' + b"[" * 100_000, "not JSON"),
        (b"<!doctype html><html><body>x</body></html>", "a web page, not a feed"),
        (b"<html><body><item><title>x</title></item></body></html>", "a web page, not a feed"),
    ],
)
def test_refuses_documents_that_are_not_feeds(data, message):
    with pytest.raises(SourceError, match=message) as caught:
        read(data)
    assert str(caught.value).startswith(URL)
    assert caught.value.hint or "JSON" in message


def test_hints_at_the_feed_that_a_web_page_links_to():
    page = '<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head></html>'
    with pytest.raises(SourceError) as caught:
        read(page)
    assert 'feed = "https://news.example/rss"' in caught.value.hint


def test_entities_neither_expand_nor_read_files():
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE r [<!ENTITY e0 "lol"><!ENTITY x SYSTEM "file:///etc/hostname">{levels}]>'
    document = bomb + rss(item("<description>&e9; &x;</description>")).removeprefix('<?xml version="1.0"?>')
    with contextlib.suppress(SourceError):
        assert len(repr(read(document))) < 10_000


@given(st.binary(max_size=400))
@settings(max_examples=50, deadline=None)
def test_garbage_raises_nothing_but_a_source_error(data):
    with contextlib.suppress(SourceError):
        assert isinstance(read(data), Feed)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_a_damaged_feed_raises_nothing_but_a_source_error(data):
    document = bytearray(rss(item("<pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>") * 2).encode())
    for _ in range(data.draw(st.integers(1, 8))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SourceError):
        assert isinstance(read(bytes(document)), Feed)
