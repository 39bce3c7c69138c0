"""The rails of a live send that the newsletter's own folder decides: each raises CampaignRefusedError (exit 6).

Those that a campaign and its ledger decide are in ``digest.delivery.campaign_rails``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from digest.delivery import CampaignRefusedError
from digest.subscribers import is_sample
from digest.workflow.building import check_rendered, read_tracked_lists, render

if TYPE_CHECKING:
    from digest.delivery import SendReport
    from digest.models import Audience, RenderedIssue
    from digest.project import IssueReading, Project, Session
    from digest.providers import Provider

__all__ = ["require_fit_to_send", "require_lasting_ledger", "require_same_configuration"]


def require_fit_to_send(
    session: Session,
    issue: IssueReading,
    audience: Audience,
    provider: Provider,
    report: SendReport,
) -> None:
    built = issue.built
    if render(session, issue).token != built.token:
        raise CampaignRefusedError(
            f"{issue.file}, the theme or the configuration has changed since the build {built.token}",
            hint=f"Build it again, look, and approve that: digest build {issue.id}",
            report=report,
        )
    findings = check_rendered(session, issue, built, tracked_lists=read_tracked_lists(session))
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        listed = "".join(f"\n  {finding.place}  {finding.code}  {finding.message}" for finding in errors)
        raise CampaignRefusedError(f"the email has errors{listed}", hint="Mend them: digest check", report=report)
    if not provider.capabilities.local and is_sample(audience.subscribers):
        raise CampaignRefusedError(
            "this is the sample list, which is for trying only",
            hint=f"Put your own people in {', '.join(session.project.audience_config().files)}.",
            report=report,
        )


def require_same_configuration(project: Project, built: RenderedIssue, report: SendReport) -> None:
    """Refuse to send to others, or by other means, than the build says."""
    config, manifest = project.config, built.manifest
    audience = config.audiences.get(config.delivery.audience)
    pairs = {
        "delivery.provider": (manifest.provider, config.delivery.provider),
        "delivery.audience": (manifest.audience, config.delivery.audience),
        f"audiences.{config.delivery.audience}.where": (manifest.audience_where, audience.where if audience else ""),
        "how a reader unsubscribes": (manifest.unsubscribe, config.unsubscribe_method),
    }
    for name, (then, now) in pairs.items():
        if then != now:
            raise CampaignRefusedError(
                f"{name} has changed since the build: from {then!r} to {now!r}",
                hint="Set it back, or build and approve again where no send has begun.",
                report=report,
            )


def require_lasting_ledger(project: Project, report: SendReport) -> None:
    """Refuse to send from a CI runner whose ledger goes with its workspace."""
    if project.environ.get("CI", "").lower() not in {"true", "1"}:
        return
    if project.ledger_path is None:
        return
    workspaces = {project.root.resolve(), Path(project.environ.get("GITHUB_WORKSPACE") or project.root).resolve()}
    if any(project.ledger_path.resolve().is_relative_to(workspace) for workspace in workspaces):
        raise CampaignRefusedError(
            "a live send from a CI runner needs a ledger that outlives the runner; this one is a file in its workspace",
            hint='Keep it on a branch: [state] url = "git+branch://digest-state", or in PostgreSQL: url_env = "…"',
            report=report,
        )
