"""The panel Ship: build, send-test, approve, send, cancel and status; check and rules are in `check_commands`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digest.cli.check_commands import check, rules
from digest.cli.commands import IssueArgument, NoLedger, RunOptions, register, write_text
from digest.cli.result_lines import Pace, alert_lines, count, outcome_lines, plan_lines, status_lines
from digest.errors import DigestError

if TYPE_CHECKING:
    from digest.cli.output import Output
    from digest.delivery import SendReport
    from digest.workflow.building import Built
    from digest.workflow.sending import SendPlan

__all__ = ["add_ship_commands"]

_PANEL = "Ship"
#: How often the confirmation of a live send may be typed.
_CONFIRMATION_TRIES = 3


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
    options: RunOptions,
    issue: IssueArgument = None,
    screenshots: Annotated[
        bool,
        typer.Option(
            "--screenshots",
            help="Also take screenshots: desktop, phone, dark, forced dark, images off, and a contact sheet. Needs "
            "newsletter-digest[screenshots] and a Chromium.",
        ),
    ] = False,
    no_ledger: NoLedger = False,
) -> None:
    """Render the email, and print the token that an approval names."""
    from digest.cli.json_objects import BuildResult
    from digest.workflow.building import build as run

    built = run(options.session(no_ledger=no_ledger), issue)
    output = options.output
    pictures = _take_screenshots(options, built, no_ledger=no_ledger) if screenshots else []
    output.result(
        BuildResult(
            token=built.token,
            issue=built.issue,
            subject=built.subject,
            stories=built.stories,
            bytes_html=built.bytes_html,
            bytes_text=built.bytes_text,
            approved=built.approved,
            folder=built.folder,
            pictures=pictures,
        ),
        [
            f"{built.issue} “{built.subject}”",
            f"{count(built.stories, 'story', 'stories')}, {built.bytes_html / 1000:.1f} kB of HTML",
            f"{'Built' if built.changed else 'Unchanged'}: {built.folder}/email.html, email.txt, manifest.json",
            *([f"Screenshots: {pictures[-1]}, and {len(pictures) - 1} more in that folder"] if pictures else []),
            f"Token: {built.token}{'  (approved)' if built.approved else ''}",
        ],
    )
    output.next(
        f"digest send-test {built.issue} --to you@example.org",
        f"digest approve {built.issue}",
        f"digest send {built.issue}",
    )


def _take_screenshots(options: RunOptions, built: Built, *, no_ledger: bool) -> list[str]:
    """Take screenshots of a build; returns their files, the contact sheet last."""
    from digest.preview.preview_source import NewsletterPreview
    from digest.preview.screenshots import take_screenshots

    project = options.project()
    options.output.status("Taking screenshots")
    source = NewsletterPreview(lambda: options.session(no_ledger=no_ledger), built.issue)
    folder = project.root / built.folder / "shots"
    options.session(no_ledger=no_ledger).issue(built.issue).folder.require_no_links("build/shots/page.png")
    files = take_screenshots(source.render().html, folder, image=source.image, web_picture=source.web_picture)
    options.output.status("")
    return [options.shown(path.relative_to(project.root).as_posix()) for path in files]


def send_test(
    options: RunOptions,
    to: Annotated[
        list[str], typer.Option("--to", metavar="ADDRESS", help="Where to send it. Give it up to five times.")
    ],
    issue: IssueArgument = None,
    sandbox: Annotated[
        bool,
        typer.Option("--sandbox", help="Let the provider validate the mail without delivering it, if it can."),
    ] = False,
) -> None:
    """Send the built issue to a few addresses, marked [TEST]. It never reaches a list."""
    from digest.cli.json_objects import SendTestResult
    from digest.workflow.sending import send_test as run

    built = run(options.session(), to, id=issue, sandbox=sandbox)
    output, name = options.output, built.manifest.issue
    verb = "Validated in the sandbox" if sandbox else "Sent"
    output.result(
        SendTestResult(issue=name, sent=0 if sandbox else len(to), token=built.token),
        [f"{verb}: {name}, build {built.token}, to {count(len(to), 'address', 'addresses')}, marked [TEST]."],
    )
    output.next(f"digest approve {name}", f"digest send {name}")


def approve(
    options: RunOptions,
    issue: IssueArgument = None,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="TOKEN", help="The token of the build that you saw. Default: the current one."),
    ] = None,
) -> None:
    """Record that you approve the current build."""
    import getpass

    from digest.cli.json_objects import ApproveResult
    from digest.workflow.building import approve as run

    session = options.session()
    try:
        by = os.environ.get("GITHUB_ACTOR") or getpass.getuser()
    except (OSError, KeyError):
        by = "somebody"  # a container may run under a user id that has no account
    approval = run(session, issue, token=token, by=by)
    output, name = options.output, session.issue(issue).id
    output.result(
        ApproveResult(issue=name, token=approval.token, by=approval.by, at=approval.at.isoformat()),
        [f"Approved {name}, build {approval.token}, as {approval.by}."],
    )
    output.next(f"digest send {name}", f"digest send {name} --live")


def send(
    options: RunOptions,
    issue: IssueArgument = None,
    live: Annotated[
        bool, typer.Option("--live", help="Send for real. Without it, nothing leaves this machine.")
    ] = False,
    approve: Annotated[
        str | None, typer.Option("--approve", metavar="TOKEN", help="The token of the build that you approve.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a campaign that was interrupted.")] = False,
    on_unknown: Annotated[
        Literal["hold", "resend"],
        typer.Option(
            "--on-unknown",
            help="With --resume: what to do about recipients whose outcome is unknown. hold never mails anybody twice.",
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
        typer.Option(
            "--new-ledger",
            help="Start with an empty ledger: create its git branch, and ignore sent.toml. Use it only if nothing has "
            "been sent yet.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking for the typed confirmation.")] = False,
) -> None:
    """Show what would be sent. With --live and an approval, send it, once."""
    from digest.cli.json_objects import send_result
    from digest.workflow.scheduling import parse_send_time
    from digest.workflow.sending import plan_send, require_approval
    from digest.workflow.sending import send as run

    output, session = options.output, options.session()
    project = session.project
    zone = project.config.newsletter.zone
    send_at = parse_send_time(at, zone=zone, now=project.now()) if at is not None else None
    plan = plan_send(session, issue, approve=approve, resume=resume, at=send_at, new_ledger=new_ledger)
    again = plan.report.unknown if resume and on_unknown == "resend" else 0
    if not live:
        lines = plan_lines(plan, zone, approved=plan.approved, again=again)
        output.result(send_result(plan, plan.report), ["DRY RUN: nothing leaves this machine", *lines])
        flags = " --resume" if resume else f' --at "{at}"' if at else ""
        if again:
            flags += " --on-unknown resend"
        output.next(f"digest send {plan.issue} --live{flags}{'' if plan.approved else f' --approve {plan.token}'}")
        return
    require_approval(plan, approve)
    output.say(*plan_lines(plan, zone, approved=True, again=again))
    if options.interactive and not yes:
        _confirm(plan, output, again=again)

    pace = Pace()

    def show(numbers: SendReport) -> None:
        output.status(pace.line(numbers.settled, numbers.pending))

    try:
        report = run(
            session,
            plan,
            approve=approve,
            resume=resume,
            on_unknown=on_unknown,
            new_ledger=new_ledger,
            progress=show if output.shows_status else None,
            notice=lambda words: output.say(f"  Note       {words}"),
        )
    except DigestError as error:
        _explain_stop(error, plan, output)
        raise
    output.status("")
    output.result(send_result(plan, report), outcome_lines(plan.issue, report))
    output.next(f"digest report {plan.issue}{' --people' if report.rejected else ''}", "digest collect")


def _explain_stop(error: DigestError, plan: SendPlan, output: Output) -> None:
    """Show the state of a send that stops, and add what was to be sent to the object for --json."""
    from digest.cli.json_objects import send_result

    output.status("")
    report = getattr(error, "report", None)
    if report is not None and report.rejected:
        output.say(*outcome_lines(plan.issue, report))
    if error.data:
        error.data = {**send_result(plan, plan.report).printed(), **error.data}


def _confirm(plan: SendPlan, output: Output, *, again: int) -> None:
    from digest.delivery import CampaignRefusedError

    expected = f"{plan.issue} {plan.report.pending + again}"
    for left in reversed(range(_CONFIRMATION_TRIES)):
        typed = typer.prompt(f"Type “{expected}” to send", err=True, default="", show_default=False)
        if typed.split() == expected.split():
            return
        if left:
            output.say("That does not match. Try again, or press Ctrl-C to stop.")
    raise CampaignRefusedError("not confirmed; nothing was sent", report=plan.report)


def cancel(options: RunOptions, issue: IssueArgument = None) -> None:
    """Cancel a scheduled send (--at, or two-phase) up to ten minutes before its time. Nobody gets it."""
    from digest.cli.json_objects import campaign_result
    from digest.workflow.sending import cancel as run

    output = options.output
    name, report = run(options.session(), issue)
    output.result(campaign_result(report), [f"{name} is cancelled: nobody gets it."])
    output.next("digest status", "digest collect")


def status(
    options: RunOptions,
    issue: IssueArgument = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write what needs attention to this file as Markdown; nothing if all is well.",
        ),
    ] = None,
    failed_run: Annotated[
        str,
        typer.Option("--failed-run", metavar="URL", help="Add an alert for this workflow run, which failed."),
    ] = "",
) -> None:
    """Show where each issue stands, what needs attention, and what to do next."""
    from digest.cli.github.report_pages import alerts_page
    from digest.cli.json_objects import status_result
    from digest.workflow.alerts import find_alerts
    from digest.workflow.issue_status import status as run

    output, session = options.output, options.session()
    everything = run(session)
    named = None if issue is None else session.issue(issue).id
    shown = [each for each in everything if named in {None, each.issue}]
    alerts = find_alerts(session, everything, failed_run=failed_run)
    if report is not None:
        write_text(report, alerts_page(alerts))
    output.result(
        status_result(shown, alerts),
        [
            *(status_lines(shown) or ["No issue yet."]),
            *alert_lines(alerts),
        ],
    )
    next_steps = [each.next_step for each in shown if each.next_step]
    output.next(*(next_steps[-1:] or ["digest collect"]))
