"""What the commands of the panel Ship print with ``--json``: check, rules, build, send-test, approve, send, status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from digest.cli.json_objects.json_object import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.delivery import SendReport
    from digest.workflow.alerts import Alert
    from digest.workflow.building import Checked
    from digest.workflow.issue_status import IssueStatus

__all__ = [
    "ApproveResult",
    "BuildResult",
    "CampaignResult",
    "CheckFinding",
    "CheckResult",
    "CheckRule",
    "RulesResult",
    "SendTestResult",
    "StatusAlert",
    "StatusIssue",
    "StatusResult",
    "campaign_result",
    "check_findings",
    "check_result",
    "status_result",
]

Severity = Annotated[str, Field(json_schema_extra={"enum": ["error", "warning", "info"]})]
State = Annotated[
    str, Field(json_schema_extra={"enum": ["planned", "sending", "scheduled", "sent", "held", "cancelled"]})
]


class CheckFinding(JsonObject):
    """Something that is wrong with the email."""

    code: str
    """The code of the rule; ``digest rules CODE`` explains it."""
    severity: Severity
    """How bad it is."""
    file: str
    """The file to look at, relative to the newsletter's folder."""
    line: int | None
    """The line in that file, counted from 1; null if the whole file is meant."""
    message: str
    """What is wrong."""
    hint: str
    """What to do about it; may be empty."""


class CheckResult(JsonObject):
    """What is wrong with the email."""

    issue: str
    """The issue's id, such as ``2026-W47``."""
    errors: int
    """How many of the findings are errors."""
    warnings: int
    """How many of the findings are warnings."""
    findings: list[CheckFinding]
    """What was found, the worst first."""


class CheckRule(JsonObject):
    """A rule that ``digest check`` follows."""

    code: str
    """The rule's code, such as ``L204``."""
    severity: Severity
    """How bad a finding of this rule is."""
    title: str
    """What the rule finds."""
    explanation: str
    """Why it matters, and what to do about it."""


class RulesResult(JsonObject):
    """The rules of ``digest check``, or the one that was named."""

    rules: list[CheckRule]
    """The rules, by code."""


class BuildResult(JsonObject):
    """The built email."""

    token: str
    """The token that an approval names: at least 16 hexadecimal digits."""
    issue: str
    """The issue's id, such as ``2026-W47``."""
    subject: str
    """The subject line."""
    stories: int
    """How many stories are in the email."""
    bytes_html: int
    """The size of the HTML part in bytes."""
    bytes_text: int
    """The size of the text part in bytes."""
    approved: bool
    """Whether this very build is approved."""
    folder: str
    """The folder of the build, relative to the newsletter's folder."""
    pictures: list[str]
    """With ``--screenshots``: the picture files, the contact sheet last."""


class SendTestResult(JsonObject):
    """What was sent to the test addresses."""

    issue: str
    """The issue's id."""
    sent: int
    """How many test mails were sent; 0 in the sandbox."""
    token: str
    """The token of the build."""


class ApproveResult(JsonObject):
    """The approval that was recorded."""

    issue: str
    """The issue's id."""
    token: str
    """The token of the approved build."""
    by: str
    """Who approved it."""
    at: str
    """When, as ISO 8601."""


class CampaignResult(JsonObject):
    """Where the campaign stands. The numbers count recipients, over all runs of the campaign."""

    state: State
    """The state of the campaign; ``planned`` is a dry run."""
    accepted: int
    """Recipients whose mail the provider accepted."""
    rejected: int
    """Recipients whose mail the provider refused."""
    unknown: int
    """Recipients of calls whose reply was lost. They are not mailed again unless you say so."""
    skipped: int
    """Rows with a bad address, and people who left after the audience was frozen."""
    pending: int
    """Recipients still waiting; nothing was sent to them yet."""
    token: str
    """The token of the campaign's build."""


class StatusIssue(JsonObject):
    """Where one issue stands."""

    issue: str
    """The issue's id."""
    state: str
    """The state, as a word for programs."""
    words: str
    """The state, in words."""
    next: str | None
    """What to do next, such as a command to type; null if there is nothing to do."""
    token: str | None
    """The token of its build; null if it is not built."""
    campaign: CampaignResult | None
    """Where its campaign stands; null if it was never sent."""


class StatusAlert(JsonObject):
    """Something that needs attention."""

    code: str
    """What it is, as a word for programs."""
    words: str
    """What it is, in words."""
    hint: str
    """What to do about it."""


class StatusResult(JsonObject):
    """Where each issue stands, and what needs attention."""

    issues: list[StatusIssue]
    """The issues, the oldest first."""
    alerts: list[StatusAlert]
    """What needs attention; empty if all is well."""


def check_findings(checked: Checked) -> list[CheckFinding]:
    """The findings of a check, for printing."""
    return [
        CheckFinding(
            code=finding.code,
            severity=str(finding.severity),
            file=finding.place.file,
            line=finding.place.line,
            message=finding.message,
            hint=finding.hint,
        )
        for finding in checked.findings
    ]


def check_result(checked: Checked) -> CheckResult:
    """What `digest check` prints."""
    return CheckResult(
        issue=checked.issue,
        errors=checked.count("error"),
        warnings=checked.count("warning"),
        findings=check_findings(checked),
    )


def campaign_result(report: SendReport) -> CampaignResult:
    """What `digest send` and `digest cancel` print, also when a send stops half-way."""
    return CampaignResult(
        state=report.state,
        accepted=report.accepted,
        rejected=report.rejected,
        unknown=report.unknown,
        skipped=report.skipped,
        pending=report.pending,
        token=report.token,
    )


def status_result(statuses: Iterable[IssueStatus], alerts: Iterable[Alert]) -> StatusResult:
    """What `digest status` prints."""
    return StatusResult(
        issues=[
            StatusIssue(
                issue=issue_status.issue,
                state=issue_status.state,
                words=issue_status.description,
                next=issue_status.next_step or None,
                token=issue_status.token or None,
                campaign=campaign_result(issue_status.report) if issue_status.report else None,
            )
            for issue_status in statuses
        ],
        alerts=[StatusAlert(code=alert.code, words=alert.message, hint=alert.hint) for alert in alerts],
    )
