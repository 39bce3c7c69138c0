"""`send` and `send-test`: the rails, then one code path for the rehearsal and the real thing."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest import delivery
from digest.delivery import CampaignRefusedError, SendReport, preview_campaign, send_campaign
from digest.errors import UsageError
from digest.subscribers import is_sample, select_audience
from digest.workflow.building import check_rendered, read_build, render

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from digest.issues import IssueFolder
    from digest.models import Audience, RenderedIssue
    from digest.project import Project
    from digest.providers import Provider

__all__ = ["MAX_TEST_ADDRESSES", "SendPlan", "plan_send", "send", "send_test"]

#: A test goes to a few people who asked for it, never to a list.
MAX_TEST_ADDRESSES = 5
#: Signs the links of a rehearsal, in which no link leaves this machine.
_REHEARSAL = b"rehearsal"


@dataclass(frozen=True, kw_only=True)
class SendPlan:
    """Everything that a person looks at before a send.

    Attributes:
        approved_by: Who approved exactly this build; empty when nobody did.
        warnings: What does not stop a send but should be known.
        report: The numbers: state ``planned``, or the state of the campaign that is to be resumed.
    """

    issue: str
    file: str
    provider: str
    audience: Audience
    approved_by: str
    warnings: tuple[str, ...]
    report: SendReport
    rendered: RenderedIssue

    @property
    def token(self) -> str:
        """The build's token."""
        return self.rendered.token


def plan_send(project: Project, id: str | None = None, *, resume: bool = False) -> SendPlan:
    """Run every rail that does not depend on an approval, and count. Nothing leaves the machine, nothing is written.

    Raises:
        CampaignDoneError: The issue was sent, or there is nobody to mail (exit 8).
        CampaignIncompleteError: It was interrupted and is not to be resumed (exit 7).
        CampaignRefusedError: A rail held (exit 6).
        IssueError: There is no build.
    """
    folder = project.issue(id)
    built = read_build(folder)
    audience = _select(project)
    provider = project.open_provider()
    report = _rehearse(project, built, audience, provider, resume=resume)
    if report.state == "planned":
        _refuse_what_nobody_may_get(project, folder, built, audience, provider, report)
    approval = folder.read_approval()
    return SendPlan(
        issue=folder.id,
        file=folder.file,
        provider=project.config.delivery.provider,
        audience=audience,
        approved_by=approval.by if approval is not None and approval.token == built.token else "",
        warnings=_warnings(project, audience),
        report=report,
        rendered=built,
    )


def send(
    project: Project,
    plan: SendPlan,
    *,
    approve: str | None = None,
    resume: bool = False,
    on_unknown: str = "hold",
    throwaway: bool = False,
    progress: Callable[[SendReport], None] | None = None,
) -> SendReport:
    """Send the approved build to everyone, once.

    Args:
        approve: The token that a person names; without it approval.toml must name the current one.
        throwaway: This very process made the newsletter (`demo`), so no ledger can be lost with a runner.

    Raises:
        CampaignRefusedError: It is not approved, or a rail held (exit 6).
        CampaignIncompleteError: Partly sent, or something is unknown (exit 7).
        CredentialsError: A key is missing or was refused (exit 4).
    """
    _require_approval(plan, approve)
    if not throwaway and project.environ.get("CI", "").lower() in {"true", "1"}:
        raise CampaignRefusedError(
            "a live send from a CI runner needs a ledger that outlives the runner; this one is a file in its workspace",
            hint="Send from a machine that keeps its disk: digest send --live",
            report=plan.report,
        )
    secret = project.secret()
    provider = project.open_provider()
    try:
        with project.open_ledger() as ledger:
            return send_campaign(
                plan.rendered,
                plan.audience,
                ledger=ledger,
                provider=provider,
                config=project.config,
                now=project.now,
                secret=secret,
                resume=resume,
                on_unknown=on_unknown,
                progress=progress,
            )
    finally:
        provider.close()


def send_test(project: Project, to: Sequence[str], *, id: str | None = None) -> str:
    """Send the built issue to a few named addresses. It cannot reach a list, and the ledger does not know of it.

    Returns: The token of what was sent.

    Raises:
        UsageError: No address, too many, or a bad one.
        ProviderError: One was not taken.
        CredentialsError: A key is missing or was refused.
    """
    if not 1 <= len(to) <= MAX_TEST_ADDRESSES:
        raise UsageError(
            f"a test goes to 1 to {MAX_TEST_ADDRESSES} addresses", hint="digest send-test --to you@example.org"
        )
    built = read_build(project.issue(id))
    provider = project.open_provider()
    try:
        delivery.send_test(
            built, to, provider=provider, config=project.config, now=project.now, secret=project.secret()
        )
    finally:
        provider.close()
    return built.token


def _select(project: Project) -> Audience:
    return select_audience(
        project.config.delivery.audience,
        project.audience_config(),
        project.read_lists(),
        suppressions=project.own_suppressions(),
    )


def _rehearse(
    project: Project, built: RenderedIssue, audience: Audience, provider: Provider, *, resume: bool
) -> SendReport:
    with project.open_ledger() if project.ledger_path.exists() else nullcontext() as ledger:
        return preview_campaign(
            built,
            audience,
            ledger=ledger,
            provider=provider,
            config=project.config,
            now=project.now,
            secret=_REHEARSAL,
            resume=resume,
        )


def _refuse_what_nobody_may_get(
    project: Project,
    folder: IssueFolder,
    built: RenderedIssue,
    audience: Audience,
    provider: Provider,
    report: SendReport,
) -> None:
    issue = folder.read_issue()
    if render(project, folder, issue).token != built.token:
        raise CampaignRefusedError(
            f"{folder.file}, the theme or the configuration has changed since the build {built.token}",
            hint=f"Build it again, look, and approve that: digest build {folder.id}",
            report=report,
        )
    errors = [finding for finding in check_rendered(project, folder, issue, built) if finding.severity == "error"]
    if errors:
        listed = "".join(f"\n  {finding.place}  {finding.code}  {finding.message}" for finding in errors)
        raise CampaignRefusedError(f"the email has errors{listed}", hint="Mend them: digest check", report=report)
    if not provider.capabilities.local and is_sample(audience.subscribers):
        raise CampaignRefusedError(
            "this is the sample list, which is for trying only",
            hint=f"Put your own people in {', '.join(project.audience_config().files)}.",
            report=report,
        )


def _require_approval(plan: SendPlan, approve: str | None) -> None:
    if approve is not None and approve.lower() != plan.token:
        raise CampaignRefusedError(
            f"this approval is of another build; the current one is {plan.token}",
            hint="Look at the current build, then approve its token.",
            report=plan.report,
        )
    if approve is None and not plan.approved_by:
        raise CampaignRefusedError(
            "nobody has approved this build",
            hint=f"Look at it, then: digest send {plan.issue} --live --approve {plan.token}",
            report=plan.report,
        )


def _warnings(project: Project, audience: Audience) -> tuple[str, ...]:
    notes = []
    if audience.problems:
        count = len(audience.problems)
        notes.append(f"{count} {'row' if count == 1 else 'rows'} of the lists need mending: digest subscribers check")
    names = {"sendgrid": (project.config.providers.sendgrid.api_key_env, project.config.delivery.secret_env)}
    missing = [name for name in names.get(project.config.delivery.provider, ()) if not project.environ.get(name)]
    if missing:
        notes.append(f"{' and '.join(missing)} must be set for a live send")
    return tuple(notes)
