"""Ship: check and rules."""

from __future__ import annotations

import os
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from digest.cli.commands import IssueArgument, NoLedger
from digest.cli.result_lines import finding_lines
from digest.cli.session import Session, write_text
from digest.errors import ChecksFailedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.project import Session as NewsletterSession
    from digest.workflow.building import Checked

__all__ = ["check", "findings_data", "rules"]


def check(
    session: Session,
    issue: IssueArgument = None,
    fail_on: Annotated[
        Literal["error", "warning", "never"], typer.Option("--fail-on", help="From which severity on to exit with 5.")
    ] = "error",
    format: Annotated[
        Literal["text", "json", "github"],
        typer.Option("--format", help="json is --json; github annotates a pull request and writes the job's summary."),
    ] = "text",
    online: Annotated[
        bool, typer.Option("--online", help="Ask the servers of the links as well, each once a day.")
    ] = False,
    no_ledger: NoLedger = False,
    email_url: Annotated[
        str, typer.Option("--email-url", metavar="URL", help="Where the email can be opened, for the report.")
    ] = "",
    picture_url: Annotated[
        str, typer.Option("--picture-url", metavar="URL", help="Where its picture can be seen, for the report.")
    ] = "",
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", help="Write the whole report there, short enough for a pull request's text."
        ),
    ] = None,
) -> None:
    """Find what is wrong with the email, at issue.md:LINE. Exit code 5 if any error."""
    from digest.cli.github_pages import annotation_lines
    from digest.workflow.building import check as run

    if online and session.offline:
        raise UsageError("--online and --offline do not go together", hint="Leave one of them out.")
    output = replace(session, as_json=session.as_json or format == "json").output
    newsletter = session.newsletter_at_hand(no_ledger=no_ledger)
    if newsletter.no_ledger and not no_ledger:
        output.say("Not asked, because of --offline: the ledger, which knows the stories that readers have had.")
    done = run(
        newsletter,
        issue,
        online=online,
        progress=lambda number, all_links: output.status(f"Asking for links: {number} of {all_links}"),
    )
    output.status("")
    links = {"email_url": email_url, "picture_url": picture_url}
    _write_pages(session, newsletter, done, links=links, report=report, summary=format == "github")
    if format == "github":
        output.result(findings_data(done), annotation_lines(done.findings, session.shown))
    else:
        output.result(findings_data(done), finding_lines(done, output))
    failing = {"error": ("error",), "warning": ("error", "warning"), "never": ()}[fail_on]
    if any(done.count(severity) for severity in failing):
        raise typer.Exit(ChecksFailedError.exit_code)
    output.next(f"digest build {done.issue}")


def _write_pages(
    session: Session,
    newsletter: NewsletterSession,
    done: Checked,
    *,
    links: Mapping[str, str],
    report: Path | None,
    summary: bool,
) -> None:
    """Write the report: at the end of the job's summary, and to a file that is to be a pull request's text."""
    from digest.cli.github_pages import MOST_OF_A_BODY, MOST_OF_A_SUMMARY, issue_page
    from digest.workflow.issue_report import report_issue

    page = os.environ.get("GITHUB_STEP_SUMMARY") if summary else None
    if not page and report is None:
        return
    told = report_issue(newsletter, done)
    if page:
        _append(Path(page), issue_page(told, session.shown, **links, most_bytes=MOST_OF_A_SUMMARY))
    if report is not None:
        body = issue_page(told, session.shown, **links, most_bytes=MOST_OF_A_BODY)
        write_text(report, body)


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", hint="Unset GITHUB_STEP_SUMMARY.") from error


def rules(
    session: Session,
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="Such as L204. Default: all, a line each.")] = None,
) -> None:
    """Explain what `digest check` looks for, and what to do about it."""
    from digest.checks import all_rules, find_rule

    output = session.output
    found = all_rules() if code is None else (find_rule(code),)
    data = [
        {"code": rule.code, "severity": str(rule.severity), "title": rule.title, "explanation": rule.explanation}
        for rule in found
    ]
    if code is None:
        output.result({"rules": data}, [f"{rule.code}  {rule.severity:<7}  {rule.title}" for rule in found])
        output.next("digest rules CODE")
        return
    (rule,) = found
    lines = [
        f"{rule.code}  {rule.severity}: {rule.title}",
        "",
        *textwrap.wrap(rule.explanation, 76),
        "",
        "To let it pass, in digest.toml:",
        "  [[check.ignore]]",
        f'  code = "{rule.code}"',
        '  reason = "…"',
    ]
    output.result({"rules": data}, lines)


def findings_data(done: Checked) -> dict[str, Any]:
    """What --json tells of a check."""
    return {
        "issue": done.issue,
        "errors": done.count("error"),
        "warnings": done.count("warning"),
        "findings": [
            {
                "code": finding.code,
                "severity": str(finding.severity),
                "file": finding.place.file,
                "line": finding.place.line,
                "message": finding.message,
                "hint": finding.hint,
            }
            for finding in done.findings
        ],
    }
