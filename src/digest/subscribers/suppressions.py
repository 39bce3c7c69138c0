"""The newsletter's own suppressions, in ``subscribers/suppressions.csv``: email, reason, at, source and audience.

Git ignores that file. For runners it can be encrypted like a list, as ``subscribers/suppressions.csv.age``.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from itertools import chain
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from digest.config.atomic_files import replace_file
from digest.errors import ListError, Place
from digest.mail import clean_value, normalise_address
from digest.models import Suppression, SuppressionReason
from digest.subscribers.csv_rows import read_csv_table
from digest.subscribers.encryption import ENCRYPTED, encrypt_list
from digest.subscribers.lists import list_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "SUPPRESSIONS",
    "SUPPRESSION_FILES",
    "append_suppressions",
    "holds_suppressions",
    "read_suppressions",
    "suppression_identity",
    "suppressions_file",
]

#: The file, relative to the newsletter's folder.
SUPPRESSIONS = "subscribers/suppressions.csv"
#: The plain and the encrypted file; either may be missing.
SUPPRESSION_FILES = (SUPPRESSIONS, f"{SUPPRESSIONS}{ENCRYPTED}")
_NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})

#: How many rows are written at a time.
_WRITTEN_AT_ONCE = 1000
_COLUMNS = ("email", "reason", "at", "source", "audience")


def holds_suppressions(file: str) -> bool:
    """Whether a file, relative to the newsletter's folder, holds the suppressions, plain or encrypted."""
    return PurePosixPath(file).as_posix().removesuffix(ENCRYPTED) == SUPPRESSIONS


def suppression_identity(email: str, audience: str = "") -> str:
    """What a suppression is hashed by in the ledger: the casefolded address, and the audience if it is for one only."""
    return f"{email.casefold()}\0{audience.casefold()}" if audience else email.casefold()


def suppressions_file(root: Path) -> str:
    """The file that suppressions are added to, relative to the newsletter's folder: the encrypted one if it exists."""
    encrypted = f"{SUPPRESSIONS}{ENCRYPTED}"
    return encrypted if (root / encrypted).exists() else SUPPRESSIONS


def read_suppressions(
    path: Path, *, file: str = SUPPRESSIONS, environ: Mapping[str, str] = _NO_ENVIRONMENT
) -> tuple[Suppression, ...]:
    """Everyone the newsletter must not mail; empty if the file does not exist.

    An unknown reason counts as "manual", because suppressing one person too many is the safe mistake. A row without an
    address is skipped.

    Args:
        file: The name for messages. A name that ends in ``.age`` is an encrypted file.
        environ: The environment, with the key of an encrypted file in DIGEST_AGE_KEY.

    Raises:
        ListError: The file exists and cannot be read, so it is unknown who must not be mailed.
        CredentialsError: The file is encrypted, and the key is missing or the wrong one.
    """
    if not path.exists():
        return ()
    with read_csv_table(list_source(path, file, environ), file=file) as table:
        names = [column.casefold() for column in table.header]
        if "email" not in names:
            raise ListError(
                "there is no column called email", place=Place(file, 1), hint=f"Columns: {', '.join(_COLUMNS)}"
            )
        suppressions = []
        for row in table.rows:
            if row.problem:
                raise ListError(
                    row.problem, place=Place(file, row.line), hint="Fix the row; each row protects someone."
                )
            if any(row.cells[len(names) :]):
                message = f"it has {len(row.cells)} cells, but the header has {len(names)}"
                raise ListError(
                    message, place=Place(file, row.line), hint="A cell with a comma needs quotes around it."
                )
            cells = dict(zip(names, row.cells, strict=False))
            email = _address(cells.get("email", ""), Place(file, row.line))
            if not email:
                continue
            suppressions.append(
                Suppression(
                    email=email,
                    reason=_reason(cells.get("reason", "")),
                    at=_moment(cells.get("at", "")),
                    source=cells.get("source", ""),
                    audience=cells.get("audience", ""),
                )
            )
    return tuple(suppressions)


def append_suppressions(
    path: Path,
    suppressions: Iterable[Suppression],
    *,
    file: str = SUPPRESSIONS,
    environ: Mapping[str, str] = _NO_ENVIRONMENT,
    distinct: bool = False,
) -> int:
    """Add the suppressions that are not in the file yet. The file is replaced as a whole, or not at all.

    Args:
        distinct: Whether each person is suppressed only once, so that those who are added need not be remembered, which
            takes a third of the memory of a million people.

    Returns: How many were added.

    Raises:
        ListError: The file cannot be read or written.
        CredentialsError: The file is encrypted, and the key is missing or the wrong one.
    """
    known = read_suppressions(path, file=file, environ=environ)
    adding = _Fresh(known, suppressions, distinct=distinct)
    first = next(adding, None)
    if first is not None:
        lines = _lines(chain(known, (first,), adding))
        if file.endswith(ENCRYPTED):
            _write(path, encrypt_list("".join(lines), environ=environ), file=file)
        else:
            _write(path, (line.encode() for line in lines), file=file)
    return adding.count


class _Fresh:
    """Yields the suppressions that are neither known nor yielded before.

    Attributes:
        count: How many were yielded.
    """

    def __init__(self, known: Iterable[Suppression], suppressions: Iterable[Suppression], *, distinct: bool) -> None:
        self._present = {_key(each) for each in known}
        self._distinct = distinct
        self._suppressions = iter(suppressions)
        self.count = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Suppression:
        for each in self._suppressions:
            key = _key(each)
            if key not in self._present and (not each.audience or _folded(each) not in self._present):
                if not self._distinct:
                    self._present.add(key)
                self.count += 1
                return each
        raise StopIteration


def _key(suppression: Suppression) -> str:
    folded = _folded(suppression)
    return f"{folded}\0{suppression.audience}" if suppression.audience else folded


def _folded(suppression: Suppression) -> str:
    """The casefolded address, as the same object if it is one, which saves memory in a set of a million."""
    folded = suppression.email.casefold()
    return suppression.email if suppression.email == folded else folded


def _address(cell: str, place: Place) -> str:
    """The address in a cell, without ``mailto:`` or angle brackets; empty if the cell holds nothing like an address.

    Raises:
        ListError: It looks like an address but is not valid, so it is unclear who it protects.
    """
    text = clean_value(cell).removeprefix("mailto:").strip("<> ")
    try:
        return normalise_address(text)
    except ValueError:
        if "@" in text:
            raise ListError(
                "this is not an email address", place=place, hint="Fix the row; each row protects someone."
            ) from None
        return ""


def _lines(suppressions: Iterable[Suppression]) -> Iterator[str]:
    """The whole file, in pieces."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for number, each in enumerate(suppressions, start=1):
        at = each.at.astimezone(UTC).isoformat(timespec="seconds") if each.at else ""
        writer.writerow((each.email, each.reason.value, at, each.source, each.audience))
        if number % _WRITTEN_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _write(path: Path, data: bytes | Iterable[bytes], *, file: str) -> None:
    try:
        replace_file(path, data, private=True)  # only the team may read addresses
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
