"""lxml and feedparser read the same articles, and broken or hostile documents harm neither."""

# ruff: noqa: E501, ISC004 - samples are easier to read on one line
from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.sources import parse_feed
from digest.sources.feeds.broken_feed import read_broken_feed
from digest.sources.feeds.feed_articles import feed_from_channel
from digest.sources.feeds.xml_feed import parse_tree, read_tree
from digest.sources.feeds.xml_text import decode_xml, repair_xml

URL = "https://news.example/blog/feed.xml"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">'
)


def rss(items, head="<link>https://news.example/</link>"):
    return f'<rss version="2.0" {NAMESPACES}><channel><title>News</title>{head}{items}</channel></rss>'


def item(inner):
    return f"<item><title>A &amp;amp; B</title><link>https://news.example/a</link>{inner}</item>"


def atom(entries, attributes=""):
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>News</title>{entries}</feed>'


def entry(inner):
    return f'<entry><title>T</title><id>tag:1</id><link href="a"/>{inner}</entry>'


WELL_FORMED = [
    rss(item("<pubDate>Mon, 05 Jan 2026 10:00:00 +0100</pubDate><description>&lt;p&gt;One&lt;/p&gt;two</description>")),
    rss(item("<description>Short</description><content:encoded><![CDATA[<p>Full <b>text</b></p>]]></content:encoded>")),
    rss(item("<dc:creator>Ann Lee</dc:creator><dc:date>2026-01-05</dc:date>"), head="<language>de-de</language>"),
    rss(item("<author>ann@example.com (Ann Lee)</author>")),
    rss(item("<author>ann@news.example</author>")),
    rss(item('<media:group><media:content url="/a.jpg" width="9"/><media:content url="/b.jpg" width="90"/></media:group>')),
    rss(item('<media:thumbnail url="/t.jpg"/><enclosure url="/e.mp3" type="audio/mpeg" length=""/>')),
    rss(item('<itunes:image href="/i.jpg"/><itunes:author>Ann Lee</itunes:author><itunes:summary>S</itunes:summary>')),
    rss(item('<atom:link rel="self" href="/self"/><atom:updated>2026-01-05T10:00:00Z</atom:updated>')),
    rss("<item><title>T</title><link>post.html</link><description>a <b>b</b> c</description></item>"),
    rss("<item><title>T</title><guid>https://news.example/g</guid></item>"),
    rss("<item><guid>g1</guid><description>Only a text.</description></item>"),
    rss(item("<description>It&#146;s CafÃ©</description>")),
    f"{RDF}<channel><title>News</title><link>https://news.example/</link></channel>{item('<dc:date>2026-01-05</dc:date>')}</rdf:RDF>",
    atom(entry("<published>2026-01-05T10:00:00Z</published><author><name>Ann Lee</name></author>")),
    atom(entry('<content type="html">&lt;img src="i.png"&gt;x</content>'), 'xml:base="/x/" xml:lang="pt-BR"'),
    atom(entry('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One</p><p>Two</p></div></content>')),
    atom(f'<author><name>Ann Lee</name></author>{entry("<summary>S</summary><updated>2026-01-05T10:00:00Z</updated>")}'),
    atom('<entry><title>T</title><link rel="replies" href="/r"/><link rel="enclosure" type="image/png" href="/p.png"/>'
         '<link href="/a"/></entry>'),
    '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>News</title><entry><title>T</title>'
    '<link rel="alternate" type="text/html" href="https://news.example/a"/><issued>2026-01-05T10:00:00Z</issued>'
    '<content type="text/html" mode="escaped">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>',
]  # fmt: skip


def fast(document):
    data = decode_xml(document.encode())
    root = parse_tree(data)
    return feed_from_channel(read_tree(root, data), url=URL)


@pytest.mark.parametrize("document", WELL_FORMED)
def test_lxml_and_feedparser_read_the_same_feed(document):
    assert fast(document) == feed_from_channel(read_broken_feed(decode_xml(document.encode())), url=URL)


@pytest.mark.parametrize(
    "document",
    [
        rss(item("<description>Fish & chips &mdash; &pound;5</description>")),
        rss(item("<description>A bell \x07 rings</description>")),
        rss(item("")) + "<!-- cached --><script>x()</script>",
        '<?xml version="1.0" encoding="utf-16"?>' + rss(item("<description>Café</description>")),
        "<br />\n<b>Warning</b>: in line 3\n" + rss(item("")),
    ],
)
def test_repairs_a_slightly_broken_feed_without_feedparser(document):
    data = repair_xml(decode_xml(document.encode()))
    root = parse_tree(data)
    assert root is not None
    assert feed_from_channel(read_tree(root, data), url=URL) == parse_feed(document.encode(), url=URL)


@pytest.mark.parametrize(
    ("encoded", "content_type"),
    [
        (rss(item("<description>Café</description>")).encode(), "text/xml; charset=iso-8859-1"),
        (rss(item("<description>Café</description>")).encode("utf-16"), None),
        (rss(item("<description>Café</description>")).encode("utf-16-be"), None),
        (rss(item("<description>Café</description>")).encode("cp1252"), None),
        (b'<?xml version="1.0" encoding="windows-1252"?>' + rss(item("<description>Caf\xe9</description>")).encode("cp1252"),
         "text/xml; charset=utf-8"),
        (rss(item("<description>CafXX</description>")).encode().replace(b"XX", b"\xe9"), "text/xml; charset=utf-8"),
    ],
)  # fmt: skip
def test_prefers_the_bytes_to_the_declared_encoding(encoded, content_type):
    assert parse_feed(encoded, url=URL, content_type=content_type).articles[0].text == "Café"


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY a SYSTEM "file:///etc/hostname">',
        '<!ENTITY b "xxxxxxxxxx"><!ENTITY a "&b;&b;&b;&b;&b;&b;&b;&b;">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;',
    ],
)
def test_lxml_refuses_documents_that_declare_entities(subset):
    document = f"<!DOCTYPE rss [{subset}]>{rss(item('<description>&a;</description>'))}"
    assert parse_tree(decode_xml(document.encode())) is None
    assert parse_feed(document.encode(), url=URL).articles[0].text in {"", "&a;"}


@pytest.mark.parametrize(
    "document",
    [
        rss(item("<description>" + "&lt;!--" * 200_000 + "</description>")),
        rss(item("<description><![CDATA[" * 100_000)),
        rss(item("<!--" * 200_000)),
        rss(item("<description>" + "&lt;div&gt;" * 100_000 + "</description>")),
        rss("<item>" * 100_000),
        rss(item("<author>" + "(" * 200_000 + "</author>")),
        rss(item("<description>" + "x" * 5_000_000 + "</description>")),
        rss(f"<item><title>{'x ' * 2_000_000}</title><link>https://news.example/a</link></item>"),
        "<" * 1_000_000,
        "{" * 100_000,
    ],
)
def test_reads_hostile_documents_in_bounded_time(document):
    began = time.process_time()
    with contextlib.suppress(SourceError):
        feed = parse_feed(document.encode(), url=URL)
        assert len(repr(feed)) < 1_000_000
    assert time.process_time() - began < 10


PIECES = st.sampled_from(
    ["<rss version='2.0'>", "<channel>", "</channel>", "<item>", "</item>", "<entry>", "<title>", "</title>", "<link>", "&",
     "&amp;", "&nbsp;", "&#0;", "&#x110000;", "&#xd800;", "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE rss [", "]>", "\x00",
     "\ufffe", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<?xml version='1.0' encoding='utf-7'?>", "<media:group>",
     "<content type='xhtml' xml:base='http://['>", "http://[", "<link href='http://a:b/'/>", "<dc:date>", "0000-00-00", "<"]
)  # fmt: skip


@settings(max_examples=300, deadline=2000)
@given(st.lists(PIECES | st.text(max_size=8), max_size=40), st.sampled_from(["utf-8", "utf-16", "cp1252", "utf-7"]))
def test_any_arrangement_of_the_parts_of_a_feed_raises_nothing_but_a_source_error(pieces, encoding):
    with contextlib.suppress(SourceError):
        parse_feed(
            "".join(pieces).encode(encoding, errors="replace"), url=URL, content_type=f"text/xml; charset={encoding}"
        )


@settings(max_examples=200, deadline=2000)
@given(st.sampled_from(WELL_FORMED), st.data())
def test_damaged_feeds_of_every_kind_raise_nothing_but_a_source_error(document, data):
    encoded = bytearray(document.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SourceError):
        parse_feed(bytes(encoded[: data.draw(st.integers(1, len(encoded)))]), url=URL)
