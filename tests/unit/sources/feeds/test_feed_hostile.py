"""Feeds that are made to fill memory or to hang. One process reads all of them, with a limit on its memory."""

# ruff: noqa: E501 - samples are easier to read on one line
from __future__ import annotations

import subprocess
import sys

MEGABYTES = 200

#: Documents are built in the process that reads them. Each has the number of articles, or a part of the error, to expect.
SCRIPT = r"""
from digest import parse_feed
from digest.errors import SourceError
from digest.testing import peak_megabytes

M = 2**20
ITEM = "<item><title>T</title><link>https://news.example/a</link>{}</item>"

def rss(items):
    return f'<rss version="2.0" xmlns:m="http://search.yahoo.com/mrss/"><channel><title>N</title>{items}</channel></rss>'

def body(html):
    return rss(ITEM.format(f"<description>{html}</description>"))

def atom(html):
    return (f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><link href="https://news.example/a"/>'
            f'<content type="xhtml">{html}</content></entry></feed>')

def json_feed(items):
    return '{"version": "https://jsonfeed.org/version/1.1", "items": [' + items + "]}"

DOCUMENTS = {
    "a title of 10 MB": (lambda: rss(f"<item><title>{'x' * 10 * M}</title><link>https://news.example/a</link></item>"), 1),
    "a million items": (lambda: rss("<item><link>/a</link></item>" * 700_000), 5000),
    "one text of 19 MB": (lambda: body("word \xe9 " * (2 * M)), 1),
    "200,000 nested elements": (lambda: body("&lt;div&gt;" * 200_000 + "x" + "&lt;/div&gt;" * 200_000), 1),
    "200,000 nested in capitals": (lambda: body("&lt;DIV&gt;" * 200_000 + "x" + "&lt;/DIV&gt;" * 200_000), 1),
    "elements that cross": (lambda: body("&lt;B&gt;&lt;P&gt;" * 90_000 + "&lt;/B&gt;&lt;/P&gt;" * 90_000), 1),
    "XML nested 100,000 deep": (lambda: rss("<a>" * 100_000 + "</a>" * 100_000), 0),
    "a million paragraphs": (lambda: atom("<p>x</p>" * 900_000), 1),
    "an attribute of 9 MB": (lambda: rss(ITEM.format(f'<m:content url="{"x" * 9 * M}"/>')), 1),
    "half a million attributes": (lambda: rss(ITEM.format("<a " + " ".join(f'a{n}="1"' for n in range(500_000)) + "/>")), 1),
    "half a million pictures": (lambda: rss(ITEM.format('<m:content url="/x.mp4"/>' * 500_000)), 1),
    "ampersands": (lambda: body("&" * 15 * M), 1),
    "open scripts": (lambda: body("<![CDATA[" + "<script>" * 2_000_000 + "]]>"), 1),
    "open tags": (lambda: body("<![CDATA[" + "<p " * 5_000_000 + "]]>"), 1),
    "billion laughs": (lambda: '<!DOCTYPE r [<!ENTITY e0 "lol">' + "".join(
        f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9)) + "]>" + body("&e9;"), 1),
    "quadratic blow-up": (lambda: f'<!DOCTYPE r [<!ENTITY a "{"x" * 100_000}">]>' + body("&a;" * 100_000), "not a feed"),
    "a page of open elements": (lambda: "<!doctype html><html>" + "<div>" * 500_000, "web page"),
    "nothing but <": (lambda: "<" * 20 * M, "not a feed"),
    "JSON of six million objects": (lambda: json_feed("{}," * 6_000_000 + "{}"), "too large"),
    "JSON of a long text": (lambda: json_feed('{"url": "/a", "content_html": "' + "<p>word</p>" * 700_000 + '"}'), 1),
    "JSON nested 100,000 deep": (lambda: json_feed("[" * 100_000), "not JSON"),
    "JSON nested in an item": (lambda: json_feed('{"x":' + '{"a":' * 100_000 + "1" + "}" * 100_001), "not JSON"),
}
for name, (document, expected) in DOCUMENTS.items():
    data = document().encode()
    try:
        feed = parse_feed(data, url="https://news.example/feed")
    except SourceError as error:
        assert isinstance(expected, str) and expected in error.message, (name, error.message)
        continue
    assert len(feed.articles) == expected, (name, len(feed.articles))
    assert all(len(article.title) <= 500 and len(article.text) <= 400_000 for article in feed.articles), name
print(peak_megabytes())
"""


def test_hostile_feeds_neither_fill_the_memory_nor_hang():
    read = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=300)
    assert read.returncode == 0, read.stderr[-2000:]
    assert float(read.stdout) < MEGABYTES
