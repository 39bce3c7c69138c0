"""What nobody would notice: a week without an issue, a send that stopped, a source that died.

Only this week and the last count: what is older cannot be mended any more, and a note that never goes is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest.issues import SourceTrouble, source_health
from digest.models import IssueId
from digest.workflow.scheduling import issue_due_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from digest.config import SourceConfig
    from digest.issues import SourceState
    from digest.project import Session
    from digest.workflow.issue_status import IssueStatus

__all__ = ["Alert", "Facts", "alerts_of", "find_alerts"]

#: A send that is going on takes less; one that began earlier has stopped.
_SENDING = timedelta(hours=6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """One thing to tell.

    Attributes:
        code: For programs: ``run_failed``, ``no_issue``, ``few_stories``, ``broken``, ``not_sent``, ``send_held``,
            ``send_stopped``, ``source_gone``, ``source_failing`` or ``source_silent``.
        hint: What to do about it.
    """

    code: str
    words: str
    hint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What the decision rests on.

    Attributes:
        statuses: Of all issues.
        weeks: All weeks that have a folder, also those in which nothing was found.
        sources: As configured, and ``states`` how they fared in each week, the newest first.
        sent_is_known: Whether the ledger can be read here. Where it lies on another machine nobody can say here that
            an issue was not sent.
        min_stories, silent_issues, due: As configured.
        failed_run: The address of a run of the workflow that failed; empty when none did.
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
    """What there is to tell of the newsletter now.

    Args:
        statuses: Of all its issues.
        failed_run: The address of a run of the workflow that failed.
    """
    config, weeks = session.project.config, session.weeks
    facts = Facts(
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
    return alerts_of(facts, now=session.project.now())


def alerts_of(facts: Facts, *, now: datetime) -> tuple[Alert, ...]:
    """Decide what to tell, the most urgent first. Pure.

    Args:
        now: Aware.
    """
    return (
        *_of_run(facts),
        *_of_sends(facts, now),
        *_of_issues(facts, now),
        *_of_weeks(facts, now),
        *_of_sources(facts, now),
    )


def _of_run(facts: Facts) -> Iterator[Alert]:
    if facts.failed_run:
        yield Alert(code="run_failed", words="The last run of the workflow failed", hint=f"See {facts.failed_run}")


def _of_sends(facts: Facts, now: datetime) -> Iterator[Alert]:
    for one in _recent(facts, now):
        if one.state == "held":
            yield Alert(code="send_held", words=f"The send of {one.issue} is held: {one.words}", hint=one.next_step)
        elif one.state == "sending" and one.started_at is not None and now - one.started_at > _SENDING:
            yield Alert(code="send_stopped", words=f"The send of {one.issue} stopped: {one.words}", hint=one.next_step)


def _of_issues(facts: Facts, now: datetime) -> Iterator[Alert]:
    """Issues that are not on their way, unless a later one was sent."""
    sent = max((one.issue for one in facts.statuses if one.state in {"sent", "scheduled"}), default="")
    for one in _recent(facts, now):
        if one.issue < sent:
            continue
        if one.state == "broken":
            yield Alert(code="broken", words=f"{one.issue} cannot be built: {one.words}", hint=one.next_step)
        elif one.stories is None:
            continue
        elif one.stories < facts.min_stories:
            words = f"{one.issue} has {one.stories} of the {facts.min_stories} stories that it needs"
            hint = "Add one by hand (digest add URL), wait for more, or lower selection.min_stories."
            yield Alert(code="few_stories", words=words, hint=hint)
        elif facts.sent_is_known and issue_due_at(one.issue, due=facts.due, zone=facts.zone) <= now:
            words = f"{one.issue} should have been sent by now: {one.words}"
            yield Alert(code="not_sent", words=words, hint=one.next_step)


def _of_weeks(facts: Facts, now: datetime) -> Iterator[Alert]:
    """The newest week that ought to have an issue and has none. A newsletter that has not begun misses nothing."""
    issues = {one.issue for one in facts.statuses}
    known = issues | set(facts.weeks)
    current, last = _weeks(facts, now)
    if known and max(issues, default="") < current:
        due = issue_due_at(current, due=facts.due, zone=facts.zone) <= now and min(known) < current
        missed = last not in issues and min(known) < last
        if current in known or due or missed:
            id = current if current in known or due else last
            hint = f"Look at the sources, or collect it: digest collect {id}"
            yield Alert(code="no_issue", words=f"There is no issue {id}", hint=hint)


def _of_sources(facts: Facts, now: datetime) -> Iterator[Alert]:
    for source in facts.sources:
        health = source_health(source, facts.states, least=facts.silent_issues, now=now)
        if health is None or health.trouble is None:
            continue
        if health.trouble is SourceTrouble.GONE:
            words = f"The source {source.id} is gone for good: {health.latest.error}"
        elif health.trouble is SourceTrouble.FAILING:
            since = f" since {health.latest.failing_since:%d %b}" if health.latest.failing_since else ""
            words = f"The source {source.id} has failed{since}: {health.latest.error}"
        else:
            words = f"The source {source.id} has brought nothing new for {health.silent} issues"
        hint = f"Correct its address in the configuration, or remove {source.id}."
        yield Alert(code=f"source_{health.trouble}", words=words, hint=hint)


def _recent(facts: Facts, now: datetime) -> Iterator[IssueStatus]:
    _, last = _weeks(facts, now)
    return (one for one in facts.statuses if one.issue >= last)


def _weeks(facts: Facts, now: datetime) -> tuple[IssueId, IssueId]:
    """This week's issue and the last one's."""
    current = IssueId.of(now, facts.zone.key)
    first, _ = current.week_bounds(facts.zone.key)
    return current, IssueId.of(first - timedelta(hours=1), facts.zone.key)
