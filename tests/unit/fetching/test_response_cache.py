from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.fetching.response_body import ResponseBody
from digest.fetching.response_cache import CachedResponse, ResponseCache

URL = "https://news.example/feed.xml"


@given(content=st.binary(), etag=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")))
def test_reads_back_a_cached_response_byte_for_byte(tmp_path_factory, content, etag):
    cache = ResponseCache(tmp_path_factory.mktemp("http"))
    response = CachedResponse(
        url=URL, status=200, headers={"content-type": "text/xml"}, etag=etag, content=ResponseBody(content)
    )
    cache.write(response, "*/*")
    again = cache.read(URL, "*/*")
    assert again == response
    assert (again.content.size, again.content.read()) == (len(content), content)


def test_ignores_a_truncated_cache_file(tmp_path):
    cache = ResponseCache(tmp_path)
    cache.write(CachedResponse(url=URL, status=200, headers={}, content=ResponseBody(b"0123456789")), "*/*")
    (file,) = tmp_path.iterdir()
    for size in reversed(range(file.stat().st_size)):
        os.truncate(file, size)
        assert cache.read(URL, "*/*") is None


def test_caches_per_accept_header(tmp_path):
    cache = ResponseCache(tmp_path)
    cache.write(CachedResponse(url=URL, status=200, headers={}, content=ResponseBody(b"x")), "text/html")
    assert cache.read(URL, "text/xml") is None


def test_without_a_folder_nothing_is_cached():
    cache = ResponseCache(None)
    cache.write(CachedResponse(url=URL, status=200, headers={}), "*/*")
    assert cache.read(URL, "*/*") is None


def test_ignores_a_folder_that_cannot_be_created(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    cache = ResponseCache(blocked / "http")
    cache.write(CachedResponse(url=URL, status=200, headers={}), "*/*")
    assert cache.read(URL, "*/*") is None


def test_deletes_responses_after_90_days(tmp_path):
    cache = ResponseCache(tmp_path)
    cache.write(CachedResponse(url=URL, status=200, headers={}), "*/*")
    now = datetime.now(UTC)
    cache.prune(now + timedelta(days=89))
    assert cache.read(URL, "*/*") is not None
    cache.prune(now + timedelta(days=91))
    assert cache.read(URL, "*/*") is None


def test_an_answer_304_renews_the_validators_and_keeps_the_content(tmp_path):
    cache, now = ResponseCache(tmp_path), datetime(2026, 11, 20, tzinfo=UTC)
    headers = {"content-type": "text/xml", "etag": '"1"'}
    content = ResponseBody(b"<rss/>")
    cache.write(CachedResponse(url=URL, status=200, headers=headers, etag='"1"', content=content, asked=now), "*/*")
    later = now + timedelta(hours=1)
    answer = CachedResponse(
        url=URL, status=304, headers={"etag": 'W/"2"', "content-type": "text/html"}, etag='W/"2"', asked=later
    )
    cache.confirm(cache.read(URL, "*/*"), "*/*", answer)
    renewed = cache.read(URL, "*/*")
    assert (renewed.status, renewed.etag, renewed.headers["content-type"]) == (200, 'W/"2"', "text/xml")
    assert (renewed.content.read(), renewed.asked) == (b"<rss/>", later)
    cache.confirm(renewed, "*/*", CachedResponse(url=URL, status=304, headers={}, asked=later + timedelta(hours=1)))
    assert (cache.read(URL, "*/*").etag, cache.read(URL, "*/*").asked) == ('W/"2"', later + timedelta(hours=1))
