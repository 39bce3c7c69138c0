"""JSON that the program writes for itself, and reads with a place in every complaint. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from digest.errors import IssueError, Place

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "SCHEMA_VERSION",
    "as_moment",
    "as_number",
    "as_text",
    "as_texts",
    "checked",
    "decode",
    "json_bytes",
    "moment_text",
    "parse_json",
    "parse_versioned",
]

#: Of every machine file in an issue's folder.
SCHEMA_VERSION = 1
_T = TypeVar("_T")
_COLLECT_AGAIN = "Move it away and run `digest collect` again."


def json_bytes(row: Any, *, indent: int | None = None) -> bytes:
    """``row`` with sorted keys; the same row gives the same bytes."""
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, indent=indent)
    # A lone surrogate, which bad JSON on a page can hold, has no UTF-8 form.
    return text.encode("utf-8", "replace")


def decode(data: bytes, file: str, hint: str = _COLLECT_AGAIN) -> str:
    """The text of a file.

    Raises:
        IssueError: It is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise IssueError("this is not UTF-8", place=Place(file, line), hint=hint) from None


def parse_json(text: str, place: Place) -> Any:
    """What a JSON text holds.

    Raises:
        IssueError: It is no JSON.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = (place.line or 1) + error.lineno - 1
        raise IssueError(f"this is not JSON: {error.msg}", place=Place(place.file, line), hint=_COLLECT_AGAIN) from None
    except (RecursionError, ValueError):
        raise IssueError("this is not JSON", place=place, hint=_COLLECT_AGAIN) from None


def parse_versioned(data: bytes, *, file: str) -> Any:
    """What a file with a ``schema_version`` holds.

    Raises:
        IssueError: It is no JSON, or a newer version of digest wrote it.
    """
    place = Place(file)
    row = parse_json(decode(data, file), place)
    version = row.get("schema_version") if isinstance(row, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise IssueError(
            f"a newer digest wrote this (schema_version {version}, known here: {SCHEMA_VERSION})",
            place=place,
            hint="Update digest: pip install --upgrade newsletter-digest",
        )
    return row


def checked(row: Any, place: Place, read: Callable[[Any], _T]) -> _T:
    """What ``read`` makes of ``row``.

    Raises:
        IssueError: A key is missing or holds something else.
    """
    try:
        return read(row)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        missing = f": {error} is missing" if isinstance(error, KeyError) else ""
        raise IssueError(f"this is not what digest wrote{missing}", place=place, hint=_COLLECT_AGAIN) from None


def moment_text(moment: datetime) -> str:
    """An aware moment in UTC, as in RFC 3339."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_moment(value: Any) -> datetime:
    """An aware moment in UTC."""
    moment = datetime.fromisoformat(as_text(value))
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


def as_text(value: Any) -> str:
    """``value``, which must be text."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def as_number(value: Any) -> int | None:
    """``value``, which must be a whole number or nothing."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError(value)
    return value


def as_texts(value: Any) -> tuple[str, ...]:
    """``value``, which must be a list of texts."""
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(as_text, value))
