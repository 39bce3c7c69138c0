"""The output of `subscribers import`: how the columns were understood, and everything that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli.json_objects import ImportColumns, ImportResult, list_rows
from digest.cli.result_lines import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.subscribers.imports import ExportColumns, ImportPlan
    from digest.workflow.people.list_import import ImportReport

__all__ = ["column_lines", "import_result", "report_import_lines"]

#: How many problems are printed; --json has all of them.
_MOST_PROBLEMS = 20


def column_lines(plan: ImportPlan) -> Iterator[str]:
    """How the columns of an export are understood, for the user to read before anything is written."""
    yield from plan.notes
    for columns in plan.columns:
        table = _columns_object(columns)
        parts = [f"addresses in “{table.email}”"]
        if table.name:
            parts.append(f"name in {_quoted(table.name)}")
        parts.append(
            f"who may be mailed in {_quoted(table.decides)}" if table.decides else "no column says who may be mailed"
        )
        if table.fields:
            parts.append(f"kept as they are: {', '.join(table.fields)}")
        yield f"{columns.file}: {'; '.join(parts)}"
        if table.not_understood:
            yield f"{columns.file}: not understood: {_quoted(table.not_understood)}"


def report_import_lines(report: ImportReport, shown: str, *, dry_run: bool) -> Iterator[str]:
    """What an import wrote, or would write.

    Args:
        shown: The list's path, as it can be pasted.
    """
    for problem in report.problems[:_MOST_PROBLEMS]:
        yield f"{problem.place}  {problem.message}"
    if len(report.problems) > _MOST_PROBLEMS:
        yield f"… and {len(report.problems) - _MOST_PROBLEMS:,} more; --json lists them."
    would = "would be " if dry_run else ""
    pending, updated, confirmed = report.pending, report.updated, report.confirmed
    changes = [
        (report.added, f"{would}added: {shown}"),
        (pending, f"{would}added as pending, because they never confirmed or agreed: {shown}"),
        (updated, f"in the list {would}updated: {shown}"),
        (confirmed, f"of those {would}active, because they agreed according to the export"),
        *((number, f"{would}suppressed: {reason}") for reason, number in report.suppressed.items()),
        (report.agreed_again, "stay suppressed, although they agreed again later according to the export"),
    ]
    for at, (number, change) in enumerate(changes):
        if number or not at:
            yield f"{count(number, 'person', 'people')} {change}"
    for reason, number in sorted(report.left_out.items()):
        if number:
            yield f"  {number:>7,} left out: {reason}"
    if report.not_kept:
        yield f"Not kept, because the list has no such column: {', '.join(report.not_kept)}"


def import_result(plan: ImportPlan, report: ImportReport) -> ImportResult:
    """What an import did, for --json."""
    return ImportResult(
        file=report.file,
        added=report.added,
        pending=report.pending,
        updated=report.updated,
        suppressed=dict(report.suppressed),
        left_out=dict(report.left_out),
        columns=[_columns_object(columns) for columns in plan.columns],
        not_kept=list(report.not_kept),
        problems=list_rows(report.problems),
        undo=report.undo or None,
        undo_files=dict(report.replaced),
    )


def _columns_object(columns: ExportColumns) -> ImportColumns:
    labels = columns.labels
    return ImportColumns(
        file=columns.file,
        email=labels[columns.places["email"]],
        name=[labels[at] for role, at in columns.places.items() if role != "email"],
        decides=[labels[at] for at, _ in columns.readers],
        fields=[labels[at] for at in columns.fields],
        not_understood=list(columns.puzzles),
    )


def _quoted(labels: list[str]) -> str:
    return ", ".join(f"“{label}”" for label in labels)
