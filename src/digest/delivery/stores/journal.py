"""The rows that a transaction changes, as lines of JSON, and tables filled from such lines.

A line is ``["+", TABLE, {COLUMN: VALUE, …}]`` for a new row, ``["=", TABLE, KEY, {…}]`` for changed columns, and
``["-", TABLE, KEY]`` for a deleted row. Hashes of recipients, which are bytes, are written in base64.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import LargeBinary, and_, column, table, text
from sqlalchemy.exc import SQLAlchemyError

from digest.delivery.stores.ledger_schema import metadata
from digest.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Table

__all__ = ["Change", "describe_changes", "drain", "encode", "record", "replay"]

_Row = dict[str, Any]


class Change(NamedTuple):
    """A changed row.

    Attributes:
        table: The table's name.
        key: The row's primary key.
        before: The row before the change; None if it is new.
        after: The row after the change; None if it was deleted.
    """

    table: str
    key: _Row
    before: _Row | None
    after: _Row | None


_TABLES = metadata.sorted_tables
_ORDER = {each.name: number for number, each in enumerate(_TABLES)}
_KEYS = {each.name: [key.name for key in each.primary_key.columns] for each in _TABLES}
_BYTES = {each.name: {col.name for col in each.columns if isinstance(col.type, LargeBinary)} for each in _TABLES}
#: The same tables without types: times are written as SQLite stores them.
_RAW = {each.name: table(each.name, *(column(col.name) for col in each.columns)) for each in _TABLES}
#: The rows that a trigger sees for each kind of statement. https://www.sqlite.org/lang_createtrigger.html
_TRIGGER_ROWS = {"INSERT": ("", "NEW"), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD", "")}


def record(connection: Connection) -> None:
    """Make this connection record every row that it changes, with triggers."""
    connection.execute(text("CREATE TEMP TABLE change (no INTEGER PRIMARY KEY, tab TEXT, old TEXT, new TEXT)"))
    for each in _TABLES:
        for statement, (old, new) in _TRIGGER_ROWS.items():
            values = f"'{each.name}', {_json(each, old)}, {_json(each, new)}"
            connection.exec_driver_sql(  # all names are those of our own tables
                f'CREATE TEMP TRIGGER "{each.name}_{statement}" AFTER {statement} ON main."{each.name}" '  # noqa: S608
                f"BEGIN INSERT INTO change (tab, old, new) VALUES ({values}); END"
            )


def _json(ledger_table: Table, row: str) -> str:
    """SQLite's json_object expression for a row; bytes become hexadecimal digits, since JSON has none."""
    if not row:
        return "NULL"
    values = []
    for col in ledger_table.columns:
        value = f'{row}."{col.name}"'
        values.append(f"'{col.name}', " + (f"hex({value})" if col.name in _BYTES[ledger_table.name] else value))
    return f"json_object({', '.join(values)})"


def drain(connection: Connection) -> list[Change]:
    """Return the rows that have changed since the last call, and forget them.

    Deleted rows come first, so that a row that takes their place may have their unique values; then the order is that
    of the tables.
    """
    recorded = connection.execute(text("SELECT tab, old, new FROM change ORDER BY no")).all()
    connection.execute(text("DELETE FROM change"))
    rows: dict[tuple[str, str], Change] = {}
    for name, old, new in recorded:
        before, after = (json.loads(row) if row else None for row in (old, new))
        key = {part: (after or before or {})[part] for part in _KEYS[name]}
        first = rows.setdefault((name, json.dumps(key)), Change(name, key, before, after))
        rows[name, json.dumps(key)] = first._replace(after=after)
    changed = (change for change in rows.values() if change.before != change.after)
    return sorted(changed, key=lambda change: (change.after is not None, _ORDER[change.table]))


def encode(change: Change) -> bytes:
    """A change as one line."""
    name, key, before, after = change
    if after is None:
        line: list[Any] = ["-", name, _to_json(name, key)]
    elif before is None:
        line = ["+", name, _to_json(name, after)]
    else:
        changed = {col: value for col, value in after.items() if value != before[col]}
        line = ["=", name, _to_json(name, key), _to_json(name, changed)]
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _to_json(name: str, values: _Row) -> _Row:
    """Convert a row as a trigger recorded it, with bytes in hexadecimal, to one for a line, with bytes in base64."""

    def convert(col: str, value: Any) -> Any:
        return base64.b64encode(bytes.fromhex(value)).decode() if col in _BYTES[name] else value

    return {col: convert(col, value) for col, value in values.items()}


def replay(connection: Connection, lines: Iterable[bytes], *, file: str, after: int = 0) -> None:
    """Apply the changes of these lines.

    Args:
        connection: A transaction.
        lines: The lines.
        file: The name of their file, for errors.
        after: The number of lines that precede them in the file.

    Raises:
        LedgerError: A line is damaged; the message names it.
    """
    for number, line in enumerate(lines, start=after + 1):
        try:
            _apply(connection, json.loads(line))
        except (LookupError, ValueError, TypeError, AttributeError, RecursionError, OverflowError, SQLAlchemyError):
            raise LedgerError(
                f"the ledger is damaged: {file}:{number} cannot be read",
                hint="Restore the branch from an undamaged clone. Without it nobody knows who was mailed.",
            ) from None


def _apply(connection: Connection, line: Sequence[Any]) -> None:
    if line[0] == "#":  # a seal, which changes no row
        return
    kind, name, values = line[0], line[1], _from_json(line[1], line[2])
    raw = _RAW[name]
    if kind == "+":
        connection.execute(raw.insert(), values)
        return
    where = and_(*(raw.c[part] == values[part] for part in _KEYS[name]))
    if kind == "=":
        connection.execute(raw.update().where(where), _from_json(name, line[3]))
    elif kind == "-":
        connection.execute(raw.delete().where(where))
    else:
        raise ValueError(kind)


def _from_json(name: str, values: _Row) -> _Row:
    if not set(_RAW[name].c.keys()) >= values.keys():
        raise ValueError(name)
    return {col: base64.b64decode(value) if col in _BYTES[name] else value for col, value in values.items()}


def describe_changes(changes: Sequence[Change], issues: Mapping[int, str]) -> str:
    """Summarise the changes for the subject of a commit, for people who read the branch's history.

    Args:
        changes: The changes of one transaction.
        issues: The issue of each campaign, by the campaign's id.
    """
    parts = [*_campaigns(changes), *_groups(changes, issues), *_batches(changes, issues), *_common(changes)]
    return "; ".join(parts) or "Notes"


def _campaigns(changes: Sequence[Change]) -> Iterator[str]:
    for row in (change.after for change in changes if change.table == "campaign"):
        if row:
            yield f"{row['issue']} to {row['audience']}: {row['state']}"


def _groups(changes: Sequence[Change], issues: Mapping[int, str]) -> Iterator[str]:
    for row in (change.after for change in changes if change.table == "call_group"):
        if row:
            yield f"{issues[row['campaign']]}: group {row['no']} {row['state']}"


def _batches(changes: Sequence[Change], issues: Mapping[int, str]) -> Iterator[str]:
    moved: dict[tuple[int, str], list[int]] = {}
    for name, _, before, after in changes:
        if name == "batch" and after and before and after["state"] != before["state"]:
            moved.setdefault((after["campaign"], after["state"]), []).append(after["no"])
    for (number, state), batches in moved.items():
        span = f"{len(batches)} batches ({min(batches)} to {max(batches)})"
        yield f"{issues[number]}: {span if len(batches) > 1 else f'batch {batches[0]}'} {state}"


def _common(changes: Sequence[Change]) -> Iterator[str]:
    suppressions = [change for change in changes if change.table == "suppression"]
    added, removed = (sum(getattr(change, side) is None for change in suppressions) for side in ("before", "after"))
    if added or removed:
        yield f"{added} suppressions added, {removed} removed"
    facts = sorted(change.key["name"] for change in changes if change.table == "meta")
    if facts:
        yield "The ledger begins" if "key" in facts else f"Remember {', '.join(facts)}"
