from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.models import canonical_url, host_name, is_example_host, is_web_address, site_name


@pytest.mark.parametrize(
    ("given_url", "expected"),
    [
        ("https://Example.ORG/Path", "https://example.org/Path"),
        ("http://example.org", "https://example.org/"),
        ("https://example.org:443/a/", "https://example.org/a"),
        ("https://example.org/a?utm_source=x&id=7&utm_medium=y", "https://example.org/a?id=7"),
        ("https://example.org/a?fbclid=1", "https://example.org/a"),
        ("https://example.org/a?b=%20c&d", "https://example.org/a?b=%20c&d"),
        ("https://example.org/a#part", "https://example.org/a"),
        ("https://example.org:8080/a", "https://example.org:8080/a"),
        ("https://[::1]:8080/a", "https://[::1]:8080/a"),
        (" articles/one.txt ", "articles/one.txt"),
    ],
)
def test_the_same_article_has_one_canonical_url(given_url, expected):
    assert canonical_url(given_url) == expected


@given(st.text())
def test_any_text_has_a_canonical_form_that_stays(text):
    once = canonical_url(text)
    assert canonical_url(once) == once


@pytest.mark.parametrize(
    "text", ["mailto:a@example.org", "/a", "javascript:alert(1)", "https://", "ftp://example.org", "http://[x"]
)
def test_what_is_no_web_address_is_told_from_one(text):
    assert not is_web_address(text)


def test_a_reader_sees_the_host_without_www():
    assert host_name("https://www.Example.org/a") == "example.org"
    assert host_name("articles/one.txt") == ""


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.courier.example/a", "courier.example"),
        ("http://127.0.0.1:8000/a", ""),
        ("http://[::1]/a", ""),
        ("http://localhost/a", ""),
        ("articles/a.txt", ""),
    ],
)
def test_a_site_is_told_by_a_name_and_not_by_a_number(url, site):
    assert site_name(url) == site


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("example.org", True),
        ("mail.example.COM.", True),
        ("www.example.net", True),
        ("counterexample.org", False),
        ("example.org.uk", False),
        ("letter.example", False),
        ("", False),
    ],
)
def test_example_hosts_are_compared_by_whole_labels(host, expected):
    assert is_example_host(host) is expected
