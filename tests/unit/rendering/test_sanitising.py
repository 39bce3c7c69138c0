from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.sanitising import clean_line, is_local_path, published_image, safe_url, strip_controls


@pytest.mark.parametrize("url", ["https://a.example/x?a=1&b=ü#f", "http://a.example", "mailto:ana@example.com"])
def test_returns_safe_addresses_unchanged(url):
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
def test_rejects_every_other_address(url):
    assert safe_url(url) == ""


def test_removes_white_space_and_control_characters_from_an_address():
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
def test_a_picture_has_a_web_address_or_none(image, expected):
    assert published_image(image, base_url="https://cdn.example/i/") == expected


def test_a_local_picture_needs_a_base_url():
    assert published_image("images/a.png", base_url="") == ""
    assert is_local_path("images/a.png")


def test_removes_control_and_direction_characters_from_text():
    assert strip_controls("a\x00\x0b\x92b\u202ec\u2066d\ufeff\ud800\ufffe\U0001fffe\U0010ffff") == "abcd"


def test_keeps_the_joiners_of_emoji_and_indic_scripts():
    text = "👩‍💻 क्‍ष ❤️"
    assert strip_controls(text) == text


def test_normalises_every_kind_of_line_end():
    assert strip_controls("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_clean_line_collapses_white_space():
    assert clean_line("  a\n\t b  c\u2003d ") == "a b c d"


@given(st.text())
def test_cleaned_text_is_valid_unicode_without_control_characters(text):
    cleaned = strip_controls(text)
    assert cleaned.encode().decode() == cleaned
    assert all(character in "\n\t" for character in cleaned if unicodedata.category(character) == "Cc")
    assert strip_controls(cleaned) == cleaned
