from __future__ import annotations

import pytest

from digest.errors import ConfigError, IssueError
from digest.mail import check_header, list_id, unsubscribe_headers


def test_one_click_unsubscribing_has_both_headers():
    assert unsubscribe_headers("https://example.org/u/abc?x=1") == {
        "List-Unsubscribe": "<https://example.org/u/abc?x=1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_there_is_no_one_click_header_without_https():
    assert unsubscribe_headers("http://127.0.0.1:8000/u/abc") == {"List-Unsubscribe": "<http://127.0.0.1:8000/u/abc>"}


@pytest.mark.parametrize(
    "url",
    ["", "/u/abc", "https://", "https://[bad", "https://example.org/ü", "https://example.org/a b", "https://example.org/\r\nBcc:x",
     "https://example.org/>,<mailto:x", "https://example.org/" + "a" * 900],
)  # fmt: skip
def test_refuses_an_address_that_does_not_fit_in_a_header(url):
    with pytest.raises(ConfigError):
        unsubscribe_headers(url)


@pytest.mark.parametrize(
    ("newsletter", "audience", "wanted"),
    [
        ("Weekly", "weekly", "Weekly <weekly.example.org>"),
        ("Größe", "weekly", "<weekly.example.org>"),
        ('The "Best"', "vip", "<vip.example.org>"),
    ],
)
def test_the_list_id_is_the_same_for_every_issue(newsletter, audience, wanted):
    assert list_id(newsletter, audience, "news@example.org") == wanted


def test_two_audiences_never_share_a_list_id():
    names = {list_id("W", audience, "n@example.org") for audience in ("a b", "a-b", "a/b", "ä", "ö", "A-B")}
    assert len(names) == 5  # a-b and A-B are one word in a header that is compared without regard to case


@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.com", "a\nb", "a\rb", "a\x00b", "a\x85b", "a\u2028b", "a\x1bb"])
def test_refuses_a_value_that_would_start_another_header(value):
    with pytest.raises(IssueError):
        check_header("Subject", value)


@pytest.mark.parametrize("name", ["", "X A", "X:", "X\n", "É"])
def test_refuses_a_name_that_would_start_another_header(name):
    with pytest.raises(IssueError):
        check_header(name, "x")
