"""Start: demo, init and doctor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.commands import register
from digest.cli.session import Session
from digest.errors import ChecksFailedError, RefusedError, UsageError

if TYPE_CHECKING:
    from digest.workflow.new_newsletter import Answers

__all__ = ["add_start_commands"]

_PANEL = "Start"
_TWO_PHASE = "digest doctor --two-phase"


def add_start_commands(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    register(app, "demo", panel=_PANEL, example="digest demo --open")(demo)
    register(app, "init", panel=_PANEL, example="digest init my-letter")(init)
    register(app, "doctor", panel=_PANEL, example=f"digest doctor · {_TWO_PHASE} --to you@example.org")(doctor)


def demo(
    session: Session,
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Where to. Default: digest-demo.")] = None,
    open_preview: Annotated[
        bool, typer.Option("--open", help="Show the issue in the live preview afterwards.")
    ] = False,
) -> None:
    """Try everything offline: sample articles, a local outbox, no key."""
    import os
    import shlex

    from digest.cli.result_lines import collect_lines, finding_lines
    from digest.project import clock_of, open_project
    from digest.workflow.building import build, check
    from digest.workflow.collecting import collect
    from digest.workflow.new_newsletter import DEMO_FOLDER, make_demo_newsletter
    from digest.workflow.sending import plan_send, send

    output = session.output
    target = folder or Path(DEMO_FOLDER)
    earlier = make_demo_newsletter(target, now=clock_of(os.environ)())
    if earlier is not None:
        output.say(f"The earlier demo is kept in {earlier}.")
    newsletter = open_project(target, offline=True, cwd=Path.cwd()).open_session()
    output.say(output.style(f"1 Collecting into {target}", "bold"))
    collected = collect(newsletter)
    output.say(*collect_lines(collected, output))
    output.say("", output.style("2 Building and checking the email", "bold"))
    built = build(newsletter)
    checked = check(newsletter)
    output.say(f"  {built.stories} stories, {built.bytes_html / 1000:.0f} kB of HTML, token {built.token}")
    output.say(*(f"  {line}" for line in finding_lines(checked, output)))
    output.say("", output.style("3 Sending to the local outbox", "bold"))
    plan = plan_send(newsletter)
    report = send(newsletter, plan, approve=built.token, throwaway=True)
    outbox = f"{target}/.digest/outbox/{built.issue}"
    output.say(f"  {report.accepted} emails are in {outbox}", "")
    email = f"{target}/issues/{built.issue}/build/email.html"
    where = shlex.quote(str(target))
    steps = (
        (f"digest preview -C {where}", f"edit {target}/{collected.file} and watch"),
        (f"digest check -C {where}", "what would stop a send"),
        (f"digest status -C {where}", "where the issue stands"),
        ("digest init my-letter", "a newsletter of your own"),
    )
    width = max(len(step) for step, _ in steps)
    output.result(
        {
            "folder": str(target),
            "issue": built.issue,
            "file": f"{target}/{collected.file}",
            "email": email,
            "outbox": outbox,
            "stories": built.stories,
            "errors": checked.count("error"),
            "warnings": checked.count("warning"),
            "accepted": report.accepted,
            "token": built.token,
        },
        [
            f"The email: {email} (its picture shows in the preview)",
            "",
            "Try next:",
            *(f"  {number}  {step.ljust(width)}  {what}" for number, (step, what) in enumerate(steps, start=1)),
        ],
    )
    if open_preview:
        from digest.cli.edit_panel import run_preview

        run_preview(replace(session, root=target, offline=True), built.issue, open_browser=True)


def init(
    session: Session,
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Where to. Default: -C, or here.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the defaults instead of asking.")] = False,
    workflows: Annotated[
        bool,
        typer.Option(
            "--workflows",
            help="Write only what is missing or outdated of the GitHub workflows of the newsletter that is there.",
        ),
    ] = False,
) -> None:
    """Make a new newsletter: configuration, theme, sample list and GitHub workflows."""
    if workflows:
        _refresh(replace(session, root=folder or session.root))
        return
    folder = folder or session.root or Path()

    from digest.workflow.new_newsletter import Answers, initialise

    answers = Answers()
    if not yes:
        if not session.interactive:
            raise RefusedError("there is nobody to answer four questions", hint="Take the defaults: digest init --yes")
        answers = _ask(answers)
    done = initialise(folder, answers)
    output = replace(session, root=folder if folder != Path() else None).output
    output.say(*(f"  kept    {name}" for name in done.kept))
    output.result(
        {"folder": str(folder), "written": list(done.written), "kept": list(done.kept)},
        [*(f"  wrote   {name}" for name in done.written)],
    )
    output.next(
        f"put an article in {folder / 'articles'} or a feed in {folder / 'digest.toml'}",
        "digest collect",
        "for every week on GitHub: docs/github.md in the repository of digest",
    )


def _refresh(session: Session) -> None:
    from digest.workflow.new_newsletter import refresh_workflows

    done, output = refresh_workflows(session.project()), session.output
    output.say(
        *(f"  kept    {session.shown(file)} as it was in {session.shown(undo)}" for file, undo in done.undo.items())
    )
    output.result(
        {"written": list(done.written), "current": list(done.current), "undo": dict(done.undo)},
        [f"  wrote   {session.shown(name)}" for name in done.written]
        or ["The workflows are as this version of digest writes them."],
    )
    output.next("git diff", "digest doctor")


def _ask(defaults: Answers) -> Answers:
    from digest.mail import parse_sender
    from digest.providers import provider_names
    from digest.workflow.new_newsletter import Answers

    name = typer.prompt("Name of the newsletter", default=defaults.name, err=True)
    sender = typer.prompt("From (Name <address>)", default=f"{name} <news@example.org>", err=True)
    parse_sender(sender)
    feed = typer.prompt("A feed to begin with (empty for none)", default="", show_default=False, err=True)
    *names, last = provider_names()
    provider = typer.prompt(f"Send with: {', '.join(names)} or {last}", default=defaults.provider, err=True)
    return Answers(name=name, sender=sender, feed=feed.strip(), provider=provider)


def doctor(
    session: Session,
    two_phase: Annotated[
        bool,
        typer.Option(
            "--two-phase",
            help="Instead, test with mail to yourself whether the provider can hold mail back and release it.",
        ),
    ] = False,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ADDRESS", help="With --two-phase: your own address; begins the test.")
    ] = None,
    received: Annotated[
        str | None,
        typer.Option("--received", metavar="CODE", help="With --two-phase: the code of the mail that came; ends it."),
    ] = None,
) -> None:
    """Look at all that a send needs: configuration, lists, keys, provider, DNS. Exit code 5 if something is wrong.

    It sends nothing. With --two-phase it mails you two codes, cancels one, and wants to be told the other.
    """
    if two_phase:
        _try_two_phase(session, to, received)
        return
    if to is not None or received is not None:
        raise UsageError("--to and --received belong to --two-phase", hint=f"{_TWO_PHASE} --to you@example.org")
    from digest.workflow.doctor import diagnose

    output, lines, data = session.output, [], []
    for part, found in diagnose(session.newsletter_at_hand()):
        output.status(f"Looking at: {part}")
        mark = {"ok": "✓", "warning": "!", "error": "✗"}[found.state]
        lines.append(f"  {mark} {part:<11} {found.what}: {found.words}")
        if found.remedy:
            lines.append(f"      → {found.remedy}")
        data.append(
            {"part": part, "what": found.what, "state": found.state, "words": found.words, "remedy": found.remedy}
        )
    output.status("")
    errors, warnings = (sum(one["state"] == state for one in data) for state in ("error", "warning"))
    output.result(
        {"errors": errors, "warnings": warnings, "findings": data}, [*lines, f"{errors} errors, {warnings} warnings"]
    )
    if errors:
        raise typer.Exit(ChecksFailedError.exit_code)
    output.next("digest collect")


def _try_two_phase(session: Session, to: str | None, received: str | None) -> None:
    from digest.workflow.self_test import finish_self_test

    if to is not None and received is None:
        _begin_two_phase(session, to)
        return
    if received is None or to is not None:
        raise UsageError("--two-phase wants either --to or --received", hint=f"{_TWO_PHASE} --to you@example.org")
    project = session.project()
    finish_self_test(project, received)
    words = "Passed: what was cancelled has not come, and what was held back came when it was let go."
    session.output.result({"two_phase": "passed"}, [words])
    session.output.next(
        "if a second mail of this test comes after all, type its code too",
        f"set two_phase = true under [providers.{project.config.delivery.provider}]",
    )


def _begin_two_phase(session: Session, to: str) -> None:
    from dataclasses import asdict
    from zoneinfo import ZoneInfo

    from digest.workflow.self_test import begin_self_test

    output, project = session.output, session.project()
    due, trying = begin_self_test(project, to)
    steps, lines = [], []
    for step in trying:
        output.status(f"Mail {step.mail}: {step.what}")
        steps.append(asdict(step))
        lines.append(f"  {'✓' if step.state == 'ok' else '✗'} {step.mail}  {step.what:<10}  {step.words}")
        if step.remedy:
            lines.append(f"      → {step.remedy}")
    output.status("")
    failed = any(step["state"] == "error" for step in steps)
    when = due.astimezone(ZoneInfo(project.config.newsletter.timezone))
    if failed:
        end = "The test could not be carried through. Leave two_phase = false."
    else:
        end = f"A was cancelled and must not come. B is to come at {when:%H:%M %Z}, with a code in its subject."
    output.result(
        {"two_phase": "failed" if failed else "begun", "due": None if failed else due.isoformat(), "steps": steps},
        [*lines, end],
    )
    if failed:
        raise typer.Exit(ChecksFailedError.exit_code)
    output.next(f"{_TWO_PHASE} --received CODE")
