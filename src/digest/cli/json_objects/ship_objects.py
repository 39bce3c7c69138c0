"""What the commands of the panel Ship print with ``--json``: check, rules, build, send-test, approve, send, status."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from digest.cli.json_objects.json_object import JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.checks import Finding
    from digest.delivery import SendReport
    from digest.workflow.alerts import Alert
    from digest.workflow.building import Checked
    from digest.workflow.issue_status import IssueStatus
    from digest.workflow.sending import SendPlan

__all__ = [
    "ApproveResult",
    "BuildResult",
    "CampaignResult",
    "CheckFinding",
    "CheckResult",
    "CheckRule",
    "RulesResult",
    "SendResult",
    "SendTestResult",
    "StatusAlert",
    "StatusIssue",
    "StatusResult",
    "campaign_result",
    "check_findings",
    "check_result",
    "send_result",
    "status_alerts",
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
    rejected_by_reason: dict[str, int]
    """How many recipients were refused, by the provider's reason, the most frequent first. Parts that differ
    between recipients are replaced by ``…``."""
    suppressed: int
    """Addresses that were suppressed when the send ended, because their mailbox does not exist."""


class SendResult(CampaignResult):
    """What is sent, or would be sent, and where the campaign stands."""

    issue: str
    """The issue's id."""
    subject: str
    """The subject line, with personal parts as the editor wrote them."""
    preheader: str
    """The preview line in an inbox; may be empty."""
    provider: str
    """The provider's name."""
    audience: str
    """The audience's name."""
    unsubscribe: str
    """Where readers unsubscribe: an address with ``{token}``, or ``group:`` and the number of the provider's group."""
    approved: bool
    """Whether this very build is approved."""
    send_at: str | None
    """When it is delivered, as ISO 8601; null for at once."""
    left_out: dict[str, int]
    """Rows of the lists that are not mailed, by reason."""
    errors: int | None
    """How many errors `digest check` finds; null if the send began earlier, with none."""
    warnings: int | None
    """How many warnings it finds; null as for ``errors``."""
    infos: int | None
    """How many other remarks it has; null as for ``errors``."""
    findings: list[CheckFinding] | None
    """What it finds, the worst first; null as for ``errors``."""
    notes: list[str]
    """What else to know before sending."""


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


def check_findings(findings: Iterable[Finding]) -> list[CheckFinding]:
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
        for finding in findings
    ]


def check_result(checked: Checked) -> CheckResult:
    """What `digest check` prints."""
    return CheckResult(
        issue=checked.issue,
        errors=checked.count("error"),
        warnings=checked.count("warning"),
        findings=check_findings(checked.findings),
    )


def campaign_result(report: SendReport) -> CampaignResult:
    """What `digest send` and `digest cancel` print, also when a send stops half-way."""
    return CampaignResult(**report.as_data())


def send_result(plan: SendPlan, report: SendReport) -> SendResult:
    """What `digest send` prints once its plan has passed the rails, also when the send stops half-way."""
    findings, manifest = plan.findings, plan.rendered.manifest
    counts = Counter(str(finding.severity) for finding in findings or ())
    return SendResult(
        **report.as_data(),
        issue=plan.issue,
        subject=plan.subject,
        preheader=plan.preheader,
        provider=plan.provider,
        audience=plan.audience.name,
        unsubscribe=manifest.unsubscribe,
        approved=plan.approved,
        send_at=plan.at.isoformat() if plan.at else None,
        left_out={reason: number for reason, number in plan.audience.left_out.items() if number},
        errors=None if findings is None else counts["error"],
        warnings=None if findings is None else counts["warning"],
        infos=None if findings is None else counts["info"],
        findings=None if findings is None else check_findings(findings),
        notes=list(plan.warnings),
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
        alerts=status_alerts(alerts),
    )


def status_alerts(alerts: Iterable[Alert]) -> list[StatusAlert]:
    """Alerts, for printing."""
    return [StatusAlert(code=alert.code, words=alert.message, hint=alert.hint) for alert in alerts]
