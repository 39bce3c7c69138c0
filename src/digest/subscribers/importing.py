"""Adds the people of another tool's export to a list: nobody twice, and nobody who has left. Pure."""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from digest.errors import ListError, Place
from digest.mail import clean_value, normalise_address
from digest.models import ListProblem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from digest.subscribers.csv_rows import Row

__all__ = ["Imported", "merge_list", "read_export"]


#: If two rows are about the same person, the status further right counts.
_GRAVITY = ("active", "pending", "unsubscribed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """The people of an export.

    Attributes:
        columns: The columns of the list: email, name, status, and the other columns of the export.
        rows: A value for each column. The status is active, pending or unsubscribed.
        left_out: How many rows are left out, by reason.
        problems: The rows that somebody should look at.
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[ListProblem, ...] = ()


def read_export(header: Sequence[str], rows: Iterable[Row], *, file: str) -> Imported:
    """Read an export by the names of its columns.

    Raises:
        ListError: No column seems to hold the addresses.
    """
    names = [column.casefold() for column in header]
    places = {key: _place(names, _table()[key]) for key in ("email", "name", "first", "last", "status")}
    if places["email"] is None:
        known = ", ".join(_table()["email"][:4])
        raise ListError("no column seems to hold the addresses", place=Place(file, 1), hint=f"Name it one of: {known}.")
    used = {place for place in places.values() if place is not None}
    others = _others(header, used)
    columns = ("email", "name", "status", *(header[at] for at in others))
    taken: dict[str, dict[str, str]] = {}
    left_out: Counter[str] = Counter()
    problems = []
    for row in rows:
        trouble = _trouble(row, header, places["status"])
        cells = [clean_value(cell) for cell in row.cells] + [""] * (len(header) - len(row.cells))
        email = _address(cells[places["email"]])
        if trouble or not email:
            if trouble or any(cells):
                left_out["bad row" if trouble else "bad address"] += 1
                message = trouble or "not an email address"
                problems.append(ListProblem(place=Place(file, row.line), message=message))
            continue
        word = cells[places["status"]] if places["status"] is not None else ""
        status = _status(word)
        if not status:
            left_out["unknown status"] += 1
            problems.append(ListProblem(place=Place(file, row.line), message=f"unknown status {word!r}"))
            continue
        earlier = taken.get(email.casefold())
        if earlier is not None:
            left_out["twice in the export"] += 1
            earlier["status"] = max(earlier["status"], status, key=_GRAVITY.index)
            continue
        values = {"email": email, "name": _name(cells, places), "status": status}
        taken[email.casefold()] = values | {header[at]: cells[at] for at in others}
    return Imported(columns=columns, rows=tuple(taken.values()), left_out=left_out, problems=tuple(problems))


def merge_list(
    text: str,
    header: Sequence[str],
    known: Collection[str],
    gone: Collection[str],
    imported: Imported,
    *,
    delimiter: str = ",",
) -> tuple[str, int, Mapping[str, int]]:
    """Add the people of an export at the end of a list, whose lines are not changed.

    Args:
        text: The text of the list's file; empty for a new list.
        header: The columns of the list; empty for a new list. ``delimiter`` separates its cells.
        known: The casefolded addresses in the list.
        gone: The casefolded addresses of people who must not be mailed. An import does not bring them back.

    Returns: The new text, how many people were added, and how many were not, by reason.
    """
    columns = list(header) or list(imported.columns)
    by_name = {column.casefold(): column for column in imported.columns}
    left_out = Counter(imported.left_out)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n", delimiter=delimiter)
    if not header:
        writer.writerow(columns)
    added = 0
    for values in imported.rows:
        key = values["email"].casefold()
        reason = _kept_out(values["status"], in_list=key in known, suppressed=key in gone)
        if reason:
            left_out[reason] += 1
            continue
        writer.writerow([values.get(by_name.get(column.casefold(), ""), "") for column in columns])
        added += 1
    before = text if not text or text.endswith("\n") else f"{text}\n"
    return before + buffer.getvalue(), added, left_out


def _others(header: Sequence[str], used: Collection[int]) -> list[int]:
    """The positions of the columns that are copied unchanged; of names that differ only in case, the first."""
    seen = {"email", "name", "status", ""}
    positions = []
    for at, column in enumerate(header):
        if at not in used and column.casefold() not in seen:
            seen.add(column.casefold())
            positions.append(at)
    return positions


def _trouble(row: Row, header: Sequence[str], status: int | None) -> str:
    """Why a row cannot be trusted. A shifted cell could turn somebody who left into a reader."""
    if row.problem:
        return row.problem
    if any(row.cells[len(header) :]) or (status is not None and status >= len(row.cells) and any(row.cells)):
        return f"it has {len(row.cells)} cells, but the header has {len(header)}"
    return ""


def _address(text: str) -> str:
    try:
        return normalise_address(text)
    except ValueError:
        return ""


def _kept_out(status: str, *, in_list: bool, suppressed: bool) -> str:
    if status != "active":
        return status
    return "suppressed" if suppressed else "in the list already" if in_list else ""


def _place(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _status(word: str) -> str:
    if not word:
        return "active"
    words: Mapping[str, Sequence[str]] = _table()["words"]
    return next((status for status, same in words.items() if word.casefold() in same), "")


def _name(cells: Sequence[str], places: Mapping[str, int | None]) -> str:
    parts = [cells[at] if (at := places[key]) is not None else "" for key in ("name", "first", "last")]
    return parts[0] or " ".join(filter(None, parts[1:]))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("digest.subscribers").joinpath("columns.toml").read_text("utf-8"))
