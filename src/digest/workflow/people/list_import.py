"""`subscribers import`: plan from another tool's export, then write the list and the suppressions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import UsageError
from digest.models import Suppression, SuppressionReason
from digest.project.list_files import back_up_list, list_opener, lock_lists, replace_list
from digest.subscribers import append_suppressions, holds_suppressions, suppressions_file
from digest.subscribers.imports import WHOLE_FILE, ListUpdate, plan_import, read_export_file
from digest.workflow.people.removed_people import suppressed_people
from digest.workflow.people.subscriber_lists import list_to_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from digest.models import ListProblem
    from digest.project import Project
    from digest.subscribers.imports import ImportPlan

__all__ = ["ImportReport", "PlannedImport", "plan_list_import", "write_list_import"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedImport:
    """An export that was read, before anything is written.

    Attributes:
        export: The export's name.
        to: The list's file, from the newsletter's root.
        plan: What the export says of its people.
    """

    export: str
    to: str
    plan: ImportPlan


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """What an import did, or would do.

    Attributes:
        file: The list's file, from the newsletter's root.
        added: How many people were added who may be mailed.
        pending: How many were added with the status pending, who never confirmed or never agreed.
        updated: How many people of the list have changed fields.
        confirmed: How many of those were pending, and agreed according to the export.
        suppressed: How many people are newly suppressed, by reason.
        agreed_again: How many people stay suppressed although the export says that they agreed later.
        left_out: How many rows were not added, by reason.
        not_kept: The columns of the export that the list does not have.
        problems: The rows of the export that need to be looked at.
        undo: Where the former list is kept; empty for a new list, or if it was not changed.
        replaced: The files that were written, each with the copy of its former content; empty for a new file.
    """

    file: str
    added: int
    pending: int = 0
    updated: int = 0
    confirmed: int = 0
    suppressed: Mapping[str, int] = field(default_factory=dict)
    agreed_again: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    not_kept: tuple[str, ...] = ()
    problems: tuple[ListProblem, ...] = ()
    undo: str = ""
    replaced: Mapping[str, str] = field(default_factory=dict)


def plan_list_import(
    project: Project, export: Path, *, to: str | None = None, whole_file: str | None = None
) -> PlannedImport:
    """Read an export, and decide about each of its people. Writes nothing.

    Args:
        export: A CSV file, a workbook, or a zip of CSV files.
        to: The list's file, from the newsletter's root; by default the first one of the audience.
        whole_file: What all people of the file are: active, unsubscribed or bounced.

    Raises:
        ListError: The export cannot be read.
        UsageError: The audience has no file to write to, or ``whole_file`` is another word.
    """
    name = to or list_to_write(project)
    _require_list(project, name)
    if whole_file is not None and whole_file not in WHOLE_FILE:
        raise UsageError(f"{whole_file!r} does not say what the file is", hint=f"--as {' or --as '.join(WHOLE_FILE)}")
    plan = plan_import(read_export_file(export), whole_file=WHOLE_FILE[whole_file] if whole_file else "")
    return PlannedImport(export=export.name, to=name, plan=plan)


def write_list_import(project: Project, planned: PlannedImport, *, write: bool = True) -> ImportReport:
    """Add the people of an export to the list, update those who are in it, and suppress those who left.

    Args:
        write: False to change nothing, as for --dry-run.

    Raises:
        ListError: The export or the list cannot be read or written.
        LedgerError: Another process is writing the lists.
    """
    plan, name = planned.plan, planned.to
    with lock_lists(project):
        own = project.own_suppressions()
        suppressed = suppressed_people(project, own)
        suppressed_at = {suppression.email.casefold(): suppression.at for suppression in own if suppression.at}
        update = ListUpdate(list_opener(project, name), file=name)
        update.take(plan, suppressed, suppressed_at)
        everywhere = {suppression.email.casefold() for suppression in own if not suppression.audience}
        removed = suppressed_people(project, ())
        now = project.now()

        def fresh() -> Iterator[Suppression]:
            for suppression in _new_suppressions(planned, update, now):
                folded = suppression.email.casefold()
                if folded not in everywhere and folded not in removed:
                    yield suppression

        counts = Counter(suppression.reason.value for suppression in fresh())
        replaced: dict[str, str] = {}
        if write and counts:
            replaced |= _suppress(project, fresh())
        if write and update.changes_list:
            replaced[name] = replace_list(project, name, update.lines())
    left_out = Counter(plan.left_out) + update.left_out + plan.left.count()
    return ImportReport(
        file=name,
        added=update.added,
        pending=update.pending,
        updated=update.updated,
        confirmed=update.confirmed,
        suppressed=dict(sorted(counts.items())),
        agreed_again=update.agreed_again,
        left_out=dict(left_out),
        not_kept=update.not_kept,
        problems=plan.problems,
        undo=replaced.get(name, ""),
        replaced=replaced,
    )


def _new_suppressions(planned: PlannedImport, update: ListUpdate, now: datetime) -> Iterator[Suppression]:
    """Those who left according to the export, and those of the list who declined."""
    source = f"import of {planned.export}"
    for person in planned.plan.left.people():
        at = min(person.left_at, now) if person.left_at else now
        yield Suppression(email=person.email, reason=SuppressionReason(person.reason), at=at, source=source)
    for email in update.withdrawn:
        yield Suppression(email=email, reason=SuppressionReason.UNSUBSCRIBED, at=now, source=source)


def _suppress(project: Project, people: Iterable[Suppression]) -> dict[str, str]:
    """Suppress distinct people. Returns the file that holds them now, with the copy of its former content."""
    file = suppressions_file(project.root)
    path = project.root / file
    copy = back_up_list(project, path) if path.exists() else ""
    append_suppressions(path, people, file=file, environ=project.list_environ, distinct=True)
    return {file: copy}


def _require_list(project: Project, name: str) -> None:
    """Refuse to add people to anything but a list inside the newsletter's folder."""
    inside = (project.root / name).resolve().is_relative_to(project.root.resolve())
    if name.startswith("env:") or not inside or holds_suppressions(name):
        hint = "Name a file of the newsletter, such as subscribers/weekly.csv."
        raise UsageError(f"people cannot be added to {name}", hint=hint)
