"""What the commands ``digest subscribers …`` print with ``--json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from digest.cli.json_objects.json_object import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.models import ListProblem

__all__ = [
    "EditListResult",
    "EncryptResult",
    "ExportResult",
    "ImportColumns",
    "ImportResult",
    "ListRow",
    "SubscribersAudience",
    "SubscribersCheckResult",
    "SuppressFileResult",
    "SuppressResult",
    "SyncResult",
    "list_rows",
]


class ListRow(JsonObject):
    """A row that was left out."""

    file: str
    """The list, relative to the newsletter's folder."""
    line: int | None
    """The row's line, counted from 1."""
    message: str
    """Why it was left out. It never repeats the address."""


class SubscribersAudience(JsonObject):
    """An audience as it would be mailed now."""

    name: str
    """The audience's name."""
    people: int
    """How many people would be mailed."""
    left_out: dict[str, int]
    """How many people would not, by reason."""
    problems: list[ListRow]
    """The rows that need to be fixed."""


class SubscribersCheckResult(JsonObject):
    """Who would be mailed."""

    audiences: list[SubscribersAudience]
    """All configured audiences, by name."""


class ImportColumns(JsonObject):
    """What the columns of one table were understood as."""

    file: str
    """The file; in a zip its name within it."""
    email: str
    """The column with the addresses."""
    name: list[str]
    """The columns that make up the name."""
    decides: list[str]
    """The columns that say who may be mailed."""
    fields: list[str]
    """The columns that are kept as fields."""
    not_understood: list[str]
    """The columns that speak of people who left, or of consent, in a way that is not understood."""


class ImportResult(JsonObject):
    """What was imported."""

    file: str
    """The list that people were added to."""
    added: int
    """How many people were added who may be mailed; with ``--dry-run`` how many would be."""
    pending: int
    """How many people were added as pending: they never confirmed, or never agreed."""
    updated: int
    """How many people of the list have changed fields."""
    suppressed: dict[str, int]
    """How many people are newly suppressed, by reason."""
    left_out: dict[str, int]
    """How many rows were not added, by reason."""
    columns: list[ImportColumns]
    """How the columns were understood, for each table of the export."""
    not_kept: list[str]
    """The columns of the export that the list does not have."""
    problems: list[ListRow]
    """The rows of the export that need to be looked at."""
    undo: str | None
    """The copy of the list before the import; null if there was no list or it was not changed."""
    undo_files: dict[str, str]
    """The files that were written, each with the copy of its former content; empty text for a new file."""


class ExportResult(JsonObject):
    """What was exported."""

    file: str
    """The CSV file that was written."""
    people: int
    """How many people it holds."""
    left_out: int = 0
    """How many rows have no address; missing without ``--all``."""


class SuppressResult(JsonObject):
    """Who will not be mailed again."""

    suppressed: int
    """How many people are newly suppressed."""
    in_no_list: int
    """How many of the addresses are in no list; they are suppressed all the same."""


class SuppressFileResult(JsonObject):
    """What suppressing the addresses of a file of bounces did; printed with ``--file``."""

    suppressed: int
    """How many people are newly suppressed."""
    reasons: dict[str, int]
    """How many, by reason."""
    left_out: dict[str, int]
    """How many rows suppress nobody, by reason."""
    problems: list[ListRow]
    """The rows that need to be looked at."""


class SyncResult(JsonObject):
    """What the provider reported."""

    new: int
    """How many people are newly suppressed."""
    reasons: dict[str, int]
    """How many, by reason."""


class EncryptResult(JsonObject):
    """The encrypted list."""

    file: str
    """The encrypted file."""
    new_key: bool
    """Whether a new key was made."""
    plain: str
    """Where the people are still in plain text: the list, or the copy that was kept of the suppressions."""


class EditListResult(JsonObject):
    """What became of the list in the editor."""

    file: str
    """The list."""
    changed: bool
    """Whether it was changed."""
    people: int = 0
    """How many people it holds; missing if nothing was changed."""
    left_out: dict[str, int] = Field(default_factory=dict)
    """How many rows are left out, by reason; missing if nothing was changed."""


def list_rows(problems: Iterable[ListProblem]) -> list[ListRow]:
    """The rows of a list that were left out, for printing."""
    return [ListRow(file=problem.place.file, line=problem.place.line, message=problem.message) for problem in problems]
