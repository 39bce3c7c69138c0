from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from digest.errors import FetchError, SourceError
from digest.sources.pages.sitemaps.sitemap import parse_sitemap, read_sitemap
from digest.sources.pages.sitemaps.sitemap_choice import (
    SitemapPage,
    choose_pages,
    choose_parts,
    is_site_page,
    is_site_title,
)

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


def test_returns_pages_with_their_dates():
    data = urlset(entry("/old", "2026-01-01"), entry("/none"), entry("/new", "2026-01-05T10:00:00+01:00"))
    assert parse_sitemap(data, url=URL).pages == (
        SitemapPage(url="https://news.example/old", modified=datetime(2026, 1, 1, tzinfo=UTC)),
        SitemapPage(url="https://news.example/none"),
        SitemapPage(url="https://news.example/new", modified=datetime(2026, 1, 5, 9, 0, tzinfo=UTC)),
    )


def test_reads_the_dates_of_a_news_sitemap():
    more = "<news:news><news:publication_date>2026-01-05</news:publication_date></news:news>"
    (page,) = parse_sitemap(urlset(entry("/a", "2026-02-01", more=more)), url=URL).pages
    assert page.modified == datetime(2026, 1, 5, tzinfo=UTC)


def test_reads_a_gzipped_sitemap_but_not_a_bomb():
    assert len(parse_sitemap(gzip.compress(urlset(entry("/a"))), url=URL).pages) == 1
    with pytest.raises(SourceError, match="larger than 20 MiB"):
        parse_sitemap(gzip.compress(b"\0" * 30 * 2**20), url=URL)
    with pytest.raises(SourceError, match="cannot be decompressed"):
        parse_sitemap(b"\x1f\x8bnonsense", url=URL)


def test_follows_indexes_newest_first_and_each_sitemap_once():
    documents = {
        URL: index(entry("/old.xml", "2025-01-01", "sitemap"), entry("/new.xml", "2026-01-01", "sitemap")),
        "https://news.example/new.xml": urlset(entry("/a", "2026-01-01")),
        "https://news.example/old.xml": index(entry("/inner.xml", name="sitemap"), entry("/new.xml", name="sitemap")),
        "https://news.example/inner.xml": urlset(entry("/b", "2025-12-31")),
    }
    addresses = []

    def read(url):
        addresses.append(url)
        return documents[url]

    assert [page.url[-2:] for page in read_sitemap(URL, read)] == ["/a", "/b"]
    assert [address.rpartition("/")[2] for address in addresses] == ["sitemap.xml", "new.xml", "old.xml", "inner.xml"]


def test_never_reads_more_than_a_dozen_sitemaps():
    addresses = []

    def read(url):
        addresses.append(url)
        number = len(addresses)
        return urlset(entry(f"/p/{number}")).replace(
            b"</urlset>", entry(f"/{number}.xml", name="sitemap").encode() + b"</urlset>"
        )

    assert len(read_sitemap(URL, read)) == len(addresses) == 13


def test_reads_the_other_sitemaps_of_an_index_when_one_fails():
    def read(url):
        if url.endswith("gone.xml"):
            raise FetchError("gone")
        parts = (entry("/gone.xml", name="sitemap"), entry("/b.xml", name="sitemap"))
        return index(*parts) if url == URL else urlset(entry("/a"))

    failures = []
    assert len(read_sitemap(URL, read, failed=failures.append)) == 1
    assert [str(failure) for failure in failures] == ["gone"]


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


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"<html></html>", b"<a: urlset/>", b"see https://a.example/\nfor more"]
)
def test_refuses_documents_that_are_not_sitemaps(data):
    with pytest.raises(SourceError, match="not a sitemap"):
        parse_sitemap(data, url=URL)


def test_entities_read_no_files():
    doctype = '<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    document = f"{doctype}<urlset {NAMESPACE}><url><loc>https://news.example/&x;</loc></url></urlset>".encode()
    assert [page.url for page in parse_sitemap(document, url=URL).pages] == ["https://news.example/&x;"]


@pytest.mark.parametrize(
    "data",
    [
        "<urlset><url><loc>https://news.example/a?b=1&c=2</loc></url></urlset>",
        "<urlset><url><loc>https://news.example/a?b=1&amp;c=2</loc></url></urlset>",
        "<urlset><url><loc><![CDATA[https://news.example/a?b=1&c=2]]></loc></url></urlset>",
        "<sm:urlset><sm:url><sm:loc>/a?b=1&amp;c=2</sm:loc></sm:url></sm:urlset>",
        "\ufeff<urlset xmlns:i='y'><url><i:image><i:loc>/i.png</i:loc></i:image><loc>/a?b=1&amp;c=2</loc></url>",
        "\n\n<URLSET><URL><LOC>/a?b=1&c=2</LOC></URL></URLSET>",
        "<sitemapindex><url><loc>/a?b=1&c=2</loc></url></sitemapindex>",
        "\ufeffhttps://news.example/a?b=1&c=2\r\n",
        "# made by hand\nhttps://news.example/a?b=1&c=2\n\n",
        "<rss><channel><title>N</title><item><title>A</title><link>/a?b=1&amp;c=2</link></item></channel></rss>",
    ],
)
def test_reads_sitemaps_of_all_kinds_whole_or_broken(data):
    assert [page.url for page in parse_sitemap(data.encode(), url=URL).pages] == ["https://news.example/a?b=1&c=2"]


def test_finds_the_sitemaps_that_robots_txt_names():
    sitemap = parse_sitemap(
        b"User-agent: *\nDisallow: /x\nSitemap: https://news.example/s.xml\nsitemap: /t.xml", url=URL
    )
    assert [part.url for part in sitemap.parts] == ["https://news.example/s.xml", "https://news.example/t.xml"]


def pages(*paths):
    return [SitemapPage(url=f"https://news.example{path}") for path in paths]


def chosen(*paths, most=4):
    after = datetime(2026, 11, 10, tzinfo=UTC)
    return [
        page.url.removeprefix("https://news.example") for page in choose_pages(pages(*paths), after=after, most=most)
    ]


def test_the_newest_pages_without_dates_are_at_the_end_with_the_higher_numbers():
    rising = [f"/notes/{number}" for number in range(20)]
    assert chosen(*rising) == ["/notes/19", "/notes/18", "/notes/17", "/notes/16"]
    assert chosen(*reversed(rising)) == ["/notes/19", "/notes/18", "/notes/17", "/notes/16"]


def test_pages_without_dates_or_numbers_come_from_both_ends():
    assert chosen(*(f"/{letter}" for letter in "abcdefgh")) == ["/a", "/h", "/b", "/g"]


def test_dates_in_addresses_count():
    dates = ["/2026/11/12/b", "/2025/01/01/old", "/2026-11-14-c", "/news/20261113/d", "/on-2001-09-11", "/2026/11/e"]
    assert chosen(*dates, most=9) == [
        "/2026/11/e",
        "/2026-11-14-c",
        "/news/20261113/d",
        "/2026/11/12/b",
        "/on-2001-09-11",
    ]


def test_one_day_for_all_pages_says_nothing():
    day = datetime(2020, 1, 1, tzinfo=UTC)
    same = [SitemapPage(url=page.url, modified=day) for page in pages(*(f"/{number}" for number in range(9)))]
    assert len(choose_pages(same, after=datetime(2026, 1, 1, tzinfo=UTC), most=4)) == 4


def test_the_newest_page_is_read_even_if_it_is_old():
    old = [SitemapPage(url=f"/{year}", modified=datetime(year, 1, 1, tzinfo=UTC)) for year in (2019, 2020)]
    assert [page.url for page in choose_pages(old, after=datetime(2026, 1, 1, tzinfo=UTC), most=4)] == ["/2020"]


def test_sitemaps_of_articles_come_first_and_those_of_archives_are_left_out():
    names = ["/page-sitemap.xml", "/post-sitemap1.xml", "/post-sitemap2.xml", "/category-sitemap.xml", "/2026.xml"]
    assert [part.url.rpartition("/")[2] for part in choose_parts(pages(*names))] == [
        "post-sitemap2.xml",
        "post-sitemap1.xml",
        "2026.xml",
    ]
    months = ["/sitemap-2026-10.xml", "/sitemap-2026-11.xml", "/image-sitemap.xml"]
    assert [part.url[-6:] for part in choose_parts(pages(*months))] == ["11.xml", "10.xml", "ap.xml"]


@pytest.mark.parametrize(
    "path",
    ["", "/", "/index.html", "/en", "/de/", "/about", "/en/about-us/", "/impressum.php", "/author/mia", "/news/page/2",
     "/tag/harbour", "/%C3%BCber-uns", "/search?q=a"],
)  # fmt: skip
def test_recognises_pages_that_are_no_articles(path):
    assert is_site_page(f"https://news.example{path}")


@pytest.mark.parametrize(
    "path",
    ["/news/pier.html", "/2026/11/18/about", "/a/b/contact", "/about-the-new-pier", "/?p=12", "/12", "/news/tag-team"],
)  # fmt: skip
def test_takes_other_pages_for_articles(path):
    assert not is_site_page(f"https://news.example{path}")


def test_recognises_headlines_of_such_pages():
    assert is_site_title("About  Us")
    assert is_site_title("Über uns")
    assert not is_site_title("About us, without us")


@pytest.mark.parametrize("data", [urlset(), urlset(entry("/"), entry("/about"))])
def test_a_sitemap_without_articles_is_an_error(data):
    with pytest.raises(SourceError, match="lists no articles"):
        read_sitemap(URL, lambda _: data)
