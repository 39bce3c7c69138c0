"""A list with the people of an import: known people updated where they stand, new people below. Reads line by line."""

from __future__ import annotations

import csv
import io
from array import array
from bisect import bisect_left
from collections import Counter, deque
from typing import TYPE_CHECKING

from digest.errors import ListError, Place
from digest.mail import clean_value, normalise_address
from digest.subscribers.csv_rows import require_few_columns, split_line, split_rows
from digest.subscribers.lists import MAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
    from datetime import datetime

    from digest.subscribers.csv_rows import Row
    from digest.subscribers.imports.import_plan import ImportedPerson, ImportPlan

__all__ = ["ListUpdate"]

_MASK = (1 << 64) - 1


class ListUpdate:
    """Decides who is added to a list and whose fields change, and writes the new list.

    An address is remembered as the 64 bits of its hash, so that a list and an import of a million people fit in memory.

    Attributes:
        added: How many people are added who may be mailed.
        pending: How many are added who never confirmed or never agreed, with the status pending.
        updated: How many people who are in the list have changed fields.
        confirmed: How many of those were pending and are active now.
        withdrawn: The addresses of people who are in the list as active and declined according to the import.
        agreed_again: How many people are suppressed, and agreed after that according to the import.
        left_out: People who are not added, by reason.
        not_kept: The columns of the import that the list does not have.
    """

    def __init__(self, open_lines: Callable[[], Iterator[str]], *, file: str, delimiter: str = "") -> None:
        """Read the list.

        Args:
            open_lines: Returns the lines of the list's file; none for a new list. It may be called again.
            file: The list's name, for messages.
        """
        self._open_lines = open_lines
        self._file = file
        self.added = self.pending = self.updated = self.confirmed = self.agreed_again = 0
        self.withdrawn: list[str] = []
        self.left_out: Counter[str] = Counter()
        self.not_kept: tuple[str, ...] = ()
        self._new_status_column = False
        self._changes: dict[str, tuple[str, Mapping[str, str], bool]] = {}
        self.header: list[str] = []
        self.delimiter = delimiter
        self._read_header()
        self._index()

    @property
    def changes_list(self) -> bool:
        """Whether the new list differs from the old one."""
        return bool(self.added or self.pending or self.updated)

    def take(self, plan: ImportPlan, suppressed: Container[str], suppressed_at: Mapping[str, datetime]) -> None:
        """Decide about everybody in an import.

        Args:
            suppressed: Those who must not be mailed, by casefolded address.
            suppressed_at: Since when, where that is known.
        """
        self._plan = plan
        self._suppressed = suppressed
        self._suppressed_at = suppressed_at
        if not self.header:
            self.header = ["email", "name", "status", *plan.fields]
        self._names = [column.casefold() for column in self.header]
        self.not_kept = tuple(label for label in plan.fields if label.casefold() not in self._names)
        seen: set[int] = set()
        for person in plan.people():
            key = person.email.casefold()
            number = hash(key)
            if number in seen:
                continue
            seen.add(number)
            self._decide(person, key)
        if repeated := max(plan.rows - len(seen) - len(plan.left), 0):
            self.left_out["twice in the export"] += repeated
        self._new_status_column = bool(self.pending) and "status" not in self._names
        self._count_changes()

    def lines(self) -> Iterator[str]:
        """The new list, line by line."""
        writer = _LineWriter(self.delimiter)
        columns = [*self.header, "status"] if self._new_status_column else self.header
        if self._fresh:
            yield writer.line(columns)
        else:
            yield from self._old_lines(writer)
        names = [column.casefold() for column in columns]
        seen: set[int] = set()
        for person in self._plan.people():
            key = person.email.casefold()
            number = hash(key)
            if number in seen:
                continue
            seen.add(number)
            if key in self._suppressed or self._place(key) is not None:
                continue
            values = {label.casefold(): value for label, value in person.values.items()}
            values |= {"email": person.email, "name": person.name}
            values["status"] = "active" if person.status == "active" else "pending"
            yield writer.line([values.get(name, "") for name in names])

    def _read_header(self) -> None:
        first = next((line for line in self._open_lines() if line.strip()), None)
        self._fresh = first is None
        self.delimiter = self.delimiter or ","
        if first is not None:
            self.delimiter = ";" if first.count(";") > first.count(",") else ","
            self.header = split_line(first, self.delimiter)
            require_few_columns(self.header, Place(self._file, 1))
        self._names = [column.casefold() for column in self.header]
        if self.header and "email" not in self._names:
            hint = "Name another list with --to."
            raise ListError("there is no column called email", place=Place(self._file, 1), hint=hint)

    def _rows(self) -> Iterator[Row]:
        numbered = enumerate(self._open_lines(), start=1)
        next((line for line in numbered if line[1].strip()), None)
        return split_rows(numbered, self.delimiter)

    def _index(self) -> None:
        """Remember the people of the list by hashes of their addresses and fields, and who of them is not active."""
        pairs: list[int] = []
        self._not_active: dict[str, str] = {}
        status_at = self._names.index("status") if "status" in self._names else None
        self._skipped = {at for at, name in enumerate(self._names) if name in {"email", "status"}}
        for row in self._rows() if self.header else ():
            key = self._key(row)
            if not key:
                continue
            pairs.append((hash(key) & _MASK) << 64 | _fields_hash(row.cells, len(self.header), self._skipped))
            status = row.cells[status_at].casefold() if status_at is not None and status_at < len(row.cells) else ""
            if status not in MAILABLE:
                self._not_active[key] = status
        pairs.sort()
        self._keys = array("Q", (pair >> 64 for pair in pairs))
        self._fields = array("Q", (pair & _MASK for pair in pairs))

    def _key(self, row: Row) -> str:
        at = self._names.index("email")
        try:
            return normalise_address(row.cells[at] if at < len(row.cells) else "").casefold()
        except ValueError:
            return ""

    def _place(self, key: str) -> int | None:
        number = hash(key) & _MASK
        at = bisect_left(self._keys, number)
        return at if at < len(self._keys) and self._keys[at] == number else None

    def _decide(self, person: ImportedPerson, key: str) -> None:
        if key in self._suppressed:
            self.left_out["suppressed"] += 1
            since = self._suppressed_at.get(key)
            if person.status == "active" and person.agreed_at and since and person.agreed_at > since:
                self.agreed_again += 1
            return
        place = self._place(key)
        if place is None:
            if person.status == "active":
                self.added += 1
            else:
                self.pending += 1
                self.left_out[person.status] += 1
            return
        self.left_out["in the list already"] += 1
        if person.status == "declined" and key not in self._not_active:
            self.withdrawn.append(person.email)
            return
        confirms = self._not_active.get(key) == "pending" and person.status == "active" and person.agreed_at is not None
        if key in self._not_active and not confirms:
            return
        values = self._values(person)
        row = [values.get(name, "") for name in self._names]
        if confirms or _fields_hash(row, len(row), self._skipped) != self._fields[place]:
            self._changes[key] = (person.name, {n: v for n, v in values.items() if v}, confirms)

    def _values(self, person: ImportedPerson) -> dict[str, str]:
        values = {label.casefold(): value for label, value in person.values.items() if label.casefold() in self._names}
        return values | {"name": person.name, "email": person.email}

    def _count_changes(self) -> None:
        """Keep the changes that change a cell."""
        if not self._changes:
            return
        kept = set()
        for row in self._rows():
            key = self._key(row)
            if key in self._changes and self._changed_cells(row, key) is not None:
                kept.add(key)
                self.confirmed += self._changes[key][2]
        self.updated = len(kept)
        self._changes = {key: change for key, change in self._changes.items() if key in kept}

    def _changed_cells(self, row: Row, key: str) -> list[str] | None:
        _, values, confirms = self._changes[key]
        cells = row.cells[: len(self.header)] + [""] * (len(self.header) - len(row.cells))
        changed = [
            values.get(name, cell) if name not in {"email", "status", ""} else cell
            for name, cell in zip(self._names, cells, strict=True)
        ]
        if confirms:
            changed[self._names.index("status")] = "active"
        return changed if [clean_value(cell) for cell in cells] != changed else None

    def _old_lines(self, writer: _LineWriter) -> Iterator[str]:
        """The lines of the old list, with the changed rows written anew."""
        waiting: deque[tuple[int, str]] = deque()

        def recorded() -> Iterator[tuple[int, str]]:
            for number, line in enumerate(self._open_lines(), start=1):
                waiting.append((number, line if line.endswith("\n") else f"{line}\n"))
                yield number, line

        numbered = recorded()
        next((line for line in numbered if line[1].strip()), None)
        replacement = ""
        header = True
        for row in split_rows(numbered, self.delimiter):
            yield from self._flush(waiting, row.line, replacement, header=header)
            header = False
            key = "" if row.problem else self._key(row)
            cells = self._changed_cells(row, key) if key in self._changes else None
            replacement = writer.line(cells) if cells is not None else ""
        yield from self._flush(waiting, None, replacement, header=header)

    def _flush(
        self, waiting: deque[tuple[int, str]], until: int | None, replacement: str, *, header: bool
    ) -> Iterator[str]:
        """The lines before a row: those of the row before it, or what replaces them."""
        lines = []
        while waiting and (until is None or waiting[0][0] < until):
            lines.append(waiting.popleft()[1])
        if replacement:
            yield replacement
            return
        if header and self._new_status_column:
            at = next(at for at, line in enumerate(lines) if line.strip())
            lines[at] = f"{lines[at].rstrip()}{self.delimiter}status\n"
        yield from lines


class _LineWriter:
    """Writes cells as a line of CSV."""

    def __init__(self, delimiter: str) -> None:
        self._buffer = io.StringIO()
        self._writer = csv.writer(self._buffer, lineterminator="\n", delimiter=delimiter)

    def line(self, cells: Sequence[str]) -> str:
        """One line, with its end."""
        self._buffer.seek(0)
        self._buffer.truncate()
        self._writer.writerow(cells)
        return self._buffer.getvalue()


def _fields_hash(cells: Sequence[str], width: int, skipped: Collection[int]) -> int:
    """A hash of the cells beside the address and the status."""
    return hash(tuple(cells[at] if at < len(cells) and at not in skipped else "" for at in range(width))) & _MASK
