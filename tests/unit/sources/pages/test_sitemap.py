from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from digest.errors import FetchError, SourceError
from digest.sources.pages.sitemap import SitemapPage, parse_sitemap, read_sitemap

URL = "https://news.example/sitemap.xml"
NAMESPACE = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


def urlset(*entries):
    return f'<?xml version="1.0"?><urlset {NAMESPACE}>{"".join(entries)}</urlset>'.encode()


def entry(path, lastmod="", name="url", more=""):
    date = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<{name}><loc> https://news.example{path} </loc>{date}{more}</{name}>"


def index(*entries):
    return f"<sitemapindex {NAMESPACE}>{''.join(entries)}</sitemapindex>".encode()


def test_returns_pages_newest_first_and_once():
    data = urlset(
        entry("/old", "2026-01-01"), entry("/none"), entry("/new", "2026-01-05T10:00:00+01:00"), entry("/none")
    )
    assert parse_sitemap(data, url=URL)[1] == (
        SitemapPage(url="https://news.example/new", modified=datetime(2026, 1, 5, 9, 0, tzinfo=UTC)),
        SitemapPage(url="https://news.example/old", modified=datetime(2026, 1, 1, tzinfo=UTC)),
        SitemapPage(url="https://news.example/none"),
    )


def test_reads_the_dates_of_a_news_sitemap():
    more = "<news:news><news:publication_date>2026-01-05</news:publication_date></news:news>"
    (page,) = parse_sitemap(urlset(entry("/a", "2026-02-01", more=more)), url=URL)[1]
    assert page.modified == datetime(2026, 1, 5, tzinfo=UTC)


def test_reads_a_gzipped_sitemap_but_not_a_bomb():
    assert len(parse_sitemap(gzip.compress(urlset(entry("/a"))), url=URL)[1]) == 1
    with pytest.raises(SourceError, match="larger than 20 MiB"):
        parse_sitemap(gzip.compress(b"\0" * 30 * 2**20), url=URL)
    with pytest.raises(SourceError, match="cannot be decompressed"):
        parse_sitemap(b"\x1f\x8bnonsense", url=URL)


def test_follows_an_index_one_level_newest_first():
    documents = {
        URL: index(entry("/old.xml", "2025-01-01", "sitemap"), entry("/new.xml", "2026-01-01", "sitemap")),
        "https://news.example/new.xml": urlset(entry("/a", "2026-01-01")),
        "https://news.example/old.xml": index(entry("/never.xml", name="sitemap")),
    }
    addresses = []

    def read(url):
        addresses.append(url)
        return documents[url]

    assert [page.url for page in read_sitemap(URL, read)] == ["https://news.example/a"]
    assert addresses == [URL, "https://news.example/new.xml", "https://news.example/old.xml"]


def test_reads_the_other_sitemaps_of_an_index_when_one_fails():
    def read(url):
        if url.endswith("gone.xml"):
            raise FetchError("gone")
        parts = (entry("/gone.xml", name="sitemap"), entry("/b.xml", name="sitemap"))
        return index(*parts) if url == URL else urlset(entry("/a"))

    assert len(read_sitemap(URL, read)) == 1


def test_fails_when_every_sitemap_of_an_index_fails():
    def read(url):
        if url != URL:
            raise FetchError("gone")
        return index(entry("/gone.xml", name="sitemap"))

    with pytest.raises(FetchError):
        read_sitemap(URL, read)


def test_returns_at_most_50_pages():
    data = urlset(*(entry(f"/{number}", f"2026-01-{number % 28 + 1:02}") for number in range(80)))
    assert len(read_sitemap(URL, lambda _: data)) == 50


@pytest.mark.parametrize("data", [b"", b"hello", b"<html></html>", b"<rss/>", b"<a: urlset/>"])
def test_refuses_documents_that_are_not_sitemaps(data):
    with pytest.raises(SourceError, match="not a sitemap"):
        parse_sitemap(data, url=URL)


def test_entities_read_no_files():
    doctype = '<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    document = f"{doctype}<urlset {NAMESPACE}><url><loc>https://news.example/&x;</loc></url></urlset>".encode()
    assert [page.url for page in parse_sitemap(document, url=URL)[1]] in ([], ["https://news.example/"])
