from __future__ import annotations

import time

import pytest

from digest.errors import ListError
from digest.subscribers import read_list
from digest.subscribers.imports.export_files import read_export_file


def columns(count):
    return "email," + ",".join(f"c{number}" for number in range(count - 1)) + "\nana@reader.example" + "," * (count - 1)


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "weekly.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_list_has_at_most_1000_columns(write):
    assert len(read_list(write(columns(1000)), file="weekly.csv").columns) == 1000
    with pytest.raises(ListError, match=r"^weekly\.csv:1: the table has 20,000 columns, more than 1,000$"):
        read_list(write(columns(20_000)), file="weekly.csv")


def test_an_import_has_at_most_1000_columns(write):
    with pytest.raises(ListError, match=r"the table has 20,000 columns"):
        read_export_file(write(columns(20_000)))


@pytest.mark.parametrize("end", ["", "\n", "\r", '"'])
def test_a_line_that_never_ends_is_refused_before_it_fills_the_memory(write, end):
    path = write(f"email,name\nana@reader.example,{'x' * 3_000_000}{end}")
    with pytest.raises(ListError, match=r"a line has more than 1,024 kB"):
        read_list(path, file="weekly.csv")


@pytest.mark.parametrize(
    "row",
    [
        'ana@reader.example,"' + "x" * 200_000 + '"',
        'ana@reader.example,"a"b"' + "x" * 200_000 + '"',
        "ana@reader.example," + "x" * 200_000,
        "ana@reader.example,\0",
        "\0" * 40_000,
        "," * 40_000,
        '"' * 40_001,
        "@" * 40_000,
        " " * 40_000 + "x",
        "a." * 20_000 + "@reader.example",
    ],
)
def test_a_strange_row_is_read_or_reported_within_a_second(write, row):
    start = time.process_time()
    reading = read_list(write(f"email,name\nbo@reader.example,Bo\n{row}\ncy@reader.example,Cy\n"), file="weekly.csv")
    assert {"bo@reader.example", "cy@reader.example"} <= {person.email for person in reading.subscribers}
    assert time.process_time() - start < 1
