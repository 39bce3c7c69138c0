"""Decides for each person in an export: may be mailed, has left (and why), or never confirmed. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from digest.errors import Place
from digest.mail import clean_value
from digest.models import ListProblem
from digest.subscribers.imports.column_statements import REASONS, ColumnStatement, gravest
from digest.subscribers.imports.export_columns import ExportColumns, understand_columns
from digest.subscribers.imports.left_people import LeftPeople
from digest.subscribers.imports.pasted_addresses import address_and_name
from digest.subscribers.imports.vocabulary import file_status
from digest.subscribers.inert_cells import restored_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from digest.subscribers.csv_rows import Row
    from digest.subscribers.imports.export_files import ExportTable

__all__ = ["WHOLE_FILE", "ImportPlan", "ImportedPerson", "RowReader", "plan_import"]

#: The values of ``--as``, which applies to a whole file.
WHOLE_FILE = {"active": "active", "unsubscribed": "unsubscribed", "bounced": "hard_bounce"}
#: Problems beyond these are counted.
_MOST_PROBLEMS = 10_000
_NO_STATEMENT = ColumnStatement()


class ImportedPerson(NamedTuple):
    """A person in an export who has not left.

    Attributes:
        status: ``active``; ``pending``, who never confirmed; or ``declined``, who never agreed.
        agreed_at: When they agreed, if the export says so.
        values: The other columns, by header.
    """

    email: str
    name: str
    status: str
    agreed_at: datetime | None
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ImportPlan:
    """The interpretation of an export.

    Attributes:
        columns: The identified columns of each table.
        notes: Facts about the files for the user.
        question: Why it is unclear who may be mailed; empty if it is clear.
        left: Who left, by casefolded address.
        withheld: The status of those who are not mailed for another reason, by casefolded address.
        left_out: The number of rows that are left out, by reason.
        problems: The rows that someone should check.
        rows: How many rows have an address and are understood.
    """

    tables: tuple[ExportTable, ...]
    columns: tuple[ExportColumns, ...]
    notes: tuple[str, ...]
    question: str
    left: LeftPeople
    withheld: Mapping[str, str]
    left_out: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[ListProblem, ...] = ()
    rows: int = 0
    whole_file: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The headers that are kept as fields, each once."""
        labels: dict[str, str] = {}
        for columns in self.columns:
            for at in columns.fields:
                labels.setdefault(columns.labels[at].casefold(), columns.labels[at])
        return tuple(labels.values())

    def people(self) -> Iterator[ImportedPerson]:
        """Everyone who has not left, in the order of the rows. A person with two rows appears twice."""
        for table, columns in zip(self.tables, self.columns, strict=True):
            reader = RowReader(table.file, columns, self.whole_file)
            for row in table.open_rows():
                email, name, statement = reader.read(row)
                key = email.casefold()
                if not email or key in self.left:
                    continue
                status = self.withheld.get(key, "active")
                if status != "unknown":
                    cells = row.cells
                    values = {
                        columns.labels[at]: restored_cell(clean_value(cells[at])) if at < len(cells) else ""
                        for at in columns.fields
                    }
                    yield ImportedPerson(email, name, status, statement.agreed_at, values)


def plan_import(tables: Sequence[ExportTable], *, whole_file: str = "") -> ImportPlan:
    """Read an export, and decide about each person in it.

    If several rows are about one person, even in different files of a zip, the most serious status counts.

    Args:
        tables: The tables of the export.
        whole_file: A value of `WHOLE_FILE` that applies to everyone in the file, or empty. It never makes someone who
            left according to the export a subscriber.

    Raises:
        ListError: A table cannot be read, or it is unclear which column contains the addresses.
    """
    understood = []
    planner = _Planner(whole_file)
    for table in tables:
        columns = understand_columns(table.file, table.header, table.open_rows)
        understood.append(columns)
        planner.take(table, columns)
    return ImportPlan(
        tables=tuple(tables),
        columns=tuple(understood),
        notes=tuple(note for table in tables for note in table.notes),
        question="" if whole_file else "; ".join(planner.questions),
        left=planner.left,
        withheld={key: status for key, status in planner.withheld.items() if key not in planner.left},
        left_out=planner.left_out,
        problems=planner.all_problems(),
        rows=planner.rows,
        whole_file=whole_file,
    )


class _Planner:
    """Collects what the rows say, table by table."""

    def __init__(self, whole_file: str) -> None:
        self._whole_file = whole_file
        self._problems: list[ListProblem] = []
        self._more_problems = 0
        self.left = LeftPeople()
        self.withheld: dict[str, str] = {}
        self.left_out: Counter[str] = Counter()
        self.questions: list[str] = []
        self.rows = 0

    def take(self, table: ExportTable, columns: ExportColumns) -> None:
        """Read the rows of one table."""
        reader = RowReader(table.file, columns, self._whole_file)
        statuses: Counter[str] = Counter()
        for row in table.open_rows():
            email, _, statement = reader.read(row)
            if not email:
                self._refuse(table.file, row, statement.status)
                continue
            statuses[statement.status] += 1
            self._note(email, statement)
            self.rows += statement.status != "unknown"
            if statement.status == "unknown":
                self.left_out["unknown status"] += 1
                self._add_problem(table.file, row.line, reader.why_unknown(row))
        self.questions += _questions(table, columns, statuses)

    def _note(self, email: str, statement: ColumnStatement) -> None:
        status = statement.status
        if status == "active":
            return
        key = email.casefold()
        if status in REASONS:
            earlier = self.left.reason(key)
            if not earlier or gravest((earlier, status)) != earlier:
                self.left.add(email, status, statement.left_at)
        else:
            self.withheld[key] = gravest((status, self.withheld.get(key, "active")))

    def _refuse(self, file: str, row: Row, message: str) -> None:
        if message or any(row.cells):
            self.left_out["bad row" if message else "bad address"] += 1
            self._add_problem(file, row.line, message or "not an email address")

    def _add_problem(self, file: str, line: int, message: str) -> None:
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(ListProblem(place=Place(file, line), message=message))
        else:
            self._more_problems += 1

    def all_problems(self) -> tuple[ListProblem, ...]:
        """The problems, and how many there are beyond those that are listed."""
        if not self._more_problems:
            return tuple(self._problems)
        last = self._problems[-1]
        more = ListProblem(place=Place(last.place.file), message=f"{self._more_problems:,} more rows have problems")
        return (*self._problems, more)


class RowReader:
    """Reads the rows of one table: the address, the name, and what the row says."""

    def __init__(self, file: str, columns: ExportColumns, whole_file: str) -> None:
        self._columns = columns
        self._width = len(columns.labels)
        self._email = columns.places["email"]
        self._readers = columns.readers
        self._last_status = max((at for at, _ in columns.readers), default=-1)
        name_status, certain = file_status(file)
        self._default = whole_file or (name_status if certain else "")
        self._name_places = [columns.places.get(role) for role in ("name", "first", "last")]

    def read(self, row: Row) -> tuple[str, str, ColumnStatement]:
        """The address, the name and the statement of a row. If it has no address, the statement says what is wrong."""
        trouble = self._trouble(row)
        if trouble:
            return "", "", ColumnStatement(trouble)
        cells = row.cells
        email, name = address_and_name(cells[self._email] if self._email < len(cells) else "")
        if not email:
            return "", "", _NO_STATEMENT
        return email, self._name(cells) or name, self._statement(cells)

    def why_unknown(self, row: Row) -> str:
        """Which column of a row is not understood."""
        for at, reader in self._readers:
            cell = row.cells[at] if at < len(row.cells) else ""
            if reader.read(cell).status == "unknown":
                label = self._columns.labels[at]
                return (
                    f"the column {label} is not understood"
                    if "@" in cell
                    else f"{label} {clean_value(cell)[:60]!r} is not understood"
                )
        return "the status is not understood"

    def _trouble(self, row: Row) -> str:
        """Why a row cannot be trusted. A shifted cell could turn someone who left into a subscriber."""
        if row.problem:
            return row.problem
        width = len(row.cells)
        if width == self._width:
            return ""
        if any(row.cells[self._width :]) or (width <= self._last_status and any(row.cells)):
            return f"it has {width} cells and the header {self._width}"
        return ""

    def _name(self, cells: Sequence[str]) -> str:
        full, first, last = (
            restored_cell(clean_value(cells[at])) if at is not None and at < len(cells) else ""
            for at in self._name_places
        )
        if full and first and not last and first.casefold() not in full.casefold():
            return f"{first} {full}"  # as in "Vorname;Name"
        return full or " ".join(filter(None, (first, last)))

    def _statement(self, cells: Sequence[str]) -> ColumnStatement:
        if not self._readers:
            return ColumnStatement(self._default or "active")
        statements = [reader.read(cells[at] if at < len(cells) else "") for at, reader in self._readers]
        status = gravest(statement.status for statement in statements)
        if status in {"unknown", ""} and self._default:
            status = self._default
        elif self._default in REASONS or self._default == "pending":
            status = gravest((status, self._default))
        if status == "unconfirmed":
            status = "pending"
        left_at = next((statement.left_at for statement in statements if statement.left_at), None)
        agreed_at = max((statement.agreed_at for statement in statements if statement.agreed_at), default=None)
        return ColumnStatement(status or "active", left_at, agreed_at)


def _questions(table: ExportTable, columns: ExportColumns, statuses: Counter[str]) -> Iterator[str]:
    """Why it is unclear which people in a table may be mailed."""
    file = table.file
    name_status, certain = file_status(file)
    title_status, _ = file_status(table.title)
    if certain or not statuses["active"] + statuses["unknown"]:
        return
    asked = [label for label in columns.puzzles if label in columns.codes or not columns.decides]
    if asked:
        for label in asked:
            examples = columns.puzzles[label]
            cells = ", ".join(repr(clean_value(text)[:40]) for text in examples if "@" not in text)
            yield f"the column {label} of {file} is not understood" + (f" ({cells})" if cells else "")
    elif (name_status or title_status) and not any(statuses[reason] for reason in REASONS):
        what = "the name" if name_status else "the title"
        yield f"{what} of {file} speaks of people who left or never agreed, and no column says so"
