"""Feeds with one mistake of publishers each, and what a reader would expect of the first article."""

# ruff: noqa: E501 - samples are easier to read on one line
from __future__ import annotations

import contextlib
import gzip
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import DigestError
from digest.models import is_web_address
from digest.sources import parse_feed

URL = "https://news.example/blog/feed.xml"
A = "https://news.example/a"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" '
    'xmlns:dcterms="http://purl.org/dc/terms/"'
)
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{}">'
HEAD = "<link>https://news.example/</link>"


def rss(items, head=HEAD):
    return f'<rss version="2.0" {NAMESPACES}><channel><title>News</title>{head}{items}</channel></rss>'


def item(inner="", *, link=f"<link>{A}</link>", title="<title>T</title>"):
    return f"<item>{title}{link}{inner}</item>"


def atom(inner="", *, link=f'<link href="{A}"/>', title="<title>T</title>", attributes="", head=""):
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>News</title><id>u:1</id>{head}'
        f"<entry>{title}<id>u:2</id>{link}{inner}</entry></feed>"
    )


def json_feed(item, version="1.1"):
    return f'{{"version": "https://jsonfeed.org/version/{version}", "title": "J", "items": [{item}]}}'


def read(document, content_type=None):
    data = document if isinstance(document, bytes) else document.encode()
    return parse_feed(data, url=URL, content_type=content_type)


ADDRESSES = {
    "a guid that is an address but not a permalink": rss(item(f'<guid isPermaLink="false">{A}</guid>', link="")),
    "an empty link before a guid": rss(item(f"<guid>{A}</guid>", link="<link/>")),
    "Atom's alternate beside its self in an item": rss(item(link=f'<atom:link rel="self" href="/s"/><atom:link rel="alternate" href="{A}"/>')),
    "Atom's self link in an item is not its address": rss(item(f"<guid>{A}</guid>", link='<atom:link rel="self" href="/s"/>')),
    "Atom's self in front of the channel's link": rss(item(link="<link>a</link>"), head=f'<atom:link rel="self" href="https://cdn.example/f"/>{HEAD}'),
    "what FeedBurner replaced": rss(item(f"<feedburner:origLink>{A}</feedburner:origLink>", link="<link>https://burner.example/~r/1</link>")),
    "line breaks around a link": rss(item(link=f"<link>\n  {A}\n </link>")),
    "a line break within a link": rss(item(link="<link>https://news.example/\n  a</link>")),
    "a link in CDATA": rss(item(link=f"<link><![CDATA[ {A} ]]></link>")),
    "a link without a scheme": rss(item(link="<link>//news.example/a</link>")),
    "a link as an attribute": rss(item(link=f'<link href="{A}"/>')),
    "tags in capitals": rss(f"<ITEM><TITLE>T</TITLE><LINK>{A}</LINK></ITEM>"),
    "a root in capitals": rss(item()).replace("rss", "RSS").replace("channel", "CHANNEL"),
    "a root in a namespace nobody knows": rss(item()).replace("<rss ", '<rss xmlns="http://example.com/x" '),
    "prefixes that are not declared": rss(item("<slash:comments>3</slash:comments><foo:bar>x</foo:bar>")),
    "a stylesheet and PHP": "<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='/x.xsl'?>" + rss(item("<?php echo 1 ?>")),
    "items beside the channel in RSS 1.0": RDF.format("http://purl.org/rss/1.0/") + f"<channel>{HEAD}</channel>{item()}</rdf:RDF>",
    "rdf:about alone": RDF.format("http://purl.org/rss/1.0/") + f'<channel>{HEAD}</channel><item rdf:about="{A}"><title>T</title></item></rdf:RDF>',
    "RSS 0.90": RDF.format("http://my.netscape.com/rdf/simple/0.9/") + f"<channel>{HEAD}</channel>{item()}</rdf:RDF>",
    "items beside the channel in RSS 2.0": f'<rss version="2.0"><channel>{HEAD}</channel>{item()}</rss>',
    "RSS without a version": f"<rss><channel>{item()}</channel></rss>",
    "RSS without a channel": f'<rss version="2.0">{item()}</rss>',
    "a channel without RSS": f"<channel><title>N</title>{item()}</channel>",
    "a comment in front": f"<!-- cached -->\n{rss(item())}",
    "a warning in front": f"Warning: x in /y on line 3\n{rss(item())}",
    "a script behind": rss(item()) + "\n<script>x()</script>",
    "no end": rss(item()).replace("</channel></rss>", ""),
    "an item that does not end": rss(f"<item><title>T</title><link>{A}</link><item><title>U</title><link>/b</link></item>"),
    "a wrong closing tag": rss(item("<description>x</desc></description>")),
    "Atom's links of several types": atom(link=f'<link rel="self" href="/s"/><link rel="alternate" type="application/json" href="/j"/><link rel="alternate" type="text/html" href="{A}"/>'),
    "an Atom link without a relation": atom(link=f'<link rel="via" href="/v"/><link href="{A}"/>'),
    "Atom's id alone": f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><id>{A}</id></entry></feed>',
    "content that is elsewhere": atom('<content src="/a" type="text/html"/>', link=""),
    "bases within bases": atom(link='<link xml:base="x/" href="../../a"/>', attributes='xml:base="https://news.example/base/"'),
    "Atom without a namespace": f'<feed><entry><title>T</title><link href="{A}"/></entry></feed>',
    "Atom's namespace with https": atom().replace("http://www.w3", "https://www.w3"),
    "a prefix for Atom": f'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>T</a:title><a:link href="{A}"/></a:entry></a:feed>',
    "an entry without a feed": f'<entry xmlns="http://www.w3.org/2005/Atom"><title>T</title><link href="{A}"/></entry>',
    "an external_url": json_feed(f'{{"id": "1", "title": "T", "external_url": "{A}"}}'),
}  # fmt: skip


@pytest.mark.parametrize("document", ADDRESSES.values(), ids=ADDRESSES)
def test_finds_the_address(document):
    article = read(document).articles[0]
    assert (article.url, article.title) == (A, "T")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("5 < 6 and a", "5 < 6 and a"),
        ("5 &lt; 6 &amp; 7", "5 < 6 & 7"),
        ("List&lt;int&gt; now", "List<int> now"),
        ("Fish &amp;amp; chips&amp;#8217; &amp;quot;x&amp;quot;", 'Fish & chips\u2019 "x"'),
        ("<![CDATA[<em>Big</em> news<br/>here]]>", "Big news here"),
        ("A <b>bold</b> move", "A bold move"),
        ("\n A \t B\n", "A B"),
        ("A&nbsp;B&#x81;&#127;", "A B"),
        ("A\0\x07 B", "A B"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_reads_a_title_as_one_line_of_plain_text(title, expected):
    assert read(rss(item(title=f"<title>{title}</title>"))).articles[0].title == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <em>b</em> &amp; c</div></title>', "A b & c"),
        ('<title type="html">A &lt;em&gt;b&lt;/em&gt; &amp;amp; c</title>', "A b & c"),
        ('<title type="text">A &lt;b&gt; tag</title>', "A <b> tag"),
    ],
)
def test_reads_an_atom_title_by_its_type(title, expected):
    assert read(atom(title=title)).articles[0].title == expected


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<description>&amp;lt;p&amp;gt;Hi &amp;amp;amp; bye&amp;lt;/p&amp;gt;</description>", "Hi & bye"),
        ("<content:encoded/><description>Desc</description>", "Desc"),
        ("<description>A much longer teaser.</description><content:encoded>&lt;p&gt;Full.&lt;/p&gt;</content:encoded>", "Full."),
        ("<description>one<!-- no --> two</description>", "one two"),
        ("<description>One\n\nTwo\nmore</description>", "One\n\nTwo more"),
        ("<description><p>One</p><p>Two</p></description>", "One\n\nTwo"),
        ('<body xmlns="http://www.w3.org/1999/xhtml"><p>One</p><p>Two</p></body>', "One\n\nTwo"),
        ("<description><![CDATA[<style>p{}</style><p>ok</p><script>if(a<b){x('<p>no</p>')}</script>]]></description>", "ok"),
        ("<description><![CDATA[<p>a</p><iframe src=x>no</iframe><P>b</P><svg><text>no</text></svg>]]></description>", "a\n\nb"),
        ('<description><![CDATA[<p title="1 > 0">a -> b</p><!-- <p>no</p> -->]]></description>', "a -> b"),
        ("<description><![CDATA[<p>cut <a href=]]></description>", "cut"),
        ('<x:encoded xmlns:x="https://purl.org/rss/1.0/modules/content">Full.</x:encoded>', "Full."),
        ('<content:encoded xmlns:content="http://example.com/wrong">Full.</content:encoded>', "Full."),
        ("<itunes:summary>Notes</itunes:summary>", "Notes"),
    ],
)  # fmt: skip
def test_finds_the_text(inner, text):
    assert read(rss(item(inner))).articles[0].text == text


def test_does_not_read_the_plain_text_of_a_json_feed_as_html():
    article = read(json_feed('{"url": "/a", "content_text": "Use <b> &amp; see\\n\\nmore"}')).articles[0]
    assert article.text == "Use <b> &amp; see\n\nmore"


@pytest.mark.parametrize(
    ("document", "authors"),
    [
        (rss(item("<author>ann@news.example (Ann Lee)</author>")), ("Ann Lee",)),
        (rss(item("<author>Ann Lee &lt;ann@news.example&gt;</author>")), ("Ann Lee",)),
        (rss(item("<dc:creator>Ann Lee, Bob Ray and Cy Dee</dc:creator>")), ("Ann Lee", "Bob Ray", "Cy Dee")),
        (rss(item("<author>x@n.example (Ann Lee)</author><dc:creator>Ann Lee</dc:creator>")), ("Ann Lee",)),
        (rss(item("<author><name>Ann Lee</name></author>")), ("Ann Lee",)),
        (rss(item('<dc:creator xmlns:dc="http://example.com/wrong">Ann Lee</dc:creator>')), ("Ann Lee",)),
        (rss(item(), head=f"{HEAD}<managingEditor>e@x.example (Ed Itor)</managingEditor>"), ()),
        (atom("<author><name>Ann Lee</name></author><author><name>Bob Ray</name></author>"), ("Ann Lee", "Bob Ray")),
        (atom("<source><author><name>Ann Lee</name></author></source>"), ("Ann Lee",)),
        (atom("<contributor><name>Con Trib</name></contributor>"), ()),
        (atom("<author><email>a@x.example</email></author>"), ()),
    ],
)
def test_finds_the_authors(document, authors):
    assert read(document).articles[0].authors == authors


@pytest.mark.parametrize(
    ("inner", "image"),
    [
        ('<m:thumbnail xmlns:m="https://search.yahoo.com/mrss" url="/i.jpg"/>', "https://news.example/i.jpg"),
        ('<media:content xmlns:media="http://wrong.example/" url="/i.jpg" medium="image"/>', "https://news.example/i.jpg"),
        ('<media:content url="/v.mp4" type="video/mp4"><media:thumbnail url="/i.jpg"/></media:content>', "https://news.example/i.jpg"),
        ('<description>&lt;img src="data:image/gif;base64,R0" data-src="/i.jpg"&gt;x</description>', "https://news.example/i.jpg"),
        ('<description>&lt;img src="/p" width="1"&gt;&lt;img src="/i.jpg"&gt;x</description>', "https://news.example/i.jpg"),
        ('<content:encoded>&lt;p&gt;Full.&lt;/p&gt;</content:encoded><description>&lt;img src="/i.jpg"&gt;</description>', "https://news.example/i.jpg"),
        ("<image><url>/i.jpg</url></image>", "https://news.example/i.jpg"),
        ("<description>&lt;img src='javascript:x()'&gt;x</description>", None),
    ],
)  # fmt: skip
def test_finds_the_picture_of_an_item(inner, image):
    assert read(rss(item(inner))).articles[0].image == image


@pytest.mark.parametrize(
    ("inner", "moment"),
    [
        ("<pubDate>Di, 10 Mär 2026 10:00:00 +0100</pubDate>", "2026-03-10T09:00"),
        ("<pubDate>mié., 7 de enero de 2026 10:00</pubDate>", "2026-01-07T10:00"),
        ("<pubDate>5 de fevereiro de 2026 às 10:00</pubDate>", "2026-02-05T10:00"),
        ("<pubDate>lun, 05 gen 2026 10:00:00 +0100</pubDate>", "2026-01-05T09:00"),
        ("<pubDate>ma, 06 okt 2026 10:00:00 +0200</pubDate>", "2026-10-06T08:00"),
        ("<pubDate>Mon, 05 Jan 2026 10:00:00 +01:00</pubDate>", "2026-01-05T09:00"),
        ("<pubDate>Mon, 05 Jan 2026 23:59:60 GMT</pubDate>", "2026-01-05T23:59"),
        ("<pubDate>25/12/2026 10:00</pubDate>", "2026-12-25T10:00"),
        ("<pubDate>Jan 5, 2026 12:30 AM</pubDate>", "2026-01-05T00:30"),
        ("<pubDate>soon</pubDate><dc:date>2026-01-05</dc:date>", "2026-01-05T00:00"),
        ("<dcterms:issued>2026-01-05</dcterms:issued>", "2026-01-05T00:00"),
    ],
)
def test_finds_the_date_of_an_item(inner, moment):
    published = read(rss(item(inner))).articles[0].published
    assert published is not None
    assert published.strftime("%Y-%m-%dT%H:%M") == moment


CAFE = rss(item(title="<title>Café €</title>"))


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (f'\n<?xml version="1.0" encoding="utf-16"?>{CAFE}'.encode("utf-16-le"), None),
        (b"\xef\xbb\xbf" + b'<?xml version="1.0" encoding="iso-8859-1"?>' + CAFE.encode(), None),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + CAFE.encode(), None),
        (CAFE.encode("cp1252"), "text/xml; charset=windows-1252"),
        (b'<?xml version="1.0" encoding="utf-16"?>' + CAFE.encode(), None),
        (b'<?xml version="1.0" encoding="iso-8859-15"?>' + CAFE.encode("iso-8859-15"), None),
        (b'<?xml version="1.0" encoding="foo-8"?>' + CAFE.encode(), None),
        (CAFE.encode("utf-32"), None),
        (gzip.compress(CAFE.encode()), None),
        (json_feed('{"url": "/a", "title": "Café €"}').encode("utf-16"), None),
        (json_feed('{"url": "/a", "title": "Café €"}').encode("cp1252"), None),
    ],
)
def test_finds_the_encoding(data, content_type):
    assert read(data, content_type).articles[0].title == "Café €"


def test_refuses_a_truncated_gzip_header():
    with pytest.raises(DigestError, match="cannot be unpacked"):
        read(b"\x1f\x8b\x00\x00\x00")


FEEDS = st.sampled_from(
    [
        *ADDRESSES.values(),
        json_feed('{"id": 1, "url": "/a", "title": "A\\ud800\\u0007<b>b</b>", "content_text": "\\u0000x"}'),
    ]
)
DEBRIS = st.sampled_from(
    [b"<", b">", b"&", b"</", b"]]>", b"<![CDATA[", b"<!--", b"\0", b"\x1b", b"\xff\xfe", b"\xc2\x85", b"&#1;", b"&amp;#x81;", b"&#xD800;",
     b"<item>", b"</item>", b"<title>", b"&lt;b&gt;", b"<a " + b"x" * 3000 + b">", b"<p>" * 600, b'"', b"{", b"[" * 2000, b"\\ud800"]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(FEEDS, st.lists(st.tuples(st.floats(0, 1), DEBRIS | st.binary(max_size=3)), max_size=6), st.floats(0.2, 1))
def test_articles_are_clean_whatever_the_feed_contains(document, debris, length):
    data = document.encode()
    for place, piece in debris:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + len(piece) // 2 :]
    with contextlib.suppress(DigestError):
        for article in read(data[: int(length * len(data))]).articles:
            assert is_web_address(article.url)
            assert article.image is None or is_web_address(article.image)
            assert article.published is None or article.published.tzinfo is UTC
            assert isinstance(article.published, datetime | None)
            for line in (article.url, article.title, *article.authors, *article.text.split("\n\n")):
                assert not {"Cc", "Cs"}.intersection(map(unicodedata.category, line)), ascii(line)
