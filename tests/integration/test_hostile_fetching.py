from __future__ import annotations

import socket
import time
from datetime import UTC, datetime

import pytest

from digest.errors import FetchError
from digest.fetching import FEED_BYTES, Fetcher, UnreachableError
from digest.testing.feeds_server import FeedsServer
from digest.testing.hostile_server import BEHAVIOURS, PRIVATE_PLACES, HostileServer

#: Deadlines in seconds: long enough for other failures on a busy machine, and short for those that time out.
LONG, SHORT = 20.0, 0.5
SLOW = {"/silent", "/drip", "/drip-headers", "/stall", "/endless-crumbs"}
REFUSED = {
    "/gzip-bomb": "too large: more than 20 MiB",
    "/deflate-bomb": "too large: more than 20 MiB",
    "/gzip-members": "too large: more than 20 MiB",
    "/gzip-twice": "Content-Encoding 'gzip, gzip', which was not requested",
    "/brotli": "Content-Encoding 'br', which was not requested",
    "/zstd": "Content-Encoding 'zstd', which was not requested",
    "/endless": "too large: more than 20 MiB",
    "/endless-crumbs": "timed out|too many chunks",
    "/endless-framing": "far more than content",
    "/endless-headers": "Receive buffer too long",
    "/endless-line": "Receive buffer too long",
    "/endless-hints": "far more than content",
    "/silent": "timed out",
    "/drip": "timed out",
    "/drip-headers": "timed out",
    "/stall": "timed out",
    "/no-http": "illegal status line",
    "/bad-status": "illegal status line",
    "/two-lengths": "conflicting Content-Length",
    "/hang-up": "disconnected without sending a response",
    "/reset": "the connection broke before all of it had arrived",
    "/cut-off": "the connection broke before all of it had arrived",
    "/204": "answered 204 No Content",
    "/206": "answered 206 Partial Content",
    "/300": "answered 300 Multiple Choices",
    "/304": "answered 304 Not Modified",
    "/401": "answered 401 Unauthorized",
    "/410": "answered 410 Gone",
    "/500": "answered 500 Internal Server Error",
    "/loop": "redirects more than 5 times",
    "/chain-6": "redirects more than 5 times",
    "/no-location": "redirects without saying where",
}


@pytest.fixture
def inner():
    """A server that must not receive a request."""
    with FeedsServer() as running:
        running.put("/secret", "secret")
        yield running


@pytest.fixture
def server(inner):
    with HostileServer(inner=inner.host) as running:
        yield running


@pytest.fixture
def open_fetcher(server, tmp_path):
    opened = []

    def open_one(**settings):
        usual = {"cache": tmp_path, "allow_hosts": [server.host], "deadline": LONG, "sleep": lambda _seconds: None}
        fetcher = Fetcher(user_agent="digest/1", now=lambda: datetime.now(UTC), **{**usual, **settings})
        opened.append(fetcher.__enter__())
        return fetcher

    yield open_one
    for fetcher in opened:
        fetcher.__exit__()


@pytest.fixture
def fetcher(open_fetcher):
    return open_fetcher()


@pytest.mark.parametrize("path", REFUSED)
def test_refuses_bad_responses_in_time_with_a_clear_message(server, open_fetcher, path):
    fetcher = open_fetcher(deadline=SHORT if path in SLOW else LONG)
    began = time.monotonic()
    with pytest.raises(FetchError, match=REFUSED[path]) as caught:
        fetcher.get(server.url(path), max_bytes=FEED_BYTES)
    assert time.monotonic() - began < LONG / 2
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("path", sorted(BEHAVIOURS.keys() - REFUSED.keys()))
def test_returns_responses_whose_content_alone_is_wrong(server, fetcher, path):
    response = fetcher.get(server.url(path), max_bytes=FEED_BYTES)
    assert response.status == 200
    assert response.content


@pytest.mark.parametrize("name", PRIVATE_PLACES)
def test_refuses_redirects_to_private_addresses(server, inner, fetcher, name):
    with pytest.raises(FetchError):
        fetcher.get(server.url(f"/to/{name}"))
    assert inner.requests == []
    sent = {header for request in server.requests for header in request.headers}
    assert sent & {"authorization", "cookie", "referer"} == set()


def test_never_sends_cookies(server, fetcher):
    for _ in range(2):
        fetcher.get(server.url("/many-headers"))
    assert ["cookie" in request.headers for request in server.requests] == [False, False]


def test_gives_up_on_a_server_that_never_completes_the_handshake(open_fetcher):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(UnreachableError, match="timed out"):
            open_fetcher(allow_hosts=[host], deadline=SHORT).get(f"https://{host}/")
