from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.sanitising import clean_line
from digest.rendering.text_wrapping import tidy, wrap_text


def test_does_not_break_at_a_no_break_space():
    assert clean_line("41\u00a0 %") == "41\u00a0 %"
    assert wrap_text("Qui est 41\u202f%", 10) == "Qui est\n41\u202f%"


def test_indents_the_lines_of_a_list_item():
    assert wrap_text("- one two three", 9) == "- one two\n  three"
    assert wrap_text("12. one two three", 9) == "12. one\n    two\n    three"
    assert wrap_text("> one two three", 9) == "> one two\n> three"


def test_never_breaks_an_address():
    url = "https://example.com/" + "a-very-long-path/" * 8
    assert url in wrap_text(f"Some words before it {url} and after", 40).splitlines()


def test_wide_characters_count_twice_and_can_be_broken_anywhere():
    lines = wrap_text("日本語の長い文章です" * 5, 20).splitlines()
    assert [len(line) for line in lines] == [10] * 5


@given(st.text(alphabet=st.sampled_from("ab -1.>\n"), max_size=200), st.integers(12, 40))
def test_wrapping_keeps_every_word_in_order(text, columns):
    def words(lines):
        return lines.replace(">", " ").split()

    assert words(wrap_text(text, columns)) == words(text)


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=8), max_size=40))
def test_no_line_is_too_long_if_every_word_fits(words):
    assert all(len(line) <= 20 for line in wrap_text(" ".join(words), 20).splitlines())


def test_tidy_keeps_only_the_trailing_space_of_the_signature():
    assert tidy("\n\na  \n\n\n\nb\n-- \nc\n\n") == "a\n\nb\n-- \nc\n"
