"""The panel Start: demo, init and doctor."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.collect_lines import collect_lines
from digest.cli.commands import RunOptions, register
from digest.cli.result_lines import count, finding_lines, secret_source_line
from digest.errors import ChecksFailedError, RefusedError, UsageError

if TYPE_CHECKING:
    from digest.workflow.building import Built, Checked
    from digest.workflow.collecting import Collected
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
    options: RunOptions,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The folder to make. Default: digest-demo.")
    ] = None,
    open_preview: Annotated[bool, typer.Option("--open", help="Open the issue in the preview afterwards.")] = False,
) -> None:
    """Try everything offline: sample articles, a local outbox, no keys."""
    from digest.cli.json_objects import DemoResult
    from digest.workflow.new_newsletter import DEMO_FOLDER, run_demo

    output, target = options.output, folder or Path(DEMO_FOLDER)

    def show_collected(collected: Collected, earlier: Path | None) -> None:
        if earlier is not None:
            output.say(f"The earlier demo is kept in {earlier}.")
        output.say(output.style(f"1 Collecting into {target}", "bold"), *collect_lines(collected, output))

    def show_built(built: Built, checked: Checked) -> None:
        output.say("", output.style("2 Building and checking the email", "bold"))
        stories = count(built.stories, "story", "stories")
        output.say(f"  {stories}, {built.bytes_html / 1000:.0f} kB of HTML, token {built.token}")
        output.say(*(f"  {line}" for line in finding_lines(checked, output)))
        output.say("", output.style("3 Sending to the local outbox", "bold"))

    done = run_demo(target, environ=os.environ, cwd=Path.cwd(), on_collected=show_collected, on_built=show_built)
    outbox, email = f"{target}/.digest/outbox/{done.issue}", f"{target}/issues/{done.issue}/build/email.html"
    output.say(f"  {count(done.report.accepted, 'email is', 'emails are')} in {outbox}", "")
    quoted = shlex.quote(str(target))
    steps = (
        (f"digest preview -C {quoted}", f"edit {target}/{done.file} and watch"),
        (f"digest check -C {quoted}", "what would stop a send"),
        (f"digest status -C {quoted}", "where the issue stands"),
        ("digest init my-letter", "a newsletter of your own"),
    )
    width = max(len(step) for step, _ in steps)
    output.result(
        DemoResult(
            folder=str(target),
            issue=done.issue,
            file=f"{target}/{done.file}",
            email=email,
            outbox=outbox,
            stories=done.built.stories,
            errors=done.checked.count("error"),
            warnings=done.checked.count("warning"),
            accepted=done.report.accepted,
            token=done.built.token,
        ),
        [
            f"The email: {email} (the preview also shows its picture)",
            "",
            "Try next:",
            *(f"  {number}  {step.ljust(width)}  {text}" for number, (step, text) in enumerate(steps, start=1)),
        ],
    )
    if open_preview:
        from digest.cli.edit_panel import run_preview

        run_preview(replace(options, root=target, offline=True), done.issue, open_browser=True)


def init(
    options: RunOptions,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The newsletter's folder. Default: -C, or the current folder.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Use the defaults instead of asking.")] = False,
    workflows: Annotated[
        bool,
        typer.Option(
            "--workflows",
            help="For an existing newsletter: only write the GitHub workflows that are missing or outdated.",
        ),
    ] = False,
) -> None:
    """Create a newsletter: configuration, theme, sample list and GitHub workflows. Existing files are kept."""
    if workflows:
        _refresh_workflows(replace(options, root=folder or options.root))
        return
    from digest.cli.json_objects import InitResult
    from digest.models import secret_parameters, without_secrets
    from digest.workflow.new_newsletter import Answers, initialise

    folder = folder or options.root or Path()
    answers = Answers()
    if not yes:
        if not options.interactive:
            raise RefusedError("init cannot ask its questions here", hint="Use the defaults: digest init --yes")
        answers = _ask(answers)
    done = initialise(folder, answers)
    output = replace(options, root=folder if folder != Path() else None).output
    output.say(*(f"  kept    {name}" for name in done.kept))
    output.result(
        InitResult(folder=str(folder), written=list(done.written), kept=list(done.kept)),
        [f"  wrote   {name}" for name in done.written],
    )
    if secret_parameters(answers.feed):
        output.say(secret_source_line(without_secrets(answers.feed), str(folder / "digest.toml")))
    output.next(
        f"put an article in {folder / 'articles'}, or add a feed to {folder / 'digest.toml'}",
        "digest collect",
        "for every week on GitHub: docs/github.md in the repository of digest",
    )


def _refresh_workflows(options: RunOptions) -> None:
    from digest.cli.json_objects import WorkflowsResult
    from digest.workflow.new_newsletter import refresh_workflows

    done, output = refresh_workflows(options.project()), options.output
    output.say(*(f"  saved   {options.shown(file)} as {options.shown(copy)}" for file, copy in done.undo.items()))
    output.result(
        WorkflowsResult(written=list(done.written), current=list(done.current), undo=dict(done.undo)),
        [f"  wrote   {options.shown(name)}" for name in done.written] or ["The workflows are up to date."],
    )
    output.next("git diff", "digest doctor")


def _ask(defaults: Answers) -> Answers:
    from digest.models import parse_sender
    from digest.providers import provider_names
    from digest.workflow.curation.typed_addresses import require_no_password
    from digest.workflow.new_newsletter import Answers

    name = typer.prompt("Name of the newsletter", default=defaults.name, err=True)
    sender = typer.prompt("From (Name <address>)", default=f"{name} <news@example.org>", err=True)
    parse_sender(sender)
    feed = typer.prompt("A feed to start with (empty for none)", default="", show_default=False, err=True).strip()
    require_no_password(feed)
    *names, last = provider_names()
    provider = typer.prompt(f"Send with {', '.join(names)} or {last}", default=defaults.provider, err=True)
    return Answers(name=name, sender=sender, feed=feed, provider=provider)


def doctor(
    options: RunOptions,
    two_phase: Annotated[
        bool,
        typer.Option(
            "--two-phase",
            help="Instead, test with mail to yourself whether the provider can hold mail back and release it.",
        ),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ADDRESS", help="With --two-phase: your own address. Starts the test."),
    ] = None,
    received: Annotated[
        str | None,
        typer.Option("--received", metavar="CODE", help="With --two-phase: the code in the mail. Ends the test."),
    ] = None,
) -> None:
    """Check everything that a send needs: configuration, lists, keys, provider and DNS.

    Exits with code 5 if something is wrong. It sends nothing, except with --two-phase, which mails you two codes,
    cancels one of them, and asks you for the other.
    """
    if two_phase:
        _test_two_phase(options, to, received)
        return
    if to is not None or received is not None:
        raise UsageError("--to and --received only work with --two-phase", hint=f"{_TWO_PHASE} --to you@example.org")
    from digest.cli.json_objects import DoctorResult, DoctorResultItem
    from digest.workflow.doctor import diagnose

    output = options.output
    lines: list[str] = []
    findings: list[DoctorResultItem] = []
    for part, diagnosis in diagnose(options.read_only_session()):
        output.status(f"Checking: {part}")
        mark = {"ok": "✓", "warning": "!", "error": "✗"}[diagnosis.state]
        lines.append(f"  {mark} {part:<11} {diagnosis.what}: {diagnosis.words}")
        if diagnosis.remedy:
            lines.append(f"      → {diagnosis.remedy}")
        findings.append(
            DoctorResultItem(
                part=part,
                what=diagnosis.what,
                state=diagnosis.state,
                words=diagnosis.words,
                remedy=diagnosis.remedy,
            )
        )
    output.status("")
    errors, warnings = (sum(finding.state == state for finding in findings) for state in ("error", "warning"))
    output.result(
        DoctorResult(errors=errors, warnings=warnings, findings=findings),
        [*lines, f"{count(errors, 'error', 'errors')}, {count(warnings, 'warning', 'warnings')}"],
    )
    if errors:
        raise typer.Exit(ChecksFailedError.exit_code)
    output.next("digest collect")


def _test_two_phase(options: RunOptions, to: str | None, received: str | None) -> None:
    from digest.cli.json_objects import TwoPhasePassed
    from digest.workflow.doctor import finish_self_test

    if to is not None and received is None:
        _start_two_phase_test(options, to)
        return
    if received is None or to is not None:
        raise UsageError("--two-phase needs either --to or --received", hint=f"{_TWO_PHASE} --to you@example.org")
    project = options.project()
    finish_self_test(project, received)
    options.output.result(
        TwoPhasePassed(two_phase="passed"),
        ["Passed: the cancelled mail did not arrive, and the held mail arrived once it was released."],
    )
    options.output.next(
        "if a second mail of this test arrives after all, enter its code too",
        f"set two_phase = true under [providers.{project.config.delivery.provider}]",
    )


def _start_two_phase_test(options: RunOptions, to: str) -> None:
    from digest.cli.json_objects import TwoPhaseStarted, TwoPhaseStep
    from digest.workflow.doctor import begin_self_test

    output, project = options.output, options.project()
    due, test_steps = begin_self_test(project, to)
    steps: list[TwoPhaseStep] = []
    lines: list[str] = []
    for step in test_steps:
        output.status(f"Mail {step.mail}: {step.what}")
        steps.append(
            TwoPhaseStep(mail=step.mail, what=step.what, state=step.state, words=step.words, remedy=step.remedy)
        )
        lines.append(f"  {'✓' if step.state == 'ok' else '✗'} {step.mail}  {step.what:<10}  {step.words}")
        if step.remedy:
            lines.append(f"      → {step.remedy}")
    output.status("")
    failed = any(step.state == "error" for step in steps)
    arrival = due.astimezone(project.config.newsletter.zone)
    if failed:
        outcome = "The test could not be completed. Leave two_phase = false."
    else:
        outcome = (
            f"A was cancelled and must not arrive. B should arrive at {arrival:%H:%M %Z}, with a code in its subject."
        )
    output.result(
        TwoPhaseStarted(
            two_phase="failed" if failed else "begun", due=None if failed else due.isoformat(), steps=steps
        ),
        [*lines, outcome],
    )
    if failed:
        raise typer.Exit(ChecksFailedError.exit_code)
    output.next(f"{_TWO_PHASE} --received CODE")
