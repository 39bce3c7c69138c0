"""`status`: the state of each issue, described in words, and the next command for it.

::

                    ┌────────── issue.md, theme or configuration changed ──────────┐
                    ▼                                                              │
    draft ──build──▶ stale ──build──▶ built ──approve──▶ approved ──send──▶ sending ──▶ sent
                                                                              │  ▲
    broken: issue.md or a template cannot be rendered                         ▼  │ --resume
                                                                   scheduled, held ──cancel──▶ cancelled
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from digest.errors import DigestError
from digest.workflow.building import render

if TYPE_CHECKING:
    from datetime import datetime

    from digest.delivery import Campaign, SendReport
    from digest.models import RenderedIssue
    from digest.project import IssueReading, Session

__all__ = ["IssueState", "IssueStatus", "issue_state", "status"]


class IssueState(StrEnum):
    """The state of an issue. Once a send has started, it is the state of the campaign."""

    #: issue.md or a template is wrong, so the issue cannot be rendered.
    BROKEN = "broken"
    #: Not built yet.
    DRAFT = "draft"
    #: Built, and the build is not approved.
    BUILT = "built"
    #: Changed since it was built, or a file of the build is damaged.
    STALE = "stale"
    #: Exactly this build is approved.
    APPROVED = "approved"
    SENDING = "sending"
    #: The provider delivers it later.
    SCHEDULED = "scheduled"
    SENT = "sent"
    #: The send stopped before everyone was mailed, or left recipients whose outcome is unknown.
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueStatus:
    """The state of one issue, in words, and what to do next.

    Attributes:
        description: The state in a sentence.
        next_step: The next command for this issue; empty when it is finished or abandoned.
        token: The token of the build or of the campaign; empty when there is neither.
        stories: The number of stories that go in the email, before a send; None when it is not known.
        report: The numbers of the campaign; None if no send has started.
        started_at: When the campaign began; aware, in UTC.
    """

    issue: str
    state: IssueState
    description: str
    next_step: str = ""
    token: str = ""
    stories: int | None = None
    report: SendReport | None = None
    started_at: datetime | None = None


def issue_state(session: Session, issue: IssueReading, rendered: RenderedIssue) -> IssueState:
    """The state of an issue that can be rendered.

    Args:
        rendered: The issue as it would be built now.

    Raises:
        IssueError: approval.toml is damaged.
    """
    campaign = session.campaign(issue.id)
    if campaign is not None and not (campaign.replaceable and campaign.token != rendered.token):
        return IssueState(campaign.state)
    if issue.build is None:
        return IssueState.DRAFT
    try:
        built = issue.built
    except DigestError:
        return IssueState.STALE
    if built.token != rendered.token:
        return IssueState.STALE
    approved = issue.approval is not None and issue.approval.token == built.token
    return IssueState.APPROVED if approved else IssueState.BUILT


def status(session: Session, id: str | None = None) -> tuple[IssueStatus, ...]:
    """The status of the named issue, or of all issues, oldest first.

    Raises:
        IssueError: There is no such issue, or its approval.toml is damaged.
    """
    ids = (session.issue(id).id,) if id is not None else session.issue_ids
    return tuple(_status_of(session, session.files(each)) for each in ids)


def _status_of(session: Session, issue: IssueReading) -> IssueStatus:
    own = _own_status(session, issue)
    others = (
        session.ledger.other_campaigns(issue.id, session.project.config.delivery.audience) if session.ledger else ()
    )
    parts = [own.description, *(f"to the audience “{each.audience}”: {_describe_other(each)}" for each in others)]
    return replace(own, description="; ".join(parts))


def _describe_other(campaign: Campaign) -> str:
    report = campaign.report
    counts = {"accepted": report.accepted, "rejected": report.rejected, "unknown": report.unknown}
    outcomes = [f"{count:,} {name}" for name, count in counts.items() if count]
    pending = [f"{report.pending:,} not yet sent"] if report.pending and not campaign.state.is_finished else []
    return ", ".join([str(campaign.state), *outcomes, *pending])


def _own_status(session: Session, issue: IssueReading) -> IssueStatus:
    campaign = session.campaign(issue.id)
    if campaign is not None and not campaign.replaceable:
        return _campaign_status(campaign, session)
    unsent = _unsent_status(session, issue)
    if campaign is not None and unsent.state is IssueState(campaign.state):  # the build is still the campaign's
        return _campaign_status(campaign, session)
    if not session.is_abandoned(issue.id):
        return unsent
    return replace(unsent, description=f"{unsent.description}; older than the newest sent issue", next_step="")


def _unsent_status(session: Session, issue: IssueReading) -> IssueStatus:
    try:
        rendered = render(session, issue)
    except DigestError as error:
        return IssueStatus(
            issue=issue.id, state=IssueState.BROKEN, description=str(error), next_step=f"edit {issue.file}"
        )
    state, stories = issue_state(session, issue, rendered), len(rendered.manifest.stories)
    description, next_step, token = _describe_build(issue, state, stories)
    return IssueStatus(
        issue=issue.id, state=state, description=description, next_step=next_step, token=token, stories=stories
    )


def _describe_build(issue: IssueReading, state: IssueState, stories: int) -> tuple[str, str, str]:
    """The state in words, the next command, and the token of the build."""
    build = f"digest build {issue.id}"
    if state is IssueState.DRAFT:
        return f"{'1 story' if stories == 1 else f'{stories} stories'}, not built yet", build, ""
    try:
        token = issue.built.token
    except DigestError as error:
        return str(error), build, ""
    if state is IssueState.STALE:
        return f"changed since it was built; the build is {token}", build, token
    if state is IssueState.APPROVED and issue.approval is not None:
        return f"approved by {issue.approval.by}: {token}", f"digest send {issue.id} --live", token
    return f"built, waiting for approval: {token}", f"digest approve {issue.id}", token


def _campaign_status(campaign: Campaign, session: Session) -> IssueStatus:
    report, zone = campaign.report, session.project.config.newsletter.zone
    description, next_step = f"{report.accepted:,} accepted, {report.rejected:,} rejected", ""
    state = IssueState(campaign.state)
    if state is IssueState.SENT:
        ended = campaign.finished_at or campaign.started_at
        description = f"sent {ended.astimezone(zone):%a %d %b %Y %H:%M}: {description}"
    elif state is IssueState.SCHEDULED and campaign.send_at is not None:
        description = f"scheduled for {campaign.send_at.astimezone(zone):%a %d %b %Y %H:%M}: {description}"
        next_step = f"digest cancel {campaign.issue}, to stop it"
    elif state is IssueState.CANCELLED:
        description = "cancelled before delivery; nobody received it"
        if report.unknown:
            description = f"cancelled; {report.unknown:,} people may already have received it, nobody else did"
    else:
        description += f", {report.unknown:,} unknown, {report.pending:,} not yet sent"
        next_step = f"digest send {campaign.issue} --live --resume"
    return IssueStatus(
        issue=campaign.issue,
        state=state,
        description=description,
        next_step=next_step,
        token=campaign.token,
        report=report,
        started_at=campaign.started_at,
    )
