from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.text import clean_line, clean_text, first_direction, is_rtl_language, tidy, wrap_text


def test_controls_and_turning_characters_are_taken_out():
    assert clean_text("a\x00\x0b\x92b\u202ec\u2066d\ufeff\ud800\ufffe\U0001fffe\U0010ffff") == "abcd"


def test_joiners_of_emoji_and_indic_scripts_stay():
    text = "👩‍💻 क्‍ष ❤️"
    assert clean_text(text) == text


def test_every_kind_of_line_end_becomes_one():
    assert clean_text("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_a_line_has_single_spaces():
    assert clean_line("  a\n\t b  c\u2003d ") == "a b c d"


def test_a_no_break_space_holds_two_words_together():
    assert clean_line("41\u00a0 %") == "41\u00a0 %"
    assert wrap_text("Qui est 41\u202f%", 10) == "Qui est\n41\u202f%"


@given(st.text())
def test_clean_text_can_be_written_and_has_no_controls(text):
    cleaned = clean_text(text)
    assert cleaned.encode().decode() == cleaned
    assert all(character in "\n\t" for character in cleaned if unicodedata.category(character) == "Cc")
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12 towns", "ltr"), ("«مدينة» one", "rtl"), ("חיפה", "rtl"), ("100 % 👩", ""), ("हर", "ltr"), ("", "")],
)
def test_direction_is_that_of_the_first_strong_character(text, expected):
    assert first_direction(text) == expected


@pytest.mark.parametrize(
    ("tag", "expected"), [("ar-EG", True), ("he", True), ("ku-Arab", True), ("en", False), ("az-Latn", False)]
)
def test_languages_written_from_right_to_left(tag, expected):
    assert is_rtl_language(tag) is expected


def test_what_follows_a_bullet_hangs_under_its_first_word():
    assert wrap_text("- one two three", 9) == "- one two\n  three"
    assert wrap_text("12. one two three", 9) == "12. one\n    two\n    three"
    assert wrap_text("> one two three", 9) == "> one two\n> three"


def test_an_address_is_never_broken():
    url = "https://example.com/" + "a-very-long-path/" * 8
    assert url in wrap_text(f"Some words before it {url} and after", 40).splitlines()


def test_wide_characters_count_twice_and_break_anywhere():
    lines = wrap_text("日本語の長い文章です" * 5, 20).splitlines()
    assert [len(line) for line in lines] == [10] * 5


@given(st.text(alphabet=st.sampled_from("ab -1.>\n"), max_size=200), st.integers(12, 40))
def test_wrapping_keeps_every_word_in_its_order(text, columns):
    def words(lines):
        return lines.replace(">", " ").split()

    assert words(wrap_text(text, columns)) == words(text)


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=8), max_size=40))
def test_no_line_is_longer_than_asked_when_every_word_fits(words):
    assert all(len(line) <= 20 for line in wrap_text(" ".join(words), 20).splitlines())


def test_tidy_keeps_the_space_of_the_signature_only():
    assert tidy("\n\na  \n\n\n\nb\n-- \nc\n\n") == "a\n\nb\n-- \nc\n"
