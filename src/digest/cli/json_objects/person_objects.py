"""What ``digest subscribers show``, ``remove`` and ``unsuppress`` print with ``--json``: never an address."""

from __future__ import annotations

from digest.cli.json_objects.json_object import JsonObject

__all__ = [
    "PersonAudience",
    "PersonIssue",
    "PersonRow",
    "PersonSuppression",
    "RemoveResult",
    "ShowResult",
    "UnsuppressResult",
]


class PersonRow(JsonObject):
    """A row of a list."""

    file: str
    """The list, from the newsletter's folder."""
    line: int
    """The row's line, counted from 1."""
    status: str
    """The status as written; empty if the list has none."""
    columns: list[str]
    """The other columns that are not empty. Their values are only in the text output."""


class PersonSuppression(JsonObject):
    """Why the person is not mailed."""

    reason: str
    """``unsubscribed``, ``hard_bounce``, ``complaint``, ``invalid``, ``manual``, or ``removed``."""
    source: str
    """Where it comes from."""
    at: str | None
    """When it was recorded; null if unknown."""
    audience: str
    """The audience that the person left; empty for all of them."""
    in_ledger: bool
    """Whether it is in the ledger, by hash, instead of the file of suppressions."""


class PersonAudience(JsonObject):
    """Whether the next issue would go to the person."""

    name: str
    """The audience's name."""
    mailed: bool
    """Whether it includes the person."""
    reason: str
    """Why not; empty if it does."""


class PersonIssue(JsonObject):
    """What became of one issue for the person."""

    issue: str
    """The issue's id."""
    audience: str
    """The audience that it was sent to."""
    provider: str
    """The provider that sent it."""
    outcome: str
    """``accepted``, ``rejected``, ``unknown``, ``pending``, ``skipped`` or ``cancelled``."""
    reason: str
    """Why it was rejected or is unknown; empty otherwise."""
    at: str | None
    """When the outcome was recorded; null before that."""


class ShowResult(JsonObject):
    """What is known of one person."""

    rows: list[PersonRow]
    """The rows of lists."""
    suppressions: list[PersonSuppression]
    """All suppressions."""
    audiences: list[PersonAudience]
    """All configured audiences, by name."""
    issues: list[PersonIssue]
    """The issues that the ledger knows for this person, oldest first."""
    unknown: list[str]
    """What could not be looked at."""


class RemoveResult(JsonObject):
    """What was removed; with ``--dry-run`` what would be."""

    rows: dict[str, int]
    """The number of rows, by list and by file of suppressions."""
    undo_copies: int
    """How many copies under ``.digest/undo`` held the person."""
    mails: int
    """How many mails in the outbox were to the person."""
    issues: int
    """In how many issues the ledger knows the person, by hash only."""
    out_of_reach: list[str]
    """What may still hold the address."""


class UnsuppressResult(JsonObject):
    """Which suppressions are gone."""

    lifted: list[PersonSuppression]
    """The suppressions that were undone."""
    notes: list[str]
    """What still keeps the person from being mailed, or will again."""
    undo: dict[str, str]
    """The copy of each changed file before the change, by file."""
