"""Each command reads the ledger and issue.md once, and makes few network calls to a ledger on a git branch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from digest.delivery import Ledger
from digest.issues import parse_issue

KEY = {"DIGEST_LEDGER_KEY": "a key for all tests"}
#: Logs the first argument that is not an option, then runs the real git.
WRAPPER = """#!/bin/sh
for argument in "$@"; do
  case "$argument" in
    fetch|ls-remote|push) echo "$argument" >> "{log}" ;;
  esac
done
exec "{git}" "$@"
"""
NETWORK_LIMIT = 2
LIVE_NETWORK_LIMIT = 8


class CallCounter:
    """Runs a command and counts its network calls, how often it opens the ledger, and how often it parses issue.md."""

    def __init__(self, run, root: Path, folder: Path) -> None:
        self._run, self._root = run, root
        self._log = folder / "network.log"
        git = shutil.which("git")
        wrapper = folder / "bin" / "git"
        wrapper.parent.mkdir()
        wrapper.write_text(WRAPPER.format(log=self._log, git=git))
        wrapper.chmod(0o755)
        self._env = {**KEY, "PATH": f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"}

    def __call__(self, *arguments: str):
        """Run a command; returns its result and the counts ``network``, ``ledger`` and ``parse``."""
        counts: Counter[str] = Counter()
        codes = {parse_issue.__code__: "parse", Ledger.__init__.__code__: "ledger"}

        def profile(frame, event, _argument):
            if event == "call" and frame.f_code in codes:
                counts[codes[frame.f_code]] += 1

        self._log.unlink(missing_ok=True)
        sys.setprofile(profile)
        try:
            result = self._run(*arguments, "-C", str(self._root), env=self._env)
        finally:
            sys.setprofile(None)
        counts["network"] = len(self._log.read_text().splitlines()) if self._log.exists() else 0
        return result, counts


@pytest.fixture
def counted(run, newsletter, tmp_path) -> CallCounter:
    """Runs commands on a newsletter with a ledger on a branch, a sent issue and an approved one."""
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--bare", "--quiet", remote], check=True)
    subprocess.run(["git", "init", "--quiet", newsletter], check=True)
    subprocess.run(["git", "-C", newsletter, "remote", "add", "origin", remote], check=True)
    config = newsletter / "digest.toml"
    config.write_text(config.read_text().replace("sqlite:///.digest/ledger.db", "git+branch://digest-state"))
    (newsletter / "subscribers" / "weekly.csv").write_text("email\nana@example.org\nbo@example.org\n")
    counted = CallCounter(run, newsletter, tmp_path)
    for command_name in ("collect", "build", "approve"):
        assert counted(command_name)[0].code == 0
    sent, _ = counted("send", "--live", "--new-ledger")
    assert sent.code == 0, sent.err
    (newsletter / "articles" / "new.txt").write_text(
        "A pier opens\n\nThe new pier opened on Tuesday after two years of work on its pillars.\n"
    )
    config.write_text(config.read_text().replace("min_stories = 3", "min_stories = 1"))
    for command_name in ("collect", "build", "approve"):
        result, _ = counted(command_name)
        assert result.code == 0, result.err
    return counted


@pytest.mark.parametrize(
    ("command", "issues"),  # `collect` compares with the sent issue, as `diff` does
    [("collect", 2), ("check", 1), ("build", 1), ("status", 1), ("send", 1), ("approve", 1), ("diff", 2)],
)
def test_a_command_reads_the_ledger_once_and_parses_each_issue_once(counted, command, issues):
    result, counts = counted(command)
    assert result.code == 0, result.err
    assert (counts["ledger"], counts["parse"]) == (1, issues)
    assert counts["network"] <= NETWORK_LIMIT


def test_checking_the_lists_reads_the_ledger_once(counted):
    result, counts = counted("subscribers", "check")
    assert result.code == 0, result.err
    assert (counts["ledger"], counts["parse"]) == (1, 0)
    assert counts["network"] <= NETWORK_LIMIT


def test_a_live_send_opens_the_ledger_once_to_plan_and_once_to_send(counted):
    result, counts = counted("send", "--live")
    assert result.code == 0, result.err
    assert (counts["ledger"], counts["parse"]) == (2, 1)
    assert counts["network"] <= LIVE_NETWORK_LIMIT


def test_collecting_something_new_parses_the_issue_before_and_after(counted, newsletter):
    (newsletter / "articles" / "newer.txt").write_text(
        "A market returns\n\nThe market on the square came back on Friday with forty stalls.\n"
    )
    result, counts = counted("collect")
    assert result.code == 0, result.err
    assert (counts["ledger"], counts["parse"]) == (1, 3)  # the open issue is parsed twice, the sent one once
