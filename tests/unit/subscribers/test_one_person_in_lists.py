"""Inert cells, and the rows of one person in the text of a list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers import inert_cell, restored_cell
from digest.subscribers.list_records import records_of, without_person


@pytest.mark.parametrize("text", ["=1+1", "+47 000", "-5", "@home", "\uff1d1", "'=1", "''+1"])
def test_a_formula_becomes_text(text):
    assert inert_cell(text) == f"'{text}"
    assert restored_cell(inert_cell(text)) == text


@pytest.mark.parametrize("text", ["", "Ana", "a=b", "Anne-Marie O'Neil", "'tis", "mail me @ noon", "'"])
def test_other_text_stays_as_it_is(text):
    assert inert_cell(text) == restored_cell(text) == text


@given(st.text(alphabet="'=+-@a \t", max_size=6))
def test_every_text_comes_back(text):
    assert restored_cell(inert_cell(text)) == text


LIST = (
    'email,name,note\r\nana@pier.example,Ana,"two\r\nlines"\r\nnana@pier.example,Nana,\r\n'
    "ANA@Pier.example,,again\r\nben@pier.example,Ben,knows ana@pier.example\r\nAna <ana@pier.example>,,\r\n"
)


def test_all_rows_of_a_person_are_found_with_their_lines():
    rows = records_of("ana@pier.example", LIST, file="weekly.csv")
    assert [(row.line, row.fields["name"]) for row in rows] == [(2, "Ana"), (5, ""), (7, "")]


def test_a_person_is_taken_out_and_every_other_byte_stays():
    text, removed, mentions = without_person("ana@pier.example", LIST, file="weekly.csv")
    assert text == ("email,name,note\r\nnana@pier.example,Nana,\r\nben@pier.example,Ben,knows ana@pier.example\r\n")
    assert (removed, mentions) == (3, (6,))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("email;name\nana@pier.example;Ana\nben@pier.example;Ben", "email;name\nben@pier.example;Ben"),
        ("who,mail\nAna,ana@pier.example\nBen,ben@pier.example\n", "who,mail\nBen,ben@pier.example\n"),
        ('email,name\nana@pier.example,"Ana\nben@pier.example,Ben\n', "email,name\nben@pier.example,Ben\n"),
        ("email\nana@pier.example\n\nben@pier.example\n", "email\nben@pier.example\n"),
        ("", ""),
        ("email\n", "email\n"),
    ],
    ids=["semicolons", "no email column", "open quote", "blank line", "empty", "header"],
)
def test_a_person_is_taken_out_of_any_list(text, rest):
    assert without_person("ana@pier.example", text, file="weekly.csv")[0] == rest


def test_an_address_with_letters_of_another_script_is_the_one_with_the_encoded_domain():
    text = "email\nana@bücher.example\n"
    assert without_person("ana@xn--bcher-kva.example", text, file="weekly.csv")[1] == 1
