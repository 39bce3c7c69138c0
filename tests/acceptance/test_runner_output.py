"""On a GitHub runner, no text of an article becomes a workflow command, whichever command prints it."""

from __future__ import annotations

import json
import re

import pytest

TITLE = "Harbour ##[group]lights ##[error]out"
BODY = (
    "The lights of the harbour are out since Monday, and the pilots guide ships by radio. The port expects new lamps "
    "from Denmark on Friday. Until then, ferries leave an hour later than usual."
)


@pytest.fixture
def hostile(newsletter):
    (newsletter / "articles/9.txt").write_text(f"{TITLE}\n\nBy ::add-mask::e | Nov 20, 2026\n\n{BODY}\n")
    return newsletter


def test_no_command_prints_a_workflow_command_of_an_article(hostile, run):
    printed = ""
    for command in (
        ["collect", "--explain"],
        ["build"],
        ["status"],
        ["check"],
        ["check", "--format", "github"],
        ["send"],
        ["build", "::error::##[debug]"],
        ["##[group]"],
    ):
        result = run(*command, cwd=hostile, env={"GITHUB_ACTIONS": "true"})
        for line in (result.out + result.err).splitlines():
            assert "##[" not in line or line.startswith("::")
            assert not re.match(r"\s*::", line) or (command[-1] == "github" and line.startswith("::warning file="))
        printed += result.out + result.err
    assert "Harbour ## [group]lights ## [error]out" in printed


def test_json_keeps_its_meaning(hostile, run):
    failure = run("build", "##[debug]", "--json", cwd=hostile, env={"GITHUB_ACTIONS": "true"})
    assert "##[" not in failure.out
    assert "##[debug]" in json.loads(failure.out)["error"]["message"]


def test_a_terminal_shows_the_text_as_it_is(hostile, run):
    assert TITLE in run("collect", "--explain", cwd=hostile).out
