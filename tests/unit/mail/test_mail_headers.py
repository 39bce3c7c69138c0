from __future__ import annotations

import pytest

from digest.errors import ConfigError, IssueError
from digest.mail import check_header, clean_value, fill, list_id, unsubscribe_headers


def test_one_click_needs_both_headers():
    assert unsubscribe_headers("https://example.org/u/abc?x=1") == {
        "List-Unsubscribe": "<https://example.org/u/abc?x=1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_without_https_there_is_no_one_click():
    assert unsubscribe_headers("http://127.0.0.1:8000/u/abc") == {"List-Unsubscribe": "<http://127.0.0.1:8000/u/abc>"}


@pytest.mark.parametrize(
    "url",
    ["", "/u/abc", "https://", "https://example.org/ü", "https://example.org/a b", "https://example.org/\r\nBcc:x",
     "https://example.org/>,<mailto:x", "https://example.org/" + "a" * 900],
)  # fmt: skip
def test_an_address_that_does_not_fit_in_a_header_is_refused(url):
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
def test_a_list_has_one_name(newsletter, audience, wanted):
    assert list_id(newsletter, audience, "news@example.org") == wanted


def test_two_audiences_never_share_a_list():
    names = {list_id("W", audience, "n@example.org") for audience in ("a b", "a-b", "a/b", "ä", "ö", "A-B")}
    assert len(names) == 5  # a-b and A-B are one word in a header that is compared without regard to case


@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.com", "a\nb", "a\rb", "a\x00b", "a\x85b", "a\u2028b", "a\x1bb"])
def test_no_value_makes_a_header_of_its_own(value):
    with pytest.raises(IssueError):
        check_header("Subject", value)


@pytest.mark.parametrize("name", ["", "X A", "X:", "X\n", "É"])
def test_no_name_does(name):
    with pytest.raises(IssueError):
        check_header(name, "x")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  Ana  ", "Ana"),
        ("Ana\r\nBcc: eve@example.com", "Ana Bcc: eve@example.com"),
        ("A\u202ena", "Ana"),
        ("A\x00na\x07", "Ana"),
        ("👩‍🚀 می‌خواهم", "👩‍🚀 می‌خواهم"),
        ("\ud800x", "x"),
    ],
)
def test_a_value_is_one_line_with_nothing_invisible(text, clean):
    assert clean_value(text) == clean


def test_values_are_put_where_their_tags_stand_and_never_read_as_tags():
    values = {"[a]": "[b]", "[b]": "2 < 3"}
    assert fill("x [a] y [b] [a]", values) == "x [b] y 2 < 3 [b]"
    assert fill("[b]", values, escape=lambda value: value.replace("<", "&lt;")) == "2 &lt; 3"


def test_the_longer_of_two_tags_wins():
    assert fill("x-name-first x-name", {"x-name": "Lee", "x-name-first": "Ana"}) == "Ana Lee"
