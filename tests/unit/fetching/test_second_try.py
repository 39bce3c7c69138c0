from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime

import httpcore2
import pytest

from digest.errors import FetchError
from digest.fetching.content_coding import CodingError
from digest.fetching.deadline import TooMuchSentError
from digest.fetching.response_body import ResponseBody
from digest.fetching.response_cache import CachedResponse
from digest.fetching.second_try import better_outcome, wait_before_retry

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
URL = "https://news.example/feed.xml"


def answer(status=200, *, retry_after=None, content=b"", cut=False):
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return CachedResponse(url=URL, status=status, headers=headers, content=ResponseBody(content), cut=cut)


def error(cause):
    failure = FetchError("failed")
    failure.__cause__ = cause
    return failure


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (answer(200), None),
        (answer(404), None),
        (answer(403), None),
        (answer(501), None),
        (answer(500), 2.0),
        (answer(502), 2.0),
        (answer(503), 2.0),
        (answer(504), 2.0),
        (answer(522), 2.0),
        (answer(408), 2.0),
        (answer(429), None),
        (answer(429, retry_after="0"), 0.0),
        (answer(429, retry_after="7"), 7.0),
        (answer(503, retry_after="3"), 3.0),
        (answer(503, retry_after="Fri, 20 Nov 2026 09:00:08 GMT"), 8.0),
        (answer(503, retry_after="soon"), 2.0),
        (answer(503, retry_after="3600"), None),
        (answer(200, content=b"<rss>", cut=True), 2.0),
        (error(ConnectionRefusedError()), 2.0),
        (error(ConnectionResetError()), 2.0),
        (error(ssl.SSLEOFError()), 2.0),
        (error(httpcore2.RemoteProtocolError("Server disconnected without sending a response.")), 2.0),
        (error(TooMuchSentError("it sends far more than content")), None),
        (error(socket.gaierror()), None),
        (error(ssl.SSLCertVerificationError()), None),
        (error(TimeoutError()), None),
        (FetchError("news.example is at 10.0.0.1, which is not a public address"), None),
        (CodingError("br"), 0.0),
    ],
)
def test_asks_once_more_only_after_what_may_be_over(outcome, wait):
    assert wait_before_retry(outcome, NOW) == wait


def test_content_that_ends_twice_at_the_same_byte_is_whole():
    first, second = answer(content=b"<p>Text", cut=True), answer(content=b"<p>Text", cut=True)
    assert better_outcome(first, second) is second


def test_a_feed_without_its_end_is_not_whole():
    outcome = better_outcome(answer(content=b"<rss><item>", cut=True), answer(content=b"<rss><item>", cut=True))
    assert isinstance(outcome, FetchError)


@pytest.mark.parametrize("first", [answer(502), answer(content=b"<p>", cut=True), FetchError("reset")])
def test_content_that_is_cut_off_is_an_error(first):
    outcome = better_outcome(first, answer(content=b"<p>Text", cut=True))
    assert isinstance(outcome, FetchError)
    assert "the connection broke before all of it had arrived" in str(outcome)


def test_the_second_answer_counts():
    second = answer(404)
    assert better_outcome(answer(500), second) is second
