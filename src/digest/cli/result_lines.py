"""Results as lines of text, the worst first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from zoneinfo import ZoneInfo

    from digest.cli.output import Output
    from digest.delivery import SendReport
    from digest.workflow.alerts import Alert
    from digest.workflow.building import Checked
    from digest.workflow.campaign_report import CampaignReport
    from digest.workflow.issue_status import IssueStatus
    from digest.workflow.sending import SendPlan

__all__ = [
    "Pace",
    "alert_lines",
    "campaign_lines",
    "count",
    "finding_lines",
    "outcome_lines",
    "plan_lines",
    "secret_source_line",
    "status_lines",
]

#: How many findings a send shows; `digest check` shows all.
_MOST_FINDINGS = 10
#: How many reasons for rejections are shown.
_MOST_REASONS = 10
_MARKS = {"error": "red", "warning": "yellow", "info": "dim"}


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


def secret_source_line(address: str, file: str) -> str:
    """The warning about a source whose address holds a key; ``address`` is without it."""
    return (
        f"The address of {address} holds a key, which is now in {file}: keep the repository private. "
        "The issue, its links and messages are without it."
    )


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
