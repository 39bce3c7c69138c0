"""How results read as words: a few lines each, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.cli.output import Output
    from digest.workflow.building import Checked
    from digest.workflow.collecting import Collected, SourceLine

__all__ = ["collect_lines", "count", "finding_lines", "source_line"]

_MARKS = {"error": "red", "warning": "yellow", "info": "dim"}


def source_line(line: SourceLine, output: Output, *, width: int = 16) -> str:
    """One source: what it gave, or why it gave nothing."""
    name = line.source.ljust(width)
    if line.error:
        return f"  {output.style('✗', 'red')} {name}  {line.error}"
    note = "unchanged" if line.unchanged else f"{line.new} new"
    return f"  {output.style('✓', 'green')} {name}  {line.fetched:>3} read   {note}"


def collect_lines(done: Collected, output: Output) -> list[str]:
    """All sources, what failed in them, and what the merge did."""
    lines = []
    width = max((len(line.source) for line in done.sources), default=0)
    for line in done.sources:
        lines.append(source_line(line, output, width=width))
        lines += [f"      {output.style('!', 'yellow')} {problem}" for problem in line.problems]
    merge = done.merge
    if not (done.stories or done.waiting or merge.touched):
        return [*lines, "  Nothing new: no issue was written"]
    numbers = [
        f"{len(merge.added)} new",
        f"{len(merge.refreshed)} refreshed" if merge.refreshed else "",
        f"{merge.kept_out} stay dropped" if merge.kept_out else "",
        f"{len(merge.conflicts)} in conflict" if merge.conflicts else "",
    ]
    left_out = len(done.dropped)
    verb = "Merged into" if merge.touched else "Wrote"
    lines.append(
        f"  {verb} {done.file}: {count(done.stories, 'story', 'stories')} ({', '.join(filter(None, numbers))})"
    )
    if left_out:
        lines.append(f"  {count(left_out, 'article', 'articles')} left out: digest collect -v says which and why")
    lines += [
        f"  {output.style('!', 'yellow')} {done.file}:{conflict.line}: {conflict.field} changed at the source too; "
        f"yours is kept" + (f" (theirs: {conflict.fresh})" if "\n" not in conflict.fresh else "")
        for conflict in merge.conflicts
    ]
    return lines


def finding_lines(checked: Checked, output: Output) -> Sequence[str]:
    """Each finding at its line, then the count."""
    lines = []
    for finding in checked.findings:
        mark = output.style(f"{finding.severity:<7}", _MARKS[finding.severity])
        lines.append(f"{finding.place}  {mark}  {finding.code}  {finding.message}")
        if finding.hint:
            lines.append(f"      {finding.hint}")
    errors, warnings = checked.count("error"), checked.count("warning")
    lines.append(f"{count(errors, 'error', 'errors')}, {count(warnings, 'warning', 'warnings')}")
    return lines


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"
