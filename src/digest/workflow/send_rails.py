"""The safety rails of a send that depend on the newsletter's folder. Each raises `CampaignRefusedError` (exit code 6).

The rails that depend on the campaign and its ledger are in `digest.delivery.campaign_rails`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from digest.delivery import CampaignRefusedError
from digest.rendering import load_build
from digest.subscribers import is_sample
from digest.workflow.building import check_rendered, render
from digest.workflow.people.people_in_git import find_people_in_git

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.checks import Finding
    from digest.delivery import Campaign, SendReport
    from digest.models import Audience, RenderedIssue
    from digest.project import IssueReading, Project, Session
    from digest.providers import Provider

__all__ = [
    "choose_build",
    "require_current_build",
    "require_fit_to_send",
    "require_known_ledger",
    "require_lasting_ledger",
    "require_no_errors",
    "require_online",
    "require_own_list",
    "require_same_configuration",
]


def choose_build(issue: IssueReading, campaign: Campaign | None, approve: str | None) -> RenderedIssue:
    """The build to send: the one on disk, or the one that an unfinished campaign started with.

    Args:
        approve: The token that the user approves. The campaign's token selects the build it started with, a copy of
            which was kept.

    Raises:
        CampaignRefusedError: The build on disk is not the one that the campaign started with.
        IssueError: There is no build, or it was changed by hand.
    """
    if campaign is None or (campaign.state.is_finished and not campaign.replaceable):
        return issue.built
    if approve is not None and approve.lower() == campaign.token:
        kept_build = issue.folder.read_kept_build(campaign.token)
        if kept_build is not None:
            return load_build(kept_build.html, kept_build.text, kept_build.manifest)
    if issue.built.token != campaign.token and not campaign.replaceable:
        raise CampaignRefusedError(
            f"the send of {issue.id} started with build {campaign.token}, but the current build is {issue.built.token}",
            hint=f"Finish that send: digest send {issue.id} --live --resume --approve {campaign.token}",
            report=campaign.report,
        )
    return issue.built


def require_fit_to_send(
    session: Session,
    issue: IssueReading,
    audience: Audience,
    provider: Provider,
    report: SendReport,
) -> tuple[Finding, ...]:
    """Refuse a build that is out of date or has errors, and the sample list.

    Args:
        report: The campaign's numbers, which are attached to the error.

    Returns:
        What the rules found, none of it an error.

    Raises:
        CampaignRefusedError: The issue has changed since it was built, a check finds an error, or the sample list
            would be mailed through a real provider.
    """
    built = issue.built
    require_current_build(issue.id, built.token, now=render(session, issue).token, file=issue.file, report=report)
    findings = check_rendered(session, issue, built, people_in_git=find_people_in_git(session.project))
    require_no_errors(findings, report)
    require_own_list(audience, provider, files=session.project.audience_config().files, report=report)
    return findings


def require_current_build(issue: str, token: str, *, now: str, file: str, report: SendReport) -> None:
    """Refuse a build that is out of date.

    Args:
        issue: The issue's id.
        token: The token of the build on disk.
        now: The token that the issue would have if it were built now.
        file: The path of issue.md as shown to users.
        report: The campaign's numbers, which are attached to the error.

    Raises:
        CampaignRefusedError: The two tokens differ.
    """
    if now != token:
        raise CampaignRefusedError(
            f"{file}, the theme or the configuration has changed since the build {token}",
            hint=f"Build it again, look at it, and approve that build: digest build {issue}",
            report=report,
        )


def require_no_errors(findings: Sequence[Finding], report: SendReport) -> None:
    """Refuse an email in which a rule finds an error.

    Raises:
        CampaignRefusedError: A finding is an error. The message lists them all.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        lines = "".join(f"\n  {finding.place}  {finding.code}  {finding.message}" for finding in errors)
        raise CampaignRefusedError(f"the email has errors{lines}", hint="Fix them: digest check", report=report)


def require_own_list(audience: Audience, provider: Provider, *, files: Sequence[str], report: SendReport) -> None:
    """Refuse to mail the sample list through a real provider.

    Args:
        files: The files of the audience's lists, for the hint.

    Raises:
        CampaignRefusedError: The audience is the sample list, and the provider is not local.
    """
    if not provider.capabilities.local and is_sample(audience.subscribers):
        raise CampaignRefusedError(
            "this is the sample list, which is only for trying things out",
            hint=f"Put your own subscribers in {', '.join(files)}.",
            report=report,
        )


def require_same_configuration(project: Project, built: RenderedIssue, report: SendReport) -> None:
    """Refuse to send if who gets it, how, or how they unsubscribe differs from what is recorded in the build.

    Raises:
        CampaignRefusedError: The delivery settings have changed since the build.
    """
    config, manifest = project.config, built.manifest
    audience = config.audiences.get(config.delivery.audience)
    name = config.delivery.audience
    then, now = dict(manifest.route), config.delivery_route
    pairs = {
        "delivery.provider": (manifest.provider, config.delivery.provider),
        "delivery.audience": (manifest.audience, name),
        f"audiences.{name}.files": (manifest.audience_files, audience.files if audience else ()),
        f"audiences.{name}.where": (manifest.audience_where, audience.where if audience else ""),
        "how a reader unsubscribes": (manifest.unsubscribe, config.unsubscribe_method),
        **{key: ((then.get(key, ""),), (now.get(key, ""),)) for key in sorted(then | now)},
    }
    for key, (before, after) in pairs.items():
        if before != after:
            raise CampaignRefusedError(
                f"{key} has changed since the build: from {_shown(before)} to {_shown(after)}",
                hint="Set it back. If no send has started, you can build and approve again instead.",
                report=report,
            )


def _shown(value: str | Sequence[str]) -> str:
    return repr(value) if isinstance(value, str) else ", ".join(value) or "nothing"


def require_known_ledger(session: Session, issue: IssueReading, *, new_ledger: bool, report: SendReport) -> None:
    """Refuse an issue if a sent.toml shows that the ledger of an earlier send was lost.

    Args:
        new_ledger: The user confirms that an empty ledger is a new one.

    Raises:
        CampaignRefusedError: This issue has a sent.toml, and the ledger has no campaign of it; or the ledger is empty,
            and any issue has one.
    """
    campaigns = session.ledger.campaigns if session.ledger is not None else ()
    if new_ledger or any(campaign.issue == issue.id for campaign in campaigns):
        return
    earlier = () if campaigns else session.issue_ids
    for id in (issue.id, *reversed(earlier)):
        if session.files(id).folder.has_sent_record:
            raise CampaignRefusedError(
                f"issues/{id}/sent.toml says that {id} was sent, and the ledger has no record of it",
                hint="Restore the ledger that it was sent with: without it, everybody could be mailed again. "
                "Only if you do want to start with this ledger, add --new-ledger.",
                report=report,
            )


def require_lasting_ledger(project: Project, report: SendReport) -> None:
    """Refuse to send from a CI runner whose ledger is lost with its workspace.

    Raises:
        CampaignRefusedError: The ledger is a file in the runner's workspace.
    """
    if project.environ.get("CI", "").lower() not in {"true", "1"}:
        return
    workspaces = {project.root.resolve(), Path(project.environ.get("GITHUB_WORKSPACE") or project.root).resolve()}
    if project.ledger_address.is_within(workspaces):
        raise CampaignRefusedError(
            "a live send from a CI runner needs a ledger that outlives the runner; this one is a file in its workspace",
            hint='Keep it on a branch: [state] url = "git+branch://digest-state", or in PostgreSQL: url_env = "…"',
            report=report,
        )


def require_online(project: Project, provider: Provider, report: SendReport | None) -> None:
    """Refuse to use a provider over the network with --offline.

    Raises:
        CampaignRefusedError: The provider needs the network.
    """
    if project.offline and not provider.capabilities.local:
        raise CampaignRefusedError(
            f"--offline forbids network access, which the provider {provider.name} needs",
            hint="Run it without --offline.",
            report=report,
        )
