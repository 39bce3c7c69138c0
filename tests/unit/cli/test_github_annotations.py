"""What GitHub is told of findings."""

from __future__ import annotations

from digest.checks import Finding, Severity
from digest.cli.github_pages import annotation_lines
from digest.errors import Place


def finding(severity: Severity, message: str = "Wrong", line: int | None = 3, hint: str = "") -> Finding:
    return Finding(code="T101", severity=severity, message=message, place=Place("issue.md", line), hint=hint)


def shown(file: str) -> str:
    return f"letters/{file}"


def test_a_finding_is_an_annotation_of_its_line():
    findings = [finding(Severity.ERROR, hint="Fix it."), finding(Severity.INFO, line=None)]
    assert annotation_lines(findings, shown) == [
        "::error file=letters/issue.md,line=3,title=T101::Wrong. Fix it.",
        "::notice file=letters/issue.md,title=T101::Wrong",
    ]


def test_text_of_an_article_cannot_start_a_workflow_command():
    (line,) = annotation_lines([finding(Severity.WARNING, "100 %\n::error::x\r")], lambda _: "a:b,c.md")
    assert line == "::warning file=a%3Ab%2Cc.md,line=3,title=T101::100 %25%0A::error::x%0D"


def test_shows_ten_annotations_of_each_severity_and_counts_the_rest():
    findings = [finding(severity, str(number)) for severity in Severity for number in range(12)]
    lines = annotation_lines(findings, shown)
    assert sum(line.startswith("::error ") for line in lines) == 10
    assert sum(line.startswith("::warning ") for line in lines) == 10
    assert sum(line.startswith("::notice ") for line in lines) == 10
    assert lines[-1] == "::notice title=digest check::7 more in the job's summary"
