from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import FetchError
from digest.fetching.response import retry_seconds
from digest.fetching.robots import RobotsRules

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 16 Nov 2026 12:00:03 GMT", 3.0),
        ("Mon, 16 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 16 Nov 2026 12:00:03 -0000", 3.0),
        ("soon", None),
        ("", None),
    ],
)
def test_reads_retry_after_as_seconds_or_a_date(value, seconds):
    assert retry_seconds(value, NOW) == seconds


def rules_from(content):
    return RobotsRules(product="digest", read=lambda _: content)


def test_robots_rules_for_our_name_take_precedence():
    rules = rules_from(b"User-agent: *\nDisallow: /\n\nUser-agent: digest\nDisallow: /private\n")
    assert rules.allow("https://news.example/story")
    assert not rules.allow("https://news.example/private/story")


def test_a_site_without_robots_txt_allows_everything():
    assert rules_from(None).allow("https://news.example/story")


def test_a_site_whose_robots_txt_cannot_be_read_allows_nothing():
    def unreachable(url):
        raise FetchError("unreachable")

    with pytest.raises(FetchError, match=r"news\.example/story was not fetched"):
        RobotsRules(product="digest", read=unreachable).allow("https://news.example/story")


def test_reads_robots_txt_once_per_site():
    asked = []
    rules = RobotsRules(product="digest", read=asked.append)
    for path in ("a", "b"):
        rules.allow(f"https://news.example/{path}")
    rules.allow("https://other.example/")
    assert asked == ["https://news.example/robots.txt", "https://other.example/robots.txt"]


def test_reads_the_crawl_delay():
    rules = rules_from(b"User-agent: *\nCrawl-delay: 7\nDisallow: /closed\n")
    assert rules.delay("https://news.example/story") == 0.0  # not read yet
    rules.allow("https://news.example/story")
    assert rules.delay("https://news.example/story") == 7.0
