from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time

import hypothesis.strategies as st
import pytest
from hypothesis import given
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from digest.errors import ListError
from digest.subscribers.imports.workbook_xml import SharedStrings, sheet_rows
from digest.subscribers.imports.workbooks import workbook_rows


def rows_of(path):
    return {name: [row.cells for row in open_rows()] for name, open_rows in workbook_rows(path, file="book.xlsx")}


@pytest.fixture
def saved(tmp_path):
    def save(*rows, change=lambda _book: None):
        book = Workbook()
        for row in rows:
            book.active.append(row)
        change(book)
        book.save(tmp_path / "book.xlsx")
        return tmp_path / "book.xlsx"

    return save


def test_cells_are_read_as_a_csv_export_would_write_them(saved):
    path = saved(
        ["email", "number", "share", "when", "day", "hour", "yes", "gap", "last"],
        [
            "ä@q.org ",
            12,
            0.5,
            datetime.fromisoformat("2026-01-02T03:04"),
            date(2026, 1, 2),
            time(5, 6),
            True,
            None,
            "<x> & 'y'",
        ],
        ["b@q.org", 3.0, -2, "2026-01-02", None, None, False, None, None],
    )
    assert rows_of(path)["Sheet"] == [
        ["email", "number", "share", "when", "day", "hour", "yes", "gap", "last"],
        ["ä@q.org", "12", "0.5", "2026-01-02 03:04:00", "2026-01-02", "05:06:00", "true", "", "<x> & 'y'"],
        ["b@q.org", "3", "-2", "2026-01-02", "", "", "false", "", ""],
    ]


def test_the_dates_of_an_old_mac_are_read(saved):
    def use_1904(book):
        book.epoch = CALENDAR_MAC_1904

    assert rows_of(saved(["day"], [date(2026, 1, 2)], change=use_1904))["Sheet"] == [["day"], ["2026-01-02"]]


def test_hidden_sheets_are_not_read_and_rows_can_be_read_again(saved):
    def hide(book):
        book.create_sheet("Hidden").sheet_state = "hidden"
        book.create_sheet("More").append(["c@q.org"])

    path = saved(["a@q.org"], [], ["b@q.org"], change=hide)
    assert rows_of(path) == {"Sheet": [["a@q.org"], ["b@q.org"]], "More": [["c@q.org"]]}
    (_, open_rows), _ = workbook_rows(path, file="book.xlsx")
    first, second = open_rows(), open_rows()
    assert next(first) == next(second)
    assert [row.line for row in first] == [row.line for row in second] == [3]


TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=12).map(str.strip)


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_any_text_is_read_as_it_was_written(rows):
    strings = sorted({text for row in rows for text in row})
    escape = {ord(letter): f"&#{ord(letter)};" for letter in "<>&\"'\ufffe\uffff"}
    strings = [text for text in strings if not set(text) & {"\ufffe", "\uffff"}]
    shared = "".join(f"<si><t>{text.translate(escape)}</t></si>" for text in strings)
    packed = SharedStrings(io.BytesIO(f"<sst>{shared}</sst>".encode()))
    assert [packed[number] for number in range(len(strings))] == strings
    cells = "".join(f'<c t="s"><v>{number}</v></c>' for number in range(len(strings)))
    sheet = io.BytesIO(f"<worksheet><sheetData><row>{cells}</row></sheetData></worksheet>".encode())
    read = [row.cells for row in sheet_rows(sheet, packed, dates=(), from_number=float)]
    assert read == ([strings] if any(strings) else [])


def test_the_parts_of_a_formatted_text_are_joined_without_its_phonetic_hints():
    parts = "<x:r><x:t>a@</x:t></x:r><x:r><x:t>q.org</x:t></x:r><x:rPh><x:t>no</x:t></x:rPh>"
    xml = f"<x:sst xmlns:x='u'><x:si>{parts}</x:si></x:sst>"
    assert SharedStrings(io.BytesIO(xml.encode()))[0] == "a@q.org"


def changed(path, name, content):
    """The workbook with other content in one part; None leaves the part out."""
    with zipfile.ZipFile(path) as source:
        parts = {each: source.read(each) for each in source.namelist()}
    parts[name] = content
    with zipfile.ZipFile(path, "w") as target:
        for each, data in parts.items():
            if data is not None:
                target.writestr(each, data)
    return path


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("part", "content", "message"),
    [
        (SHEET, b"<worksheet><sheetData><row>", "its XML is damaged"),
        (SHEET, b"<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet/>", "a document type"),
        (SHEET, b'<worksheet><row r="1048577"/></worksheet>', "more than 1,048,576 rows"),
        (SHEET, b'<worksheet><row><c r="ZZZZZ1"><v>1</v></c></row></worksheet>', "no cell ZZZZZ1"),
        (SHEET, b'<worksheet><row><c t="s"><v>99</v></c></row></worksheet>', "no shared string 99"),
        (SHEET, b"<worksheet><row><c><v>one</v></c></row></worksheet>", "one"),
        (SHEET, None, "sheet1.xml"),
        ("xl/workbook.xml", b"<workbook", "its XML is damaged"),
    ],
)
def test_what_is_wrong_with_a_workbook_is_said(saved, part, content, message):
    path = changed(saved(["a@q.org"]), part, content)
    with pytest.raises(ListError, match=f"the workbook cannot be read: .*{message}"):
        rows_of(path)
