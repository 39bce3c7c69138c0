"""The pages that GitHub shows of an issue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.checks import Finding, Severity
from digest.cli.github.report_pages import MOST_OF_A_BODY, as_words, changed_files, issue_page, issue_title
from digest.errors import Place
from digest.workflow.issue_report import Difference, IssueReport

REPORT = IssueReport(
    issue="2026-W48",
    sender="Global Leaders <news@example.org>",
    subject="Small models",
    preheader="Eight reads",
    stories=8,
    bytes_html=40_123,
    recipients=1842,
    token="a" * 32,
    text="SMALL MODELS\n\nEight reads\n",
    difference=Difference(
        issue="2026-W48", before="2026-W47", subjects=("Old", "Small models"), stories=(7, 8), words=(500, 600)
    ),
)


def finding(severity: Severity, message: str = "Wrong", line: int | None = 3) -> Finding:
    return Finding(code="T101", severity=severity, message=message, place=Place("issue.md", line), hint="Fix it.")


def page(report: IssueReport = REPORT, **options) -> str:
    return issue_page(report, lambda file: f"letters/{file}", **options)


def test_starts_with_the_verdict_and_shows_what_an_approver_needs():
    report_page = page(email_url="https://example.com/artifact", picture_url="https://example.com/picture")
    assert "without images](https://example.com/picture)" in report_page
    assert report_page.startswith("## 2026-W48: fit to send\n")
    for fragment in (
        "<td>Inbox</td><td>Global Leaders · Small models — Eight reads</td>",
        "<td>To</td><td>1,842 people</td>",
        f"<td>Token</td><td>{'a' * 32}</td>",
        "[**Open the email**](https://example.com/artifact)",
        "merge the pull request of the branch `digest/2026-W48`",
        f"Send an issue → Run workflow, and enter issue `2026-W48` and token `{'a' * 32}`",
        "**To stop it**: close the pull request",
        "edit `letters/issues/2026-W48/issue.md`",
        "### Checks: 0 errors, 0 warnings\n\nNothing found.",
        "### Compared with 2026-W47",
        "    SMALL MODELS",
    ):
        assert fragment in report_page
    assert "could not be read" not in report_page


def test_an_issue_with_errors_cannot_be_approved_and_says_where_to_fix_it():
    report_page = page(replace(REPORT, findings=(finding(Severity.ERROR), finding(Severity.WARNING))))
    assert report_page.startswith("## 2026-W48: 1 error to fix before it can be sent\n")
    assert "It cannot be approved yet" in report_page
    assert "To approve" not in report_page
    assert "<td>error</td><td>T101</td><td>letters/issue.md:3</td><td>Wrong</td><td>Fix it.</td>" in report_page


def test_a_missing_list_and_a_failed_source_are_reported():
    report_page = page(replace(REPORT, recipients=None, troubles=(("world", "503 from its server"),)))
    assert "not counted, because the list is not on this machine" in report_page
    assert "<tr><td>world</td><td>503 from its server</td></tr>" in report_page


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<b>A & B</b>\n\n| x", "&lt;b&gt;A &amp; B&lt;/b&gt; | x"),
        ("ask @octocat", "ask @\u2060octocat"),
        ("see #12 and GH-7", "see #\u206012 and GH-\u20607"),
        ("https://github.com/a/b/issues/1", "https://\u2060github.com/a/b/issues/1"),
        ("https://example.com/#top", "https://example.com/#top"),
    ],
)
def test_text_of_an_article_is_not_interpreted_as_markup(text, escaped):
    assert as_words(text) == escaped
    assert escaped in page(replace(REPORT, subject=text))


def test_truncates_a_page_to_the_limit_of_a_pull_request_with_a_note():
    many_findings = tuple(finding(Severity.ERROR, "ü" * 1000) for _ in range(200))
    report_page = page(replace(REPORT, findings=many_findings, text="long\n" * 50_000), most_bytes=MOST_OF_A_BODY)
    assert len(report_page.encode()) <= MOST_OF_A_BODY
    shown = report_page.count("<td>error</td>")
    assert f"{200 - shown} more are not shown." in report_page
    assert report_page.count("<table>") == report_page.count("</table>")


def test_truncates_a_long_text_part():
    report_page = page(replace(REPORT, text="long\n" * 50_000), most_bytes=MOST_OF_A_BODY)
    assert len(report_page.encode()) <= MOST_OF_A_BODY
    assert report_page.endswith("    …\n\n</details>\n")


def test_the_title_is_one_line_without_calls_and_fits():
    title = issue_title(replace(REPORT, subject=f"Closes #12,\n@crew {'and so on ' * 40}"))
    assert title.startswith("2026-W48: Closes #\u206012, @\u2060crew and so on")
    assert len(title) <= 200


DIFF = """diff --git a/digest.toml b/digest.toml
--- a/digest.toml
+++ b/digest.toml
@@ -1 +1 @@
-host = "a"
+host = "b"  # ``` </details> @crew
diff --git "a/templates/\\303\\274.j2" "b/templates/\\303\\274.j2"
"""


def test_a_change_of_the_newsletter_itself_is_shown_before_the_checks():
    assert changed_files(DIFF) == ["digest.toml", "templates/\\303\\274.j2"]
    report_page = page(changes=DIFF)
    assert "more than the issue" not in page()
    assert report_page.index("### It changes more than the issue") < report_page.index("### What to do")
    assert "<li>digest.toml</li>" in report_page
    assert '\n    +host = "b"  # ``` </details> @crew\n' in report_page
    assert len(page(changes=DIFF * 10_000, most_bytes=MOST_OF_A_BODY).encode()) <= MOST_OF_A_BODY
