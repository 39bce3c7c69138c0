from __future__ import annotations

import gzip
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from digest.errors import FetchError
from digest.fetching import FEED_BYTES, Fetcher
from digest.testing.feeds_server import FeedsServer


@pytest.fixture
def server():
    with FeedsServer() as running:
        yield running


@pytest.fixture
def open_fetcher(server, tmp_path):
    opened = []

    def open_one(**settings):
        settings = {"cache": tmp_path / "http", "allow_hosts": [server.host], **settings}
        fetcher = Fetcher(user_agent="digest/1 (+https://example.org)", now=lambda: datetime.now(UTC), **settings)
        opened.append(fetcher.__enter__())
        return fetcher

    yield open_one
    for fetcher in opened:
        fetcher.__exit__()


def test_an_answer_is_given_as_it_was_sent(server, open_fetcher):
    server.put("/a", "grüße", headers={"Content-Type": "text/plain; charset=utf-8", "X-Word": "é"})
    response = open_fetcher().get(server.url("/a#part"), accept="text/plain")
    assert (response.url, response.status, response.content) == (server.url("/a"), 200, "grüße".encode())
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    asked = server.requests[0].headers
    assert asked["user-agent"] == "digest/1 (+https://example.org)"
    assert asked["accept"] == "text/plain"
    assert "zstd" not in asked["accept-encoding"]
    assert not {"cookie", "referer", "authorization"} & set(asked)


def test_no_cookie_is_ever_sent_back(server, open_fetcher):
    server.put("/a", "x", headers={"Set-Cookie": "id=1; Path=/"})
    fetcher = open_fetcher(cache=None)
    fetcher.get(server.url("/a"))
    fetcher.get(server.url("/a"))
    assert "cookie" not in server.requests[1].headers


def test_a_proxy_of_the_environment_is_not_used(server, open_fetcher, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.put("/a", "x")
    assert open_fetcher().get(server.url("/a")).content == b"x"


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://example.org/", "mailto:a@b.example", "feed.xml", "http://"]
)
def test_only_http_and_https_are_fetched(open_fetcher, url):
    with pytest.raises(FetchError, match="not an http or https address"):
        open_fetcher().get(url)


# -- private addresses ------------------------------------------------------------------------------------------------


def test_a_private_host_that_nobody_named_is_refused(server, open_fetcher):
    server.put("/a", "secret")
    with pytest.raises(FetchError, match="not a public address") as caught:
        open_fetcher(allow_hosts=[]).get(server.url("/a"))
    assert f'allow_hosts = ["{server.host}"]' in caught.value.hint
    assert server.requests == []


def test_a_redirect_to_another_private_host_is_refused(server, open_fetcher):
    with FeedsServer() as inner:
        inner.put("/secret", "secret")
        server.put("/a", status=302, headers={"Location": inner.url("/secret")})
        with pytest.raises(FetchError, match="not a public address"):
            open_fetcher().get(server.url("/a"))
        assert inner.requests == []


def test_a_redirect_to_a_name_with_a_private_address_is_refused(server, open_fetcher):
    port = int(server.host.partition(":")[2])
    fetcher = open_fetcher(allow_hosts=[f"feeds.example:{port}"], resolve=lambda *_: ("127.0.0.1",))
    server.put("/a", status=302, headers={"Location": f"http://news.example:{port}/secret"})
    with pytest.raises(FetchError, match=r"news\.example is at 127\.0\.0\.1"):
        fetcher.get(f"http://feeds.example:{port}/a")
    assert [request.path for request in server.requests] == ["/a"]


# -- redirects --------------------------------------------------------------------------------------------------------


def test_redirects_are_followed_five_times(server, open_fetcher):
    for number in range(5):
        server.put(f"/{number}", status=301 + number % 2, headers={"Location": f"{number + 1}"})
    server.put("/5", "end")
    response = open_fetcher().get(server.url("/0"))
    assert (response.url, response.content) == (server.url("/5"), b"end")


def test_a_sixth_redirect_is_refused(server, open_fetcher):
    server.put("/a", status=302, headers={"Location": "/a"})
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        open_fetcher().get(server.url("/a"))
    assert len(server.requests) == 6


def test_a_redirect_to_a_file_is_refused(server, open_fetcher):
    server.put("/a", status=302, headers={"Location": "file:///etc/hostname"})
    with pytest.raises(FetchError, match="which is not an http or https address"):
        open_fetcher().get(server.url("/a"))


def test_a_password_in_a_redirect_is_not_sent(server, open_fetcher):
    server.put("/a", status=302, headers={"Location": f"http://ann:secret@{server.host}/b"})
    server.put("/b", "x")
    assert open_fetcher().get(server.url("/a")).url == server.url("/b")
    assert "authorization" not in server.requests[1].headers


# -- the cache --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("validators", "header"),
    [
        ({"etag": 'W/"a b"'}, ("if-none-match", 'W/"a b"')),
        ({"etag": "unquoted"}, ("if-none-match", "unquoted")),
        ({"last_modified": "Mon, 16 Nov 2026 12:00:00 GMT"}, ("if-modified-since", "Mon, 16 Nov 2026 12:00:00 GMT")),
    ],
)
def test_validators_are_sent_back_byte_for_byte_and_304_gives_the_kept_content(
    server, open_fetcher, validators, header
):
    server.put("/a", "content", headers={"Content-Type": "text/xml"}, **validators)
    first = open_fetcher().get(server.url("/a"))
    again = open_fetcher().get(server.url("/a"))
    assert (first.from_cache, again.from_cache) == (False, True)
    assert (again.content, again.status, again.headers["content-type"]) == (b"content", 200, "text/xml")
    assert header[0] not in server.requests[0].headers
    assert server.requests[1].headers[header[0]] == header[1]


def test_changed_content_is_fetched_again(server, open_fetcher):
    server.put("/a", "one", etag='"1"')
    open_fetcher().get(server.url("/a"))
    server.put("/a", "two", etag='"2"')
    assert [open_fetcher().get(server.url("/a")).content for _ in range(2)] == [b"two", b"two"]


def test_offline_answers_from_the_cache_and_through_kept_redirects(server, open_fetcher):
    server.put("/a", status=301, headers={"Location": "/b"})
    server.put("/b", "content")
    open_fetcher().get(server.url("/a"))
    asked = len(server.requests)
    response = open_fetcher(offline=True).get(server.url("/a"))
    assert (response.url, response.content, response.from_cache) == (server.url("/b"), b"content", True)
    assert len(server.requests) == asked


def test_offline_without_a_kept_answer_says_what_to_do(server, open_fetcher):
    with pytest.raises(FetchError, match="not in the cache") as caught:
        open_fetcher(offline=True).get(server.url("/a"))
    assert "--offline" in caught.value.hint


def test_an_answer_that_must_not_be_stored_is_not_kept(server, open_fetcher):
    server.put("/a", "x", etag='"1"', headers={"Cache-Control": "private, no-store"})
    open_fetcher().get(server.url("/a"))
    assert open_fetcher().get(server.url("/a")).from_cache is False


# -- size and time ----------------------------------------------------------------------------------------------------


def test_a_bomb_is_stopped_while_it_is_decoded(server, open_fetcher):
    server.put("/a", gzip.compress(b"\0" * 64 * 2**20), headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="too large: more than 15 MiB"):
        open_fetcher().get(server.url("/a"))


def test_a_page_of_more_than_5_mib_on_the_wire_is_refused_and_a_feed_is_not(server, open_fetcher):
    server.put("/a", b"x" * (6 * 2**20))
    with pytest.raises(FetchError, match="too large: more than 5 MiB"):
        open_fetcher().get(server.url("/a"))
    assert len(open_fetcher().get(server.url("/a"), max_bytes=FEED_BYTES).content) == 6 * 2**20


def test_a_compressed_answer_is_decoded(server, open_fetcher):
    server.put("/a", gzip.compress(b"content"), headers={"Content-Encoding": "gzip"})
    assert open_fetcher().get(server.url("/a")).content == b"content"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
def test_a_coding_that_was_not_asked_for_is_refused(server, open_fetcher, coding):
    server.put("/a", b"x", headers={"Content-Encoding": coding})
    with pytest.raises(FetchError, match="content coding"):
        open_fetcher().get(server.url("/a"))


def test_broken_compression_is_an_error_in_plain_words(server, open_fetcher):
    server.put("/a", b"this is not gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="cannot be decompressed"):
        open_fetcher().get(server.url("/a"))


@pytest.mark.parametrize("slow", [{"drip": 0.05}, {"delay": 5.0}])
def test_a_slow_server_is_left_when_the_total_time_is_over(server, open_fetcher, slow):
    server.put("/a", b"x" * 1000, **slow)
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"timed out after 0\.4 s"):
        open_fetcher(deadline=0.4).get(server.url("/a"))
    assert time.monotonic() - began < 2


def test_a_slow_resolver_is_left_when_the_total_time_is_over(open_fetcher):
    fetcher = open_fetcher(deadline=0.2, resolve=lambda *_: time.sleep(3))
    with pytest.raises(FetchError, match=r"timed out after 0\.2 s"):
        fetcher.get("http://news.example/")


# -- error answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"), [(404, "answered 404 Not Found"), (500, "answered 500"), (599, "answered 599")]
)
def test_an_error_status_is_said(server, open_fetcher, status, words):
    server.put("/a", "sorry", status=status)
    with pytest.raises(FetchError, match=words):
        open_fetcher().get(server.url("/a"))
    assert len(server.requests) == 1


def test_a_304_that_was_not_asked_for_is_an_error(server, open_fetcher):
    server.put("/a", status=304)
    with pytest.raises(FetchError, match="answered 304"):
        open_fetcher().get(server.url("/a"))


def test_a_busy_server_is_asked_a_second_time_when_it_says_when(server, open_fetcher):
    server.put("/a", "content")
    server.put("/a", status=503, headers={"Retry-After": "0"}, once=True)
    assert open_fetcher().get(server.url("/a")).content == b"content"
    assert len(server.requests) == 2


def test_a_busy_server_is_never_asked_a_third_time(server, open_fetcher):
    server.put("/a", status=429, headers={"Retry-After": "0"})
    with pytest.raises(FetchError, match="answered 429"):
        open_fetcher().get(server.url("/a"))
    assert len(server.requests) == 2


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3600"}])
def test_a_server_that_is_busy_for_long_is_left_alone(server, open_fetcher, headers):
    server.put("/a", status=429, headers=headers)
    with pytest.raises(FetchError, match="answered 429"):
        open_fetcher().get(server.url("/a"))
    assert len(server.requests) == 1


def test_an_unreachable_server_is_an_error_in_plain_words(open_fetcher):
    with FeedsServer() as gone:
        url, host = gone.url("/a"), gone.host
    with pytest.raises(FetchError, match="the connection was refused"):
        open_fetcher(allow_hosts=[host]).get(url)


def test_an_unknown_name_is_an_error_in_plain_words(open_fetcher):
    with pytest.raises(FetchError, match="its host is not known"):
        open_fetcher().get("http://nowhere.invalid/")


# -- manners ----------------------------------------------------------------------------------------------------------


def test_robots_txt_is_obeyed_when_asked_for(server, open_fetcher):
    server.put("/robots.txt", "User-agent: digest\nDisallow: /closed\n")
    server.put("/open", status=302, headers={"Location": "/closed"})
    server.put("/closed", "x")
    fetcher = open_fetcher()
    assert fetcher.get(server.url("/closed")).content == b"x"
    for path in ("/closed", "/open"):
        with pytest.raises(FetchError, match=r"closed to programs by the site's robots\.txt"):
            fetcher.get(server.url(path), robots=True)
    assert [request.path for request in server.requests].count("/robots.txt") == 1


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (500, False)])
def test_a_missing_robots_txt_allows_and_a_broken_one_does_not(server, open_fetcher, status, allowed):
    server.put("/robots.txt", status=status)
    server.put("/a", "x")
    fetcher = open_fetcher()
    if allowed:
        assert fetcher.get(server.url("/a"), robots=True).content == b"x"
    else:
        with pytest.raises(FetchError, match=r"robots\.txt"):
            fetcher.get(server.url("/a"), robots=True)


def test_one_host_is_asked_one_thing_at_a_time_and_the_wait_does_not_count(server, open_fetcher):
    for number in range(4):
        server.put(f"/{number}", b"x", delay=0.15)
    fetcher = open_fetcher(deadline=0.4)
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: fetcher.get(server.url(f"/{number}")).content, range(4)))
    assert answers == [b"x"] * 4
    assert time.monotonic() - began >= 0.6
