"""Reads the files of bounces and complaints that providers offer for download. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import Place
from digest.models import ListProblem
from digest.subscribers.imports.column_statements import REASONS, gravest
from digest.subscribers.imports.export_columns import understand_columns
from digest.subscribers.imports.import_plan import RowReader
from digest.subscribers.imports.left_people import LeftPerson
from digest.subscribers.imports.vocabulary import bounce_kind, file_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from digest.subscribers.csv_rows import Row
    from digest.subscribers.imports.export_files import ExportTable

__all__ = ["BounceFile", "read_bounces"]

#: An enhanced status code (RFC 3463) within a text, but not a part of an IP address.
_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")
#: What people chose themselves, which counts whatever is said of a bounce.
_CHOICES = ("complaint", "unsubscribed")
#: The sender's address, which 5.1.7 and 5.1.8 blame (RFC 3463, section 3.2).
_SENDERS_FAULT = {7, 8}


@dataclass(frozen=True, kw_only=True, slots=True)
class BounceFile:
    """The content of a file of bounces.

    Attributes:
        people: The people who must not be mailed again, each once, with the reason.
        left_out: The number of rows that suppress nobody, by reason.
        problems: The rows that someone should check.
    """

    people: tuple[LeftPerson, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[ListProblem, ...] = ()


def read_bounces(tables: Sequence[ExportTable], *, reason: str = "") -> BounceFile:
    """Read a file of bounces.

    A row with an enhanced status code counts by that code: only a permanent failure of the recipient's address
    suppresses. Otherwise a cell such as "soft" or "permanent" decides, unless the row tells of a complaint or that
    somebody unsubscribed; then the columns, as in an import. If no column decides, every row suppresses its address.

    Args:
        reason: Why everybody in the file is suppressed, if its rows do not say; "hard_bounce" by default.

    Raises:
        ListError: A table cannot be read, or it is unclear which column contains the addresses.
    """
    people: dict[str, LeftPerson] = {}
    left_out: Counter[str] = Counter()
    problems = []
    for table in tables:
        columns = understand_columns(table.file, table.header, table.open_rows)
        reader = RowReader(table.file, columns, "")
        name_status, _ = file_status(table.file)
        default = reason or (name_status if name_status in REASONS else "hard_bounce")
        for row in table.open_rows():
            email, _, statement = reader.read(row)
            if not email:
                if statement.status or any(row.cells):
                    left_out["bad row" if statement.status else "bad address"] += 1
                    message = statement.status or "not an email address"
                    problems.append(ListProblem(place=Place(table.file, row.line), message=message))
                continue
            said = statement.status if columns.decides else default
            status = _code_status(row) or (said if said in _CHOICES else _word_status(row) or said)
            if status == "unknown":
                left_out["unknown status"] += 1
                problems.append(ListProblem(place=Place(table.file, row.line), message=reader.why_unknown(row)))
            elif status not in REASONS:
                left_out["no permanent failure of the address"] += 1
            else:
                key = email.casefold()
                earlier = people.get(key)
                if earlier is None or gravest((earlier.reason, status)) != earlier.reason:
                    people[key] = LeftPerson(email, status, statement.left_at)
    return BounceFile(people=tuple(people.values()), left_out=dict(left_out), problems=tuple(problems))


def _code_status(row: Row) -> str:
    """The meaning of the enhanced status codes in a row: "hard_bounce", "temporary", or "" without any."""
    codes = [
        tuple(map(int, code)) for cell in row.cells if "@" not in cell or " " in cell for code in _CODE.findall(cell)
    ]
    if not codes:
        return ""
    return "hard_bounce" if any(_is_dead(*code) for code in codes) else "temporary"


def _word_status(row: Row) -> str:
    """The meaning of the words for a bounce in a row: "hard_bounce", "temporary", or "" without any."""
    kinds = {bounce_kind(cell) for cell in row.cells}
    if "permanent" in kinds:
        return "hard_bounce"
    return "temporary" if "temporary" in kinds else ""


def _is_dead(kind: int, subject: int, detail: int) -> bool:
    """Whether a code means that the mailbox does not exist, or was closed permanently (5.2.1)."""
    if kind != 5:
        return False
    return (subject == 1 and detail not in _SENDERS_FAULT) or (subject, detail) == (2, 1)
