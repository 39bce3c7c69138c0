"""What GitHub shows of an issue: the job's summary, the title and text of its pull request, and the alerts. Pure.

The pages are HTML within Markdown, because text from articles must not become markup, mention users (@…), or create
references in other projects (#12, or the address of an issue).
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from digest.cli.result_lines import count
from digest.models import parse_sender
from digest.workflow.issue_report import difference_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from digest.checks import Finding
    from digest.workflow.alerts import Alert
    from digest.workflow.issue_report import IssueReport

__all__ = [
    "MOST_OF_A_BODY",
    "MOST_OF_A_SUMMARY",
    "alerts_page",
    "as_words",
    "changed_files",
    "html_table",
    "issue_page",
    "issue_title",
]

#: In bytes. GitHub drops a job summary over 1 MiB, and refuses the text of a pull request over 65,536 characters.
#: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
MOST_OF_A_SUMMARY = 1_000_000
MOST_OF_A_BODY = 60_000

#: In bytes. The rest of a diff is on the pull request's own page.
_MOST_OF_A_DIFF = 10_000
_MOST_FILES = 30
#: In characters. GitHub refuses a title over 256.
_MOST_OF_A_TITLE = 200
#: About how many characters of a line an inbox shows.
_INBOX = 110
#: Places where GitHub would make a mention or a reference. An invisible character (WORD JOINER) prevents it.
_CALLS = re.compile(r"(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=GH-)(?=\d)|(?<=://)(?=(?:www\.)?github\.com)", re.IGNORECASE)
_JOINER = "\u2060"


def issue_page(
    report: IssueReport,
    shown: Callable[[str], str],
    *,
    email_url: str = "",
    picture_url: str = "",
    changes: str = "",
    most_bytes: int = MOST_OF_A_SUMMARY,
) -> str:
    """The report of an issue: verdict, facts, what to do, checks, sources, the previous issue, and the text part.

    Args:
        shown: Turns a file of the newsletter into its path relative to the repository's root.
        email_url: The address of the email.
        picture_url: The address of its screenshot.
        changes: What the pull request changes outside of issues, as git's diff; may be empty.
        most_bytes: The limit. What does not fit is left out from the end, and counted.
    """
    head = [_verdict(report), _facts(report)]
    links = {"**Open the email**": email_url, "See it on desktop, phone, in dark mode and without images": picture_url}
    if shown_links := [f"[{label}]({url})" for label, url in links.items() if url]:
        head.append(f"{' · '.join(shown_links)}\n")
    if changes:
        head.append(_other_changes(changes))
    head.append(_next_steps(report, shown))
    page = "\n".join(head)
    for title, rows in _sections(report, shown):
        page += f"\n### {title}\n\n"
        page += _fitting(rows, most_bytes - len(page.encode())) if rows else "Nothing found.\n"
    return page + _fold("The email as plain text", report.text, most_bytes - len(page.encode()))


def issue_title(report: IssueReport) -> str:
    """The title of the pull request: the issue's id and its subject, on one line.

    It must not hold references either: a merge repeats it in a commit message, where ``closes #12`` would close one.
    """
    return f"{report.issue}: {_without_calls(report.subject)}"[:_MOST_OF_A_TITLE].rstrip()


def alerts_page(alerts: Sequence[Alert]) -> str:
    """What needs attention, as the text of a GitHub issue; empty if nothing does."""
    if not alerts:
        return ""
    items = "".join(f"<li><b>{as_words(alert.message)}.</b> {as_words(alert.hint)}</li>\n" for alert in alerts)
    return (
        f"<ul>\n{items}</ul>\n\nEach run of the workflow updates this text, and closes the issue when nothing is left. "
        "`digest status` shows the same.\n"
    )


def html_table(*rows: Iterable[str], tag: str = "td") -> str:
    """Rows of plain text as an HTML table."""
    return f"<table>\n{''.join(_row(row, tag=tag) for row in rows)}</table>\n"


def as_words(text: str) -> str:
    """``text`` as inert HTML on one line, because a blank line would end the HTML block."""
    return escape(_without_calls(text))


def _without_calls(text: str) -> str:
    return _CALLS.sub(_JOINER, " ".join(text.split()))


def _row(cells: Iterable[str], *, tag: str = "td") -> str:
    return f"<tr>{''.join(f'<{tag}>{as_words(cell)}</{tag}>' for cell in cells)}</tr>\n"


def _verdict(report: IssueReport) -> str:
    errors = report.count("error")
    verdict = f"{count(errors, 'error', 'errors')} to fix before it can be sent" if errors else "fit to send"
    return f"## {report.issue}: {verdict}\n"


def _facts(report: IssueReport) -> str:
    name, address = parse_sender(report.sender)
    inbox = f"{name or address} · {report.subject} — {report.preheader}"
    people = "not counted, because the list is not on this machine"
    if report.recipients is not None:
        people = count(report.recipients, "person", "people")
    return html_table(
        ("Inbox", inbox if len(inbox) <= _INBOX else f"{inbox[:_INBOX].rstrip()}…"),
        ("Subject", report.subject),
        ("Preheader", report.preheader),
        ("To", people),
        ("Stories", str(report.stories)),
        ("Size", f"{report.bytes_html / 1000:.0f} kB of HTML; Gmail clips at 102 kB"),
        ("Token", report.token),
    )


def _other_changes(diff: str) -> str:
    """Say which files of the newsletter itself the pull request changes, and how."""
    names = changed_files(diff)
    shown = [*names[:_MOST_FILES], *([f"and {len(names) - _MOST_FILES} more"] if len(names) > _MOST_FILES else [])]
    files = "".join(f"<li>{as_words(name)}</li>\n" for name in shown)
    return (
        "### It changes more than the issue\n\n"
        "**Read these changes before you merge.** The configuration decides where mail and keys go, the theme what "
        f"readers see, and the workflows what runs with the secrets.\n\n<ul>\n{files}</ul>\n"
        f"{_fold('The changes', diff, _MOST_OF_A_DIFF)}"
    )


def changed_files(diff: str) -> list[str]:
    """The files that git's ``diff`` is about, in its order. A renamed file counts with its new name."""
    return re.findall(r'^diff --git .* "?b/(.*?)"?$', diff, re.MULTILINE)


def _next_steps(report: IssueReport, shown: Callable[[str], str]) -> str:
    file = shown(f"issues/{report.issue}/issue.md")
    approve = (
        f"- **To approve exactly this email**: merge the pull request of the branch `digest/{report.issue}`. Then open "
        f"Actions → Send an issue → Run workflow, and enter issue `{report.issue}` and token `{report.token}`.\n"
    )
    if report.count("error"):
        approve = "- **It cannot be approved yet**: fix the errors that are listed under Checks.\n"
    return (
        f"### What to do\n\n{approve}"
        f"- **To change it**: edit `{file}` on the branch `digest/{report.issue}`, there or on your own machine "
        f"(`git fetch && git switch digest/{report.issue} && digest preview {report.issue}`). The token then changes.\n"
        "- **To stop it**: close the pull request. Nothing is sent, and nothing more is collected for that week.\n"
    )


def _sections(report: IssueReport, shown: Callable[[str], str]) -> Iterable[tuple[str, list[str]]]:
    errors, warnings = (
        count(report.count("error"), "error", "errors"),
        count(report.count("warning"), "warning", "warnings"),
    )
    rows = [_row(_finding(finding, shown)) for finding in report.findings]
    yield f"Checks: {errors}, {warnings}", rows and [_row(("", "Rule", "Where", "What", "What to do"), tag="th"), *rows]
    if report.troubles:
        yield "Sources that could not be read", [_row(trouble) for trouble in report.troubles]
    if report.difference is not None:
        rows = [_row(pair) for pair in difference_lines(report.difference)]
        yield f"Compared with {report.difference.before}", rows


def _finding(finding: Finding, shown: Callable[[str], str]) -> tuple[str, ...]:
    file, line = shown(finding.place.file), finding.place.line
    where = f"{file}:{line}" if line else file
    return finding.severity, finding.code, where, finding.message, finding.hint


def _fitting(rows: Sequence[str], room: int) -> str:
    """The rows that fit, and how many were left out."""
    room -= 200  # for the tags and the note around the rows
    fitting = 0
    for row in rows:
        room -= len(row.encode())
        if room < 0:
            break
        fitting += 1
    left_out = f"\n{len(rows) - fitting} more are not shown.\n" if fitting < len(rows) else ""
    return f"<table>\n{''.join(rows[:fitting])}</table>\n{left_out}"


def _fold(title: str, text: str, room: int) -> str:
    """Lines of text in a fold, as far as they fit. They are indented, so that none of them is markup."""
    before, after = f"\n<details><summary>{title}</summary>\n\n", "\n</details>\n"
    lines, room = [], room - len(before + after) - 100
    for line in text.splitlines():
        room -= len(line.encode()) + 5
        if room < 0:
            lines.append("    …")
            break
        lines.append(f"    {line}")
    return f"{before}{chr(10).join(lines)}\n{after}" if lines else ""
