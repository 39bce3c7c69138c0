from __future__ import annotations

import pytest

from digest.models import password_parameter, secret_parameters, without_secrets


@pytest.mark.parametrize(
    ("url", "without"),
    [
        ("https://pods.example/rss?auth=Zq83kdPmw1", "https://pods.example/rss"),
        ("https://git.example/feed.atom?feed_token=glft-abcd1234&page=2", "https://git.example/feed.atom?page=2"),
        ("https://api.example/v1?q=harbour&api-key=abcdef123456#top", "https://api.example/v1?q=harbour#top"),
        ("https://api.example/v1?apiKey=abcdef123456", "https://api.example/v1"),
        ("https://x.example/a?TOKEN=abcdef123456&token=fedcba654321&x=1", "https://x.example/a?x=1"),
        ("https://s3.example/a.xml?X-Amz-Signature=abcdef123456&x=1", "https://s3.example/a.xml?x=1"),
        ("https://x.example/a?password=shrt", "https://x.example/a"),
        ("https://ann:hush@x.example/a?access_token=abcdef123456", "https://x.example/a"),
    ],
)
def test_secrets_are_taken_out_of_an_address(url, without):
    assert without_secrets(url) == without
    assert without_secrets(without) == without


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/feed?format=rss&auth=1",
        "https://news.example/?p=12&keyword=tokenization",
        "https://news.example/token=abcdef123456/feed",
        "https://news.example/feed?token=",
        "https://news.example/feed?&&=&token",
        "articles/token=abcdef123456.txt",
        "http://[::1?token=abcdef123456",
        "",
    ],
)
def test_other_addresses_stay_as_they_are(url):
    assert without_secrets(url) == url
    assert secret_parameters(url) == ()


def test_a_password_in_the_query_is_told_from_a_key():
    assert password_parameter("https://x.example/rss?os_username=ann&os_password=hush") == "os_password"
    assert password_parameter("https://x.example/rss?token=abcdef123456") == ""
