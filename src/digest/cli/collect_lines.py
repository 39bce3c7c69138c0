"""What `collect` and `sources` say as lines of text."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from digest.cli.result_lines import count
from digest.models import BENCH_SECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from digest.cli.output import Output
    from digest.workflow.collecting import Collected
    from digest.workflow.curation.source_overview import SourceOverview
    from digest.workflow.reading_sources import SourceResult

__all__ = [
    "age",
    "collect_lines",
    "explain_lines",
    "overview_lines",
    "period_words",
    "source_lines",
    "too_few_words",
]

#: Who wrote a bullet that has no source sentence, by its origin.
_WRITERS = {
    "author": "the author's own words",
    "editor": "the editor's words",
    "llm": "a model's words",
    "extracted": "the article is gone or has changed",
}


def source_lines(collected: Collected, output: Output) -> list[str]:
    """A table of all sources: what each returned, how old its newest article is, and what is wrong with it."""
    if not collected.sources:
        return ["  No sources are configured: add one with digest add URL, or put files in a folder"]
    width = max(len(line.source) for line in collected.sources)
    lines = [output.style(f"    {'source'.ljust(width)}  read   new  newest", "dim")]
    for line in collected.sources:
        lines.append(_source_line(line, output, width=width, now=collected.at))
        if line.hint:
            lines.append(f"      {output.style(line.hint, 'dim')}")
        lines += [f"      {output.style('!', 'yellow')} {problem}" for problem in line.problems]
        if line.moved_to:
            mark = output.style("!", "yellow")
            lines.append(f"      {mark} moved permanently to {line.moved_to}: put that address into the configuration")
    return lines


def _source_line(line: SourceResult, output: Output, *, width: int, now: datetime) -> str:
    name, newest = line.source.ljust(width), age(line.newest, now)
    if line.error:
        mark, since = output.style("✗", "red"), ""
        if line.failing_since and (now - line.failing_since).days:
            since = f" (failing for {_span(now - line.failing_since)})"
        return f"  {mark} {name}  {'-':>4}  {'-':>4}  {newest:<12}  {line.error}{since}"
    notes = ["unchanged" if line.unchanged else "", f"{count(line.pages, 'page', 'pages')} read" if line.pages else ""]
    text = f"  {output.style('✓', 'green')} {name}  {line.fetched:>4}  {line.new:>4}  {newest:<12}  "
    return (text + ", ".join(filter(None, notes))).rstrip()


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, such as "3 hours ago"; "-" if unknown."""
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


def collect_lines(collected: Collected, output: Output) -> list[str]:
    """All sources, how many failed, and what the merge did."""
    lines = source_lines(collected, output)
    failed = sum(bool(line.error) for line in collected.sources)
    if failed:
        rest = "the others were read" if failed < len(collected.sources) else "nothing was collected"
        lines.append(f"  {count(failed, 'source', 'sources')} of {len(collected.sources)} failed; {rest}")
    merge = collected.merge
    if not (collected.stories or collected.waiting or merge.touched):
        return [*lines, "  Nothing new; no issue was written"]
    numbers = [
        f"{len(merge.added)} new",
        f"{len(merge.refreshed)} refreshed" if merge.refreshed else "",
        f"{len(merge.kept_out)} stay dropped" if merge.kept_out else "",
        count(len(merge.conflicts), "conflict", "conflicts") if merge.conflicts else "",
    ]
    left_out = len(collected.dropped)
    verb = ("Merged into" if merge.touched else "Wrote") if collected.changed else "Nothing new for"
    stories = count(collected.stories, "story", "stories")
    lines.append(f"  {verb} {collected.file}: {stories} ({', '.join(filter(None, numbers))})")
    if left_out:
        lines.append(
            f"  {count(left_out, 'article', 'articles')} left out; digest collect --explain shows which and why"
        )
    mark = output.style("!", "yellow")
    lines += [
        f"  {mark} {count(number, 'story is', 'stories are')} in {other} as well, which is open, too: "
        f"send only one of the two, or delete them in one"
        for other, number in collected.shared.items()
    ]
    if merge.bench_edited:
        lines.append(f"  {mark} “{BENCH_SECTION}” was edited, so it was left as it is")
    lines += [
        f"  {mark} {collected.file}:{conflict.line}: {conflict.field} also changed at the source; "
        f"yours was kept" + (f" (theirs: {conflict.fresh})" if "\n" not in conflict.fresh else "")
        for conflict in merge.conflicts
    ]
    return lines


def period_words(collected: Collected, zone: ZoneInfo) -> str:
    """From when to when articles count, such as "since Mon 09 Nov 08:00"."""
    if collected.since is None:
        return "of the last 7 days"
    since = f"{collected.since.astimezone(zone):%a %d %b %H:%M}"
    return f"from {since} to {collected.until.astimezone(zone):%a %d %b %H:%M}" if collected.until else f"since {since}"


def too_few_words(collected: Collected, zone: ZoneInfo) -> tuple[str, str]:
    """Why an issue with too few stories is not complete, and what to do about it."""
    least = collected.min_stories
    message = f"{collected.issue} has {collected.stories} of the {least} stories that selection.min_stories requires"
    steps = ["Add a story (digest add URL)", "wait for more", "or lower min_stories."]
    old = collected.too_old
    if old:
        verb = "is" if len(old) == 1 else "are"
        message += f"; {count(len(old), 'article', 'articles')} {verb} too old"
        # A date means its midnight, and an article counts if it was published later.
        week = f"{collected.issue} " if collected.until else ""
        last = old[: max(1, least - collected.stories)][-1] - timedelta(seconds=1)
        steps.insert(1, f"look further back (digest collect {week}--since {last.astimezone(zone):%Y-%m-%d})")
    return message, ", ".join(steps)


def explain_lines(collected: Collected, output: Output) -> list[str]:
    """Every story with the numbers that ranked it, and every article that was left out, with the reason."""
    style = partial(output.style, stream=sys.stdout)
    head = "Ranking: weight x (1 + recency + coverage + substance), minus repetition"
    lines = [style(head, "bold")] if collected.ranking else []
    for number, ranked in enumerate(collected.ranking, start=1):
        best, *others = ranked.story
        mark = style("✓", "green") if ranked.chosen else style("·", "dim")
        lines.append(f"  {mark} {number:>3}  {ranked.score}")
        also = f"; also {', '.join(dict.fromkeys(other.source or other.url for other in others))}" if others else ""
        lines.append(f"         {best.title} ({best.source or 'added by hand'}{also})")
        if ranked.update_of is not None:
            lines.append(f"         continues: {ranked.update_of.title}")
        if ranked.reason:
            lines.append(f"         left out: {ranked.reason}")
    ranked_keys = {ranked.story[0].key for ranked in collected.ranking}
    rest = [drop for drop in collected.dropped if drop.key not in ranked_keys]
    if rest:
        lines.append(style("Not ranked", "bold"))
        lines += [f"  · {drop.title or drop.url} ({drop.source or 'added by hand'}): {drop.reason}" for drop in rest]
    return [*lines, *_bullet_lines(collected, style)]


def _bullet_lines(collected: Collected, style: Callable[..., str]) -> list[str]:
    """Every bullet with the sentence that it was taken from, or with who wrote it."""
    lines = [style("Bullets and the sentences that they come from", "bold")] if collected.bullets else []
    headline = None
    for trace in collected.bullets:
        if trace.headline != headline:
            headline = trace.headline
            lines.append(f"  {headline}")
        lines.append(f"    - {trace.text}")
        sentence = "".join(piece if used else style(piece, "dim") for piece, used in trace.sentence)
        origin = sentence if trace.shortened else "word for word" if trace.sentence else _WRITERS[trace.origin]
        lines.append(f"      {collected.file}:{trace.line}: {origin}")
    return lines


def overview_lines(overviews: Sequence[SourceOverview], output: Output, *, now: datetime, zone: ZoneInfo) -> list[str]:
    """A table of all sources: when each was read last, its newest article, its share in issues, and what to do."""
    if not overviews:
        return ["No sources are configured: add one with digest add URL, or put files in a folder"]
    width = max(len("source"), *(len(each.source) for each in overviews))
    lines = [
        output.style(
            f"  {'source'.ljust(width)}  {'last read':<12}  {'newest':<13}  in issues", "dim", stream=sys.stdout
        )
    ]
    for each in overviews:
        mark = output.style("!", "yellow", stream=sys.stdout) if each.advice else " "
        days = None if each.read_on is None else (now.astimezone(zone).date() - each.read_on).days
        read = "never" if days is None else "today" if days <= 0 else f"{count(days, 'day', 'days')} ago"
        share = "-" if each.share is None else f"{each.used:,} of {each.offered:,} ({each.share:.0%})"
        lines.append(f"{mark} {each.source.ljust(width)}  {read:<12}  {age(each.newest, now):<13}  {share}")
        lines += [f"    {text}" for text in (each.error, each.advice) if text]
    return lines
