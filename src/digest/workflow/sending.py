"""`send` and `send-test`: the rails, then one code path for the rehearsal and the real thing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest import delivery
from digest.delivery import (
    CampaignDoneError,
    CampaignRefusedError,
    SendReport,
    cancel_campaign,
    preview_campaign,
    send_campaign,
)
from digest.errors import DigestError, UsageError
from digest.rendering import load_build, shown_subject
from digest.workflow.rails import require_fit_to_send, require_lasting_ledger, require_same_configuration
from digest.workflow.self_test import self_test_passed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from digest.delivery import Campaign
    from digest.models import Audience, RenderedIssue
    from digest.project import IssueReading, Project, Session
    from digest.providers import Provider

__all__ = ["MAX_TEST_ADDRESSES", "SendPlan", "cancel", "plan_send", "require_approval", "send", "send_test"]

#: A test goes to a few people who asked for it, never to a list.
MAX_TEST_ADDRESSES = 5
_ENDED = frozenset({"sent", "scheduled", "cancelled"})
#: Signs the links of a rehearsal, in which no link leaves this machine.
_REHEARSAL = b"rehearsal"


@dataclass(frozen=True, kw_only=True)
class SendPlan:
    """Everything that a person looks at before a send.

    Attributes:
        approved: Whether approval.toml names exactly this build, or a send of it has begun; ``approved_by`` says who.
        warnings: What does not stop a send but should be known.
        report: The numbers: state ``planned``, or the state of the campaign that is to be resumed.
        last: How many people the last issue went to; None where there was none.
        at: Aware; when it is to be delivered. None: at once.
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

    @property
    def subject(self) -> str:
        """The subject, with its personal parts as the editor wrote them."""
        return shown_subject(self.rendered.manifest)

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
) -> SendPlan:
    """Run every rail that does not depend on an approval, and count. Nothing leaves the machine, nothing is written.

    Args:
        approve: The token that a person names. That of a campaign which has begun brings back the build it began with.
        at: Aware; when it is to be delivered.

    Raises:
        CampaignDoneError: The issue was sent, or there is nobody to mail (exit 8).
        CampaignIncompleteError: It was interrupted and is not to be resumed (exit 7).
        CampaignRefusedError: A rail held (exit 6).
        IssueError: There is no build.
    """
    project = session.project
    if id is None and resume:
        id = max((each.issue for each in session.campaigns if each.state not in _ENDED), default=None)
    issue = session.issue(id)
    campaign = session.campaign(issue.id)
    built = _build_to_send(issue, campaign, approve)
    if campaign is not None and at is not None and at != campaign.send_at:
        raise CampaignRefusedError(
            f"the send of {issue.id} has begun, and keeps the time that it began with",
            hint=f"Go on without --at: digest send {issue.id} --live --resume",
            report=campaign.report,
        )
    audience = session.audience_to_mail()
    provider = project.open_provider()
    report = preview_campaign(
        built,
        audience,
        ledger=session.ledger,
        provider=provider,
        config=project.config,
        now=project.now,
        secret=_REHEARSAL,
        resume=resume,
        at=at,
    )
    require_same_configuration(project, built, report)
    if campaign is None:
        require_fit_to_send(session, issue, audience, provider, report)
    approval = issue.approval
    approved = approval is not None and approval.token == built.token
    return SendPlan(
        issue=issue.id,
        file=issue.file,
        provider=project.config.delivery.provider,
        audience=audience,
        approved=approved or campaign is not None,
        approved_by=approval.by if approval is not None and approved else "",
        warnings=_warnings(session, audience, provider),
        report=report,
        last=session.ledger.previous_size(issue.id, built.manifest.audience) if session.ledger is not None else None,
        at=campaign.send_at if campaign is not None else at,
        rendered=built,
    )


def require_approval(plan: SendPlan, approve: str | None) -> None:
    """Refuse a build that no person has approved. ``approve``: the token that a person names.

    Raises:
        CampaignRefusedError: Nobody has, or the token is another build's.
    """
    if approve is not None and approve.lower() != plan.token:
        raise CampaignRefusedError(
            f"this approval is of another build; the current one is {plan.token}",
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
        approve: The token that a person names; without it approval.toml must name the current one.
        new_ledger: Make the ledger's branch where it is missing or empty.
        throwaway: This very process made the newsletter (`demo`), so no ledger can be lost with a runner.

    Raises:
        CampaignRefusedError: It is not approved, or a rail held (exit 6).
        CampaignIncompleteError: Partly sent, or something is unknown (exit 7).
        CredentialsError: A key is missing or was refused (exit 4).
    """
    project = session.project
    require_approval(plan, approve)
    if not throwaway:
        require_lasting_ledger(project, plan.report)
    provider = project.open_provider()
    _require_online(project, provider, plan.report)
    secret = session.secret()
    issue = session.files(plan.issue)
    if issue.build is not None and issue.built.token == plan.token:
        issue.folder.keep_build(issue.build, token=plan.token)
    try:
        with project.open_ledger(new=new_ledger) as ledger:
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
            )
    finally:
        session.refresh_ledger()
        provider.close()


def cancel(session: Session, id: str | None = None) -> tuple[str, SendReport]:
    """Call off a send that is to be delivered later. Returns the issue and its numbers.

    Raises:
        CampaignDoneError: There is nothing to call off (exit 8).
        CampaignRefusedError: It is too late, or the network is not to be touched (exit 6).
    """
    project = session.project
    if id is None:
        id = max((each.issue for each in session.campaigns if each.state == "scheduled"), default=None)
    issue = session.issue(id).id
    if session.ledger is None:
        raise CampaignDoneError(f"no send of {issue} has begun", hint="See: digest status")
    provider = project.open_provider()
    _require_online(project, provider, None)
    try:
        with project.open_ledger() as ledger:
            audience = project.config.delivery.audience
            return issue, cancel_campaign(issue, audience, ledger=ledger, provider=provider, now=project.now)
    finally:
        session.refresh_ledger()
        provider.close()


def send_test(session: Session, to: Sequence[str], *, id: str | None = None, sandbox: bool = False) -> RenderedIssue:
    """Send the built issue to a few named addresses. It cannot reach a list, and the ledger does not know of it.

    Args:
        sandbox: Let the provider check it and mail nobody.

    Returns: What was sent.

    Raises:
        UsageError: No address, too many, or a bad one.
        ProviderError: One was not taken.
        CredentialsError: A key is missing or was refused.
    """
    if not 1 <= len(to) <= MAX_TEST_ADDRESSES:
        raise UsageError(
            f"a test goes to 1 to {MAX_TEST_ADDRESSES} addresses", hint="digest send-test --to you@example.org"
        )
    project, built = session.project, session.issue(id).built
    provider = project.open_provider()
    if project.offline and not provider.capabilities.local:
        raise UsageError(f"--offline touches no network, and {provider.name} is reached over it")
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


def _require_online(project: Project, provider: Provider, report: SendReport | None) -> None:
    if project.offline and not provider.capabilities.local:
        raise CampaignRefusedError(
            f"--offline touches no network, and {provider.name} is reached over it",
            hint="Do it without --offline.",
            report=report,
        )


def _build_to_send(issue: IssueReading, campaign: Campaign | None, approve: str | None) -> RenderedIssue:
    """The build as it lies there, or the one with which the campaign began where a person names that one."""
    if campaign is None or campaign.state in _ENDED:
        return issue.built
    if approve is not None and approve.lower() == campaign.token:
        kept = issue.folder.read_kept_build(campaign.token)
        if kept is not None:
            return load_build(kept.html, kept.text, kept.manifest)
    built = issue.built
    if built.token != campaign.token:
        raise CampaignRefusedError(
            f"{issue.id} began to be sent as {campaign.token}, and the build is now {built.token}",
            hint=f"Finish what was begun: digest send {issue.id} --live --resume --approve {campaign.token}",
            report=campaign.report,
        )
    return built


def _warnings(session: Session, audience: Audience, provider: Provider) -> tuple[str, ...]:
    project, notes = session.project, []
    if project.ledger_address.needs_consent and session.ledger is None:
        notes.append("there is no ledger on its branch yet: the very first live send needs --new-ledger")
    if audience.problems:
        count = len(audience.problems)
        notes.append(f"{count} {'row' if count == 1 else 'rows'} of the lists need mending: digest subscribers check")
    if provider.holds is not None:
        notes.extend(_untested(session, provider))
    needed = [project.config.delivery.secret_env] if project.needs_secret else []
    needed.extend(project.config.delivery_settings.required_variables)
    missing = [name for name in needed if not project.environ.get(name)]
    if missing:
        notes.append(f"{' and '.join(missing)} must be set for a live send")
    return tuple(notes)


def _untested(session: Session, provider: Provider) -> tuple[str, ...]:
    with suppress(DigestError):
        if self_test_passed(session, provider):
            return ()
    return ("two-phase sending was not tested with this account: digest doctor --two-phase --to you@example.org",)
