"""Which feeds a front page names, and which addresses are those of front pages."""

from __future__ import annotations

import pytest

from digest.sources.linked_feeds import linked_feeds
from digest.sources.pages.site_feeds import is_front_page

SITE = "https://coast.example/"


def urls(head: str, body: str = "", url: str = SITE) -> list[str]:
    page = f"<html><head><title>Coast</title>{head}</head><body>{body}</body></html>"
    return [feed.url for feed in linked_feeds(page, url=url)]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="application/rss+xml" href="/feed.xml">',
        "<link href=/feed.xml type='application/atom+xml' rel='ALTERNATE home'>",
        '<LINK REL="alternate" TYPE="application/rss+xml; charset=utf-8" HREF=" /feed.xml\n">',
        '<link rel="alternate" type="text/xml" href="feed.xml">',
        '<link rel="feed" href="https://coast.example/feed.xml">',
        '<base href="https://coast.example/"><link rel="alternate" type="application/feed+json" href="feed.xml">',
    ],
)
def test_a_feed_in_the_head_is_found_in_any_spelling(link):
    assert urls(link, url="https://coast.example/") == ["https://coast.example/feed.xml"]


def test_what_is_no_feed_is_not_found():
    head = (
        '<link rel="alternate" hreflang="de" href="/de/">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/5">'
        '<link rel="alternate" type="application/json+oembed" href="/oembed?url=x">'
        '<link rel="stylesheet" type="text/css" href="/feed.css">'
        '<link rel="alternate" type="application/rss+xml" href="javascript:void(0)">'
    )
    assert urls(head, '<a href="/feedback">Feedback</a><a href="mailto:rss@coast.example">Mail</a>') == []


def test_feeds_of_comments_give_way_to_those_of_articles():
    head = (
        '<link rel="alternate" type="application/rss+xml" title="Coast » Feed" href="/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="Coast » Comments Feed" href="/comments/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="Again" href="http://coast.example/feed">'
    )
    assert urls(head) == ["https://coast.example/feed/"]
    assert urls(head.split(">", 1)[1].rsplit("<", 1)[0]) == ["https://coast.example/comments/feed/"]


def test_links_in_the_page_help_where_the_head_names_none():
    body = '<p><a href="/about">About</a> <a href="/rss"> Our  news </a> <a href="https://b.example/atom.xml">b</a></p>'
    assert urls("", body) == ["https://coast.example/rss", "https://b.example/atom.xml"]


@pytest.mark.parametrize("path", ["", "/", "/index.html", "/en/", "/pt-br", "/blog", "/News/", "/home"])
def test_a_front_page_is_known_by_its_address(path):
    assert is_front_page(f"https://coast.example{path}")


@pytest.mark.parametrize("path", ["/bridge-closed", "/2026/11/bridge", "/?p=12", "/blog/ferry", "/statement.html"])
def test_an_article_is_no_front_page(path):
    assert not is_front_page(f"https://coast.example{path}")
