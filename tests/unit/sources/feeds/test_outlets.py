"""The short names of outlets, and what aggregators put around the articles of others."""

# ruff: noqa: RUF001 - typographic dashes are intended

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from digest.sources.feeds.feed_parser import parse_feed
from digest.sources.feeds.outlets import outlet_name, true_address, without_publisher


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The Vale Post – Breaking News, Sport and Video from The Vale Post", "The Vale Post"),
        ("Vale Today - Category World", "Vale Today"),
        ("Vale Post | Latest news", "Vale Post"),
        ("World news | The Vale Post", "The Vale Post"),
        ("Latest Stories - Vale Post", "Vale Post"),
        ("Vale Post: Top Stories", "Vale Post"),
        ("NVP > Europe", "NVP"),
        ("Comments for Vale Post", "Vale Post"),
        ("Vale Post RSS Feed", "Vale Post"),
        ("谷の新聞｜最新ニュース", "谷の新聞"),
        ("Ropes, Sails and Tar", "Ropes, Sails and Tar"),
        ("Harwick-Denby Post & Echo", "Harwick-Denby Post & Echo"),
        ("Vale: The Magazine", "Vale: The Magazine"),
        ("News", "News"),
        ("", ""),
    ],
)
def test_short_names(title: str, name: str) -> None:
    assert outlet_name(title) == name


def test_the_part_that_the_host_repeats_is_the_name() -> None:
    assert outlet_name("Rivers and weirs | Vale Post", url="https://www.valepost.example/feed") == "Vale Post"


@pytest.mark.parametrize(
    ("title", "publisher", "headline"),
    [
        ("Mill grinds again - Vale Post", "Vale Post", "Mill grinds again"),
        ("Mill - at last - grinds – Vale Post", "Vale Post", "Mill - at last - grinds"),
        ("A walk through town - Denby", "Vale Post", "A walk through town - Denby"),
        ("Vale Post", "Vale Post", "Vale Post"),
        ("Mill grinds again", "", "Mill grinds again"),
    ],
)
def test_only_the_publisher_is_cut_from_a_headline(title: str, publisher: str, headline: str) -> None:
    assert without_publisher(title, publisher) == headline


ARTICLE = "https://vale.example/2026/11/mill-grinds-again?a=1"


def test_addresses_within_links() -> None:
    short = (
        urlsafe_b64encode(b"\x08\x13\x22" + bytes([len(ARTICLE)]) + ARTICLE.encode() + b"\xd2\x01\x00")
        .decode()
        .rstrip("=")
    )
    path = f"https://vale.example/{'x' * 150}"
    long = urlsafe_b64encode(
        b"\x08\x13\x22"
        + bytes([len(path) & 0x7F | 0x80, len(path) >> 7])
        + path.encode()
        + b"\xd2\x01Zhttps://amp.example/"
    ).decode()
    assert true_address(f"https://news.google.com/rss/articles/{short}?oc=5") == ARTICLE
    assert true_address(f"https://news.google.com/rss/articles/{long}") == path
    quoted = ARTICLE.replace("?", "%3F").replace("=", "%3D")
    assert true_address(f"https://www.google.com/url?rct=j&sa=t&url={quoted}&ct=ga") == ARTICLE
    assert true_address(f"http://www.bing.com/news/apiclick.aspx?ref=x&url={quoted}&c=1") == ARTICLE


@pytest.mark.parametrize(
    "link",
    [
        "https://news.google.com/rss/articles/CBMiSkFVX3lxTE5f?oc=5",
        "https://vale.example/share?url=https%3A%2F%2Fother.example%2F",
        "https://www.google.com/url?url=javascript%3Aalert(1)",
        "https://news.google.com/articles/%%%",
        "ftp://vale.example/",
        "",
    ],
)
def test_other_links_stay(link: str) -> None:
    assert true_address(link) == link


def _item(inside: str) -> str:
    return (
        '<rss version="2.0"><channel><title>"mill" - Search</title><link>https://agg.example/</link>'
        f"<item>{inside}</item></channel></rss>"
    )


def test_an_item_of_an_aggregated_feed_has_its_publisher_address_and_bare_headline() -> None:
    code = urlsafe_b64encode(b"\x08\x13\x22" + bytes([len(ARTICLE)]) + ARTICLE.encode() + b"\xd2\x01\x00").decode()
    link = f"https://news.google.com/rss/articles/{code}?oc=5"
    data = _item(
        f"<title>Mill grinds again - Vale Post</title><link>{link}</link>"
        "<source url='https://vale.example'>Vale Post</source>"
        f"<description>&lt;ol&gt;&lt;li&gt;&lt;a href='{link}'&gt;Mill grinds again&lt;/a&gt;&amp;nbsp;"
        '&lt;font color="#6f6f6f"&gt;Vale Post&lt;/font&gt;&lt;/li&gt;&lt;/ol&gt;</description>'
    )
    (article,) = parse_feed(data.encode(), url="https://agg.example/rss").articles
    assert (article.title, article.outlet, article.url, article.text) == ("Mill grinds again", "Vale Post", ARTICLE, "")


def test_a_publisher_is_known_by_the_host_of_the_true_address() -> None:
    link = "https://www.google.com/url?sa=t&amp;url=https://www.valepost.example/1&amp;ct=ga"
    data = _item(f"<title>Mill grinds again - The Vale Post</title><link>{link}</link>")
    (article,) = parse_feed(data.encode(), url="https://agg.example/rss").articles
    assert (article.title, article.outlet) == ("Mill grinds again", "The Vale Post")


def test_an_outlet_that_names_itself_as_the_source_gathers_nothing() -> None:
    data = _item('<title>Mill</title><link>https://a.example/1</link><source>"mill" - Search</source>')
    assert parse_feed(data.encode(), url="https://agg.example/rss").articles[0].outlet == ""
