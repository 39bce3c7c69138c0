"""The sheets of an Excel workbook as rows of text. openpyxl is loaded when the first workbook is read."""

from __future__ import annotations

import warnings
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from digest.errors import ListError, Place
from digest.subscribers.csv_rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["workbook_rows"]

_HINT = "Save the sheet as CSV, and import that file."


def workbook_rows(path: Path, *, file: str) -> Iterator[tuple[str, Callable[[], Iterator[Row]]]]:
    """Each visible sheet's name, and a function that returns its rows that are not empty. It may be called again.

    Raises:
        ListError: The workbook is damaged.
    """
    book = _open(path, file)
    names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    book.close()
    for name in names:
        yield name, lambda name=name: _rows(path, file, name)  # type: ignore[misc] # the default binds the name


def _open(path: Path, file: str) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415 - slow to import, and rarely needed

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validation, which are not read
            # From the bytes: openpyxl refuses a path that does not end in .xlsx.
            return load_workbook(BytesIO(path.read_bytes()), read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise ListError(f"the workbook is damaged: {error}", place=Place(file), hint=_HINT) from None


def _rows(path: Path, file: str, name: str) -> Iterator[Row]:
    book = _open(path, file)
    try:
        sheet = book[name]
        sheet.reset_dimensions()  # the size that a workbook states may be wrong
        width = 0
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            texts = [_text(cell) for cell in cells]
            if any(texts):
                width = width or len(texts)
                yield Row(number, texts + [""] * (width - len(texts)))
    finally:
        book.close()


def _text(cell: object) -> str:
    """A cell as a CSV export would write it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()
