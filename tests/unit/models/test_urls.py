from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.models import canonical_url, host_name, is_example_host, is_web_address, printable_url, site_name


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
        ("https://example.org/b /", "https://example.org/b"),
        ("https://example.org/b #part", "https://example.org/b"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("https://example.org/?utm_source=x&b=\ud800", "https://example.org/?b=%ED%A0%80"),
        ("http://[", "http://["),
        ("https://./a", "https://./a"),
        ("https://example.org:99999/a", "https://example.org:99999/a"),
        (" articles/one.txt ", "articles/one.txt"),
    ],
)
def test_addresses_of_one_article_have_one_canonical_form(given_url, expected):
    assert canonical_url(given_url) == expected


#: Addresses made of parts that parsers stumble over: brackets, bad ports, IDNA, white space, lone surrogates.
NASTY_URLS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["http://", "https://", "HTTPS://", " https://", "ht\ttp://", "//", "https:/", ""]),
        st.sampled_from(["", "user:pa@ss@", "[@", "%00@"]),
        st.sampled_from(
            ["a", "a.", ".", "..", "[", "[::1", "[::1]", "[::1]x", "[v1.x]", "xn--a", "a\u2100b", "\ud800", "ⅷ"]
        )
        | st.text(max_size=5),
        st.sampled_from(["", ":", ":80", ":443", ":99999", ":-1", ":٣", ":" + "9" * 5000]),
        st.sampled_from(["", "/", "//", "/b /", "/b/ /", "/\x00", "/\u3000/", "/\ud800"]) | st.text(max_size=5),
        st.sampled_from(["", "?", "?utm_a=1", "?utm_a=1&b=\ud800", "?b= ", "?&&utm_a", "?%ff=%", "?b\u3000"]),
        st.sampled_from(["", "#", " #x", "#\ud800", "\u2028#"]),
    ),
)


@given(st.text(st.characters()) | NASTY_URLS)
@example("http://[")
@example("https://a.example/?utm_source=x&b=\ud800")
@example("https://a.example/b/ #part")
def test_canonicalising_never_raises_and_is_idempotent(text):
    canonical = canonical_url(text)
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "text", ["mailto:a@example.org", "/a", "javascript:alert(1)", "https://", "ftp://example.org", "http://[x"]
)
def test_recognises_what_is_not_a_web_address(text):
    assert not is_web_address(text)


def test_the_host_name_has_no_www():
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
def test_only_a_name_counts_as_a_site_not_an_ip_address(url, site):
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


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("https://ann:secret@news.example/a?b=1", "https://news.example/a?b=1"),
        ("https://ann@news.example:8443/", "https://news.example:8443/"),
        ("https://ann:a@b:c@news.example/x@y", "https://news.example/x@y"),
        ("ftp://ann:secret@news.example/", "ftp://news.example/"),
        ("https://ann:secret@[news.example/", "https://[news.example/"),
        ("https://news.example/@ann", "https://news.example/@ann"),
        ("articles/a@b.txt", "articles/a@b.txt"),
        ("", ""),
    ],
)
def test_an_address_is_printed_without_user_and_password(url, printed):
    assert printable_url(url) == printed
