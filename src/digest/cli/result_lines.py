"""How results read as words: a few lines each, the worst first."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from digest.cli.output import Output
    from digest.workflow.building import Checked
    from digest.workflow.collecting import Collected
    from digest.workflow.reading_sources import SourceLine

__all__ = ["Pace", "age", "collect_lines", "count", "explain_lines", "finding_lines", "source_lines"]

#: What is said of a bullet that has no source sentence, by its origin.
_WRITERS = {
    "author": "the author's own words",
    "editor": "the editor's words",
    "llm": "a model's words",
    "extracted": "the article is no longer there, or says something else now",
}
_MARKS = {"error": "red", "warning": "yellow", "info": "dim"}


def source_lines(done: Collected, output: Output) -> list[str]:
    """A table of all sources: what each gave, how old its newest article is, and what is wrong with it."""
    if not done.sources:
        return ["  No source is configured: add one with digest add URL, or put files in a folder"]
    width = max(len(line.source) for line in done.sources)
    lines = [output.style(f"    {'source'.ljust(width)}  read   new  newest", "dim")]
    for line in done.sources:
        lines.append(_source_line(line, output, width=width, now=done.at))
        if line.hint:
            lines.append(f"      {output.style(line.hint, 'dim')}")
        lines += [f"      {output.style('!', 'yellow')} {problem}" for problem in line.problems]
        if line.moved_to:
            mark = output.style("!", "yellow")
            lines.append(f"      {mark} moved for good to {line.moved_to}: put that address into the configuration")
    return lines


def _source_line(line: SourceLine, output: Output, *, width: int, now: datetime) -> str:
    name, newest = line.source.ljust(width), age(line.newest, now)
    if line.error:
        mark, since = output.style("✗", "red"), ""
        if line.failing_since and (now - line.failing_since).days:
            since = f" (for {_span(now - line.failing_since)} now)"
        return f"  {mark} {name}  {'-':>4}  {'-':>4}  {newest:<12}  {line.error}{since}"
    notes = ["unchanged" if line.unchanged else "", f"{count(line.pages, 'page', 'pages')} read" if line.pages else ""]
    text = f"  {output.style('✓', 'green')} {name}  {line.fetched:>4}  {line.new:>4}  {newest:<12}  "
    return (text + ", ".join(filter(None, notes))).rstrip()


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, such as "3 hours ago"; "-" where nobody knows."""
    if moment is None:
        return "-"
    return f"{_span(now - moment)} ago" if now > moment else "just now"


def _span(time: timedelta) -> str:
    hours = int(time.total_seconds() // 3600)
    if hours < 1:
        return "minutes"
    if hours < 48:
        return count(hours, "hour", "hours")
    return count(hours // 24, "day", "days") if hours < 24 * 61 else count(hours // (24 * 30), "month", "months")


def collect_lines(done: Collected, output: Output) -> list[str]:
    """All sources, what failed in them, and what the merge did."""
    lines = source_lines(done, output)
    failed = sum(bool(line.error) for line in done.sources)
    if failed:
        rest = "the others are in" if failed < len(done.sources) else "nothing came in"
        lines.append(f"  {count(failed, 'source', 'sources')} of {len(done.sources)} failed; {rest}")
    merge = done.merge
    if not (done.stories or done.waiting or merge.touched):
        return [*lines, "  Nothing new: no issue was written"]
    numbers = [
        f"{len(merge.added)} new",
        f"{len(merge.refreshed)} refreshed" if merge.refreshed else "",
        f"{len(merge.kept_out)} stay dropped" if merge.kept_out else "",
        f"{len(merge.conflicts)} in conflict" if merge.conflicts else "",
    ]
    left_out = len(done.dropped)
    verb = ("Merged into" if merge.touched else "Wrote") if done.changed else "Nothing new for"
    lines.append(
        f"  {verb} {done.file}: {count(done.stories, 'story', 'stories')} ({', '.join(filter(None, numbers))})"
    )
    if left_out:
        lines.append(
            f"  {count(left_out, 'article', 'articles')} left out: digest collect --explain says which and why"
        )
    lines += [
        f"  {output.style('!', 'yellow')} {done.file}:{conflict.line}: {conflict.field} changed at the source too; "
        f"yours is kept" + (f" (theirs: {conflict.fresh})" if "\n" not in conflict.fresh else "")
        for conflict in merge.conflicts
    ]
    return lines


def explain_lines(done: Collected, output: Output) -> list[str]:
    """Every story with the numbers that ranked it, and every article that is not in the issue with the reason."""
    style = partial(output.style, stream=sys.stdout)
    head = "Ranking: weight x (1 + recency + coverage + substance), less for repetition"
    lines = [style(head, "bold")] if done.ranking else []
    for number, ranked in enumerate(done.ranking, start=1):
        best, *others = ranked.story
        mark = style("✓", "green") if ranked.chosen else style("·", "dim")
        lines.append(f"  {mark} {number:>3}  {ranked.score}")
        told = f"; also {', '.join(dict.fromkeys(other.source or other.url for other in others))}" if others else ""
        lines.append(f"         {best.title} ({best.source or 'added by hand'}{told})")
        if ranked.update_of is not None:
            lines.append(f"         brings news on: {ranked.update_of.title}")
        if ranked.reason:
            lines.append(f"         left out: {ranked.reason}")
    ranked_urls = {ranked.story[0].url for ranked in done.ranking}
    rest = [drop for drop in done.dropped if drop.url not in ranked_urls]
    if rest:
        lines.append(style("Not ranked", "bold"))
        lines += [f"  · {drop.title or drop.url} ({drop.source or 'added by hand'}): {drop.reason}" for drop in rest]
    return [*lines, *_bullet_lines(done, style)]


def _bullet_lines(done: Collected, style: Callable[..., str]) -> list[str]:
    """Every bullet with who wrote it, or with the sentence that it is the short form of."""
    lines = [style("Bullets and the sentences that they come from", "bold")] if done.bullets else []
    headline = None
    for trace in done.bullets:
        if trace.headline != headline:
            headline = trace.headline
            lines.append(f"  {headline}")
        lines.append(f"    - {trace.text}")
        said = "".join(piece if kept else style(piece, "dim") for piece, kept in trace.sentence)
        words = said if trace.shortened else "word for word" if trace.sentence else _WRITERS[trace.origin]
        lines.append(f"      {done.file}:{trace.line}: {words}")
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


class Pace:
    """How fast a long work goes, and when it will be done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._first: int | None = None

    def words(self, done: int, left: int) -> str:
        """One line. The rate is that of this run, not of what an earlier one did."""
        if self._first is None:
            self._began, self._first = self._clock(), done
        elapsed = self._clock() - self._began
        line = f"Sending: {done:,} of {done + left:,}"
        if elapsed < 1 or done == self._first:
            return line
        rate = (done - self._first) / elapsed
        minutes, seconds = divmod(round(left / rate), 60)
        return f"{line} · {rate:,.0f} a second · {minutes}:{seconds:02} left"
