"""`send`, `cancel` and `send-test`: first the plan and its safety rails, then the delivery.

A dry run and a live send share `plan_send`; only a live send goes on to `send`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest import delivery
from digest.delivery import (
    CampaignDoneError,
    CampaignRefusedError,
    CampaignState,
    SendReport,
    cancel_campaign,
    is_replaced,
    preview_campaign,
    send_campaign,
)
from digest.errors import IssueError, UsageError
from digest.issues import SentRecord
from digest.providers import passed_two_phase_test
from digest.rendering import shown_preheader, shown_subject
from digest.subscribers import SUPPRESSIONS
from digest.workflow.people.suppression_record import (
    forgotten_suppressions,
    record_suppressions,
    without_forgotten,
)
from digest.workflow.send_rails import (
    choose_build,
    require_fit_to_send,
    require_known_ledger,
    require_lasting_ledger,
    require_online,
    require_same_configuration,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from digest.checks import Finding
    from digest.delivery import Campaign
    from digest.models import Audience, RenderedIssue
    from digest.project import IssueReading, Session
    from digest.providers import Provider

__all__ = ["MAX_TEST_ADDRESSES", "SendPlan", "cancel", "plan_send", "require_approval", "send", "send_test"]

#: A test goes to a few named addresses, never to a list.
MAX_TEST_ADDRESSES = 5
#: Signs the links of a dry run, none of which leaves this machine.
_DRY_RUN_SECRET = b"rehearsal"


@dataclass(frozen=True, kw_only=True)
class SendPlan:
    """Everything that the user should check before a send.

    Attributes:
        issue: The issue's id.
        file: Its issue.md, relative to the newsletter's root.
        provider: The name of the provider.
        audience: Who would be mailed.
        approved: Whether approval.toml names exactly this build, or a send of it has started.
        approved_by: Who approved it; empty when approval.toml does not name this build.
        warnings: Problems that do not stop a dry run.
        report: The numbers of recipients, in the state ``planned``, or those of the campaign to resume.
        rendered: The build to send.
        last: How many people the last issue went to; None if there was none.
        at: When to deliver it; aware. None means at once.
        findings: What the rules of `check` found; None for a campaign to resume, which was checked when it began.
    """

    issue: str
    file: str
    provider: str
    audience: Audience
    approved: bool
    approved_by: str
    warnings: tuple[str, ...]
    report: SendReport
    rendered: RenderedIssue
    last: int | None = None
    at: datetime | None = None
    findings: tuple[Finding, ...] | None = None

    @property
    def subject(self) -> str:
        """The subject, with its personal parts as the editor wrote them."""
        return shown_subject(self.rendered.manifest)

    @property
    def preheader(self) -> str:
        """The preheader, with its personal parts as the editor wrote them."""
        return shown_preheader(self.rendered.manifest)

    @property
    def token(self) -> str:
        """The build's token."""
        return self.rendered.token


def plan_send(
    session: Session,
    id: str | None = None,
    *,
    approve: str | None = None,
    resume: bool = False,
    at: datetime | None = None,
    new_ledger: bool = False,
) -> SendPlan:
    """Apply every safety rail that does not need an approval, and count recipients. Nothing is sent or written.

    Args:
        id: The issue; by default the open one, or with ``resume`` the newest with an unfinished campaign.
        approve: The token that the user approves. An unfinished campaign's token selects the build it started with.
        resume: Continue a campaign that was interrupted.
        at: When to deliver it; aware. None means at once.
        new_ledger: The user confirms that an empty ledger is a new one, and was not lost.

    Raises:
        CampaignDoneError: The issue was sent, or there is nobody to mail (exit code 8).
        CampaignIncompleteError: Its send was interrupted, and ``resume`` is not set (exit code 7).
        CampaignRefusedError: A safety rail refuses the send (exit code 6).
        IssueError: There is no build.
    """
    project = session.project
    if id is None and resume:
        id = max((each.issue for each in session.campaigns if not each.state.is_finished), default=None)
    issue = session.issue(id)
    campaign = session.campaign(issue.id)
    built = choose_build(issue, campaign, approve)
    if is_replaced(campaign, token=built.token, provider=project.config.delivery.provider):
        campaign = None
    if campaign is not None and at is not None and at != campaign.send_at:
        raise CampaignRefusedError(
            f"the send of {issue.id} has started, so its delivery time can no longer change",
            hint=f"Continue without --at: digest send {issue.id} --live --resume",
            report=campaign.report,
        )
    audience = session.audience_to_mail()
    if session.ledger is not None:
        audience = session.ledger.without_mailed(audience, session.mailed_to_others(issue.id))
    forgotten = forgotten_suppressions(session)
    audience = without_forgotten(session, audience, forgotten)
    provider = project.open_provider()
    report = preview_campaign(
        built,
        audience,
        ledger=session.ledger,
        provider=provider,
        config=project.config,
        now=project.now,
        secret=_DRY_RUN_SECRET,
        resume=resume,
        at=at,
    )
    require_same_configuration(project, built, report)
    require_known_ledger(session, issue, new_ledger=new_ledger, report=report)
    findings = None
    if campaign is None:
        findings = require_fit_to_send(session, issue, audience, provider, report)
    approval = issue.approval
    approved = approval is not None and approval.token == built.token
    return SendPlan(
        issue=issue.id,
        file=issue.file,
        provider=project.config.delivery.provider,
        audience=audience,
        approved=approved or campaign is not None,
        approved_by=approval.by if approval is not None and approved else "",
        warnings=_warnings(session, audience, provider, forgotten=len(forgotten)),
        report=report,
        last=session.ledger.previous_size(issue.id, built.manifest.audience) if session.ledger is not None else None,
        at=campaign.send_at if campaign is not None else at,
        rendered=built,
        findings=findings,
    )


def require_approval(plan: SendPlan, approve: str | None) -> None:
    """Refuse a build that nobody has approved.

    Args:
        plan: The planned send.
        approve: The token that the user approves; None to rely on approval.toml.

    Raises:
        CampaignRefusedError: The build is not approved, or ``approve`` is another build's token.
    """
    if approve is not None and approve.lower() != plan.token:
        raise CampaignRefusedError(
            f"this token is another build's; the current build is {plan.token}",
            hint="Look at the current build, then approve its token.",
            report=plan.report,
        )
    if approve is None and not plan.approved:
        raise CampaignRefusedError(
            "nobody has approved this build",
            hint=f"Look at it, then: digest send {plan.issue} --live --approve {plan.token}",
            report=plan.report,
        )


def send(
    session: Session,
    plan: SendPlan,
    *,
    approve: str | None = None,
    resume: bool = False,
    on_unknown: str = "hold",
    new_ledger: bool = False,
    throwaway: bool = False,
    progress: Callable[[SendReport], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> SendReport:
    """Send the approved build to everyone, once.

    Args:
        plan: From `plan_send`, in the same session.
        approve: The token that the user approves; without it, approval.toml must name the build.
        resume: Continue a campaign that was interrupted.
        on_unknown: ``resend`` mails recipients with an unknown outcome again; ``hold`` does not.
        new_ledger: Create the ledger's branch if it is missing or empty. `plan_send` takes it as well.
        throwaway: The newsletter is a demo that this process made, so a ledger lost with a runner does no harm.
        progress: Called with the numbers after each batch.
        notice: Called with each message for the user.

    Raises:
        CampaignRefusedError: The build is not approved, or a safety rail refuses the send (exit code 6).
        CampaignIncompleteError: Some recipients were not mailed, or their outcome is unknown (exit code 7).
        CredentialsError: A key is missing or was refused (exit code 4).
    """
    project = session.project
    require_approval(plan, approve)
    if not throwaway:
        require_lasting_ledger(project, plan.report)
    provider = project.open_provider()
    require_online(project, provider, plan.report)
    secret = session.secret()
    issue = session.files(plan.issue)
    if issue.build is not None and issue.built.token == plan.token:
        issue.folder.keep_build(issue.build, token=plan.token)
    try:
        with project.open_ledger(new=new_ledger) as ledger:
            record_suppressions(project, ledger)
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
                at=plan.at,
                progress=progress,
                notice=notice,
                recorded=_SentFile(issue, notice),
            )
    finally:
        session.refresh_ledger()
        provider.close()


class _SentFile:
    """Writes sent.toml: before anybody is mailed, and again when the send ends, for whatever reason."""

    def __init__(self, issue: IssueReading, notice: Callable[[str], None] | None) -> None:
        self._issue = issue
        self._notice = notice
        self._is_written = False

    def __call__(self, campaign: Campaign) -> None:
        counts = {name: value for name, value in campaign.report.as_data().items() if isinstance(value, int)}
        record = SentRecord(
            token=campaign.token,
            audience=campaign.audience,
            provider=campaign.provider,
            state=str(campaign.state),
            counts=counts,
            started_at=campaign.started_at,
            finished_at=campaign.finished_at,
        )
        try:
            self._issue.folder.write_sent_record(record)
        except IssueError as error:
            if not self._is_written:
                raise
            if self._notice is not None:  # the ledger has the outcome, which the user must see
                self._notice(str(error))
        self._is_written = True


def cancel(session: Session, id: str | None = None) -> tuple[str, SendReport]:
    """Cancel a send that is scheduled for later.

    Args:
        id: The issue; by default the newest scheduled one.

    Returns:
        The issue's id and its numbers.

    Raises:
        CampaignDoneError: There is nothing to cancel (exit code 8).
        CampaignRefusedError: It is too late, or the command runs with --offline (exit code 6).
    """
    project = session.project
    if id is None:
        id = max((each.issue for each in session.campaigns if each.state is CampaignState.SCHEDULED), default=None)
    issue = session.issue(id).id
    if session.ledger is None:
        raise CampaignDoneError(f"no send of {issue} has started", hint="See: digest status")
    provider = project.open_provider()
    require_online(project, provider, None)
    try:
        with project.open_ledger() as ledger:
            audience = project.config.delivery.audience
            return issue, cancel_campaign(issue, audience, ledger=ledger, provider=provider, now=project.now)
    finally:
        session.refresh_ledger()
        provider.close()


def send_test(session: Session, to: Sequence[str], *, id: str | None = None, sandbox: bool = False) -> RenderedIssue:
    """Send the built issue to a few named addresses. It cannot reach a list, and is not recorded in the ledger.

    Args:
        to: One to five email addresses.
        id: The issue; by default the open one.
        sandbox: The provider checks the message and mails nobody.

    Returns:
        The build that was sent.

    Raises:
        UsageError: There are no addresses, too many, or an invalid one.
        ProviderError: The provider did not accept a message.
        CredentialsError: A key is missing or was refused.
    """
    if not 1 <= len(to) <= MAX_TEST_ADDRESSES:
        raise UsageError(
            f"a test goes to 1 to {MAX_TEST_ADDRESSES} addresses", hint="digest send-test --to you@example.org"
        )
    project, built = session.project, session.issue(id).built
    provider = project.open_provider()
    if project.offline and not provider.capabilities.local:
        raise UsageError(
            f"--offline forbids network access, which the provider {provider.name} needs",
            hint="Run it without --offline.",
        )
    try:
        delivery.send_test_message(
            built,
            to,
            provider=provider,
            config=project.config,
            now=project.now,
            secret=session.secret(),
            sandbox=sandbox,
        )
    finally:
        provider.close()
    return built


def _warnings(session: Session, audience: Audience, provider: Provider, *, forgotten: int) -> tuple[str, ...]:
    project, notes = session.project, []
    if forgotten:
        people = "1 suppression is" if forgotten == 1 else f"{forgotten:,} suppressions are"
        notes.append(
            f"{people} missing from {SUPPRESSIONS} since an earlier send: it may be an older copy. These people are "
            "left out all the same. Restore the file. To mail one of them again: digest subscribers unsuppress ADDRESS"
        )
    if project.ledger_address.needs_consent and session.ledger is None:
        notes.append("there is no ledger on its branch yet: the first live send needs --new-ledger")
    if audience.problems:
        count = len(audience.problems)
        notes.append(f"{count} {'row' if count == 1 else 'rows'} of the lists need fixing: digest subscribers check")
    if provider.holds is not None and not (session.ledger and passed_two_phase_test(provider, session.ledger)):
        notes.append(
            "two-phase sending was not tested with this account: digest doctor --two-phase --to you@example.org"
        )
    needed = [project.config.delivery.secret_env] if project.needs_secret else []
    needed.extend(project.config.delivery_settings.required_variables)
    missing = [name for name in needed if not project.environ.get(name)]
    if missing:
        notes.append(f"{' and '.join(missing)} must be set for a live send")
    notes.extend(f"{name} is too short to be a secret, so a live send is refused" for name in project.secrets.too_short)
    return tuple(notes)
