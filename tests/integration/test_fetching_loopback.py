from __future__ import annotations

import gzip
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpcore2
import pytest

from digest.errors import FetchError
from digest.fetching import FEED_BYTES, Fetcher, GoneError, RestingError, StatusError, UnreachableError
from digest.testing.feeds_server import FeedsServer


@pytest.fixture
def server():
    with FeedsServer() as running:
        yield running


class Clock:
    def __init__(self):
        self.moment = datetime.now(UTC)

    def __call__(self):
        return self.moment

    def move(self, by):
        self.moment += by


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def open_fetcher(server, tmp_path):
    opened = []

    def open_one(**settings):
        usual = {"cache": tmp_path / "http", "allow_hosts": [server.host], "now": lambda: datetime.now(UTC)}
        usual["sleep"] = lambda _seconds: None
        fetcher = Fetcher(user_agent="digest/1 (+https://example.org)", **{**usual, **settings})
        opened.append(fetcher.__enter__())
        return fetcher

    yield open_one
    for fetcher in opened:
        fetcher.__exit__()


def test_returns_the_response_as_sent(server, open_fetcher):
    server.put("/a", "grüße", headers={"Content-Type": "text/plain; charset=utf-8", "X-Word": "é"})
    response = open_fetcher().get(server.url("/a#part"), accept="text/plain")
    assert (response.url, response.status, response.content) == (server.url("/a"), 200, "grüße".encode())
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    asked = server.requests[0].headers
    assert asked["user-agent"] == "digest/1 (+https://example.org)"
    assert asked["accept"] == "text/plain"
    assert "zstd" not in asked["accept-encoding"]
    assert not {"cookie", "referer", "authorization"} & set(asked)


def test_never_sends_cookies(server, open_fetcher):
    server.put("/a", "x", headers={"Set-Cookie": "id=1; Path=/"})
    fetcher = open_fetcher(cache=None)
    fetcher.get(server.url("/a"))
    fetcher.get(server.url("/a"))
    assert "cookie" not in server.requests[1].headers


def test_ignores_proxies_from_the_environment(server, open_fetcher, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.put("/a", "x")
    assert open_fetcher().get(server.url("/a")).content == b"x"


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://example.org/", "mailto:a@b.example", "feed.xml", "http://"]
)
def test_fetches_only_http_and_https(open_fetcher, url):
    with pytest.raises(FetchError, match="not an http or https address"):
        open_fetcher().get(url)


# -- private addresses ------------------------------------------------------------------------------------------------


def test_refuses_a_private_host_that_is_not_allowed(server, open_fetcher):
    server.put("/a", "secret")
    with pytest.raises(FetchError, match="not a public address") as caught:
        open_fetcher(allow_hosts=[]).get(server.url("/a"))
    assert f'allow_hosts = ["{server.host}"]' in caught.value.hint
    assert server.requests == []


def test_refuses_a_redirect_to_another_private_host(server, open_fetcher):
    with FeedsServer() as inner:
        inner.put("/secret", "secret")
        server.put("/a", status=302, headers={"Location": inner.url("/secret")})
        with pytest.raises(FetchError, match="not a public address"):
            open_fetcher().get(server.url("/a"))
        assert inner.requests == []


def test_refuses_a_redirect_to_a_name_with_a_private_address(server, open_fetcher):
    port = int(server.host.partition(":")[2])
    fetcher = open_fetcher(allow_hosts=[f"feeds.example:{port}"], resolve=lambda *_: ("127.0.0.1",))
    server.put("/a", status=302, headers={"Location": f"http://news.example:{port}/secret"})
    with pytest.raises(FetchError, match=r"news\.example is at 127\.0\.0\.1"):
        fetcher.get(f"http://feeds.example:{port}/a")
    assert [request.path for request in server.requests] == ["/a"]


# -- redirects --------------------------------------------------------------------------------------------------------


def test_follows_five_redirects(server, open_fetcher):
    for number in range(5):
        server.put(f"/{number}", status=301 + number % 2, headers={"Location": f"{number + 1}"})
    server.put("/5", "end")
    response = open_fetcher().get(server.url("/0"))
    assert (response.url, response.content) == (server.url("/5"), b"end")


def test_refuses_a_sixth_redirect(server, open_fetcher):
    server.put("/a", status=302, headers={"Location": "/a"})
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        open_fetcher().get(server.url("/a"))
    assert len(server.requests) == 6


def test_refuses_a_redirect_to_a_file(server, open_fetcher):
    server.put("/a", status=302, headers={"Location": "file:///etc/hostname"})
    with pytest.raises(FetchError, match="which is not an http or https address"):
        open_fetcher().get(server.url("/a"))


def test_does_not_send_a_password_found_in_a_redirect(server, open_fetcher):
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
def test_sends_validators_byte_for_byte_and_a_304_returns_the_cached_content(server, open_fetcher, validators, header):
    server.put("/a", "content", headers={"Content-Type": "text/xml"}, **validators)
    first = open_fetcher().get(server.url("/a"))
    again = open_fetcher().get(server.url("/a"))
    assert (first.from_cache, again.from_cache) == (False, True)
    assert (again.content, again.status, again.headers["content-type"]) == (b"content", 200, "text/xml")
    assert header[0] not in server.requests[0].headers
    assert server.requests[1].headers[header[0]] == header[1]


def test_fetches_changed_content_again(server, open_fetcher):
    server.put("/a", "one", etag='"1"')
    open_fetcher().get(server.url("/a"))
    server.put("/a", "two", etag='"2"')
    assert [open_fetcher().get(server.url("/a")).content for _ in range(2)] == [b"two", b"two"]


def test_offline_uses_the_cache_and_cached_redirects(server, open_fetcher):
    server.put("/a", status=301, headers={"Location": "/b"})
    server.put("/b", "content")
    open_fetcher().get(server.url("/a"))
    asked = len(server.requests)
    response = open_fetcher(offline=True).get(server.url("/a"))
    assert (response.url, response.content, response.from_cache) == (server.url("/b"), b"content", True)
    assert len(server.requests) == asked


def test_offline_without_a_cached_response_says_what_to_do(server, open_fetcher):
    with pytest.raises(FetchError, match="not in the cache") as caught:
        open_fetcher(offline=True).get(server.url("/a"))
    assert "--offline" in caught.value.hint


def test_does_not_cache_a_no_store_response(server, open_fetcher):
    server.put("/a", "x", etag='"1"', headers={"Cache-Control": "private, no-store"})
    open_fetcher().get(server.url("/a"))
    assert open_fetcher().get(server.url("/a")).from_cache is False


@pytest.mark.parametrize(
    ("cache_control", "later", "asked"),
    [
        ("max-age=600", timedelta(minutes=9), 1),
        ("max-age=600", timedelta(minutes=11), 2),
        ("public, Max-Age=86400", timedelta(minutes=59), 1),
        ("max-age=86400", timedelta(minutes=61), 2),
        ("max-age=600, no-cache", timedelta(minutes=1), 2),
        ("max-age=soon", timedelta(minutes=1), 2),
        ("max-age=99999999999999999999", timedelta(minutes=61), 2),
    ],
)
def test_honours_max_age_for_at_most_an_hour(server, open_fetcher, clock, cache_control, later, asked):
    server.put("/a", "x", etag='"1"', headers={"Cache-Control": cache_control})
    open_fetcher(now=clock).get(server.url("/a"))
    clock.move(later)
    again = open_fetcher(now=clock).get(server.url("/a"))
    assert (again.content, again.from_cache, len(server.requests)) == (b"x", True, asked)


def test_a_confirmed_response_is_fresh_again(server, open_fetcher, clock):
    server.put("/a", "x", etag='"1"')
    for _ in range(3):
        open_fetcher(now=clock).get(server.url("/a"), keep_for=timedelta(days=1))
        clock.move(timedelta(hours=20))
    assert len(server.requests) == 2


def test_keep_for_uses_a_young_cached_page_without_asking(server, open_fetcher, clock):
    server.put("/a", status=302, headers={"Location": "/b"})
    server.put("/b", "x")
    day = timedelta(days=1)
    open_fetcher(now=clock).get(server.url("/a"), keep_for=day)
    clock.move(timedelta(hours=23))
    again = open_fetcher(now=clock).get(server.url("/a"), keep_for=day)
    assert (again.content, again.from_cache, len(server.requests)) == (b"x", True, 2)
    clock.move(timedelta(hours=2))
    open_fetcher(now=clock).get(server.url("/a"), keep_for=day)
    assert len(server.requests) == 4


@pytest.mark.parametrize("status", [403, 404, 410, 451])
def test_keep_for_caches_refusals_too(server, open_fetcher, clock, status):
    server.put("/a", status=status)
    for asked, settings in ((1, {}), (1, {}), (2, {"refresh": True})):
        with pytest.raises(StatusError, match=f"answered {status}"):
            open_fetcher(now=clock, **settings).get(server.url("/a"), keep_for=timedelta(days=1))
        assert len(server.requests) == asked
    clock.move(timedelta(hours=25))
    server.put("/a", "back")
    assert open_fetcher(now=clock).get(server.url("/a"), keep_for=timedelta(days=1)).content == b"back"


def test_never_caches_the_refusal_of_a_named_address(server, open_fetcher, clock):
    server.put("/a", "x")
    open_fetcher(now=clock).get(server.url("/a"))
    server.put("/a", status=403)
    with pytest.raises(StatusError):
        open_fetcher(now=clock).get(server.url("/a"))
    assert open_fetcher(offline=True).get(server.url("/a")).content == b"x"


def test_refresh_revalidates_a_fresh_cached_response(server, open_fetcher):
    server.put("/a", "x", etag='"1"', headers={"Cache-Control": "max-age=600"})
    open_fetcher().get(server.url("/a"))
    again = open_fetcher(refresh=True).get(server.url("/a"), keep_for=timedelta(days=1))
    assert (again.content, again.from_cache) == (b"x", True)
    assert server.requests[1].headers["if-none-match"] == '"1"'


# -- addresses that moved ---------------------------------------------------------------------------------------------


def test_reports_the_new_address_if_every_redirect_is_permanent(server, open_fetcher):
    server.put("/a", status=301, headers={"Location": "/b"})
    server.put("/b", status=308, headers={"Location": "/c"})
    server.put("/c", "x")
    assert open_fetcher().get(server.url("/a")).moved_to == server.url("/c")
    assert open_fetcher().get(server.url("/c")).moved_to == ""


def test_a_temporary_redirect_is_not_a_move_and_only_moves_before_it_are_remembered(server, open_fetcher):
    server.put("/a", status=301, headers={"Location": "/b"})
    server.put("/b", status=302, headers={"Location": "/c"})
    server.put("/c", "x")
    for _ in range(2):
        response = open_fetcher().get(server.url("/a"))
        assert (response.url, response.moved_to) == (server.url("/c"), "")
    assert [request.path for request in server.requests] == ["/a", "/b", "/c", "/b", "/c"]


def test_remembers_a_move_in_this_run_and_for_a_month(server, open_fetcher, clock):
    server.put("/a", status=301, headers={"Location": "/b"})
    server.put("/b", "x", etag='"1"')
    fetcher = open_fetcher(now=clock)
    for asked in (lambda: fetcher, lambda: fetcher, lambda: open_fetcher(now=clock)):
        assert asked().get(server.url("/a")).moved_to == server.url("/b")
    assert [request.path for request in server.requests] == ["/a", "/b", "/b", "/b"]
    clock.move(timedelta(days=31))
    open_fetcher(now=clock).get(server.url("/a"))
    assert server.requests[4].path == "/a"


def test_requests_the_new_address_of_a_known_move(server, open_fetcher):
    server.put("/b", "x")
    response = open_fetcher(moved={server.url("/a"): server.url("/b")}).get(server.url("/a"))
    assert (response.content, response.url, response.moved_to) == (b"x", server.url("/b"), server.url("/b"))
    assert [request.path for request in server.requests] == ["/b"]


@pytest.mark.parametrize("failure", [404, 410, "unreachable"])
def test_forgets_a_known_move_that_fails_and_requests_the_old_address(server, open_fetcher, failure):
    with FeedsServer() as gone:
        elsewhere = gone.url("/b")
    if failure != "unreachable":
        elsewhere = server.url("/b")
        server.put("/b", status=failure)
    server.put("/a", "x")
    fetcher = open_fetcher(moved={server.url("/a"): elsewhere}, allow_hosts=["127.0.0.1"])
    for _ in range(2):
        response = fetcher.get(server.url("/a"))
        assert (response.content, response.moved_to) == (b"x", "")
    assert [request.path for request in server.requests if request.path == "/b"] == ["/b"] * (failure != "unreachable")


def test_ignores_a_damaged_site_memory(server, open_fetcher, tmp_path):
    server.put("/a", "x")
    (tmp_path / "http").mkdir()
    for content in (b"\xff", b"[]", b'{"moves": {"a": 1}, "rests": {}}'):
        (tmp_path / "http" / "sites.json").write_bytes(content)
        assert open_fetcher().get(server.url("/a")).content == b"x"


# -- size and time ----------------------------------------------------------------------------------------------------


def test_stops_a_decompression_bomb_while_decoding(server, open_fetcher):
    server.put("/a", gzip.compress(b"\0" * 64 * 2**20), headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="too large: more than 15 MiB"):
        open_fetcher().get(server.url("/a"))


def test_refuses_a_page_over_5_mib_on_the_wire_but_not_a_feed(server, open_fetcher):
    server.put("/a", b"x" * (6 * 2**20))
    with pytest.raises(FetchError, match="too large: more than 5 MiB"):
        open_fetcher().get(server.url("/a"))
    assert len(open_fetcher().get(server.url("/a"), max_bytes=FEED_BYTES).content) == 6 * 2**20


def test_returns_large_content_whole_both_fresh_and_cached(server, open_fetcher):
    content = bytes(range(256)) * 8000
    server.put("/a", content, etag='"1"')
    assert [open_fetcher().get(server.url("/a")).content == content for _ in range(2)] == [True, True]
    assert server.statuses == [200, 304]
    assert open_fetcher(offline=True).get(server.url("/a")).content == content


def test_decodes_a_compressed_response(server, open_fetcher):
    server.put("/a", gzip.compress(b"content"), headers={"Content-Encoding": "gzip"})
    assert open_fetcher().get(server.url("/a")).content == b"content"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
def test_refuses_a_content_coding_that_was_not_requested(server, open_fetcher, coding):
    server.put(
        "/a", gzip.compress(gzip.compress(b"x")) if coding[0] == "g" else b"\x00x", headers={"Content-Encoding": coding}
    )
    with pytest.raises(FetchError, match="Content-Encoding"):
        open_fetcher().get(server.url("/a"))


def test_describes_broken_compression_plainly(server, open_fetcher):
    server.put("/a", b"\x00 is not gzip", headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="cannot be decompressed"):
        open_fetcher().get(server.url("/a"))


@pytest.mark.parametrize("slow", [{"drip": 0.05}, {"delay": 5.0}])
def test_gives_up_on_a_slow_server_at_the_deadline(server, open_fetcher, slow):
    server.put("/a", b"x" * 1000, **slow)
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"timed out after 0\.4 s"):
        open_fetcher(deadline=0.4).get(server.url("/a"))
    assert time.monotonic() - began < 2


def test_gives_up_on_a_slow_resolver_at_the_deadline(open_fetcher):
    fetcher = open_fetcher(deadline=0.2, resolve=lambda *_: time.sleep(3))
    with pytest.raises(FetchError, match=r"timed out after 0\.2 s"):
        fetcher.get("http://news.example/")


# -- error answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message"), [(404, "answered 404 Not Found"), (500, "answered 500"), (599, "answered 599")]
)
def test_names_the_error_status(server, open_fetcher, status, message):
    server.put("/a", "sorry", status=status)
    with pytest.raises(FetchError, match=message):
        open_fetcher().get(server.url("/a"))
    assert len(server.requests) == (2 if status >= 500 else 1)


def test_an_unsolicited_304_is_an_error(server, open_fetcher):
    server.put("/a", status=304)
    with pytest.raises(FetchError, match="answered 304"):
        open_fetcher().get(server.url("/a"))


def test_retries_a_busy_server_once_after_its_retry_after(server, open_fetcher):
    server.put("/a", "content")
    server.put("/a", status=503, headers={"Retry-After": "0"}, once=True)
    assert open_fetcher().get(server.url("/a")).content == b"content"
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_asks_once_more_after_a_failure_that_may_be_over(server, open_fetcher, status):
    slept = []
    server.put("/a", "content")
    server.put("/a", status=status, once=True)
    assert open_fetcher(sleep=slept.append).get(server.url("/a")).content == b"content"
    assert slept == [2.0]


def test_asks_once_more_after_a_refused_connection(server, open_fetcher):
    closed = FeedsServer()
    host = closed.host
    closed._http.socket.close()

    def start(_seconds):
        closed._http.socket = socket.create_server(("127.0.0.1", int(host.rpartition(":")[2])))
        closed.put("/a", "content")
        closed._thread.start()

    try:
        assert open_fetcher(allow_hosts=[host], sleep=start).get(f"http://{host}/a").content == b"content"
    finally:
        closed.__exit__()


def test_asks_no_page_of_a_host_twice_once_that_did_not_help(server, open_fetcher):
    server.put("/robots.txt", "")
    fetcher = open_fetcher()
    for path in ("/1", "/2", "/3"):
        server.put(path, status=500)
        with pytest.raises(StatusError):
            fetcher.get(server.url(path), robots=True)
    assert [request.path for request in server.requests] == ["/robots.txt", "/1", "/1", "/2", "/3"]


def test_asks_for_content_without_a_coding_if_it_came_in_one_that_was_not_requested(server, open_fetcher):
    server.put("/a", "content")
    server.put("/a", b"\x0b\x00\x80", headers={"Content-Encoding": "br"}, once=True)
    assert open_fetcher().get(server.url("/a")).content == b"content"
    assert server.requests[1].headers["accept-encoding"] == "identity"


def test_never_asks_a_busy_server_a_third_time(server, open_fetcher):
    server.put("/a", status=429, headers={"Retry-After": "0"})
    with pytest.raises(FetchError, match="answered 429"):
        open_fetcher().get(server.url("/a"))
    assert len(server.requests) == 2


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3600"}])
def test_leaves_a_server_alone_that_is_busy_for_long(server, open_fetcher, headers):
    server.put("/a", status=429, headers=headers)
    with pytest.raises(FetchError, match="answered 429"):
        open_fetcher().get(server.url("/a"))
    assert len(server.requests) == 1


def test_does_not_ask_a_server_before_its_retry_after(server, open_fetcher, clock):
    server.put("/a", "x")
    open_fetcher(now=clock).get(server.url("/a"))
    server.put("/a", status=503, headers={"Retry-After": "3600"})
    with pytest.raises(StatusError):
        open_fetcher(now=clock).get(server.url("/a"))
    clock.move(timedelta(minutes=59))
    until = f"{clock() + timedelta(minutes=1):%H:%M} UTC"
    server.put("/b", "b")
    for path, discovered in (("/a", False), ("/b", True)):  # the address itself, and every page that was found there
        with pytest.raises(RestingError, match=f"asked for no requests before .*{until}"):
            open_fetcher(now=clock, refresh=True).get(server.url(path), robots=discovered)
    assert len(server.requests) == 2
    assert open_fetcher(now=clock).get(server.url("/b")).content == b"b"  # a person named it
    server.put("/a", "y")
    clock.move(timedelta(minutes=2))
    assert open_fetcher(now=clock).get(server.url("/a")).content == b"y"


def test_honours_a_retry_after_for_at_most_a_day(server, open_fetcher, clock):
    server.put("/a", status=429, headers={"Retry-After": "9" * 30})
    with pytest.raises(StatusError):
        open_fetcher(now=clock).get(server.url("/a"))
    server.put("/a", "x")
    clock.move(timedelta(hours=25))
    assert open_fetcher(now=clock).get(server.url("/a")).content == b"x"


def test_gone_for_good_has_its_own_error(server, open_fetcher):
    server.put("/a", status=410)
    with pytest.raises(GoneError, match="answered 410 Gone"):
        open_fetcher().get(server.url("/a"))


def test_tries_a_dead_host_once_for_pages_and_once_for_each_named_source(open_fetcher):
    asked = []

    def resolve(host, _port):
        asked.append(host)
        raise OSError("no such name")

    fetcher = open_fetcher(resolve=resolve)
    for number in range(5):
        with pytest.raises(UnreachableError, match=f"/{number} cannot be"):
            fetcher.get(f"https://news.example/{number}", robots=True)
    assert asked == ["news.example"]
    for number in range(3):
        with pytest.raises(UnreachableError):
            fetcher.get(f"https://news.example/feed/{number}")
    assert len(asked) == 4


def test_skips_the_pages_of_a_host_after_two_timeouts(server, open_fetcher):
    fetcher = open_fetcher(deadline=0.2)
    for number in range(4):
        server.put(f"/{number}", "x", delay=1.0)
        with pytest.raises(UnreachableError, match="timed out"):
            fetcher.get(server.url(f"/{number}"), robots=True)
    assert [request.path for request in server.requests] == ["/robots.txt", "/0", "/1"]


def test_describes_an_unreachable_server_plainly(open_fetcher):
    with FeedsServer() as gone:
        url, host = gone.url("/a"), gone.host
    with pytest.raises(FetchError, match="the connection was refused"):
        open_fetcher(allow_hosts=[host]).get(url)


def test_describes_an_unknown_host_name_plainly(open_fetcher):
    with pytest.raises(FetchError, match="its host is unknown"):
        open_fetcher().get("http://nowhere.invalid/")


# -- manners ----------------------------------------------------------------------------------------------------------


def test_obeys_robots_txt_on_request(server, open_fetcher):
    server.put("/robots.txt", "User-agent: digest\nDisallow: /closed\n")
    server.put("/open", status=302, headers={"Location": "/closed"})
    server.put("/closed", "x")
    fetcher = open_fetcher()
    assert fetcher.get(server.url("/closed")).content == b"x"
    for path in ("/closed", "/open"):
        with pytest.raises(FetchError, match=r"the site's robots\.txt does not allow programs to fetch"):
            fetcher.get(server.url(path), robots=True)
    assert [request.path for request in server.requests].count("/robots.txt") == 1


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (500, False)])
def test_a_missing_robots_txt_allows_and_an_unreadable_one_forbids(server, open_fetcher, status, allowed):
    server.put("/robots.txt", status=status)
    server.put("/a", "x")
    fetcher = open_fetcher()
    if allowed:
        assert fetcher.get(server.url("/a"), robots=True).content == b"x"
    else:
        with pytest.raises(FetchError, match=r"robots\.txt"):
            fetcher.get(server.url("/a"), robots=True)


def test_reads_robots_txt_once_a_day(server, open_fetcher, clock):
    server.put("/a", "x", etag='"1"')
    for hours, asked in ((0, 1), (23, 1), (2, 2)):
        clock.move(timedelta(hours=hours))
        open_fetcher(now=clock).get(server.url("/a"), robots=True)
        assert [request.path for request in server.requests].count("/robots.txt") == asked


def test_reads_only_the_beginning_of_an_endless_robots_txt(server, open_fetcher):
    server.put("/robots.txt", "User-agent: *\nDisallow: /closed\n" + "# more\n" * 200_000)
    server.put("/a", "x")
    assert open_fetcher().get(server.url("/a"), robots=True).content == b"x"
    with pytest.raises(FetchError, match=r"robots\.txt does not allow"):
        open_fetcher().get(server.url("/closed"), robots=True)


class Rerouted(httpcore2.SyncBackend):
    """Connects to a server on loopback, whatever public address is dialled."""

    def __init__(self, host):
        self.port = int(host.partition(":")[2])

    def connect_tcp(self, _host, _port, *rest, **named):
        return super().connect_tcp("127.0.0.1", self.port, *rest, **named)


@pytest.mark.parametrize(("robots_txt", "pause"), [("", 1.0), ("User-agent: *\nCrawl-delay: 4\n", 4.0)])
@pytest.mark.parametrize(("address", "pauses"), [("93.184.216.34", True), ("127.0.0.1", False)])
def test_pauses_between_pages_of_a_public_host_only(server, open_fetcher, robots_txt, pause, address, pauses):
    server.put("/robots.txt", robots_txt)
    server.put("/feed", "x")
    server.put("/a", "x")
    server.put("/b", "x")
    slept = []
    fetcher = open_fetcher(
        resolve=lambda *_: (address,), allow_hosts=["news.example"], sleep=slept.append, monotonic=lambda: 0.0
    )
    fetcher._backend._backend = Rerouted(server.host)
    for path, discovered in (("/feed", False), ("/feed", False), ("/a", True), ("/b", True)):
        fetcher.get(f"http://news.example{path}", robots=discovered)
    assert slept == ([pause, pause] if pauses else [])
    assert len(server.requests) == 5


def test_pauses_for_at_most_ten_seconds(server, open_fetcher):
    server.put("/robots.txt", "User-agent: *\nCrawl-delay: 86400\n")
    server.put("/a", "x")
    slept = []
    fetcher = open_fetcher(resolve=lambda *_: ("93.184.216.34",), sleep=slept.append, monotonic=lambda: 0.0)
    fetcher._backend._backend = Rerouted(server.host)
    fetcher.get("http://news.example/a", robots=True)
    assert slept == [10.0]


def test_sends_one_request_at_a_time_to_a_host_and_does_not_count_the_wait(server, open_fetcher):
    for number in range(4):
        server.put(f"/{number}", b"x", delay=0.15)
    fetcher = open_fetcher(deadline=0.4)
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: fetcher.get(server.url(f"/{number}")).content, range(4)))
    assert answers == [b"x"] * 4
    assert time.monotonic() - began >= 0.6
