from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.sources import FeedAddress, parse_opml
from digest.sources.feeds.feed_parser import is_feed, is_opml


def opml(body):
    return (
        f'<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>{body}</body></opml>'.encode()
    )


def test_lists_feeds_in_order_with_their_folder_as_section():
    feeds = parse_opml(
        opml(
            """<outline text="World"><outline text="Courier" title="The Courier" type="rss"
                 xmlUrl="https://courier.example/feed" htmlUrl="https://courier.example/"/>
               <outline text="Deeper"><outline text="Gazette" xmlUrl="https://gazette.example/atom.xml"/></outline></outline>
               <outline text="Alone" xmlUrl="https://alone.example/rss"/>"""
        ),
        file="feeds.opml",
    ).feeds
    assert feeds == (
        FeedAddress(title="The Courier", url="https://courier.example/feed", section="World"),
        FeedAddress(title="Gazette", url="https://gazette.example/atom.xml", section="World"),
        FeedAddress(title="Alone", url="https://alone.example/rss"),
    )


def test_reads_odd_exports_of_feed_readers():
    feeds = parse_opml(
        b"""<?xml version="1.0"?><OPML version="1.0"><body>
        <outline TEXT="  Two\nlines & more " XMLURL="feed://a.example/x" category="News,Old"/>
        <outline text="twice" xmlUrl="feed://a.example/x"/>
        <outline text="no feed" xmlUrl="javascript:alert(1)"/>
        <outline text="file" xmlUrl="file:///etc/passwd"/>
        </body></OPML>""".replace(b"OPML", b"opml"),
        file="feeds.opml",
    )
    title = "Two lines & more"
    assert feeds.feeds == (FeedAddress(title=title, url="http://a.example/x", section="News"),)
    assert feeds.unread == (
        "line 5 (no feed): 'javascript:alert(1)' is not a web address",
        "line 6 (file): 'file:///etc/passwd' is not a web address",
    )


@pytest.mark.parametrize(
    ("xml_url", "address"),
    [
        ("feed:https://a.example/x", "https://a.example/x"),
        ("feed://a.example/x", "http://a.example/x"),
        ("feed:a.example/x", "http://a.example/x"),
    ],
)
def test_understands_the_feed_scheme(xml_url, address):
    assert parse_opml(opml(f"<outline xmlUrl='{xml_url}'/>"), file="f.opml").feeds[0].url == address


def test_reads_a_list_that_declares_the_wrong_encoding():
    data = "<opml><body><outline text='Café Köln' xmlUrl='https://a.example/x'/></body></opml>".encode("cp1252")
    assert parse_opml(data, file="f.opml").feeds[0].title == "Café Köln"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an OPML file"),
        (b"<rss version='2.0'/>", "not an OPML file"),
        (b"\x00\xff", "not an OPML file"),
        (b"<a: opml/>", "not an OPML file"),
        (opml(""), "lists no feed"),
        (opml("<outline text='folder'/>"), "lists no feed"),
    ],
)
def test_refuses_files_that_are_not_opml_or_list_no_feed(data, message):
    with pytest.raises(SourceError, match=message) as caught:
        parse_opml(data, file="feeds.opml")
    assert caught.value.place.file == "feeds.opml"


def test_entities_are_not_resolved():
    data = b"""<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>
    <opml><body><outline text="&x;" xmlUrl="https://a.example/feed"/></body></opml>"""
    assert parse_opml(data, file="feeds.opml").feeds == (FeedAddress(title="&x;", url="https://a.example/feed"),)


@pytest.mark.parametrize(
    ("outline", "title", "url"),
    [
        ('text="A" xmlUrl="https://a.example/x?town=quay&kind=news"', "A", "https://a.example/x?town=quay&kind=news"),
        ('text="A" xmlUrl="https://a.example/x?a=1&amp;b=2&#38;c=3"', "A", "https://a.example/x?a=1&b=2&c=3"),
        ('text="A" xmlUrl="https://a.example/x?a=1&copy=2"', "A", "https://a.example/x?a=1&copy=2"),
        ('text="Bread & Butter &eacute;" xmlUrl="https://a.example/x"', "Bread & Butter é", "https://a.example/x"),
        ('text="The "Tide" letter" xmlUrl="https://a.example/x"', 'The "Tide" letter', "https://a.example/x"),
        ("text='The Baker's letter' xmlUrl='https://a.example/x'", "The Baker's letter", "https://a.example/x"),
        ('text="1 < 2 > 0" xmlUrl="https://a.example/x"', "1 < 2 > 0", "https://a.example/x"),
        ('text="A"xmlUrl = "https://a.example/x"type="rss"', "A", "https://a.example/x"),
        ('xmlURL="https://a.example/x" text="Equal = \'same\'"', "Equal = 'same'", "https://a.example/x"),
        ('text="Bell \x07" xmlUrl="https://a.example/x"', "Bell", "https://a.example/x"),
    ],
)
def test_reads_outlines_that_are_not_well_formed(outline, title, url):
    data = opml(f'<outline {outline}/><outline text="B" xmlUrl="https://b.example/x"/>')
    feeds = parse_opml(data, file="f.opml")
    assert feeds.feeds == (FeedAddress(title=title, url=url), FeedAddress(title="B", url="https://b.example/x"))
    assert feeds.unread == ()


def test_names_each_outline_that_gives_no_feed():
    body = """
    <outline text="Folder">
      <outline text="Site" type="link" url="https://site.example/"/>
      <!-- <outline text="Old" xmlUrl="gone"/> -->
      <outline text="A" xmlUrl="https://a.example/x">
      <outline text="Cut" xmlUrl="https://b.ex"""
    assert parse_opml(opml(body).partition(b"</body>")[0], file="f.opml").unread == (
        "line 3 (Site): it has no xmlUrl that can be read",
        "line 6 (Cut): it has no xmlUrl that can be read",
    )


def test_names_the_feeds_beyond_the_limit():
    body = "".join(f'<outline text="{n}" xmlUrl="https://a.example/{n}"/>' for n in range(2002))
    feeds = parse_opml(opml(body), file="f.opml")
    assert (len(feeds.feeds), len(feeds.unread)) == (2000, 2)


@pytest.mark.parametrize("unit", ['a="', "<outline a=' ", '"', "<outline ", "<!--", "a = ", "<!DOCTYPE ["])
def test_a_hostile_list_is_read_at_once(unit):
    start = time.process_time()
    parse_opml(opml('<outline xmlUrl="https://a.example/x"/><outline ' + unit * 100_000), file="f.opml")
    assert time.process_time() - start < 3


def test_folders_that_are_never_closed_cost_no_feed():
    data = opml(
        '<outline text="News"><outline text="A" xmlUrl="https://a.example/x"><outline text="B" xmlUrl="https://b.example/x">'
    )
    assert [(feed.url, feed.section) for feed in parse_opml(data, file="f.opml").feeds] == [
        ("https://a.example/x", "News"),
        ("https://b.example/x", "News"),
    ]


@given(st.binary(max_size=200))
def test_raises_nothing_but_a_source_error_for_any_bytes(data):
    for document in (data, opml("").replace(b"<body>", b"<body>" + data)):
        try:
            parse_opml(document, file="feeds.opml")
        except SourceError:
            continue


@pytest.mark.parametrize(
    "start",
    [
        b"<rss version='2.0'>",
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by hand --><rss>",
        b"<?xml version='1.0'?><?xml-stylesheet href='x'?><feed xmlns='http://www.w3.org/2005/Atom'>",
        b"<rdf:RDF xmlns:rdf='x'>",
        b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
        "<?xml version='1.0'?><rss>".encode("utf-16"),
    ],
)
def test_recognises_a_feed_by_its_beginning(start):
    assert is_feed(start)
    assert not is_opml(start)


@pytest.mark.parametrize(
    "start", [b"<!DOCTYPE html><html>", b"A title\n\nrss feeds are fine", b'{"a": 1}', b"", b"<p>"]
)
def test_does_not_take_a_page_or_a_text_for_a_feed(start):
    assert not is_feed(start)
    assert not is_opml(start)


def test_recognises_opml_by_its_beginning():
    assert is_opml(b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE opml><opml version='1.0'>")


@pytest.mark.parametrize(
    "unit", [b"<!---->", b"<!-- -->\n", b"<?a?>", b"<!DOCTYPE a []>", b"<!DOCTYPE a [] ", b"<!--", b"<?", b"\n", b"<!-"]
)
def test_a_prologue_that_never_ends_is_recognised_at_once(unit):
    start = time.process_time()
    assert not is_feed(unit * 5_000)
    assert not is_opml(unit * 5_000)
    assert time.process_time() - start < 1
