from __future__ import annotations

from dataclasses import replace

from digest.config import Config
from digest.errors import IssueError, Place

BUILD = "issues/2026-W47/build"


def test_s703_accepts_a_build_of_the_issue_as_it_is_now(problems, clean, build_of):
    clean.build = build_of(clean)
    assert problems(clean) == []


def test_s703_reports_a_build_older_than_the_issue(check, clean, build_of):
    clean.build = build_of(clean)
    clean.issue = replace(clean.issue, subject="Four towns and the tide")
    (finding,) = check(clean)
    assert (finding.code, finding.severity, str(finding.place)) == ("S703", "warning", BUILD)
    assert finding.hint == "Run digest build 2026-W47."


def test_s703_reports_a_build_that_was_changed_by_hand(check, clean, build_of):
    build = build_of(clean)
    clean.build = replace(build, html=build.html.replace(b"tide", b"TIDE"))
    (finding,) = check(clean)
    assert (finding.code, str(finding.place)) == ("S703", f"{BUILD}/email.html")


def test_s703_can_be_ignored_like_any_rule(problems, clean, build_of, configure):
    clean.build = build_of(clean)
    clean.issue = replace(clean.issue, subject="Four towns and the tide")
    ignored = Config.model_validate(
        {
            "newsletter": {"name": "n", "sender": "a@b.example"},
            "check": {"ignore": [{"code": "S703", "reason": "test"}]},
        }
    )
    configure(clean, "check", ignore=ignored.check.ignore)
    assert problems(clean) == []


def test_s704_reports_a_damaged_approval_at_its_line(check, clean):
    clean.approval_error = IssueError("this is not valid TOML", place=Place("issues/2026-W47/approval.toml", 2))
    (finding,) = check(clean)
    assert (finding.code, finding.severity, str(finding.place)) == ("S704", "error", "issues/2026-W47/approval.toml:2")
    assert finding.hint.endswith("digest approve 2026-W47")
