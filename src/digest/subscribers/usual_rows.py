"""Reads the usual rows of a list in bulk, and leaves every other row to the careful code.

Most rows hold one short lower-case address, and cells of printable ASCII without quotes. A chunk of the file that holds
only such rows is split and checked column by column, in a third of the time that one row after the other takes. In a
chunk with another row, one regular expression recognises the usual ones. Both accept only what `read_list` would take
unchanged, so the result is the same.
"""

from __future__ import annotations

import io
import re
from itertools import chain
from typing import TYPE_CHECKING

from digest.models.email_address import MAX_USUAL_LENGTH, USUAL_ADDRESS
from digest.subscribers.csv_rows import LONGEST_ROW, split_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from digest.subscribers.csv_rows import CsvTable, Row

__all__ = ["UsualRows"]

#: How many characters are read at a time: a few hundred rows.
_CHUNK = 1 << 14
_USUAL_ADDRESSES = re.compile(rf"(?:{USUAL_ADDRESS}\n)+", re.ASCII)


class UsualRows:
    """Reads the rows of one table.

    Args:
        table: The table, of which only the header was read.
        email: The position of the column with the address.
        name: The position of the column with the name; None without such a column.
        status: The position of the column with the status; None without such a column.
        fields: The positions of the columns that are fields; the status is one.
        statuses: The words, in lower case, that a usual row may have as its status.
        take_usual: Called with usual rows that follow each other: their addresses, and the columns behind them, which
            are the names and each field.
        take: Called with any other row.
    """

    def __init__(
        self,
        table: CsvTable,
        *,
        email: int,
        name: int | None,
        status: int | None,
        fields: Sequence[int],
        statuses: Collection[str],
        take_usual: Callable[[Sequence[str], Sequence[Sequence[str]]], None],
        take: Callable[[Row], None],
    ) -> None:
        self._table, self._take_usual, self._take = table, take_usual, take
        self._width = width = len(table.header)
        self._email, self._status, self._statuses = email, status, frozenset(statuses)
        self._values = [name, *fields]
        self._others = [at for at in range(width) if at not in {email, status}]
        allowed = "".join(re.escape(chr(code)) for code in range(0x20, 0x7F) if chr(code) not in f'"{table.delimiter}')
        apart = re.escape(table.delimiter)
        cells = [rf"(?! )[{allowed}]*(?<! )"] * width
        cells[email] = rf"(?=[^\n{apart}]{{1,{MAX_USUAL_LENGTH}}}(?:{apart}|\n|\Z)){USUAL_ADDRESS}"
        if status is not None:
            cells[status] = rf"(?i:{'|'.join(sorted(statuses, reverse=True))})"
        self._is_usual = re.compile(rf"{apart.join(cells)}\n?", re.ASCII).fullmatch

    def read(self) -> None:
        """Read all rows, in their order."""
        number, lines = self._table.line + 1, self._table.lines
        text = ""
        while text := text or lines.read(_CHUNK) + lines.readline():
            count = text.count("\n") + (not text.endswith("\n"))
            if self._take_chunk(text, count):
                number, text = number + count, ""
                continue
            chunk = io.StringIO(text, newline="\n").readlines()  # str.splitlines splits at more than line feeds
            quote = next((at for at, line in enumerate(chunk) if '"' in line), len(chunk))
            self._read_unquoted(chunk[:quote], number)
            rest = iter(chunk[quote:])
            quoted = _Numbered(_until_unquoted(chain(rest, lines)) if quote < len(chunk) else (), number + quote)
            for row in split_rows(quoted, self._table.delimiter):
                self._take(row)
            number, text = quoted.next_number, "".join(rest)

    def _take_chunk(self, text: str, count: int) -> bool:
        """Take this many lines if all of them are usual rows. Returns whether they are."""
        apart = self._table.delimiter
        text = text.removesuffix("\n")
        if not _is_unquoted_ascii(text):
            return False
        cells = f"{text}\n".replace("\n", f"{apart}\n{apart}").split(apart)
        width = self._width + 1  # with the cell that holds the end of the line
        if len(cells) != count * width + 1 or cells[width - 1 :: width].count("\n") != count:
            return False
        columns = [cells[at:-1:width] for at in range(self._width)]
        emails = columns[self._email]
        are_addresses = _USUAL_ADDRESSES.fullmatch("\n".join((*emails, "")))
        statuses = set(columns[self._status]) if self._status is not None else set()
        if not are_addresses or max(map(len, emails)) > MAX_USUAL_LENGTH:
            return False
        if not {word.lower() for word in statuses} <= self._statuses:
            return False
        # No address and no status has a space. Of any other cell, read_list would strip those around it.
        if not all(columns[at] == [*map(str.strip, columns[at])] for at in self._others):
            return False
        self._take_columns(columns)
        return True

    def _read_unquoted(self, lines: Sequence[str], number: int) -> None:
        """Read lines without quotes, each of which is a row of its own."""
        start = 0
        for at, line in enumerate(lines):
            if not self._is_usual(line):
                self._take_lines(lines[start:at])
                start = at + 1
                for row in split_rows(iter([(number + at, line)]), self._table.delimiter):
                    self._take(row)
        self._take_lines(lines[start:])

    def _take_lines(self, lines: Sequence[str]) -> None:
        if lines:
            rows = "".join(lines).removesuffix("\n").split("\n")
            self._take_columns(list(zip(*(row.split(self._table.delimiter) for row in rows), strict=True)))

    def _take_columns(self, columns: Sequence[Sequence[str]]) -> None:
        emails = columns[self._email]
        no_names = ("",) * len(emails)
        self._take_usual(emails, [no_names if at is None else columns[at] for at in self._values])


def _is_unquoted_ascii(text: str) -> bool:
    """Whether lines hold printable ASCII without quotes."""
    return text.isascii() and '"' not in text and text.replace("\n", "").isprintable()


class _Numbered:
    """Lines with their numbers.

    Attributes:
        next_number: The number of the line after the last one that was read.
    """

    def __init__(self, lines: Iterable[str], first: int) -> None:
        self._lines = iter(lines)
        self.next_number = first

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        line = next(self._lines)
        self.next_number += 1
        return self.next_number - 1, line


def _until_unquoted(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines until so many have no quote that no row can go on behind them."""
    unquoted = 0
    for line in lines:
        yield line
        unquoted = 0 if '"' in line else unquoted + 1
        if unquoted >= LONGEST_ROW:
            return
