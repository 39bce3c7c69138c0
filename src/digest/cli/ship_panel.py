"""Ship: build, send-test, approve, send, cancel and status."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digest.cli.checking import check, rules
from digest.cli.commands import IssueArgument, NoLedger, register
from digest.cli.result_lines import Pace, count
from digest.cli.session import Session, write_text

if TYPE_CHECKING:
    from digest.delivery import SendReport
    from digest.project import Project
    from digest.workflow.building import Built
    from digest.workflow.sending import SendPlan

__all__ = ["add_ship_commands"]

_PANEL = "Ship"


def add_ship_commands(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    register(app, "check", panel=_PANEL, example="digest check --fail-on warning")(check)
    register(app, "rules", panel=_PANEL, example="digest rules L204")(rules)
    register(app, "build", panel=_PANEL, example="digest build")(build)
    register(app, "send-test", panel=_PANEL, example="digest send-test --to you@example.org")(send_test)
    register(app, "approve", panel=_PANEL, example="digest approve")(approve)
    register(app, "send", panel=_PANEL, example="digest send --live --approve TOKEN")(send)
    register(app, "cancel", panel=_PANEL, example="digest cancel")(cancel)
    register(app, "status", panel=_PANEL, example="digest status --json")(status)


def build(
    session: Session,
    issue: IssueArgument = None,
    screenshots: Annotated[
        bool,
        typer.Option(
            "--screenshots",
            help="Draw the email as well: desktop, phone, dark, forced dark, images off, and a sheet of all. Needs "
            "newsletter-digest[screenshots] and a Chromium.",
        ),
    ] = False,
    no_ledger: NoLedger = False,
) -> None:
    """Render the email and print the token that an approval names."""
    from digest.workflow.building import build as run

    done = run(session.newsletter(no_ledger=no_ledger), issue)
    output = session.output
    pictures = _draw(session, done, no_ledger=no_ledger) if screenshots else []
    output.result(
        {
            "token": done.token,
            "issue": done.issue,
            "subject": done.subject,
            "stories": done.stories,
            "bytes_html": done.bytes_html,
            "bytes_text": done.bytes_text,
            "approved": done.approved,
            "folder": done.folder,
            "pictures": pictures,
        },
        [
            f"{done.issue} “{done.subject}”",
            f"{count(done.stories, 'story', 'stories')}, {done.bytes_html / 1000:.1f} kB of HTML",
            f"{'Built' if done.changed else 'Unchanged'}: {done.folder}/email.html, email.txt, manifest.json",
            *([f"Pictures: {pictures[-1]}, and {len(pictures) - 1} beside it"] if pictures else []),
            f"Token: {done.token}{'  (approved)' if done.approved else ''}",
        ],
    )
    output.next(
        f"digest check {done.issue}",
        f"digest send-test {done.issue} --to you@example.org",
        f"digest approve {done.issue}",
        f"digest send {done.issue}",
    )


def _draw(session: Session, done: Built, *, no_ledger: bool) -> list[str]:
    """Draw a build; returns the pictures' files, the sheet of all last."""
    from digest.preview.preview_source import NewsletterPreview
    from digest.preview.screenshots import take_screenshots

    project = session.project()
    session.output.status("Drawing pictures")
    source = NewsletterPreview(lambda: session.newsletter(no_ledger=no_ledger), done.issue)
    folder = project.root / done.folder / "shots"
    drawn = take_screenshots(source.render().html, folder, image=source.image, offline=session.offline)
    session.output.status("")
    return [session.shown(path.relative_to(project.root).as_posix()) for path in drawn]


def send_test(
    session: Session,
    to: Annotated[list[str], typer.Option("--to", metavar="ADDRESS", help="Who gets it; up to five times.")],
    issue: IssueArgument = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Let the provider validate it and mail nobody, if it can.")
    ] = False,
) -> None:
    """Send the built issue to a few named addresses. It cannot reach a list."""
    from digest.workflow.sending import send_test as run

    built = run(session.newsletter(), to, id=issue, sandbox=sandbox)
    output, name = session.output, built.manifest.issue
    done = "Checked in the sandbox" if sandbox else "Sent"
    output.result(
        {"issue": name, "sent": 0 if sandbox else len(to), "token": built.token},
        [f"{done}: {name}, build {built.token}, to {count(len(to), 'address', 'addresses')}, marked [TEST]."],
    )
    output.next(f"digest approve {name}", f"digest send {name}")


def approve(
    session: Session,
    issue: IssueArgument = None,
    token: Annotated[str | None, typer.Option("--token", metavar="TOKEN", help="The build you looked at.")] = None,
) -> None:
    """Record that you approve the current build."""
    import getpass

    from digest.workflow.building import approve as run

    newsletter = session.newsletter()
    try:
        by = os.environ.get("GITHUB_ACTOR") or getpass.getuser()
    except (OSError, KeyError):
        by = "somebody"  # no account has this user id, as in some containers
    done = run(newsletter, issue, token=token, by=by)
    output, name = session.output, newsletter.issue(issue).id
    output.result(
        {"issue": name, "token": done.token, "by": done.by, "at": done.at.isoformat()},
        [f"Approved {name}, build {done.token}, as {done.by}."],
    )
    output.next(f"digest send {name}", f"digest send {name} --live")


def send(
    session: Session,
    issue: IssueArgument = None,
    live: Annotated[bool, typer.Option("--live", help="Really send. Without it nothing leaves this machine.")] = False,
    approve: Annotated[
        str | None, typer.Option("--approve", metavar="TOKEN", help="The token of the build you approve.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a campaign that was interrupted.")] = False,
    on_unknown: Annotated[
        Literal["hold", "resend"],
        typer.Option(
            "--on-unknown", help="What to do about calls whose outcome nobody knows: hold mails nobody twice."
        ),
    ] = "hold",
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="When to deliver, in the newsletter's zone: 08:00 or 2026-11-27 08:00."
        ),
    ] = None,
    new_ledger: Annotated[
        bool,
        typer.Option("--new-ledger", help="Make the ledger's git branch: only when nothing was ever sent with it."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer the typed confirmation.")] = False,
) -> None:
    """Show what would be sent; with --live and an approval, send it, once."""
    from digest.workflow.scheduling import parse_send_time
    from digest.workflow.sending import plan_send, require_approval
    from digest.workflow.sending import send as run

    output, newsletter = session.output, session.newsletter()
    project = newsletter.project
    moment = parse_send_time(at, zone=project.config.newsletter.zone, now=project.now()) if at is not None else None
    plan = plan_send(newsletter, issue, approve=approve, resume=resume, at=moment)
    again = plan.report.unknown if resume and on_unknown == "resend" else 0
    if not live:
        output.result(plan.report.as_data(), _dry_run(plan, project, again=again))
        approval = "" if plan.approved else f" --approve {plan.token}"
        later = f' --at "{at}"' if at and not resume else ""
        more = " --on-unknown resend" if again else ""
        output.next(f"digest send {plan.issue} --live{' --resume' if resume else ''}{more}{later}{approval}")
        return
    require_approval(plan, approve)
    output.say(*_table(plan, project, approved=True, again=again))
    if session.interactive and not yes:
        _confirm(plan, again=again)

    pace = Pace()
    report = run(
        newsletter,
        plan,
        approve=approve,
        resume=resume,
        on_unknown=on_unknown,
        new_ledger=new_ledger,
        progress=lambda numbers: output.status(pace.words(numbers.settled, numbers.pending)),
        notice=lambda words: output.say(f"  Note       {words}"),
    )
    output.status("")
    output.result(report.as_data(), _sent(plan, report))
    output.next("digest status", "digest collect")


def _confirm(plan: SendPlan, *, again: int) -> None:
    from digest.delivery import CampaignRefusedError

    words = f"{plan.issue} {plan.report.pending + again}"
    if typer.prompt(f"Type “{words}” to send", err=True, default="", show_default=False).strip() != words:
        raise CampaignRefusedError("not confirmed; nothing was sent", report=plan.report)


def _table(plan: SendPlan, project: Project, *, approved: bool = False, again: int = 0) -> list[str]:
    words = (
        f"approved{f' by {plan.approved_by}' if plan.approved_by else ''}"
        if approved or plan.approved
        else "not approved"
    )
    zone = project.config.newsletter.zone
    left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(plan.audience.left_out.items()) if count)
    return [
        f"  Issue      {plan.issue} “{plan.subject}”",
        f"  Token      {plan.token} ({words})",
        f"  From       {plan.rendered.manifest.sender}",
        f"  Via        {plan.provider} · audience “{plan.audience.name}”",
        f"  To         {count(plan.report.pending, 'person', 'people')}"
        + (f", and again to up to {again:,} of whom nobody knows" if again else "")
        + (f" (left out: {left_out})" if left_out else "")
        + (f" · last issue {plan.last:,}" if plan.last else ""),
        *([f"  When       {plan.at.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"] if plan.at else []),
        *(f"  Note       {warning}" for warning in plan.warnings),
    ]


def _dry_run(plan: SendPlan, project: Project, *, again: int) -> list[str]:
    return ["DRY RUN: nothing leaves this machine", *_table(plan, project, again=again)]


def _sent(plan: SendPlan, report: SendReport) -> list[str]:
    lines = [f"{plan.issue}: {report.state}. {report.accepted:,} accepted, {report.rejected:,} rejected."]
    if report.skipped:
        lines.append(f"{report.skipped:,} of the lists were left out: digest subscribers check")
    return lines


def cancel(session: Session, issue: IssueArgument = None) -> None:
    """Call off a send that --at or two phases put off; nobody gets it. It works until ten minutes before."""
    from digest.workflow.sending import cancel as run

    output = session.output
    name, report = run(session.newsletter(), issue)
    output.result(report.as_data(), [f"{name} is cancelled: nobody gets it."])
    output.next("digest status", "digest collect")


def status(
    session: Session,
    issue: IssueArgument = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write what wants attention there, as Markdown; else nothing."),
    ] = None,
    failed_run: Annotated[
        str, typer.Option("--failed-run", metavar="URL", help="Tell also of this run of a workflow, which failed.")
    ] = "",
) -> None:
    """Tell where each issue stands, what wants attention, and what to do next."""
    from digest.cli.github_pages import alerts_page
    from digest.workflow.alerts import find_alerts
    from digest.workflow.issue_status import status as run

    output, newsletter = session.output, session.newsletter()
    everything = run(newsletter)
    named = None if issue is None else newsletter.issue(issue).id
    done = [standing for standing in everything if named in {None, standing.issue}]
    alerts = find_alerts(newsletter, everything, failed_run=failed_run)
    if report is not None:
        write_text(report, alerts_page(alerts))
    output.result(
        {"issues": [standing.as_data() for standing in done], "alerts": [alert.as_data() for alert in alerts]},
        [
            *([f"{standing.issue}  {standing.state:<9} {standing.words}" for standing in done] or ["No issue yet."]),
            *(line for alert in alerts for line in (f"! {alert.words}", f"  → {alert.hint}")),
        ],
    )
    following = [standing.next_step for standing in done if standing.next_step]
    output.next(*(following[-1:] or ["digest collect"]))
