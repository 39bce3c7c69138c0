from __future__ import annotations

import pytest

from digest.config.load import parse_config
from digest.errors import FetchError, Place
from digest.fetching import Response
from digest.models import Article
from digest.sources.source_reader import read_source
from digest.sources.source_secrets import secret_parts, without_secret_parts, without_secret_parts_in

SECRET = "Zq83k%2BdPmw1"


@pytest.mark.parametrize(
    ("url", "without"),
    [
        (f"https://club.example/a?token={SECRET}", "https://club.example/a"),
        (f"https://club.example/a?token={SECRET}&x=1", "https://club.example/a?x=1"),
        (f"https://club.example/a?x=1&token={SECRET}", "https://club.example/a?x=1"),
        (f"https://club.example/a?x=1&token={SECRET}&y=2", "https://club.example/a?x=1&y=2"),
        ("https://ann:hush@club.example/a", "https://club.example/a"),
        (f"https://club.example/{SECRET}/a", "https://club.example//a"),
    ],
)
def test_no_text_of_an_article_repeats_a_secret_of_its_source(url, without):
    parts = secret_parts([f"https://ann:hush@club.example/feed?token={SECRET}"])
    read = without_secret_parts(Article(url=url, title="Zq83k+dPmw1", text=f"See {url}.", image=url), parts)
    assert read.url == read.image == without
    assert (read.title, read.text) == ("", f"See {without}.")


def test_neither_does_an_error():
    parts = secret_parts([f"https://club.example/feed?auth={SECRET}"])
    url = f"https://club.example/feed?auth={SECRET}"
    error = without_secret_parts_in(FetchError(f"{url} answered 403", place=Place(url), hint=url), parts)
    assert str(error) == "https://club.example/feed: https://club.example/feed answered 403"
    assert error.hint == "https://club.example/feed"


class Answer:
    """A fetcher that answers every request with one page, which has moved to an address with the same key."""

    def get(self, *_, **__):
        page = b"<title>The pool reopens</title><article><p>" + b"The pool on Green Street reopens on Monday. " * 20
        moved = f"https://www.club.example/a?token={SECRET}"
        return Response(url=moved, status=200, headers={"content-type": "text/html"}, content=page, moved_to=moved)


def test_a_page_is_linked_without_the_key_in_its_address(tmp_path):
    text = f"""
[newsletter]
name = "Club"
sender = "Club <club@club.example>"

[[sources]]
id = "members"
page = "https://club.example/a?token={SECRET}"
"""
    [source] = parse_config(text, file="digest.toml").sources
    reading = read_source(source, root=tmp_path, fetcher=Answer())
    assert reading.error is None
    assert [article.url for article in reading.articles] == ["https://www.club.example/a"]
    assert reading.moved_to == ""
    assert source.printable_addresses == ("https://club.example/a",)
