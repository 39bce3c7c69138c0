"""What the commands of the panel After print with ``--json``: report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from digest.cli.json_objects.json_object import JsonObject
from digest.cli.json_objects.ship_objects import CampaignResult, StatusAlert, status_alerts

if TYPE_CHECKING:
    from datetime import datetime

    from digest.workflow.campaign_report import CampaignReport

__all__ = ["ReportCampaign", "ReportPerson", "ReportResult", "report_result"]


class ReportCampaign(CampaignResult):
    """What became of an issue for one audience."""

    audience: str
    """The audience's name."""
    provider: str
    """The provider that it was sent with."""
    started_at: str
    """When the send began, as ISO 8601."""
    finished_at: str | None
    """When the last recipient had an outcome, as ISO 8601; null before that."""
    send_at: str | None
    """When the provider delivers, or has delivered, as ISO 8601; null for at once."""


class ReportPerson(JsonObject):
    """Someone who was not reached, named by a row of a list."""

    file: str
    """The list, from the newsletter's folder."""
    line: int | None
    """The row's line, counted from 1; null for an address among the suppressions."""
    audience: str
    """The audience that the issue was sent to."""
    outcome: str
    """``rejected`` or ``unknown``."""
    reason: str
    """The provider's reason, without addresses; may be empty."""


class ReportResult(JsonObject):
    """What became of an issue that was sent."""

    issue: str
    """The issue's id."""
    campaigns: list[ReportCampaign]
    """One for each audience that it was sent to, the oldest first."""
    alerts: list[StatusAlert]
    """What needs attention; empty if all is well."""
    people: list[ReportPerson] = Field(default_factory=list)
    """With ``--people``: who was rejected or may not have received it, and is in a list today."""
    unlisted: int = 0
    """With ``--people``: how many more there are, who are in no list today."""


def report_result(report: CampaignReport, *, people: bool) -> ReportResult:
    """What `digest report` prints.

    Args:
        people: Whether people were asked for.
    """
    from digest.mail import redact_addresses

    campaigns = [
        ReportCampaign(
            **campaign.report.as_data(),
            audience=campaign.audience,
            provider=campaign.provider,
            started_at=campaign.started_at.isoformat(),
            finished_at=_text_of(campaign.finished_at),
            send_at=_text_of(campaign.send_at),
        )
        for campaign in report.campaigns
    ]
    alerts = status_alerts(report.alerts)
    if not people:
        return ReportResult(issue=report.issue, campaigns=campaigns, alerts=alerts)
    rows = [
        ReportPerson(
            file=person.file,
            line=person.line,
            audience=person.audience,
            outcome=person.outcome,
            reason=redact_addresses(person.reason),
        )
        for person in report.people
    ]
    return ReportResult(issue=report.issue, campaigns=campaigns, alerts=alerts, people=rows, unlisted=report.unlisted)


def _text_of(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
