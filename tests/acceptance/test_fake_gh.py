"""The fake `gh` of the workflow tests refuses what the real one refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fake_gh import MAX_BODY_LENGTH, GitHub


@pytest.fixture
def gh(tmp_path):
    def run(*arguments, signed_in=True):
        script = Path(__file__).with_name("fake_gh.py")
        return subprocess.run(
            [sys.executable, script, tmp_path / "state.json", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={"GH_TOKEN": "x"} if signed_in else {},
        )

    return run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pr", "list", "--heads", "x", "--json", "number"], "--heads"),
        (["pr", "list", "--json", "numbers"], "Unknown JSON field"),
        (["pr", "list", "--jq", ".[0].number"], "without specifying `--json`"),
        (["pr", "edit", "7", "--title", "x"], "number of 7"),
        (["pr", "create", "--head", "x", "--base", "main"], "must provide"),
        (["issue", "create", "--title", "x", "--body", "y", "--label", "digest"], "'digest' not found"),
        (["issue", "create", "--title", "x", "--body", "y" * (MAX_BODY_LENGTH + 1)], "too long"),
        (["repo", "delete"], "unknown command"),
        (["repo", "create", "letter", "--push"], "`--private`"),
        (["repo", "create", "letter", "--private", "--push"], "requires `--source`"),
        (["secret", "set", "KEY", "--env", "newsletter", "--body", "x"], "404"),
        (["api", "repos/{owner}/{repo}/environments/newsletter", "--method", "POST"], "404"),
        (["pr", "merge", "7"], "required when not running interactively"),
        (["pr", "merge", "7", "--merge"], "no pull requests found"),
    ],
)
def test_refuses_what_gh_refuses(gh, arguments, message):
    process = gh(*arguments)
    assert process.returncode == 1
    assert message in process.stderr


def test_gh_requires_a_token(gh):
    assert gh("pr", "list", "--json", "number", signed_in=False).returncode == 4


def test_an_empty_result_prints_nothing(gh):
    assert gh("issue", "list", "--json", "number", "--jq", ".[0].number // empty").stdout == ""


def test_replaces_an_existing_label_only_with_force(gh):
    assert [gh("label", "create", "digest", *options).returncode for options in ([], [], ["--force"])] == [0, 1, 0]


def test_lists_pull_requests_of_forks_by_the_name_of_their_branch(gh, tmp_path):
    GitHub(tmp_path / "state.json").add_fork_pull("digest/2026-W48")
    fields = "number,isCrossRepository,headRepositoryOwner"
    assert json.loads(gh("pr", "list", "--head", "digest/2026-W48", "--json", fields).stdout) == [
        {"number": 1, "isCrossRepository": True, "headRepositoryOwner": {"login": "stranger"}}
    ]
    assert gh("pr", "list", "--head", "stranger:digest/2026-W48", "--json", "number").stdout == "[]\n"
    own = ("--json", "isCrossRepository,number", "--jq", "map(select(.isCrossRepository | not)) | .[0].number // empty")
    assert gh("pr", "list", "--head", "digest/2026-W48", *own).stdout == ""
    assert gh("pr", "view", "digest/2026-W48", "--json", "number").returncode == 1
    assert gh("pr", "view", "stranger:digest/2026-W48", "--json", "number").returncode == 0
