"""What GitHub shows of an issue: the job's summary, the text of its pull request, and annotations at its lines. Pure.

They are HTML within Markdown, because words of an article must not become markup of the page, call anybody by name
(@…), or leave a mark on the page of another project (#12, a link to an issue).
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
    "annotation_lines",
    "as_words",
    "html_table",
    "issue_page",
]

#: GitHub leaves out a summary of more than 1 MiB, and refuses a body of more than 65,536 characters. In bytes.
MOST_OF_A_SUMMARY = 1_000_000
MOST_OF_A_BODY = 60_000

#: Where an inbox cuts the line, about.
_INBOX = 110
#: What GitHub would make a mention or a reference, and a mark nobody sees that stops it.
_CALLS = re.compile(r"(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=GH-)(?=\d)|(?<=://)(?=(?:www\.)?github\.com)", re.IGNORECASE)
_JOINER = "\u2060"
#: GitHub shows so many annotations of each kind for a step.
_MOST = 10
_KINDS = {"error": "error", "warning": "warning", "info": "notice"}


def issue_page(
    report: IssueReport,
    shown: Callable[[str], str],
    *,
    email_url: str = "",
    picture_url: str = "",
    most_bytes: int = MOST_OF_A_SUMMARY,
) -> str:
    """The verdict first, then the facts, what to do, the checks, the sources, the issue before, and the text part.

    Args:
        shown: A file as it is named from the repository's root.
        email_url: Where the email can be opened.
        picture_url: Where its picture can be seen.
        most_bytes: What does not fit any more is left out from the end, and counted.
    """
    head = [_verdict(report), _facts(report)]
    links = {"**Open the email**": email_url, "See it on a desk, a phone, in the dark and without images": picture_url}
    if shown_links := [f"[{words}]({url})" for words, url in links.items() if url]:
        head.append(f"{' · '.join(shown_links)}\n")
    head.append(_next_steps(report, shown))
    page = "\n".join(head)
    for title, rows in _sections(report, shown):
        page += f"\n### {title}\n\n"
        page += _fitting(rows, most_bytes - len(page.encode())) if rows else "Nothing found.\n"
    return page + _text_part(report.text, most_bytes - len(page.encode()))


def alerts_page(alerts: Sequence[Alert]) -> str:
    """What wants attention, as the text of a GitHub issue; empty when nothing does."""
    if not alerts:
        return ""
    told = "".join(f"- **{as_words(alert.words)}.** {as_words(alert.hint)}\n" for alert in alerts)
    return (
        f"{told}\nEach run of the workflow brings this text up to date, and closes the issue when there is nothing "
        "left to tell. `digest status` says the same.\n"
    )


def html_table(*rows: Iterable[str], tag: str = "td") -> str:
    """Rows of plain words as an HTML table."""
    return f"<table>\n{''.join(_row(row, tag=tag) for row in rows)}</table>\n"


def as_words(text: str) -> str:
    """``text`` as HTML that says the same and does nothing: on one line, as a blank line would end the HTML."""
    return escape(_CALLS.sub(_JOINER, " ".join(text.split())))


def _row(cells: Iterable[str], *, tag: str = "td") -> str:
    return f"<tr>{''.join(f'<{tag}>{as_words(cell)}</{tag}>' for cell in cells)}</tr>\n"


def _verdict(report: IssueReport) -> str:
    errors = report.count("error")
    words = f"{count(errors, 'error', 'errors')} to mend before it can be sent" if errors else "fit to send"
    return f"## {report.issue}: {words}\n"


def _facts(report: IssueReport) -> str:
    name, address = parse_sender(report.sender)
    inbox = f"{name or address} · {report.subject} — {report.preheader}"
    people = "not counted: the list is not here"
    if report.recipients is not None:
        people = count(report.recipients, "person", "people")
    return html_table(
        ("Inbox", inbox if len(inbox) <= _INBOX else f"{inbox[:_INBOX].rstrip()}…"),
        ("Subject", report.subject),
        ("Preheader", report.preheader),
        ("To", people),
        ("Stories", str(report.stories)),
        ("Size", f"{report.bytes_html / 1000:.0f} kB of HTML; Gmail cuts at 102 kB"),
        ("Token", report.token),
    )


def _next_steps(report: IssueReport, shown: Callable[[str], str]) -> str:
    file = shown(f"issues/{report.issue}/issue.md")
    approve = (
        f"- **To approve exactly this email**: merge the pull request of the branch `digest/{report.issue}`. Then "
        f"Actions, Send an issue, Run workflow, with the issue `{report.issue}` and the token `{report.token}`.\n"
    )
    if report.count("error"):
        approve = "- **It cannot be approved yet**: mend what is listed under Checks as an error.\n"
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
        yield f"Beside {report.difference.before}", rows


def _finding(finding: Finding, shown: Callable[[str], str]) -> tuple[str, ...]:
    file, line = shown(finding.place.file), finding.place.line
    where = f"{file}:{line}" if line else file
    return finding.severity, finding.code, where, finding.message, finding.hint


def _fitting(rows: Sequence[str], room: int) -> str:
    """The rows that fit, and how many do not."""
    room -= 200  # for what stands around them
    kept = 0
    for row in rows:
        room -= len(row.encode())
        if room < 0:
            break
        kept += 1
    left_out = f"\n{len(rows) - kept} more are not shown.\n" if kept < len(rows) else ""
    return f"<table>\n{''.join(rows[:kept])}</table>\n{left_out}"


def _text_part(text: str, room: int) -> str:
    """The text part in a fold, as far as it fits. A line of it begins no markup, as all are indented."""
    before, after = "\n<details><summary>The email as plain text</summary>\n\n", "\n</details>\n"
    kept, room = [], room - len(before + after) - 100
    for line in text.splitlines():
        room -= len(line.encode()) + 5
        if room < 0:
            kept.append("    …")
            break
        kept.append(f"    {line}")
    return f"{before}{chr(10).join(kept)}\n{after}" if kept else ""


def annotation_lines(findings: Sequence[Finding], shown: Callable[[str], str]) -> list[str]:
    """One workflow command for each finding, at most ten of a kind, and a notice that says how many there are more.

    Args:
        findings: The worst first.
        shown: A file as it is named from the repository's root.
    """
    lines, left_out = [], 0
    for severity, kind in _KINDS.items():
        own = [finding for finding in findings if finding.severity == severity]
        # The last notice tells of the others.
        most = _MOST if kind != "notice" or len(findings) <= _MOST else _MOST - 1
        left_out += len(own[most:])
        for finding in own[:most]:
            where = [f"file={_property(shown(finding.place.file))}"]
            if finding.place.line:
                where.append(f"line={finding.place.line}")
            words = f"{finding.message}. {finding.hint}" if finding.hint else finding.message
            lines.append(f"::{kind} {','.join([*where, f'title={finding.code}'])}::{_data(words)}")
    if left_out:
        lines.append(f"::notice title=digest check::{left_out} more in the job's summary")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
