"""The XML inside an Excel workbook, read as a stream: a sheet of a million rows takes the memory of one row.

ECMA-376, part 1: 18.3.1.4 (cells), 18.4.8 (shared strings), 18.8.30 (number formats). openpyxl, which knows the number
formats and Excel's dates, would need several minutes and a Python object for each string.
"""

from __future__ import annotations

from array import array
from datetime import date, datetime, time, timedelta
from typing import IO, TYPE_CHECKING
from xml.parsers import expat

from digest.subscribers.csv_rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["SharedStrings", "read_elements", "sheet_rows"]

#: How many bytes of XML are parsed at a time.
_CHUNK = 1 << 16
#: The rows of a sheet in Excel. A file with more was not made by a spreadsheet program.
_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16_384
#: Elements with the text of a cell or a shared string. Phonetic hints (rPh) repeat it in another script.
_TEXTS, _PHONETIC = frozenset({"v", "t"}), "rPh"


class SharedStrings:
    """The texts of a workbook that cells refer to by number, packed: two million of them take 60 MB."""

    def __init__(self, xml: IO[bytes] | None) -> None:
        self._text = bytearray()
        self._ends = array("Q")
        self._parts: list[str] | None = None
        self._phonetic = 0
        if xml is not None:
            _parse(xml, start=self._start, end=self._end, text=self._add)

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends):
            raise ValueError(f"there is no shared string {number}")
        start = self._ends[number - 1] if number else 0
        return self._text[start : self._ends[number]].decode()

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._phonetic += name == _PHONETIC
        if name == "t" and not self._phonetic:
            self._parts = []

    def _add(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)

    def _end(self, name: str) -> None:
        self._phonetic -= name == _PHONETIC
        if name == "t" and self._parts is not None:
            self._text += "".join(self._parts).encode("utf-8", "replace")
            self._parts = None
        elif name == "si":
            self._ends.append(len(self._text))


class _Sheet:
    """Collects the rows of a sheet."""

    def __init__(self, strings: SharedStrings, dates: Collection[int], from_number: Callable[[float], object]) -> None:
        self.rows: list[tuple[int, list[str]]] = []
        self._strings = strings
        self._dates = dates
        self._from_number = from_number
        self._columns: dict[str, int] = {}
        self._number = 0
        self._row: list[str] = []
        self._cell: dict[str, str] = {}
        self._parts: list[str] | None = None
        self._value = ""
        self._phonetic = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        if name == "c":
            self._cell, self._value = attributes, ""
        elif name in _TEXTS and not self._phonetic:
            self._parts = []
        elif name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            if self._number > _MOST_ROWS:
                raise ValueError(f"it has more than {_MOST_ROWS:,} rows")
            self._row = []
        elif name == _PHONETIC:
            self._phonetic += 1

    def text(self, text: str) -> None:
        """Add text."""
        if self._parts is not None:
            self._parts.append(text)

    def end(self, name: str) -> None:
        """End an element."""
        if name in _TEXTS and self._parts is not None:
            self._value += "".join(self._parts)
            self._parts = None
        elif name == "c":
            at = self._column(self._cell.get("r", ""))
            self._row += [""] * (at + 1 - len(self._row))
            self._row[at] = self._cell_text()
        elif name == "row":
            self.rows.append((self._number, self._row))
        elif name == _PHONETIC:
            self._phonetic -= 1

    def _column(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        if not letters:
            return len(self._row)
        at = self._columns.get(letters)
        if at is None:
            at = -1
            for letter in letters.upper():
                at = (at + 1) * 26 + ord(letter) - ord("A")
            if not 0 <= at < _MOST_COLUMNS:
                raise ValueError(f"there is no cell {place}")
            self._columns[letters] = at
        return at

    def _cell_text(self) -> str:
        value, kind = self._value, self._cell.get("t", "n")
        if not value:
            return ""
        if kind == "s":
            return self._strings[int(value)].strip()
        if kind == "b":
            return "true" if value.strip() == "1" else "false"
        if kind == "n":
            return self._number_text(value.strip())
        return value.strip()

    def _number_text(self, value: str) -> str:
        if int(self._cell.get("s", 0)) in self._dates:
            return _moment_text(self._from_number(float(value)))
        if value.isdigit():
            return value
        number = float(value)
        return str(int(number)) if number.is_integer() else str(number)


def sheet_rows(
    xml: IO[bytes], strings: SharedStrings, *, dates: Collection[int], from_number: Callable[[float], object]
) -> Iterator[Row]:
    """The rows of a sheet that are not empty, each as wide as the first at least.

    Args:
        xml: The sheet.
        strings: The workbook's shared strings.
        dates: The numbers of the cell formats that show a date.
        from_number: Returns the date or time that a number stands for.

    Raises:
        ValueError: The XML is damaged, or the sheet has more rows than Excel allows.
    """
    sheet, width = _Sheet(strings, dates, from_number), 0
    for _ in _parsing(xml, start=sheet.start, end=sheet.end, text=sheet.text):
        for number, texts in sheet.rows:
            if any(texts):
                width = width or len(texts)
                yield Row(number, texts + [""] * (width - len(texts)))
        sheet.rows.clear()


def read_elements(xml: IO[bytes], names: Collection[str]) -> list[tuple[str, dict[str, str]]]:
    """The elements of these names in a small XML file, in order, each with its attributes.

    Raises:
        ValueError: The XML is damaged.
    """
    elements: list[tuple[str, dict[str, str]]] = []
    _parse(xml, start=lambda name, values: elements.append((name, values)) if name in names else None)
    return elements


def _parse(xml: IO[bytes], **handlers: Callable[..., None]) -> None:
    for _ in _parsing(xml, **handlers):
        pass


def _parsing(
    xml: IO[bytes],
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Parse XML, and yield after each part. Handlers get names without their prefixes."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, values: start(name.rpartition(":")[2], values)
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        while chunk := xml.read(_CHUNK):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise ValueError(f"its XML is damaged: {error}") from None


def _refuse_doctype(*_: object) -> None:
    """Office files have no document type. Its entities could make a small file very large."""
    raise ValueError("its XML has a document type")


def _moment_text(moment: object) -> str:
    """A date as a CSV export would write it."""
    if isinstance(moment, datetime):
        return moment.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    if isinstance(moment, date | time):
        return moment.isoformat()
    return str(moment) if isinstance(moment, timedelta) else ""
