"""Another tool's export as tables, whatever its format: text with any delimiter and encoding, a workbook, or a zip."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from email.utils import getaddresses
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from digest.errors import ListError, Place
from digest.subscribers.csv_rows import Row, require_few_columns, split_line, split_rows
from digest.subscribers.imports.pasted_addresses import address_and_name
from digest.subscribers.imports.text_encoding import DELIMITERS, find_delimiter, find_encoding
from digest.subscribers.imports.vocabulary import header_kind
from digest.subscribers.imports.workbooks import workbook_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["ExportTable", "read_export_file"]

_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_TEXT_NAMES = (".csv", ".tsv", ".txt", ".tab", ".text")
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_UTF_8 = ("utf-8", "utf-8-sig")
#: How many lines are read to detect the delimiter.
_SAMPLE = 30
#: The longest row that is read, so that a file without line ends cannot fill the memory.
_LONGEST_LINE = 1 << 20
_LIKE_AN_ADDRESS = re.compile(r"\w@+\w")
#: A row with a cell about one of these is a header, whatever its other cells are.
_TELLING = frozenset({"email", "name", "first", "last", "status"})
_CSV_HINT = "Export the people as CSV, and import that file."


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportTable:
    """One table of an export.

    Attributes:
        file: The file's name, for messages; in a zip the name within it.
        header: The names of the columns; empty if the first line is already data.
        open_rows: Returns the rows below the header. It may be called again.
        notes: Facts about the file for the user, such as its encoding.
        title: The text of the rows above the header.
    """

    file: str
    header: tuple[str, ...]
    open_rows: Callable[[], Iterator[Row]]
    notes: tuple[str, ...] = ()
    title: str = ""


def read_export_file(path: Path) -> tuple[ExportTable, ...]:
    """The tables of an export. A zip or a workbook may contain several.

    Raises:
        ListError: The file is missing, cannot be read, is empty, or contains no table.
    """
    file = path.name
    with _read_errors(file):
        with path.open("rb") as data:
            start = data.read(8)
        if start.startswith(_ZIP):
            return _zip_tables(path, file)
        return (_text_table(lambda: path.open("rb"), start, file),)


@contextmanager
def _read_errors(file: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ListError("the file does not exist", place=Place(file), hint="Check the name of the file.") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        message = "the file is a damaged or encrypted zip or workbook"
        raise ListError(f"{message}: {error}", place=Place(file), hint=_CSV_HINT) from None
    except OSError as error:
        raise ListError(f"the file cannot be read: {error.strerror}", place=Place(file)) from None


def _zip_tables(path: Path, file: str) -> tuple[ExportTable, ...]:
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
    if "xl/workbook.xml" in names:
        return tuple(_workbook_tables(path, file))
    if "mimetype" in names or any(name.startswith(("word/", "ppt/")) for name in names):
        raise ListError("this kind of office file is not read", place=Place(file), hint=_CSV_HINT)
    visible = [
        name for name in names if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")
    ]
    tables, left_out = [], []
    for name in sorted(visible):
        if not name.casefold().endswith(_TEXT_NAMES):
            left_out.append(name)
            continue
        with _open_member(path, name) as member:
            start = member.read(8)
        if start:
            tables.append(_text_table(lambda name=name: _open_member(path, name), start, name))  # type: ignore[misc] # the default binds the name
    if not tables:
        raise ListError("the zip holds no CSV file", place=Place(file), hint=_CSV_HINT)
    notes = tuple(f"{name} in the zip was not read: it is not a CSV file" for name in left_out)
    first, *others = tables
    return (
        replace(first, notes=(*first.notes, *notes)),
        *others,
    )


def _open_member(path: Path, name: str) -> BinaryIO:
    archive = zipfile.ZipFile(path)
    return archive.open(name)  # type: ignore[return-value] # ZipExtFile is a BufferedIOBase, and reads like a BinaryIO


def _workbook_tables(path: Path, file: str) -> Iterator[ExportTable]:
    tables = 0
    for sheet, open_sheet in workbook_rows(path, file=file):
        rows = list(islice(open_sheet(), _SAMPLE))
        if not rows:
            continue
        tables += 1
        above = _rows_above_header([row.cells for row in rows])
        first = rows[above]
        require_few_columns(first.cells, Place(file, first.line))
        header = () if _is_data(first.cells) else tuple(first.cells)
        skip = above + (1 if header else 0)
        yield ExportTable(
            file=file if tables == 1 else f"{file} ({sheet})",
            header=header,
            open_rows=lambda open_sheet=open_sheet, skip=skip: islice(open_sheet(), skip, None),  # type: ignore[misc] # the defaults bind the sheet
            notes=_above_note(above, file),
            title=" ".join(cell for row in rows[:above] for cell in row.cells),
        )
    if not tables:
        raise ListError("the workbook is empty", place=Place(file), hint=_CSV_HINT)


def _text_table(open_bytes: Callable[[], BinaryIO], start: bytes, file: str) -> ExportTable:
    if start.startswith(_OLD_WORKBOOK):
        raise ListError("this is an old Excel workbook", place=Place(file), hint="Save it as .xlsx or as CSV.")
    encoding = find_encoding(open_bytes)
    with _lines(open_bytes, encoding, file) as lines:
        sample = list(islice((line for _, line in lines if line.strip()), _SAMPLE))
    if not sample:
        raise ListError("the file is empty", place=Place(file), hint="Its first line names the columns: email,name")
    if any("\x00" in line for line in sample):
        raise ListError("the file is not text", place=Place(file), hint=_CSV_HINT)
    separator = _SEPARATOR_LINE.fullmatch(sample[0].strip("\r\n"))
    sample = sample[1:] if separator else sample
    delimiters = separator[1] if separator else DELIMITERS
    above = max(_rows_above_header([split_line(line, delimiter) for line in sample]) for delimiter in delimiters)
    title, sample = " ".join(sample[:above]), sample[above:]
    delimiter = separator[1] if separator else find_delimiter(sample)
    notes: tuple[str, ...] = () if encoding in _UTF_8 else (f"{file} is read as {_encoding_name(encoding)}",)
    notes += _above_note(above, file)
    first = split_line(sample[0], delimiter) if sample else []
    if not separator and _is_address_list(sample):
        return ExportTable(
            file=file, header=(), open_rows=lambda: _pasted_rows(open_bytes, encoding, file), notes=notes
        )
    require_few_columns(first, Place(file, 1))
    headless = _is_data(first)

    def open_rows() -> Iterator[Row]:
        with _lines(open_bytes, encoding, file) as lines:
            skip = (1 if separator else 0) + above + (0 if headless else 1)
            for _, line in lines:
                if not skip:
                    break
                skip -= bool(line.strip())
            else:
                return
            yield from split_rows(_chained((_, line), lines), delimiter)

    return ExportTable(
        file=file, header=() if headless else tuple(first), open_rows=open_rows, notes=notes, title=title
    )


def _chained(first: tuple[int, str], others: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from others


@contextmanager
def _lines(open_bytes: Callable[[], BinaryIO], encoding: str, file: str) -> Iterator[Iterator[tuple[int, str]]]:
    """The numbered lines of a file, while it is open."""
    with _read_errors(file), open_bytes() as data:
        text = io.TextIOWrapper(data, encoding=encoding, errors="replace", newline=None)
        yield _numbered(text, file)


def _numbered(text: io.TextIOWrapper, file: str) -> Iterator[tuple[int, str]]:
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        if len(line) >= _LONGEST_LINE:
            raise ListError("the line is too long for a row", place=Place(file, number), hint=_CSV_HINT)
        yield number, line


def _rows_above_header(rows: list[list[str]]) -> int:
    """How many rows stand above the header, such as the title of a report: each has one cell, and no address."""
    for number, cells in enumerate(rows):
        if any(header_kind(cell).role == "email" for cell in cells):
            return number
        if len(list(filter(None, cells))) > 1 or any("@" in cell for cell in cells):
            break
    return 0


def _above_note(above: int, file: str) -> tuple[str, ...]:
    lines = "the first line" if above == 1 else f"the first {above} lines"
    return (f"{lines} of {file} above the header were not read",) if above else ()


def _is_data(first: list[str]) -> bool:
    """Whether the first row is a person and no header, even if the address in it is misspelt."""
    if any("@" in cell and address_and_name(cell)[0] for cell in first):
        return True
    looks_like_one = any(_LIKE_AN_ADDRESS.search(cell) for cell in first)
    return looks_like_one and not any(header_kind(cell).role in _TELLING for cell in first)


def _is_address_list(sample: list[str]) -> bool:
    """Whether every line contains only addresses, one or several, with or without names."""
    return all(
        "@" in line and not any(delimiter in line for delimiter in "\t|") and _mailboxes(line) for line in sample
    )


def _mailboxes(line: str) -> list[tuple[str, str]]:
    """The names and addresses in a line such as ``Ana <ana@example.org>, bo@example.org``; empty for other text."""
    words = line.split()
    alone = len(words) > 1 and all("@" in word and not set('<>"') & set(word) for word in words)
    text = ",".join(word.strip(";,") for word in words) if alone else line.strip().strip(";,").replace(";", ",")
    parts = getaddresses([text])
    mailboxes = []
    for name, address in parts:
        email, _ = address_and_name(address)
        if not email:
            return []
        mailboxes.append((name, email))
    return mailboxes


def _pasted_rows(open_bytes: Callable[[], BinaryIO], encoding: str, file: str) -> Iterator[Row]:
    """A row with the address and the name for each mailbox in the lines."""
    with _lines(open_bytes, encoding, file) as lines:
        for number, line in lines:
            if not line.strip():
                continue
            mailboxes = _mailboxes(line)
            if not mailboxes:
                yield Row(number, [line.strip(), ""])
            for name, email in mailboxes:
                yield Row(number, [email, name])


def _encoding_name(encoding: str) -> str:
    return {"cp1252": "Windows-1252"}.get(encoding, encoding.upper().replace("_", "-").replace("CP", "Windows-"))
