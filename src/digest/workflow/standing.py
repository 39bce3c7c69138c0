"""`status`: where each issue stands, in words, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from digest.errors import DigestError
from digest.workflow.building import render

if TYPE_CHECKING:
    from datetime import datetime

    from digest.delivery import Campaign
    from digest.project import IssueReading, Project, Session

__all__ = ["Standing", "status"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One issue.

    Attributes:
        state: ``broken``, ``draft``, ``built``, ``stale`` (changed since it was built), ``approved``, or the state of
            its campaign: ``sending``, ``scheduled``, ``sent``, ``held``, ``cancelled``.
        words: The same for a person.
        next_step: The command that brings it further; empty when it is done.
        stories: How many stories go in the email, where nothing of it was sent; None where that is not known.
        report: The campaign's numbers, where there is one.
        started_at: When the campaign began; aware, in UTC.
    """

    issue: str
    state: str
    words: str
    next_step: str = ""
    token: str = ""
    stories: int | None = None
    report: dict[str, Any] | None = None
    started_at: datetime | None = None

    def as_data(self) -> dict[str, Any]:
        """As --json prints it."""
        return {
            "issue": self.issue,
            "state": self.state,
            "words": self.words,
            "next": self.next_step or None,
            "token": self.token or None,
            "campaign": self.report,
        }


def status(session: Session, id: str | None = None) -> tuple[Standing, ...]:
    """The named issue, or all of them, oldest first."""
    ids = (session.issue(id).id,) if id is not None else session.issue_ids
    return tuple(_standing(session, session.files(each)) for each in ids)


def _standing(session: Session, issue: IssueReading) -> Standing:
    campaign = session.campaign(issue.id)
    if campaign is not None:
        return _of_campaign(session.project, campaign)
    try:
        now = render(session, issue)
    except DigestError as error:
        return Standing(issue=issue.id, state="broken", words=str(error), next_step=f"edit {issue.file}")
    stories = len(now.manifest.stories)
    following = f"digest build {issue.id}"
    if issue.build is None:
        words = f"{'1 story' if stories == 1 else f'{stories} stories'}, not built yet"
        return Standing(issue=issue.id, state="draft", words=words, next_step=following, stories=stories)
    try:
        built = issue.built
    except DigestError as error:
        return Standing(issue=issue.id, state="stale", words=str(error), next_step=following, stories=stories)
    return replace(_of_build(issue, built.token, current=now.token), stories=stories)


def _of_build(issue: IssueReading, token: str, *, current: str) -> Standing:
    approval = issue.approval
    if token != current:
        state, words, following = (
            "stale",
            f"changed since it was built; the build is {token}",
            f"digest build {issue.id}",
        )
    elif approval is not None and approval.token == token:
        state, words, following = "approved", f"approved by {approval.by}: {token}", f"digest send {issue.id} --live"
    else:
        state, words, following = "built", f"built, waiting for approval: {token}", f"digest approve {issue.id}"
    return Standing(issue=issue.id, state=state, words=words, next_step=following, token=token)


def _of_campaign(project: Project, campaign: Campaign) -> Standing:
    report = campaign.report
    zone = project.config.newsletter.zone
    words = f"{report.accepted:,} accepted, {report.rejected:,} rejected"
    following = ""
    if campaign.state == "sent":
        ended = campaign.finished_at or campaign.started_at
        words = f"sent {ended.astimezone(zone):%a %d %b %Y %H:%M}: {words}"
    elif campaign.state == "scheduled" and campaign.send_at is not None:
        words = f"scheduled for {campaign.send_at.astimezone(zone):%a %d %b %Y %H:%M}: {words}"
        following = f"digest cancel {campaign.issue}, if nobody is to get it"
    elif campaign.state == "cancelled":
        words = "cancelled before it was delivered; nobody got it"
        if report.unknown:
            words = f"cancelled; nobody knows whether {report.unknown:,} people got it before, the others did not"
    else:
        words += f", {report.unknown:,} unknown, {report.pending:,} not yet sent"
        following = f"digest send {campaign.issue} --live --resume"
    return Standing(
        issue=campaign.issue,
        state=campaign.state,
        words=words,
        next_step=following,
        token=campaign.token,
        report=report.as_data(),
        started_at=campaign.started_at,
    )
