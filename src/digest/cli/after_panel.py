"""The panel After: what became of an issue that was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.commands import RunOptions, register
from digest.cli.result_lines import campaign_lines

if TYPE_CHECKING:
    from digest.delivery import Campaign

__all__ = ["add_after_commands"]

_PANEL = "After"


def add_after_commands(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    register(app, "report", panel=_PANEL, example="digest report 2026-W47 --people")(report)


def report(
    options: RunOptions,
    issue: Annotated[
        str | None,
        typer.Argument(metavar="ISSUE", help="An ISO week such as 2026-W47. Default: the newest one that was sent."),
    ] = None,
    people: Annotated[
        bool,
        typer.Option(
            "--people",
            help="Name who was rejected or may not have received it, and why, from today's lists. With --json, rows of "
            "lists instead of addresses.",
        ),
    ] = False,
) -> None:
    """Show what became of an issue that was sent: how many were accepted, and why others were rejected."""
    from digest.cli.json_objects import report_result
    from digest.workflow.campaign_report import report as run

    output, session = options.output, options.session()
    campaign_report = run(session, issue, people=people)
    zone = session.project.config.newsletter.zone
    output.result(report_result(campaign_report, people=people), campaign_lines(campaign_report, zone))
    output.say(*campaign_report.notes)
    output.next(*_next_steps(campaign_report.issue, campaign_report.campaigns, people=people))


def _next_steps(issue: str, campaigns: tuple[Campaign, ...], *, people: bool) -> list[str]:
    if any(campaign.report.pending or campaign.report.unknown for campaign in campaigns):
        return [f"digest send {issue} --live --resume"]
    if people or not any(campaign.report.rejected for campaign in campaigns):
        return ["digest status", "digest collect"]
    return [f"digest report {issue} --people", "digest status"]
