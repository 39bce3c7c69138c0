"""Results as lines of text, the worst first."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from digest.models import BENCH_SECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from digest.cli.output import Output
    from digest.delivery import SendReport
    from digest.workflow.alerts import Alert
    from digest.workflow.building import Checked
    from digest.workflow.campaign_report import CampaignReport
    from digest.workflow.collecting import Collected
    from digest.workflow.issue_status import IssueStatus
    from digest.workflow.reading_sources import SourceResult
    from digest.workflow.sending import SendPlan

__all__ = [
    "Pace",
    "age",
    "alert_lines",
    "campaign_lines",
    "collect_lines",
    "count",
    "explain_lines",
    "finding_lines",
    "outcome_lines",
    "period_words",
    "plan_lines",
    "secret_source_line",
    "source_lines",
    "status_lines",
    "too_few_words",
]

#: Who wrote a bullet that has no source sentence, by its origin.
_WRITERS = {
    "author": "the author's own words",
    "editor": "the editor's words",
    "llm": "a model's words",
    "extracted": "the article is gone or has changed",
}
#: How many findings a send shows; `digest check` shows all.
_MOST_FINDINGS = 10
#: How many reasons for rejections are shown.
_MOST_REASONS = 10
_MARKS = {"error": "red", "warning": "yellow", "info": "dim"}


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


def secret_source_line(address: str, file: str) -> str:
    """The warning about a source whose address holds a key; ``address`` is without it."""
    return (
        f"The address of {address} holds a key, which is now in {file}: keep the repository private. "
        "The issue, its links and messages are without it."
    )


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


def finding_lines(checked: Checked, output: Output) -> Sequence[str]:
    """Each finding with its file and line, then how many there are."""
    lines = []
    for finding in checked.findings:
        mark = output.style(f"{finding.severity:<7}", _MARKS[finding.severity])
        lines.append(f"{finding.place}  {mark}  {finding.code}  {finding.message}")
        if finding.hint:
            lines.append(f"      {finding.hint}")
    errors, warnings = checked.count("error"), checked.count("warning")
    lines.append(f"{count(errors, 'error', 'errors')}, {count(warnings, 'warning', 'warnings')}")
    return lines


def plan_lines(plan: SendPlan, zone: ZoneInfo, *, approved: bool, again: int = 0) -> list[str]:
    """What a send will do, as a table.

    Args:
        approved: The build is approved, by ``approval.toml`` or by the token on the command line.
        again: How many recipients with an unknown outcome will be mailed again.
    """
    approval = "not approved"
    if approved:
        approval = f"approved by {plan.approved_by}" if plan.approved_by else "approved"
    left_out = ", ".join(f"{number} {reason}" for reason, number in sorted(plan.audience.left_out.items()) if number)
    recipients = count(plan.report.pending, "person", "people")
    if again:
        recipients += f", and again up to {count(again, 'person', 'people')} whose outcome is unknown"
    if left_out:
        recipients += f" (left out: {left_out})"
    if plan.last:
        recipients += f" · last issue {plan.last:,}"
    return [
        f"  Issue      {plan.issue} “{plan.subject}”",
        f"  Preheader  {plan.preheader or '(none)'}",
        f"  Token      {plan.token} ({approval})",
        f"  From       {plan.rendered.manifest.sender}",
        f"  Via        {plan.provider} · audience “{plan.audience.name}”",
        f"  To         {recipients}",
        f"  Leaving    {_unsubscribe_line(plan)}",
        *([f"  When       {plan.at.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"] if plan.at else []),
        *_check_lines(plan),
        *(f"  Note       {warning}" for warning in plan.warnings),
    ]


def _unsubscribe_line(plan: SendPlan) -> str:
    """Where readers unsubscribe."""
    method = plan.rendered.manifest.unsubscribe
    if method.startswith("group:"):
        return f"readers unsubscribe on a page of {plan.provider}, group {method.removeprefix('group:')}"
    return f"readers unsubscribe at {method}" if method else "readers have no way to unsubscribe"


def _check_lines(plan: SendPlan) -> list[str]:
    """What `check` found, the most serious first."""
    if plan.findings is None:
        return ["  Checks     passed when the send began"]
    counts = [
        count(sum(finding.severity == severity for finding in plan.findings), severity, plural)
        for severity, plural in (("warning", "warnings"), ("info", "infos"))
        if any(finding.severity == severity for finding in plan.findings)
    ]
    shown, rest = plan.findings[:_MOST_FINDINGS], len(plan.findings) - _MOST_FINDINGS
    return [
        f"  Checks     no errors{''.join(f', {text}' for text in counts)}",
        *(f"             {finding.place}  {finding.code}  {finding.message}" for finding in shown),
        *([f"             and {rest} more: digest check {plan.issue}"] if rest > 0 else []),
    ]


def outcome_lines(issue: str, report: SendReport) -> list[str]:
    """What became of a send: the numbers, why people were rejected, what was suppressed, and what needs attention."""
    from digest.workflow.alerts import rejection_alert

    lines = [f"{issue}: {report.state}. {report.accepted:,} accepted, {report.rejected:,} rejected."]
    lines += reason_lines(report, issue)
    if report.suppressed:
        verb = "address bounced and was" if report.suppressed == 1 else "addresses bounced and were"
        lines.append(f"{report.suppressed:,} {verb} suppressed; undo: digest subscribers unsuppress ADDRESS")
    if report.skipped:
        lines.append(f"{count(report.skipped, 'row was', 'rows were')} left out: digest subscribers check")
    alert = rejection_alert(issue, report)
    return lines if alert is None else [*lines, *alert_lines([alert])]


def reason_lines(report: SendReport, issue: str) -> list[str]:
    """How many were rejected for each reason, the most frequent first."""
    reasons = list(report.rejected_by_reason.items())
    lines = [f"  {number:>9,}  {reason}" for reason, number in reasons[:_MOST_REASONS]]
    rest = len(reasons) - _MOST_REASONS
    if rest > 0:
        lines.append(f"{'':>11}  and {count(rest, 'more reason', 'more reasons')}: digest report {issue} --json")
    return lines


def alert_lines(alerts: Iterable[Alert]) -> list[str]:
    """Each alert with what to do about it."""
    return [line for alert in alerts for line in (f"! {alert.message}", f"  → {alert.hint}")]


def campaign_lines(report: CampaignReport, zone: ZoneInfo) -> list[str]:
    """What `digest report` shows: a table for each audience, and then the people."""
    lines = []
    for campaign in report.campaigns:
        numbers, ended = campaign.report, campaign.finished_at
        rows = [
            ("Audience", f"“{campaign.audience}” via {campaign.provider}"),
            ("State", str(campaign.state)),
            ("Token", campaign.token),
            ("Started", f"{campaign.started_at.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"),
            ("Ended", f"{ended.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}" if ended else "not yet"),
            ("Accepted", f"{numbers.accepted:,} of {numbers.size:,}"),
            ("Rejected", f"{numbers.rejected:,}"),
        ]
        if campaign.send_at:
            rows.insert(5, ("Delivery", f"{campaign.send_at.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"))
        lines += [report.issue, *(f"  {name:<11}{value}" for name, value in rows), *reason_lines(numbers, report.issue)]
        lines += [f"  {'Unknown':<11}{numbers.unknown:,}", f"  {'Skipped':<11}{numbers.skipped:,}"]
        if numbers.pending:
            lines.append(f"  {'Pending':<11}{numbers.pending:,}")
        if numbers.suppressed:
            lines.append(f"  {'Suppressed':<11}{count(numbers.suppressed, 'address', 'addresses')} that bounced")
    lines += alert_lines(report.alerts)
    for person in report.people:
        place = f"{person.file}:{person.line}" if person.line is not None else person.file
        reason = f": {person.reason}" if person.reason else ""
        lines.append(f"{place}  {person.email}  {person.outcome}{reason}")
    if report.unlisted:
        verb = "is" if report.unlisted == 1 else "are"
        lines.append(f"{count(report.unlisted, 'more person', 'more people')} {verb} in no list today")
    return lines


def count(number: int, singular: str, plural: str) -> str:
    """A number with its noun, such as "1 story" and "2 stories"."""
    return f"{number:,} {singular if number == 1 else plural}"


class Pace:
    """How fast a send goes, and when it will be done."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._first: int | None = None

    def line(self, done: int, left: int) -> str:
        """The progress as one line. The rate counts this run only, not an earlier run that was interrupted."""
        if self._first is None:
            self._started, self._first = self._clock(), done
        elapsed = self._clock() - self._started
        line = f"Sending: {done:,} of {done + left:,}"
        if elapsed < 1 or done == self._first:
            return line
        rate = (done - self._first) / elapsed
        minutes, seconds = divmod(round(left / rate), 60)
        return f"{line} · {rate:,.0f} a second · {minutes}:{seconds:02} left"


def status_lines(statuses: Sequence[IssueStatus]) -> list[str]:
    """One line for each issue: its id, its state and the state in words, in columns.

    Below the newest issue whose send has started stands why people were rejected.
    """
    width = max((len(status.issue) for status in statuses), default=0)
    newest = next((status for status in reversed(statuses) if status.report is not None), None)
    lines = []
    for status in statuses:
        lines.append(f"{status.issue:<{width}}  {status.state:<9} {status.description}")
        if status is newest and status.report is not None:
            lines += reason_lines(status.report, status.issue)
    return lines
