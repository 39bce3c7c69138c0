"""Reads a CSV file with a header row by row, each row with its line.

It follows RFC 4180, and tolerates what real files contain: a byte order mark, ``;`` instead of ``,``, and any line
end. A quote that is never closed only spoils its own row, whereas the csv module would swallow the rest of the file.
"""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from digest.errors import ListError, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sized

__all__ = ["LONGEST_ROW", "CsvTable", "Row", "read_csv_table", "require_few_columns", "split_line", "split_rows"]

#: The most lines of one row. If a quoted cell goes on for longer, its closing quote is missing.
LONGEST_ROW = 20
_MAX_COLUMNS = 1000
#: The most bytes of one line. One that is longer has lost its line ends, and would fill the memory.
_LONGEST_LINE = 1024 * 1024


class Row(NamedTuple):
    """The stripped cells of one row.

    ``problem`` says why the row cannot be read; empty if it can. ``plain`` means that it holds only visible ASCII and
    spaces.
    """

    line: int
    cells: list[str]
    problem: str = ""
    plain: bool = False


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A table of which the header was read.

    Attributes:
        header: The stripped names of the columns.
        rows: The rows below it.
        lines: The same rows as text; read either these or ``rows``.
        line: The line of the header.
        delimiter: What separates the cells.
    """

    header: list[str]
    rows: Iterator[Row]
    lines: TextIO
    line: int = 1
    delimiter: str = ","


@contextmanager
def read_csv_table(source: Path | str, *, file: str) -> Iterator[CsvTable]:
    """Open a CSV table for the duration of the ``with`` block.

    Args:
        source: A file, or its text.
        file: The name for messages.

    Raises:
        ListError: The file is missing, cannot be read, is empty or not UTF-8. Reading rows can raise it too.
    """
    try:
        _require_line_ends(source, file)
        with _opened(source) as lines:
            numbered = enumerate(lines, start=1)
            first = next(((number, line) for number, line in numbered if line.strip()), None)
            if first is None:
                raise ListError(
                    "the file is empty", place=Place(file), hint="Its first line must name the columns: email,name"
                )
            delimiter = ";" if first[1].count(";") > first[1].count(",") else ","
            header = split_line(first[1], delimiter)
            require_few_columns(header, Place(file, first[0]))
            yield CsvTable(header, split_rows(numbered, delimiter), lines, first[0], delimiter)
    except FileNotFoundError:
        raise ListError(
            "the file does not exist", place=Place(file), hint="Create it, or change audiences.files."
        ) from None
    except UnicodeDecodeError:
        line = _bad_line(source) if isinstance(source, Path) else None
        raise ListError("the file is not UTF-8", place=Place(file, line), hint="Save it as UTF-8.") from None
    except OSError as error:
        raise ListError(f"the file cannot be read: {error.strerror}", place=Place(file)) from None


def require_few_columns(header: Sized, place: Place) -> None:
    """Refuse a table with more columns than any list has.

    Raises:
        ListError: It has more than 1,000.
    """
    if len(header) > _MAX_COLUMNS:
        raise ListError(
            f"the table has {len(header):,} columns, more than {_MAX_COLUMNS:,}",
            place=place,
            hint="Keep the columns that the newsletter uses: email, name, status and the fields of `where`.",
        )


def _require_line_ends(source: Path | str, file: str) -> None:
    """Refuse a line that is too long, before it is read into the memory.

    Raises:
        ListError: There is such a line.
    """
    if not isinstance(source, Path) or not source.is_file():
        return
    line = 1
    with source.open("rb") as data:
        while len(piece := data.read(_LONGEST_LINE)) == _LONGEST_LINE:
            if b"\n" not in piece and b"\r" not in piece:
                raise ListError(
                    f"a line has more than {_LONGEST_LINE // 1024:,} kB",
                    place=Place(file, line),
                    hint="Put each person on a line of their own.",
                )
            line += piece.count(b"\n") or piece.count(b"\r")


def _opened(source: Path | str) -> TextIO:
    if isinstance(source, str):
        return io.StringIO(source.removeprefix("\ufeff"), newline=None)
    return source.open(encoding="utf-8-sig", newline=None)


def split_rows(numbered: Iterator[tuple[int, str]], delimiter: str) -> Iterator[Row]:
    """The rows in lines that are numbered from 1. Empty lines are skipped."""
    before, after = f" {delimiter}", f"{delimiter} "
    for number, line in numbered:
        if '"' not in line:
            text = line.rstrip()
            plain = text.isascii() and text.isprintable()
            cells = text.split(delimiter)
            if not plain or before in text or after in text or text.startswith(" "):
                cells = [cell.strip() for cell in line.split(delimiter)]
            if cells[0] or any(cells):
                yield Row(number, cells, "", plain)
        elif (strict := _strict_cells(line, delimiter)) is not None:
            yield Row(number, strict)
        elif line.count('"') % 2 == 0:
            yield Row(number, split_line(line, delimiter))
        else:
            yield from _spanning(number, line, numbered, delimiter)


def _spanning(number: int, first: str, following: Iterator[tuple[int, str]], delimiter: str) -> Iterator[Row]:
    """A row with a quoted cell over several lines. If the quote is never closed, each line is read as a row."""
    taken: list[tuple[int, str]] = []
    for next_number, line in following:
        taken.append((next_number, line))
        if line.count('"') % 2:
            cells = _strict_cells(first + "".join(text for _, text in taken), delimiter)
            # Two stray quotes would otherwise swallow the people on the lines between them.
            if cells is not None and not any("\n" in cell and "@" in cell for cell in cells):
                yield Row(number, cells)
                return
            break
        if len(taken) >= LONGEST_ROW:
            break
    yield Row(number, [], "a quote is opened and never closed")
    yield from split_rows(iter(taken), delimiter)


def split_line(text: str, delimiter: str) -> list[str]:
    """The cells of one line, stripped."""
    try:
        return _cells(text, delimiter)
    except csv.Error:  # a cell of more than 128 KiB, or a null character
        return [cell.strip() for cell in text.split(delimiter)]


def _strict_cells(text: str, delimiter: str) -> list[str] | None:
    try:
        return _cells(text, delimiter, strict=True)
    except csv.Error:
        return None


def _cells(text: str, delimiter: str, *, strict: bool = False) -> list[str]:
    # Not str.splitlines, which also splits at U+2028 and similar characters.
    lines = io.StringIO(text, newline="")
    return [cell.strip() for cell in next(csv.reader(lines, delimiter=delimiter, strict=strict), [])]


def _bad_line(path: Path) -> int | None:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None
