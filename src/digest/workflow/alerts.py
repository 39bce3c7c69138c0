"""Alerts: problems that would go unnoticed until readers do, such as a missing issue, a stopped send or a dead source.

Only this week and last week count: older problems can no longer be fixed, and people ignore an alert that never goes
away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.issues import SourceTrouble, source_health
from digest.models import IssueId
from digest.project.issue_choice import is_abandoned
from digest.workflow.issue_status import IssueState
from digest.workflow.scheduling import issue_due_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from digest.config import SourceConfig
    from digest.delivery import SendReport
    from digest.issues import SourceState
    from digest.project import Session
    from digest.workflow.issue_status import IssueStatus

__all__ = ["Alert", "AlertFacts", "decide_alerts", "find_alerts", "rejection_alert"]

#: A send that started longer ago than this and has not finished has stopped.
_LONGEST_SEND = timedelta(hours=6)
_SENT = frozenset({IssueState.SENDING, IssueState.SCHEDULED, IssueState.HELD, IssueState.SENT})


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One problem that needs someone's attention.

    Attributes:
        code: For programs: ``run_failed``, ``no_issue``, ``few_stories``, ``broken``, ``not_sent``, ``send_held``,
            ``send_stopped``, ``many_rejected``, ``source_gone``, ``source_failing`` or ``source_silent``.
        message: The problem in a sentence.
        hint: How to fix it.
    """

    code: str
    message: str
    hint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertFacts:
    """Everything that alerts are decided from.

    Attributes:
        statuses: The status of every issue.
        weeks: The ids of all weeks for which sources were read, also those without an issue.
        sources: The sources as configured.
        states: The state of each source by its id, one mapping per week, newest first.
        sent_is_known: Whether the ledger can be read here. If it is on another machine, an issue that looks unsent
            may have been sent.
        zone: The newsletter's zone.
        min_stories: ``selection.min_stories``.
        silent_issues: ``fetching.silent_issues``.
        due: ``delivery.due``.
        failed_run: The URL of a workflow run that failed; empty when none did.
    """

    statuses: Sequence[IssueStatus]
    weeks: Collection[str]
    sources: Sequence[SourceConfig]
    states: Sequence[Mapping[str, SourceState]]
    sent_is_known: bool
    zone: ZoneInfo
    min_stories: int
    silent_issues: int
    due: str = ""
    failed_run: str = ""


def find_alerts(session: Session, statuses: Sequence[IssueStatus], *, failed_run: str = "") -> tuple[Alert, ...]:
    """The current alerts for a newsletter, most urgent first.

    Args:
        session: The newsletter.
        statuses: The status of every issue.
        failed_run: The URL of a workflow run that failed.
    """
    config, weeks = session.project.config, session.weeks
    facts = AlertFacts(
        statuses=statuses,
        weeks=weeks,
        sources=config.sources,
        states=session.source_states(until=max(weeks)) if weeks else (),
        sent_is_known=session.ledger is not None,
        zone=config.newsletter.zone,
        min_stories=config.selection.min_stories,
        silent_issues=config.fetching.silent_issues,
        due=config.delivery.due,
        failed_run=failed_run,
    )
    return decide_alerts(facts, now=session.project.now())


def decide_alerts(facts: AlertFacts, *, now: datetime) -> tuple[Alert, ...]:
    """Decide which alerts to raise, most urgent first. Pure.

    Args:
        now: Aware.
    """
    return (
        *_run_alerts(facts),
        *_send_alerts(facts, now),
        *_issue_alerts(facts, now),
        *_week_alerts(facts, now),
        *_source_alerts(facts, now),
    )


def _run_alerts(facts: AlertFacts) -> Iterator[Alert]:
    if facts.failed_run:
        yield Alert(code="run_failed", message="The last run of the workflow failed", hint=f"See {facts.failed_run}")


def _send_alerts(facts: AlertFacts, now: datetime) -> Iterator[Alert]:
    for status in _recent(facts, now):
        id, message, hint = status.issue, status.description, status.next_step
        if status.state is IssueState.HELD:
            yield Alert(code="send_held", message=f"The send of {id} is held: {message}", hint=hint)
        elif (
            status.state is IssueState.SENDING
            and status.started_at is not None
            and now - status.started_at > _LONGEST_SEND
        ):
            yield Alert(code="send_stopped", message=f"The send of {id} stopped: {message}", hint=hint)
        rejections = rejection_alert(id, status.report) if status.report is not None else None
        if rejections is not None:
            yield rejections


def rejection_alert(issue: str, report: SendReport) -> Alert | None:
    """The alert about a campaign of which more than `MOST_REJECTED_PERCENT` was rejected; None for any other. Pure."""
    if not report.many_rejected:
        return None
    people = "person" if report.size == 1 else "people"
    verb = "was" if report.rejected == 1 else "were"
    message = f"{report.rejected:,} of {report.size:,} {people} {verb} rejected when {issue} was sent"
    reason = next(iter(report.rejected_by_reason), "")
    if reason:
        message += f", most often with “{reason}”" if len(report.rejected_by_reason) > 1 else f": “{reason}”"
    if report.keeps_bounces:
        message += "; nobody was suppressed for it"
    hint = f"Find out what they have in common: digest report {issue} --people"
    return Alert(code="many_rejected", message=message, hint=hint)


def _issue_alerts(facts: AlertFacts, now: datetime) -> Iterator[Alert]:
    """Issues that are not on their way to readers, unless a later one was sent."""
    sent = {status.issue for status in facts.statuses if status.state in _SENT}
    for status in _recent(facts, now):
        id = status.issue
        if is_abandoned(id, sent):
            continue
        if status.state is IssueState.BROKEN:
            yield Alert(code="broken", message=f"{id} cannot be built: {status.description}", hint=status.next_step)
        elif status.stories is None:
            continue
        elif status.stories < facts.min_stories:
            message = f"{id} has {status.stories} of the {facts.min_stories} stories it needs"
            hint = "Add one by hand (digest add URL), wait for more, or lower selection.min_stories."
            yield Alert(code="few_stories", message=message, hint=hint)
        elif facts.sent_is_known and issue_due_at(id, due=facts.due, zone=facts.zone) <= now:
            message = f"{id} should have been sent by now: {status.description}"
            yield Alert(code="not_sent", message=message, hint=status.next_step)


def _week_alerts(facts: AlertFacts, now: datetime) -> Iterator[Alert]:
    """The newest week that should have an issue and has none. A newsletter that has not started yet misses nothing."""
    issues = {status.issue for status in facts.statuses}
    weeks = issues | set(facts.weeks)
    current, last = _current_and_last_week(facts, now)
    if weeks and max(issues, default="") < current:
        due = issue_due_at(current, due=facts.due, zone=facts.zone) <= now and min(weeks) < current
        missed = last not in issues and min(weeks) < last
        if current in weeks or due or missed:
            id = current if current in weeks or due else last
            hint = f"Check the sources, or collect it: digest collect {id}"
            yield Alert(code="no_issue", message=f"There is no issue {id}", hint=hint)


def _source_alerts(facts: AlertFacts, now: datetime) -> Iterator[Alert]:
    for source in facts.sources:
        health = source_health(source, facts.states, least=facts.silent_issues, now=now)
        if health is None or health.trouble is None:
            continue
        if health.trouble is SourceTrouble.GONE:
            message = f"The source {source.id} is gone for good: {health.latest.error}"
        elif health.trouble is SourceTrouble.FAILING:
            since = f" since {health.latest.failing_since:%d %b}" if health.latest.failing_since else ""
            message = f"The source {source.id} has failed{since}: {health.latest.error}"
        else:
            message = f"The source {source.id} has had nothing new for {health.silent} issues"
        hint = f"Correct its address in the configuration, or remove {source.id}."
        yield Alert(code=f"source_{health.trouble}", message=message, hint=hint)


def _recent(facts: AlertFacts, now: datetime) -> Iterator[IssueStatus]:
    _, last = _current_and_last_week(facts, now)
    return (status for status in facts.statuses if status.issue >= last)


def _current_and_last_week(facts: AlertFacts, now: datetime) -> tuple[IssueId, IssueId]:
    """The ids of this week's and last week's issue."""
    current = IssueId.of(now, facts.zone.key)
    first, _ = current.week_bounds(facts.zone.key)
    return current, IssueId.of(first - timedelta(hours=1), facts.zone.key)
