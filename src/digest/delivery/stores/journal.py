"""The rows that a transaction changes, as lines of JSON, and tables made again from such lines. Pure but for SQLite.

A line is ``["+", TABLE, {COLUMN: VALUE, …}]`` for a new row, ``["=", TABLE, KEY, {…}]`` for what has changed in one,
and ``["-", TABLE, KEY]`` for one that is gone. A recipient's hash, which is bytes, is written in base64.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import LargeBinary, and_, column, table, text

from digest.delivery.stores.ledger_schema import metadata
from digest.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Table

__all__ = ["Change", "describe_changes", "drain", "encode", "record", "replay"]

_Row = dict[str, Any]


class Change(NamedTuple):
    """One changed row: its table, its key, and what it held before and holds now; None where it is not there."""

    table: str
    key: _Row
    before: _Row | None
    after: _Row | None


_TABLES = metadata.sorted_tables
_ORDER = {own.name: number for number, own in enumerate(_TABLES)}
_KEYS = {own.name: [one.name for one in own.primary_key.columns] for own in _TABLES}
_BYTES = {own.name: {one.name for one in own.columns if isinstance(one.type, LargeBinary)} for own in _TABLES}
#: The same tables without types: a moment is written as SQLite keeps it.
_RAW = {own.name: table(own.name, *(column(one.name) for one in own.columns)) for own in _TABLES}
#: Which rows each kind of statement shows to a trigger.
_SHOWN = {"INSERT": ("", "NEW"), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD", "")}


def record(connection: Connection) -> None:
    """Have this connection note every row that it changes."""
    connection.execute(text("CREATE TEMP TABLE change (no INTEGER PRIMARY KEY, tab TEXT, old TEXT, new TEXT)"))
    for own in _TABLES:
        for moment, (old, new) in _SHOWN.items():
            values = f"'{own.name}', {_json(own, old)}, {_json(own, new)}"
            connection.exec_driver_sql(  # the names are those of our own tables
                f'CREATE TEMP TRIGGER "{own.name}_{moment}" AFTER {moment} ON main."{own.name}" '  # noqa: S608
                f"BEGIN INSERT INTO change (tab, old, new) VALUES ({values}); END"
            )


def _json(own: Table, row: str) -> str:
    """SQLite's json_object of a row; bytes as hexadecimal digits."""
    if not row:
        return "NULL"
    values = []
    for one in own.columns:
        value = f'{row}."{one.name}"'
        values.append(f"'{one.name}', " + (f"hex({value})" if one.name in _BYTES[own.name] else value))
    return f"json_object({', '.join(values)})"


def drain(connection: Connection) -> list[Change]:
    """What was noted since the last time: the rows that are not what they were, in the order of the tables."""
    noted = connection.execute(text("SELECT tab, old, new FROM change ORDER BY no")).all()
    connection.execute(text("DELETE FROM change"))
    rows: dict[tuple[str, str], Change] = {}
    for name, old, new in noted:
        before, after = (json.loads(one) if one else None for one in (old, new))
        key = {one: (after or before or {})[one] for one in _KEYS[name]}
        first = rows.setdefault((name, json.dumps(key)), Change(name, key, before, after))
        rows[name, json.dumps(key)] = first._replace(after=after)
    changed = (change for change in rows.values() if change.before != change.after)
    return sorted(changed, key=lambda change: _ORDER[change.table])


def encode(change: Change) -> bytes:
    """One line."""
    name, key, before, after = change
    if after is None:
        line: list[Any] = ["-", name, _written(name, key)]
    elif before is None:
        line = ["+", name, _written(name, after)]
    else:
        differing = {one: value for one, value in after.items() if value != before[one]}
        line = ["=", name, _written(name, key), _written(name, differing)]
    return json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _written(name: str, values: _Row) -> _Row:
    def shown(one: str, value: Any) -> Any:
        return base64.b64encode(bytes.fromhex(value)).decode() if one in _BYTES[name] else value

    return {one: shown(one, value) for one, value in values.items()}


def replay(connection: Connection, lines: Iterable[bytes], *, file: str, after: int = 0) -> None:
    """Do again what the lines say.

    Args:
        after: How many lines of the file come before them.

    Raises:
        LedgerError: A line is damaged; says which.
    """
    for number, line in enumerate(lines, start=after + 1):
        try:
            _apply(connection, json.loads(line))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise LedgerError(
                f"the ledger is damaged: {file}:{number} cannot be read",
                hint="Bring the branch back from a clone that has it whole; nobody knows otherwise who was mailed.",
            ) from None


def _apply(connection: Connection, line: Sequence[Any]) -> None:
    kind, name, values = line[0], line[1], _read(line[1], line[2])
    own = _RAW[name]
    if kind == "+":
        connection.execute(own.insert(), values)
        return
    where = and_(*(own.c[one] == values[one] for one in _KEYS[name]))
    if kind == "=":
        connection.execute(own.update().where(where), _read(name, line[3]))
    elif kind == "-":
        connection.execute(own.delete().where(where))
    else:
        raise ValueError(kind)


def _read(name: str, values: _Row) -> _Row:
    if not set(_RAW[name].c.keys()) >= values.keys():
        raise ValueError(name)
    return {one: base64.b64decode(value) if one in _BYTES[name] else value for one, value in values.items()}


def describe_changes(changes: Sequence[Change], issues: Mapping[int, str]) -> str:
    """What the changes are to a person who reads the branch's history.

    Args:
        issues: Each campaign's issue, by its number.
    """
    words = [*_campaigns(changes), *_groups(changes, issues), *_batches(changes, issues), *_common(changes)]
    return "; ".join(words) or "Notes"


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
        some = f"{len(batches)} batches ({min(batches)} to {max(batches)})"
        yield f"{issues[number]}: {some if len(batches) > 1 else f'batch {batches[0]}'} {state}"


def _common(changes: Sequence[Change]) -> Iterator[str]:
    people = [change for change in changes if change.table == "suppression"]
    more, fewer = (sum(getattr(change, side) is None for change in people) for side in ("before", "after"))
    if more or fewer:
        yield f"{more} more not to mail, {fewer} fewer"
    facts = sorted(change.key["name"] for change in changes if change.table == "meta")
    if facts:
        yield "The ledger begins" if "key" in facts else f"Remember {', '.join(facts)}"
