"""The newsletter's own suppressions: ``subscribers/suppressions.csv`` with email, reason, at, source and audience."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from digest.config.files import replace_file
from digest.errors import ListError, Place
from digest.mail import clean_value, normalise_address
from digest.models import Suppression, SuppressionReason
from digest.subscribers.rows import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["append_suppressions", "read_suppressions"]

_COLUMNS = ("email", "reason", "at", "source", "audience")


def read_suppressions(path: Path, *, file: str = "subscribers/suppressions.csv") -> tuple[Suppression, ...]:
    """Everybody the newsletter must not mail; nobody when there is no such file.

    A reason that is not known counts as "manual": to suppress one too many is the safe mistake. A row without an
    address in it is passed over, since nobody can be mailed by it either.

    Raises:
        ListError: The file is there and cannot be read, so that nobody knows who must not be mailed.
    """
    if not path.exists():
        return ()
    with read_table(path, file=file) as table:
        names = [column.casefold() for column in table.header]
        if "email" not in names:
            raise ListError(
                "there is no column called email", place=Place(file, 1), hint=f"Columns: {', '.join(_COLUMNS)}"
            )
        found = []
        for row in table.rows:
            if row.problem:
                raise ListError(
                    row.problem, place=Place(file, row.line), hint="Mend the row; each one protects somebody."
                )
            if any(row.cells[len(names) :]):
                message = f"it has {len(row.cells)} cells and the header {len(names)}"
                raise ListError(
                    message, place=Place(file, row.line), hint="A cell with a comma needs quotes around it."
                )
            cells = dict(zip(names, row.cells, strict=False))
            email = _address(cells.get("email", ""), Place(file, row.line))
            if not email:
                continue
            found.append(
                Suppression(
                    email=email,
                    reason=_reason(cells.get("reason", "")),
                    at=_moment(cells.get("at", "")),
                    source=cells.get("source", ""),
                    audience=cells.get("audience", ""),
                )
            )
    return tuple(found)


def append_suppressions(
    path: Path, suppressions: Iterable[Suppression], *, file: str = "subscribers/suppressions.csv"
) -> int:
    """Add those who are not in the file yet; it is written anew as a whole, or not at all.

    Returns: How many were added.

    Raises:
        ListError: The file cannot be read or written.
    """
    known = read_suppressions(path, file=file)
    present = {(one.email.casefold(), one.audience) for one in known}
    fresh = []
    for suppression in suppressions:
        email = suppression.email.casefold()
        if (email, "") not in present and (email, suppression.audience) not in present:
            present.add((email, suppression.audience))
            fresh.append(suppression)
    if fresh:
        _write(path, f"{','.join(_COLUMNS)}\n{_lines((*known, *fresh))}", file=file)
    return len(fresh)


def _address(cell: str, place: Place) -> str:
    """The address in a cell, however it was pasted there; empty where there is nothing like one.

    Raises:
        ListError: It is like an address and is none, so that nobody knows whom it protects.
    """
    text = clean_value(cell).removeprefix("mailto:").strip("<> ")
    try:
        return normalise_address(text)
    except ValueError:
        if "@" in text:
            raise ListError("this is no address", place=place, hint="Mend it; each row protects somebody.") from None
        return ""


def _lines(suppressions: Iterable[Suppression]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for one in suppressions:
        at = one.at.astimezone(UTC).isoformat(timespec="seconds") if one.at else ""
        writer.writerow((one.email, one.reason.value, at, one.source, one.audience))
    return buffer.getvalue()


def _write(path: Path, text: str, *, file: str) -> None:
    try:
        replace_file(path, text.encode(), mode=0o600)  # addresses are the team's business alone
    except OSError as error:
        raise ListError(f"the file cannot be written: {error.strerror}", place=Place(file)) from None


def _reason(text: str) -> SuppressionReason:
    try:
        return SuppressionReason(text.strip().lower())
    except ValueError:
        return SuppressionReason.MANUAL


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
