"""One person in the text of a list: the rows about them, with their lines, and the list without them.

A list is read for one person here, whatever the row says of them; `digest.subscribers.lists` reads who can be mailed.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.mail import clean_value, normalise_address
from digest.subscribers.csv_rows import read_csv_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["ListRecord", "read_records", "records_of", "without_person"]

#: What may be an address in a cell that holds more, such as "Ana <ana@example.com>" or "mailto:ana@example.com".
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:|]+@[^\s<>()\[\]\"',;:|]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRecord:
    """A row of a list.

    Attributes:
        line: Its first line, counted from 1.
        end: The first line of the next row, or the line after the last one.
        email: Its normalised address; empty if it has none.
        status: Its status as written; empty if it has none.
        fields: All cells, by column.
        mentions: The casefolded addresses in its other cells.
    """

    line: int
    end: int
    email: str
    status: str
    fields: Mapping[str, str]
    mentions: frozenset[str]


def read_records(text: str, *, file: str) -> Iterator[ListRecord]:
    """Every row of a list.

    Args:
        file: The list's name, for messages.

    Raises:
        ListError: The list is empty.
    """
    with read_csv_table(text, file=file) as table:
        names = [column.casefold() for column in table.header]
        at = names.index("email") if "email" in names else None
        status = names.index("status") if "status" in names else None
        lines = _lines(text)
        row = next(table.rows, None)
        while row is not None:
            following = next(table.rows, None)
            end = following.line if following is not None else len(lines) + 1
            # A row that cannot be read has no cells; its text may hold the address all the same.
            cells = row.cells or ["".join(lines[row.line - 1 : end - 1])]
            yield _record(row.line, end, cells, table.header, email=at if row.cells else None, status=status)
            row = following


def _record(
    line: int, end: int, cells: Sequence[str], header: Sequence[str], *, email: int | None, status: int | None
) -> ListRecord:
    addresses = [_addresses(cell) for cell in cells]
    own = addresses[email] if email is not None and email < len(cells) else ()
    if email is None:  # no column says whose row it is
        own = next(filter(None, addresses), ())
    return ListRecord(
        line=line,
        end=end,
        email=own[0] if own else "",
        status=cells[status].casefold() if status is not None and status < len(cells) else "",
        fields={column: clean_value(cell) for column, cell in zip(header, cells, strict=False) if column},
        mentions=frozenset(address.casefold() for cell in addresses for address in cell),
    )


def _addresses(cell: str) -> tuple[str, ...]:
    addresses = []
    for text in (cell, *_ADDRESS.findall(cell)):
        try:
            addresses.append(normalise_address(text))
        except ValueError:
            continue
    return tuple(addresses)


def records_of(email: str, text: str, *, file: str) -> tuple[ListRecord, ...]:
    """The rows about one person. Args, Raises: As `read_records`."""
    if not text.strip():
        return ()
    return tuple(record for record in read_records(text, file=file) if _is_about(record, email.casefold()))


def without_person(email: str, text: str, *, file: str) -> tuple[str, int, tuple[int, ...]]:
    """A list without the rows about one person; all other lines keep every byte.

    Args, Raises: As `read_records`.

    Returns:
        The text, the number of rows that were removed, and the lines of rows about others that mention the address.
    """
    if not text.strip():
        return text, 0, ()
    lines = _lines(text)
    removed = 0
    mentions = []
    for record in read_records(text, file=file):
        if _is_about(record, email.casefold()):
            removed += 1
            lines[record.line - 1 : record.end - 1] = [""] * (record.end - record.line)
        elif email.casefold() in record.mentions:
            mentions.append(record.line)
    return "".join(lines) if removed else text, removed, tuple(mentions)


def _is_about(record: ListRecord, folded: str) -> bool:
    return record.email.casefold() == folded or (folded in record.mentions and not record.email)


def _lines(text: str) -> list[str]:
    """The lines as `read_csv_table` counts them, with their own line ends."""
    return list(io.StringIO(text, newline=""))
