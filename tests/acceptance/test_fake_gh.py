"""The `gh` of the workflows' tests refuses what the real one refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fake_gh import MOST_OF_A_BODY


@pytest.fixture
def gh(tmp_path):
    def run(*words, signed_in=True):
        script = Path(__file__).with_name("fake_gh.py")
        return subprocess.run(
            [sys.executable, script, tmp_path / "state.json", *words],
            capture_output=True,
            text=True,
            check=False,
            env={"GH_TOKEN": "x"} if signed_in else {},
        )

    return run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pr", "list", "--heads", "x", "--json", "number"], "--heads"),
        (["pr", "list", "--json", "numbers"], "Unknown JSON field"),
        (["pr", "list", "--jq", ".[0].number"], "without specifying `--json`"),
        (["pr", "edit", "7", "--title", "x"], "number of 7"),
        (["pr", "create", "--head", "x", "--base", "main"], "must provide"),
        (["issue", "create", "--title", "x", "--body", "y", "--label", "digest"], "'digest' not found"),
        (["issue", "create", "--title", "x", "--body", "y" * (MOST_OF_A_BODY + 1)], "too long"),
        (["repo", "delete"], "unknown command"),
        (["repo", "create", "letter", "--push"], "`--private`"),
        (["repo", "create", "letter", "--private", "--push"], "requires `--source`"),
        (["secret", "set", "KEY", "--env", "newsletter", "--body", "x"], "404"),
        (["api", "repos/{owner}/{repo}/environments/newsletter", "--method", "POST"], "404"),
        (["pr", "merge", "7"], "required when not running interactively"),
        (["pr", "merge", "7", "--merge"], "no pull requests found"),
    ],
)
def test_what_gh_refuses_is_refused(gh, words, said):
    done = gh(*words)
    assert done.returncode == 1
    assert said in done.stderr


def test_without_a_token_nothing_is_done(gh):
    assert gh("pr", "list", "--json", "number", signed_in=False).returncode == 4


def test_an_empty_answer_is_empty(gh):
    assert gh("issue", "list", "--json", "number", "--jq", ".[0].number // empty").stdout == ""


def test_a_label_that_is_there_is_made_again_only_by_force(gh):
    assert [gh("label", "create", "digest", *more).returncode for more in ([], [], ["--force"])] == [0, 1, 0]
