from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.fetching.cache import Kept, ResponseCache
from digest.fetching.content import Content

URL = "https://news.example/feed.xml"


@given(content=st.binary(), etag=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")))
def test_what_is_kept_is_read_back_byte_for_byte(tmp_path_factory, content, etag):
    cache = ResponseCache(tmp_path_factory.mktemp("http"))
    kept = Kept(url=URL, status=200, headers={"content-type": "text/xml"}, etag=etag, content=Content(content))
    cache.write(kept, "*/*")
    again = cache.read(URL, "*/*")
    assert again == kept
    assert (again.content.size, again.content.read()) == (len(content), content)


def test_a_cut_file_is_as_if_it_were_not_there(tmp_path):
    cache = ResponseCache(tmp_path)
    cache.write(Kept(url=URL, status=200, headers={}, content=Content(b"0123456789")), "*/*")
    (file,) = tmp_path.iterdir()
    for size in reversed(range(file.stat().st_size)):
        os.truncate(file, size)
        assert cache.read(URL, "*/*") is None


def test_another_accept_header_is_another_answer(tmp_path):
    cache = ResponseCache(tmp_path)
    cache.write(Kept(url=URL, status=200, headers={}, content=Content(b"x")), "text/html")
    assert cache.read(URL, "text/xml") is None


def test_without_a_folder_nothing_is_kept():
    cache = ResponseCache(None)
    cache.write(Kept(url=URL, status=200, headers={}), "*/*")
    assert cache.read(URL, "*/*") is None


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    cache = ResponseCache(blocked / "http")
    cache.write(Kept(url=URL, status=200, headers={}), "*/*")
    assert cache.read(URL, "*/*") is None


def test_what_was_not_used_for_90_days_is_forgotten(tmp_path):
    cache = ResponseCache(tmp_path)
    cache.write(Kept(url=URL, status=200, headers={}), "*/*")
    now = datetime.now(UTC)
    cache.prune(now + timedelta(days=89))
    assert cache.read(URL, "*/*") is not None
    cache.prune(now + timedelta(days=91))
    assert cache.read(URL, "*/*") is None
