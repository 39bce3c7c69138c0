"""Rows and columns that are easy to misread, so that someone who left is mailed or a subscriber is left out."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import AudienceConfig
from digest.errors import ListError
from digest.subscribers import read_csv_table, read_list, read_suppressions, select_audience

CELLS = st.lists(
    st.text(st.sampled_from("ab ,;\"'\u2028\u2029\x85\x0b\x0c\x1c日") | st.characters(codec="utf-8"), max_size=8).map(
        lambda text: " ".join(text.replace("\x00", "").split("\r")).replace("\n", " ").strip()
    ),
    min_size=2,
    max_size=4,
)


def read(text):
    return read_list(io, file="env:LIST", environ={"LIST": text})


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_a_character_that_only_looks_like_a_line_end_does_not_cut_a_row(odd):
    text = f'email,name,city,status\nana@example.org,"Doe, Ana",New{odd}York,unsubscribed\n'
    reading = read(text)
    assert (len(reading.subscribers), reading.unsubscribed) == (0, {"ana@example.org"})


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_reads_back_every_row_that_csv_writer_quotes(rows):
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    with read_csv_table(f"a,b,c,d\n{buffer.getvalue()}", file="x") as table:
        rows_read = [row.cells for row in table.rows]
    assert rows_read == [row for row in rows if any(row)] or rows_read == rows


def test_an_expression_matches_both_spellings_of_a_column():
    lists = [
        read("email,City\n" + "".join(f"a{n}@example.org,Berlin\n" for n in range(3))),
        read("email,city\n" + "".join(f"b{n}@example.org,Berlin\n" for n in range(3))),
        read("email,first name\nc@example.org,Berlin\n"),
    ]
    config = AudienceConfig(files=("x",), where='city == "Berlin"')
    for order in (lists, lists[::-1]):
        assert len(select_audience("weekly", config, order, suppressions=()).subscribers) == 6


@pytest.mark.parametrize("pasted", ["\u200bana@a.org", "<ana@a.org>", "mailto:ana@a.org", " Ana@A.org "])
def test_a_suppression_covers_an_address_with_stray_characters(tmp_path, pasted):
    path = tmp_path / "suppressions.csv"
    path.write_text(f"email,reason\n{pasted},unsubscribed\n", encoding="utf-8")
    assert [suppression.email.casefold() for suppression in read_suppressions(path)] == ["ana@a.org"]


@pytest.mark.parametrize(
    "row", ["bob@a.org,unsubscribed,,asked by phone,weekly,on Monday", "bob@@a.org,unsubscribed,,,", "bo b@a.org,,,,"]
)
def test_never_skips_a_suppression_that_it_cannot_read(tmp_path, row):
    path = tmp_path / "suppressions.csv"
    path.write_text(f"email,reason,at,source,audience\n{row}\n", encoding="utf-8")
    with pytest.raises(ListError) as caught:
        read_suppressions(path)
    assert caught.value.place.line == 2
