from __future__ import annotations

import pytest

from digest.mail import clean_value, fill


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
def test_a_cleaned_value_is_one_line_without_invisible_characters(text, clean):
    assert clean_value(text) == clean


def test_replaces_tags_but_never_tags_inside_values():
    values = {"[a]": "[b]", "[b]": "2 < 3"}
    assert fill("x [a] y [b] [a]", values) == "x [b] y 2 < 3 [b]"
    assert fill("[b]", values, escape=lambda value: value.replace("<", "&lt;")) == "2 &lt; 3"


def test_the_longer_of_two_tags_wins():
    assert fill("x-name-first x-name", {"x-name": "Lee", "x-name-first": "Ana"}) == "Ana Lee"
