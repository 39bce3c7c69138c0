"""A newsletter whose ledger is on a git branch, as the installed program uses it."""

from __future__ import annotations

import subprocess

import pytest

from conftest import replace_in

ENV = {"DIGEST_LEDGER_KEY": "a key for all tests"}


@pytest.fixture
def letter(run, newsletter, tmp_path):
    """A built newsletter in a clone, with nothing on the branch yet; returns (root, token)."""
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--bare", "--quiet", remote], check=True)
    subprocess.run(["git", "init", "--quiet", newsletter], check=True)
    subprocess.run(["git", "-C", newsletter, "remote", "add", "origin", remote], check=True)
    config = newsletter / "digest.toml"
    config.write_text(config.read_text().replace("sqlite:///.digest/ledger.db", "git+branch://digest-state"))
    (newsletter / "subscribers" / "weekly.csv").write_text("email\nana@example.org\nbo@example.org\n")
    root = str(newsletter)
    assert run("collect", "-C", root, env=ENV).code == 0
    return root, run("build", "-C", root, "--json", env=ENV).data["token"]


def test_the_first_send_creates_the_branch_even_without_signed_links(run, letter):
    root, token = letter
    assert run("send-test", "-C", root, "--to", "me@example.org", env=ENV).code == 0
    refused = run("send", "-C", root, "--live", "--approve", token, env=ENV)
    assert (refused.code, "--new-ledger" in refused.err) == (6, True)
    sent = run("send", "-C", root, "--live", "--approve", token, "--new-ledger", "--json", env=ENV)
    assert (sent.code, sent.data["accepted"]) == (0, 2), sent.err
    assert run("send", "-C", root, "--live", "--resume", env=ENV).code == 8


def test_offline_commands_skip_the_branch_or_say_that_they_need_it(run, letter, newsletter, tmp_path):
    root, _ = letter
    (tmp_path / "remote.git").rename(tmp_path / "unreachable.git")
    for command_line, code in (("check", 0), ("diff", 8), ("build --no-ledger", 0), ("subscribers check", 0)):
        result = run(*command_line.split(), "--offline", "-C", root, env=ENV)
        assert result.code == code, result.err  # diff exits with 8: there is no earlier issue
    assert "The ledger, which knows the stories" in run("check", "--offline", "-C", root, env=ENV).err
    for command in ("collect", "status", "send", "edit", "build"):
        result = run(command, "--offline", "-C", root, env={**ENV, "EDITOR": "true"})
        assert (result.code, "--offline forbids network access" in result.err) == (2, True), result.err
    doctor = run("doctor", "--offline", "-C", root, "--json", env=ENV)
    findings = [finding for finding in doctor.data["findings"] if finding["what"] == "ledger"]
    assert [finding["words"] for finding in findings] == ["not checked, because of --offline"]

    # The variable with the ledger's URL may be missing as well.
    config = newsletter / "digest.toml"
    replace_in(config, 'url = "git+branch://digest-state"', 'url_env = "DATABASE_URL"')
    assert run("check", "--offline", "-C", root, env=ENV).code == 0
    assert run("check", "-C", root, env=ENV).code == 4
