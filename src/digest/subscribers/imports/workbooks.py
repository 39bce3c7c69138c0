"""The sheets of an Excel workbook as rows of text.

Each sheet is read once, into a temporary file that only this process can open, and that is deleted with it: an import
reads the rows several times, and a workbook is slow to read.
"""

from __future__ import annotations

import json
import posixpath
import tempfile
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING
from weakref import finalize
from zipfile import BadZipFile, ZipFile

from digest.errors import ListError, Place
from digest.subscribers.csv_rows import Row
from digest.subscribers.imports.workbook_xml import SharedStrings, read_elements, sheet_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["workbook_rows"]

_HINT = "Save the sheet as CSV, and import that file."
_BOOK = "xl/workbook.xml"
#: The most bytes of a workbook's part when unpacked: Excel's million rows of ten cells have half of it.
_MOST_BYTES = 1 << 30


def workbook_rows(path: Path, *, file: str) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """Each visible sheet's name, and a function that returns its rows that are not empty. It may be called again.

    Raises:
        ListError: The workbook is damaged, or too large.
    """
    with _opened(path, file) as book:
        elements = _elements(book, _BOOK, {"sheet"})
        targets = {
            values["Id"]: posixpath.normpath(posixpath.join("xl", values["Target"])).removeprefix("/")
            for _, values in _elements(book, "xl/_rels/workbook.xml.rels", {"Relationship"})
            if values.get("TargetMode") != "External"
        }
        visible = [values for _, values in elements if values.get("state", "visible") == "visible"]
        sheets = [(values["name"], targets.get(_relation(values), "")) for values in visible]
    for name, part in sheets:
        if part.startswith("xl/worksheets/"):  # a sheet that is a chart has no rows
            yield name, _SpooledSheet(path, file, part)


class _SpooledSheet:
    """The rows of one sheet. They are copied to a temporary file when they are first needed."""

    def __init__(self, path: Path, file: str, part: str) -> None:
        self._path, self._file, self._part = path, file, part
        self._copy: IO[bytes] | None = None

    def __call__(self) -> Iterator[Row]:
        if self._copy is None:
            self._copy = self._read()
        place = 0
        while True:
            self._copy.seek(place)
            lines = self._copy.readlines(1 << 20)
            if not lines:
                return
            place = self._copy.tell()
            for line in lines:
                number, cells = json.loads(line)
                yield Row(number, cells)

    def _read(self) -> IO[bytes]:
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the sheet
        finalize(self, copy.close)
        with _opened(self._path, self._file) as book:
            strings = _part(book, "xl/sharedStrings.xml") if "xl/sharedStrings.xml" in book.namelist() else None
            rows = sheet_rows(
                _part(book, self._part), SharedStrings(strings), dates=_date_formats(book), from_number=_dates(book)
            )
            for row in rows:
                copy.write(json.dumps([row.line, row.cells]).encode() + b"\n")
        return copy


def _relation(values: dict[str, str]) -> str:
    """The id in an attribute such as ``r:id``."""
    return next((value for name, value in values.items() if name.endswith(":id")), "")


@contextmanager
def _opened(path: Path, file: str) -> Iterator[ZipFile]:
    try:
        with ZipFile(path) as book:
            yield book
    except (BadZipFile, KeyError, ValueError, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ListError(f"the workbook cannot be read: {error}", place=Place(file), hint=_HINT) from None


def _part(book: ZipFile, name: str) -> IO[bytes]:
    info = book.getinfo(name)
    if info.file_size > _MOST_BYTES:
        raise ValueError(f"{name} has {info.file_size:,} bytes when unpacked, and {_MOST_BYTES:,} are read at most")
    return book.open(info)


def _elements(book: ZipFile, name: str, names: set[str]) -> list[tuple[str, dict[str, str]]]:
    return read_elements(_part(book, name), names) if name in book.namelist() else []


def _date_formats(book: ZipFile) -> frozenset[int]:
    """The numbers of the cell formats (cellXfs) that show a date or a time."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format  # noqa: PLC0415 - slow, and rarely needed

    codes = dict(BUILTIN_FORMATS)
    dates, number, inside = set(), 0, False
    for name, values in _elements(book, "xl/styles.xml", {"numFmt", "cellStyleXfs", "cellXfs", "cellStyles", "xf"}):
        if name == "numFmt" and values.get("numFmtId", "").isdigit():
            codes[int(values["numFmtId"])] = values.get("formatCode", "")
        elif name == "xf":
            if inside:
                if is_date_format(codes.get(int(values.get("numFmtId", 0)), "General")):
                    dates.add(number)
                number += 1
        else:
            inside = name == "cellXfs"
    return frozenset(dates)


def _dates(book: ZipFile) -> Callable[[float], object]:
    """Returns the moment that a number stands for. It counts days since 1900, or since 1904 in old files of a Mac."""
    from openpyxl.utils.datetime import (  # noqa: PLC0415 - as above
        CALENDAR_MAC_1904,
        CALENDAR_WINDOWS_1900,
        from_excel,
    )

    is_mac = any(values.get("date1904") in {"1", "true"} for _, values in _elements(book, _BOOK, {"workbookPr"}))
    epoch = CALENDAR_MAC_1904 if is_mac else CALENDAR_WINDOWS_1900
    return partial(_from_excel, from_excel, epoch)


def _from_excel(convert: Callable[[float, object], object], epoch: object, number: float) -> object:
    try:
        return convert(number, epoch)
    except (OverflowError, ValueError):
        return None
