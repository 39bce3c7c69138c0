"""The commands check and rules, of the panel Ship."""

from __future__ import annotations

import os
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from digest.cli.commands import IssueArgument, NoLedger, RunOptions, write_text
from digest.cli.result_lines import finding_lines
from digest.errors import ChecksFailedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.project import Session
    from digest.workflow.building import Checked

__all__ = ["check", "rules"]


def check(
    options: RunOptions,
    issue: IssueArgument = None,
    fail_on: Annotated[
        Literal["error", "warning", "never"],
        typer.Option("--fail-on", help="The least severity of a finding that makes the command exit with code 5."),
    ] = "error",
    format: Annotated[
        Literal["text", "json", "github"],
        typer.Option(
            "--format",
            help="How to print the findings. json is the same as --json. github prints annotations for a pull request, "
            "writes a report to the job's summary, and sets the step's output title.",
        ),
    ] = "text",
    online: Annotated[
        bool,
        typer.Option("--online", help="Also request every link, at most once a day, and report the broken ones."),
    ] = False,
    no_ledger: NoLedger = False,
    email_url: Annotated[
        str, typer.Option("--email-url", metavar="URL", help="The address of the built email, for the report.")
    ] = "",
    picture_url: Annotated[
        str, typer.Option("--picture-url", metavar="URL", help="The address of its screenshot, for the report.")
    ] = "",
    changes: Annotated[
        Path | None,
        typer.Option(
            "--changes",
            metavar="FILE",
            help="What the pull request changes besides the issue, as git's diff, for the report.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write the report to this file, cut to fit the text of a pull request.",
        ),
    ] = None,
) -> None:
    """Find what is wrong with the email, at issue.md:LINE. Exits with code 5 if there are errors."""
    from digest.cli.github.report_pages import changed_files
    from digest.cli.github.workflow_commands import annotation_lines, changes_annotation
    from digest.cli.json_objects import check_result
    from digest.workflow.building import check as run

    if online and options.offline:
        raise UsageError("--online and --offline exclude each other", hint="Leave out one of them.")
    output = replace(options, as_json=options.as_json or format == "json").output
    session = options.read_only_session(no_ledger=no_ledger)
    if session.no_ledger and not no_ledger:
        output.say("The ledger, which knows the stories of earlier issues, was not read because of --offline.")
    checked = run(
        session,
        issue,
        online=online,
        progress=lambda number, all_links: output.status(f"Requesting links: {number} of {all_links}"),
    )
    output.status("")
    diff = _read_diff(changes)
    parts = {"email_url": email_url, "picture_url": picture_url, "changes": diff}
    _write_reports(options, session, checked, parts=parts, report=report, on_github=format == "github")
    if format == "github":
        lines = annotation_lines(checked.findings, options.shown)
        if files := changed_files(diff):
            lines.insert(0, changes_annotation(files))
        output.result(check_result(checked), lines, as_commands=True)
    else:
        output.result(check_result(checked), finding_lines(checked, output))
    failing = {"error": ("error",), "warning": ("error", "warning"), "never": ()}[fail_on]
    if any(checked.count(severity) for severity in failing):
        raise typer.Exit(ChecksFailedError.exit_code)
    if checked.issue in session.ended_issues:
        output.next("digest status")
    elif checked.is_built:
        output.next(f"digest send-test {checked.issue} --to you@example.org", f"digest approve {checked.issue}")
    else:
        output.next(f"digest build {checked.issue}")


def _read_diff(file: Path | None) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace") if file is not None else ""
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}", hint="Name another file.") from error


def _write_reports(
    options: RunOptions,
    session: Session,
    checked: Checked,
    *,
    parts: Mapping[str, str],
    report: Path | None,
    on_github: bool,
) -> None:
    """Write the report to the file for the text of a pull request and, on GitHub, to the job's summary."""
    from digest.cli.github.report_pages import MOST_OF_A_BODY, MOST_OF_A_SUMMARY, issue_page, issue_title
    from digest.workflow.issue_report import report_issue

    summary, outputs = (os.environ.get(f"GITHUB_{name}") if on_github else None for name in ("STEP_SUMMARY", "OUTPUT"))
    if not summary and not outputs and report is None:
        return
    issue_report = report_issue(session, checked)
    if summary:
        _append(Path(summary), issue_page(issue_report, options.shown, **parts, most_bytes=MOST_OF_A_SUMMARY))
    if outputs:
        _append(Path(outputs), f"title={issue_title(issue_report)}\n")
    if report is not None:
        write_text(report, issue_page(issue_report, options.shown, **parts, most_bytes=MOST_OF_A_BODY))


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        hint = "Unset GITHUB_STEP_SUMMARY and GITHUB_OUTPUT, or run it without --format github."
        raise UsageError(f"cannot write {path}: {error.strerror}", hint=hint) from error


def rules(
    options: RunOptions,
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="The rule to explain, such as L204. Default: list all rules.")
    ] = None,
) -> None:
    """Explain the rules of `digest check`, and what to do about their findings."""
    from digest.checks import all_rules, find_rule
    from digest.cli.json_objects import CheckRule, RulesResult

    output = options.output
    shown = all_rules() if code is None else (find_rule(code),)
    result = RulesResult(
        rules=[
            CheckRule(code=rule.code, severity=str(rule.severity), title=rule.title, explanation=rule.explanation)
            for rule in shown
        ]
    )
    if code is None:
        output.result(result, [f"{rule.code}  {rule.severity:<7}  {rule.title}" for rule in shown])
        output.next("digest rules CODE")
        return
    (rule,) = shown
    lines = [
        f"{rule.code}  {rule.severity}: {rule.title}",
        "",
        *textwrap.wrap(rule.explanation, 76),
        "",
        "To accept such a finding, add this to digest.toml:",
        "  [[check.ignore]]",
        f'  code = "{rule.code}"',
        '  reason = "…"',
    ]
    output.result(result, lines)
    output.next("digest check")
