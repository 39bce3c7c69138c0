from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.sanitising import clean_line, is_local_path, published_image, safe_url, strip_controls


@pytest.mark.parametrize("url", ["https://a.example/x?a=1&b=ü#f", "http://a.example", "mailto:ana@example.com"])
def test_good_addresses_are_given_back_as_they_are(url):
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JAVA\nSCRIPT:alert(1)",
        " data:text/html,x",
        "file:///etc/passwd",
        "//a.example/x",
        "foo/bar",
        "#",
        "",
        "https://",
        "mailto:",
        "https://[bad",
        "vbscript:x",
        "tel:+49",
    ],
)
def test_everything_else_is_no_address(url):
    assert safe_url(url) == ""


def test_white_space_and_controls_cannot_stand_in_an_address():
    assert safe_url(" https://a.example/a b\x00\n") == "https://a.example/a%20b"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("https://i.example/a.png", "https://i.example/a.png"),
        ("images/a b.png", "https://cdn.example/i/a%20b.png"),
        ("./articles/a.png", "https://cdn.example/i/articles/a.png"),
        ("../secret.png", ""),
        ("/etc/a.png", ""),
        ("data:image/png;base64,AA", ""),
        ("C:\\a.png", ""),
        ("", ""),
    ],
)
def test_pictures_are_served_from_the_web_or_not_at_all(image, expected):
    assert published_image(image, base_url="https://cdn.example/i/") == expected


def test_a_local_picture_needs_a_base_address():
    assert published_image("images/a.png", base_url="") == ""
    assert is_local_path("images/a.png")


def test_controls_and_turning_characters_are_taken_out():
    assert strip_controls("a\x00\x0b\x92b\u202ec\u2066d\ufeff\ud800\ufffe\U0001fffe\U0010ffff") == "abcd"


def test_joiners_of_emoji_and_indic_scripts_stay():
    text = "👩‍💻 क्‍ष ❤️"
    assert strip_controls(text) == text


def test_every_kind_of_line_end_becomes_one():
    assert strip_controls("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_a_line_has_single_spaces():
    assert clean_line("  a\n\t b  c\u2003d ") == "a b c d"


@given(st.text())
def test_clean_text_can_be_written_and_has_no_controls(text):
    cleaned = strip_controls(text)
    assert cleaned.encode().decode() == cleaned
    assert all(character in "\n\t" for character in cleaned if unicodedata.category(character) == "Cc")
    assert strip_controls(cleaned) == cleaned
