from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.config import SourceConfig
from digest.errors import FetchError, SourceError
from digest.fetching import Fetcher
from digest.sources import read_address, read_source
from digest.testing.feeds_server import FeedsServer

PARAGRAPHS = "".join(
    f"<p>The harbour of the town was dredged for the {word} time on Monday.</p>" for word in ("first", "second")
)


def page(title, head=""):
    body = f"<article><h1>{title}</h1>{PARAGRAPHS}</article>"
    return f"<html lang='en'><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def rss(*links):
    items = "".join(f"<item><title>Story {link}</title><link>{link}</link></item>" for link in links)
    return f"<rss version='2.0'><channel><title>World</title>{items}</channel></rss>"


@pytest.fixture
def server():
    with FeedsServer() as running:
        yield running


@pytest.fixture
def fetcher(server, tmp_path):
    cache = tmp_path / ".digest" / "http"
    with Fetcher(
        user_agent="digest/1", cache=cache, allow_hosts=[server.host], now=lambda: datetime.now(UTC)
    ) as running:
        yield running


@pytest.fixture
def read(tmp_path, fetcher):
    return lambda **where: read_source(SourceConfig(id="world", **where), root=tmp_path, fetcher=fetcher)


@pytest.fixture
def write(tmp_path):
    def write_one(path, content):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write_one


# -- feeds ------------------------------------------------------------------------------------------------------------


def test_reads_a_feed_and_sets_the_source_of_its_articles(server, read):
    server.put("/feed.xml", rss("/a", "/b", "/a?utm_source=rss"), headers={"Content-Type": "application/rss+xml"})
    reading = read(feed=server.url("/feed.xml"))
    assert (reading.source, reading.kind, reading.error) == ("world", "feed", None)
    assert [article.url for article in reading.articles] == [server.url("/a"), server.url("/b")]
    assert {article.source for article in reading.articles} == {"world"}
    assert "application/atom+xml" in server.requests[0].headers["accept"]


def test_returns_the_articles_of_an_unchanged_feed_again(server, read):
    server.put("/feed.xml", rss("/a"), etag='"1"')
    first, second = read(feed=server.url("/feed.xml")), read(feed=server.url("/feed.xml"))
    assert (first.unchanged, second.unchanged) == (False, True)
    assert first.articles == second.articles


def test_uses_the_charset_of_the_response(server, read):
    server.put(
        "/feed.xml", rss("/ж").encode("windows-1251"), headers={"Content-Type": "text/xml; charset=windows-1251"}
    )
    assert read(feed=server.url("/feed.xml")).articles[0].title == "Story /ж"


@pytest.mark.parametrize(
    ("served", "kind"),
    [({"status": 404}, FetchError), ({"content": page("No feed")}, SourceError), ({"content": b""}, SourceError)],
)
def test_returns_the_error_of_a_bad_feed(server, read, served, kind):
    server.put("/feed.xml", **served)
    reading = read(feed=server.url("/feed.xml"))
    assert reading.articles == ()
    assert isinstance(reading.error, kind)


def test_returns_an_unexpected_exception_as_an_error(tmp_path):
    class Broken:
        def get(self, *_, **__):
            raise ZeroDivisionError("nobody foresaw this")

    source = SourceConfig(id="world", feed="https://news.example/feed.xml")
    reading = read_source(source, root=tmp_path, fetcher=Broken())
    assert type(reading.error) is SourceError
    assert "nobody foresaw this" in str(reading.error)


# -- pages and sitemaps -----------------------------------------------------------------------------------------------


def test_reads_pages_and_reports_a_failing_one_as_a_problem(server, read):
    server.put("/a", page("Ferries are back"))
    server.put("/redirect", status=301, headers={"Location": "/b"})
    server.put("/b", page("Grüße").encode("cp1252"), headers={"Content-Type": "text/html; charset=iso-8859-1"})
    reading = read(pages=[server.url(path) for path in ("/a", "/gone", "/redirect")])
    assert [(article.url, article.title) for article in reading.articles] == [
        (server.url("/a"), "Ferries are back"),
        (server.url("/b"), "Grüße"),
    ]
    assert ["404" in str(problem) for problem in reading.problems] == [True]
    assert reading.error is None


def test_returns_the_error_of_a_failing_page(server, read):
    server.put("/a.pdf", b"%PDF-1.4\0\0\0")
    reading = read(page=server.url("/a.pdf"))
    assert "not a web page" in str(reading.error)
    assert reading.problems == ()


def test_reads_the_pages_of_a_sitemap_that_robots_txt_allows(server, read):
    entries = "".join(
        f"<url><loc>{server.url(path)}</loc><lastmod>2026-01-0{day}</lastmod></url>"
        for path, day in (("/old", 1), ("/closed", 3), ("/new", 2))
    )
    server.put("/sitemap.xml", f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>")
    server.put("/robots.txt", "User-agent: *\nDisallow: /closed\n")
    for path in ("/old", "/new", "/closed"):
        server.put(path, page(f"Story {path}"))
    reading = read(sitemap=server.url("/sitemap.xml"))
    assert [article.title for article in reading.articles] == ["Story /new", "Story /old"]
    assert [article.published for article in reading.articles] == [
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
    ]
    assert ["robots.txt" in str(problem) for problem in reading.problems] == [True]
    assert "/closed" not in [request.path for request in server.requests]


def test_does_not_fetch_old_pages_of_a_sitemap(server, tmp_path, fetcher):
    entries = "".join(
        f"<url><loc>{server.url(path)}</loc>{modified}</url>"
        for path, modified in (
            ("/old", "<lastmod>2026-01-05</lastmod>"),
            ("/that-day", "<lastmod>2026-01-07</lastmod>"),
            ("/undated", ""),
        )
    )
    server.put("/sitemap.xml", f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>")
    for path in ("/old", "/that-day", "/undated"):
        server.put(path, page(f"Story {path}"))
    source = SourceConfig(id="world", sitemap=server.url("/sitemap.xml"))
    after = datetime(2026, 1, 7, 12, tzinfo=UTC)
    reading = read_source(source, root=tmp_path, fetcher=fetcher, after=after)
    assert [article.title for article in reading.articles] == ["Story /that-day", "Story /undated"]
    assert "/old" not in [request.path for request in server.requests]


def test_does_not_read_the_page_of_an_article_that_does_not_count(server, tmp_path, fetcher):
    items = "".join(f"<item><title>{name}</title><link>{server.url(name)}</link></item>" for name in ("/had", "/new"))
    server.put("/feed.xml", f"<rss version='2.0'><channel><title>World</title>{items}</channel></rss>")
    for path in ("/had", "/new"):
        server.put(path, page(path))
    source = SourceConfig(id="world", feed=server.url("/feed.xml"))
    known_articles = {("world", server.url("/had"))}
    read_source(
        source,
        root=tmp_path,
        fetcher=fetcher,
        counts=lambda article: (article.source, article.url) not in known_articles,
    )
    assert [request.path for request in server.requests] == ["/feed.xml", "/robots.txt", "/new"]


def test_refuses_pages_of_a_sitemap_on_a_private_host(server, read):
    with FeedsServer() as inner:
        inner.put("/secret", page("Secret"))
        entry = f"<url><loc>{inner.url('/secret')}</loc></url>"
        server.put("/sitemap.xml", f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entry}</urlset>")
        reading = read(sitemap=server.url("/sitemap.xml"))
        assert reading.articles == ()
        assert reading.error is not None
        assert inner.requests == []


# -- the newsletter's folder ------------------------------------------------------------------------------------------


def test_reads_local_sources_without_network(server, write, read):
    write("samples/world.xml", rss("https://news.example/a", "b.html"))
    write("samples/p.html", page("Named", '<link rel="canonical" href="https://news.example/p">'))
    write("samples/q.html", page("Unnamed"))
    assert [article.url for article in read(feed="samples/world.xml").articles] == [
        "https://news.example/a",
        "samples/b.html",
    ]
    assert [article.url for article in read(page="samples/p.html").articles] == ["https://news.example/p"]
    pages = read(pages=["samples/q.html", "./samples/p.html"])
    assert [article.url for article in pages.articles] == ["samples/q.html", "https://news.example/p"]
    assert server.requests == []


def test_reads_a_folder_sorted_and_without_hidden_files(write, read):
    write("articles/b.txt", "Second\n\nText.")
    write("articles/a/x.md", "# First\n\nText.")
    write("articles/c.HTML", page("Third"))
    write("articles/.hidden.txt", "Hidden\n\nText.")
    write("articles/.git/x.txt", "Hidden\n\nText.")
    write("articles/notes.pages", "No article")
    write("articles/photo.jpg", "No article")
    write("articles/~$notes.docx", "No article")
    write("articles/empty.txt", "")
    write("articles/binary.md", b"\0\1\2")
    reading = read(folder="articles")
    assert [(article.url, article.title) for article in reading.articles] == [
        ("articles/a/x.md", "First"),
        ("articles/b.txt", "Second"),
        ("articles/c.HTML", "Third"),
    ]
    problems = ["articles/notes.pages", "articles/binary.md", "articles/empty.txt"]
    assert [str(problem.place) for problem in reading.problems] == problems
    assert (reading.error, reading.complete) == (None, False)
    for name in ("empty.txt", "binary.md"):
        write(f"articles/{name}", "Title\n\nText.")
    assert read(folder="articles").complete


def test_returns_an_error_with_a_hint_for_a_missing_folder_or_file(read):
    for where in ({"folder": "articles"}, {"feed": "samples/none.xml"}, {"page": "none.html"}):
        reading = read(**where)
        assert "there is no such" in str(reading.error)
        assert reading.error.hint


@pytest.mark.parametrize(
    "path", ["../outside.txt", "articles/../../outside.txt", "/etc/hostname", "link.txt", "%2e%2e/outside.txt"]
)
def test_refuses_a_path_that_leaves_the_folder(tmp_path, fetcher, path):
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("Secret\n\nText.")
    (tmp_path / "link.txt").symlink_to(outside)
    with pytest.raises(SourceError, match="leads out of the newsletter's folder"):
        read_address(path, root=tmp_path, fetcher=fetcher)


def test_refuses_a_folder_outside_and_a_link_to_one(tmp_path, write, read):
    outside = tmp_path.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "secret.txt").write_text("Secret\n\nText.")
    assert "leads out" in str(read(folder="../outside").error)
    write("articles/a.txt", "Title\n\nText.")
    (tmp_path / "articles" / "link.txt").symlink_to(outside / "secret.txt")
    reading = read(folder="articles")
    assert [article.url for article in reading.articles] == ["articles/a.txt"]
    assert ["leads out" in str(problem) for problem in reading.problems] == [True]


# -- one article ------------------------------------------------------------------------------------------------------


def test_reads_one_article_by_address_or_path(server, tmp_path, fetcher, write):
    server.put("/a", page("Ferries are back"))
    write("articles/b.txt", "Own title\n\nText.")
    assert read_address(server.url("/a"), root=tmp_path, fetcher=fetcher).title == "Ferries are back"
    article = read_address("articles/b.txt", root=tmp_path, fetcher=fetcher)
    assert (article.title, article.url, article.source) == ("Own title", "articles/b.txt", "")


@pytest.mark.parametrize("address", ["ftp://news.example/a", "file:///etc/hostname", "none.txt", ""])
def test_raises_for_an_address_that_cannot_be_read(tmp_path, fetcher, address):
    with pytest.raises(SourceError):
        read_address(address, root=tmp_path, fetcher=fetcher)


# -- passwords in addresses -------------------------------------------------------------------------------------------


def with_user(url):
    return url.replace("://", "://ann:tide%21pool@", 1)


def texts_of(reading):
    """Everything that a reading could bring into a file or onto the screen."""
    errors = [error for error in (reading.error, *reading.problems) if error is not None]
    return repr(reading.articles) + reading.moved_to + "".join(f"{error} {error.hint}" for error in errors)


@pytest.mark.parametrize(
    ("kind", "path", "content"),
    [
        ("feed", "/feed.xml", rss("/a", "http://ann:tide%21pool@127.0.0.1/b", "http://ann:tide!pool@127.0.0.1/c")),
        ("page", "/page", page("Harbour dredged", "<link rel='canonical' href='http://ann:tide%21pool@127.0.0.1/p'>")),
        ("sitemap", "/map.xml", "<urlset><url><loc>http://127.0.0.1:1/x</loc></url></urlset>"),
        ("feed", "/broken.xml", "no feed"),
    ],
)
def test_a_password_is_sent_to_its_host_and_kept_nowhere(server, read, kind, path, content):
    server.put(path, content)
    reading = read(**{kind: with_user(server.url(path))})
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    assert "tide" not in texts_of(reading)
    assert "ann:" not in texts_of(reading)


def test_a_password_is_in_no_error(server, read, tmp_path):
    for where in (
        {"feed": with_user(server.url("/missing.xml"))},
        {"pages": [with_user(server.url("/missing")), "http://ann:tide%21pool@[broken/"]},
        {"feed": "ftp://ann:tide%21pool@127.0.0.1/x"},
    ):
        reading = read(**where)
        assert reading.error is not None
        assert "tide" not in texts_of(reading)
