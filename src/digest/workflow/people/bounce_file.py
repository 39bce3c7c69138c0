"""`subscribers suppress --file`: suppress everyone named in a file of bounces or complaints."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.models import Suppression, SuppressionReason
from digest.project.list_files import lock_lists
from digest.subscribers import append_suppressions, suppressions_file
from digest.subscribers.imports import read_bounces, read_export_file
from digest.workflow.people.removed_people import without_removed
from digest.workflow.people.subscriber_lists import parse_reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from digest.models import ListProblem
    from digest.project import Project

__all__ = ["SuppressedFile", "suppress_file"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SuppressedFile:
    """What became of a file of bounces.

    Attributes:
        reasons: How many people are newly suppressed, by reason.
        left_out: Rows that suppress nobody, by reason.
        problems: The rows to look at.
    """

    reasons: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[ListProblem, ...] = ()


def suppress_file(project: Project, path: Path, *, reason: str | None = None) -> SuppressedFile:
    """Suppress everyone who bounced, complained or left according to a file.

    Args:
        path: A CSV file, a workbook, a zip of CSV files, or a list of addresses.
        reason: The reason for rows that give none; by default what the file's name says, or "hard_bounce".

    Raises:
        ListError: The file cannot be read.
        UsageError: The reason is invalid.
    """
    default = parse_reason(reason) if reason is not None else ""
    bounces = read_bounces(read_export_file(path), reason=default)
    now = project.now()
    with lock_lists(project):
        everywhere = {entry.email.casefold() for entry in project.own_suppressions() if not entry.audience}
        fresh = [
            Suppression(
                email=person.email,
                reason=SuppressionReason(person.reason),
                at=min(person.left_at, now) if person.left_at else now,
                source=f"file {path.name}",
            )
            for person in bounces.people
            if person.email.casefold() not in everywhere
        ]
        fresh = without_removed(project, fresh)
        file = suppressions_file(project.root)
        append_suppressions(project.root / file, fresh, file=file, environ=project.list_environ)
    left_out = Counter(bounces.left_out)
    left_out["suppressed already"] += len(bounces.people) - len(fresh)
    return SuppressedFile(
        reasons=dict(sorted(Counter(entry.reason.value for entry in fresh).items())),
        left_out={key: number for key, number in left_out.items() if number},
        problems=bounces.problems,
    )
