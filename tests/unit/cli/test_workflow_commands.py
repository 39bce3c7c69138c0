"""Annotations of findings, and no other command in what a GitHub runner reads."""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata
from contextlib import redirect_stderr, redirect_stdout

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.checks import Finding, Severity
from digest.cli.github.workflow_commands import (
    annotation_lines,
    command_stream,
    guard_streams,
    inert_json,
    inert_text,
)
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


def commands_in(output: str) -> list[str]:
    """The lines in which a runner finds a command, read as its source does: without characters that have no width."""
    lines = [
        "".join(
            character for character in line if character in "\t\x0b\x0c" or unicodedata.category(character)[1:] != "f"
        )
        for line in re.split(r"\r\n|[\r\n\u2028\u2029\x85]", output)
    ]
    return [line for line in lines if "##[" in line or line.lstrip().startswith("::")]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Ferries ##[group]late", "Ferries ## [group]late"),
        ("##[[x", "## [[x"),
        ("###[x", "### [x"),
        ("::add-mask::e", ": :add-mask::e"),
        (" \u3000\t::error::no", " \u3000\t: :error::no"),
        ("\ufeff::debug::x", "\ufeff: :debug::x"),
        ("Late\r::notice::x", "Late ::notice::x"),
        ("one\u2028::group::two\n##[error]", "one\u2028: :group::two\n## [error]"),
        ("C++ std::vector, 10:30, a :: b, # [x]", "C++ std::vector, 10:30, a :: b, # [x]"),
        ("windows\r\nlines\r\n", "windows\r\nlines\r\n"),
    ],
)
def test_text_from_outside_forms_no_command(text, printed):
    assert inert_text(text) == printed
    assert commands_in(printed) == []


@given(
    st.lists(
        st.sampled_from(["#", "[", ":", "\r", "\n", " ", "\u200b", "\u2060", "\u2028", "\x85", "\xa0", "\ufeff", "a"])
    )
)
@example(["#", "\u200b", "#", "\u2060", "["])
def test_no_text_forms_a_command(characters):
    text = "".join(characters)
    assert commands_in(inert_text(text)) == []
    assert inert_text(inert_text(text)) == inert_text(text)


def test_a_long_run_of_signs_takes_no_time():
    for signs in ("#\u200b", ":", "\u2028", " ", "##["):
        inert_text(signs * 200_000)


def written_on(run, out: io.StringIO, err: io.StringIO) -> None:
    with redirect_stdout(out), redirect_stderr(err):
        run()


def test_on_a_runner_everything_that_is_printed_is_text_but_our_own_commands(monkeypatch):
    def run():
        with guard_streams():
            sys.stdout.write("::gro")
            sys.stdout.flush()
            sys.stdout.write("up::x\n")
            command_stream().write("::error::ours\n")
            sys.stdout.write(inert_json('{"title": "##[group]"}'))
            sys.stderr.writelines(["a ##", "[error]b\n"])
        sys.stderr.write("##[debug]the traceback of a bug\n")

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    written_on(run, out := io.StringIO(), err := io.StringIO())
    assert out.getvalue().splitlines() == [": :group::x", "::error::ours", '{"title": "\\u0023#[group]"}']
    assert json.loads(out.getvalue().splitlines()[2]) == {"title": "##[group]"}
    assert err.getvalue() == "a ## [error]b\n## [debug]the traceback of a bug\n"


def test_elsewhere_text_is_printed_as_it_is(monkeypatch):
    def run():
        with guard_streams():
            sys.stdout.write("::group::##[x]\n")
            command_stream().write(inert_json('"##[x]"'))

    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    written_on(run, out := io.StringIO(), io.StringIO())
    assert out.getvalue() == '::group::##[x]\n"##[x]"'
