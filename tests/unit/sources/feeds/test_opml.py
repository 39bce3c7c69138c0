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
    )
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
    assert feeds == (FeedAddress(title="Two lines more", url="http://a.example/x", section="News"),)


@pytest.mark.parametrize(
    ("xml_url", "address"),
    [
        ("feed:https://a.example/x", "https://a.example/x"),
        ("feed://a.example/x", "http://a.example/x"),
        ("feed:a.example/x", "http://a.example/x"),
    ],
)
def test_understands_the_feed_scheme(xml_url, address):
    assert parse_opml(opml(f"<outline xmlUrl='{xml_url}'/>"), file="f.opml")[0].url == address


def test_reads_a_list_that_declares_the_wrong_encoding():
    data = "<opml><body><outline text='Café Köln' xmlUrl='https://a.example/x'/></body></opml>".encode("cp1252")
    assert parse_opml(data, file="f.opml")[0].title == "Café Köln"


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
    assert parse_opml(data, file="feeds.opml") == (FeedAddress(title="", url="https://a.example/feed"),)


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
