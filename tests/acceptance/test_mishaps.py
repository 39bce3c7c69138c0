"""Each mishap is reported once with a clear message and the right exit code, and loses no data."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import replace_in, use_own_values


def file_hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".digest" not in path.parts
    }


def check_single_message(err: str) -> None:
    assert err.count("Error:") == 1
    assert "Traceback" not in err


def issue_md(root: Path) -> Path:
    [path] = (root / "issues").glob("*/issue.md")
    return path


@pytest.fixture
def built(run, newsletter, collected):
    return run("build", "-C", str(newsletter), "--json").data["token"]


def test_a_bad_key_in_the_configuration(run, newsletter):
    config = newsletter / "digest.toml"
    config.write_text(config.read_text().replace("min_stories = 3", "min_storys = 3"))
    before = file_hashes(newsletter)
    result = run("collect", "-C", str(newsletter))
    check_single_message(result.err)
    assert result.code == 3
    assert "unknown key selection.min_storys" in result.err
    assert "Did you mean selection.min_stories?" in result.err
    line = next(n for n, text in enumerate(config.read_text().splitlines(), start=1) if text.startswith("min_storys"))
    assert f"digest.toml:{line}:" in result.err
    assert file_hashes(newsletter) == before


def test_a_broken_issue_is_never_overwritten(run, newsletter, built):
    path = issue_md(newsletter)
    path.write_text(path.read_text() + "\n### A heading without a link\n")
    line = len(path.read_text().splitlines())
    before = file_hashes(newsletter)
    for command in ("collect", "check", "build"):
        result = run(command, "-C", str(newsletter))
        check_single_message(result.err)
        assert (command, result.code) == (command, 3)
        assert f"issue.md:{line}" in result.err
    assert file_hashes(newsletter) == before


def test_an_unreachable_source_never_stops_the_others(run, newsletter):
    config = newsletter / "digest.toml"
    config.write_text(config.read_text() + '\n[[sources]]\nid = "gone"\nfeed = "http://127.0.0.1:9/feed.xml"\n')
    result = run("collect", "-C", str(newsletter), "--json")
    assert result.code == 0
    assert result.data["stories"] == 3
    [gone] = [source for source in result.data["sources"] if source["id"] == "gone"]
    assert gone["state"] == "failed"
    assert "refused" in gone["error"]


def test_a_missing_key_stops_a_live_send_before_anything_leaves(run, newsletter):
    use_own_values(newsletter)
    replace_in(newsletter / "digest.toml", 'provider = "outbox"', 'provider = "sendgrid"')
    (newsletter / "subscribers" / "weekly.csv").write_text("email\nreader@example.org\n")
    run("collect", "-C", str(newsletter))
    token = run("build", "-C", str(newsletter), "--json").data["token"]
    without_secret = run("send", "-C", str(newsletter), "--live", "--approve", token)
    check_single_message(without_secret.err)
    assert without_secret.code == 4
    without_key = run("send", "-C", str(newsletter), "--live", "--approve", token, env={"DIGEST_SECRET": "x" * 32})
    check_single_message(without_key.err)
    assert (without_key.code, "SENDGRID_API_KEY" in without_key.err) == (4, True)
    assert run("send", "-C", str(newsletter), "--json").data["state"] == "planned"


def test_a_wrong_token_is_refused_with_the_numbers(run, newsletter, built):
    result = run("send", "-C", str(newsletter), "--live", "--approve", "0" * 32, "--json")
    check_single_message(result.err)
    assert (result.code, result.data["accepted"], result.data["pending"]) == (6, 0, 3)
    assert not list((newsletter / ".digest").rglob("*.eml"))


def test_a_send_needs_an_approval(run, newsletter, built):
    result = run("send", "-C", str(newsletter), "--live")
    check_single_message(result.err)
    assert result.code == 6
    assert f"--approve {built}" in result.err


def test_an_edit_after_the_approval_is_noticed(run, newsletter, built):
    assert run("approve", "-C", str(newsletter)).code == 0
    path = issue_md(newsletter)
    path.write_text(path.read_text().replace("### [The tram", "### [A tram"))
    result = run("send", "-C", str(newsletter), "--live")
    check_single_message(result.err)
    assert (result.code, "digest build" in result.err) == (6, True)
    run("build", "-C", str(newsletter))
    assert run("send", "-C", str(newsletter), "--live").code == 6  # the approval was for the other build


def test_a_build_that_was_changed_by_hand_is_refused(run, newsletter, built):
    email = newsletter / "issues" / issue_md(newsletter).parent.name / "build" / "email.html"
    email.write_text(email.read_text().replace("tram", "bus"))
    result = run("send", "-C", str(newsletter), "--live", "--approve", built)
    check_single_message(result.err)
    assert result.code == 3


def test_an_email_with_errors_is_not_sent(run, newsletter, collected):
    path = issue_md(newsletter)
    lines = path.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("subject"))
    lines[at] = 'subject = "TODO"'
    path.write_text("\n".join(lines) + "\n")
    checked = run("check", "-C", str(newsletter))
    assert checked.code == 5
    assert f"issue.md:{at + 1}" in checked.out
    token = run("build", "-C", str(newsletter), "--json").data["token"]
    result = run("send", "-C", str(newsletter), "--live", "--approve", token)
    assert result.code == 6
    assert f"issue.md:{at + 1}" in result.err


def test_the_sample_list_is_not_mailed_through_a_real_provider(run, newsletter):
    use_own_values(newsletter)
    replace_in(newsletter / "digest.toml", 'provider = "outbox"', 'provider = "smtp"')
    run("collect", "-C", str(newsletter))
    token = run("build", "-C", str(newsletter), "--json").data["token"]
    result = run("send", "-C", str(newsletter), "--live", "--approve", token, env={"DIGEST_SECRET": "x" * 32})
    check_single_message(result.err)
    assert (result.code, "sample" in result.err) == (6, True)


def test_a_ci_runner_does_not_send_with_a_ledger_in_its_workspace(run, newsletter, built):
    result = run("send", "-C", str(newsletter), "--live", "--approve", built, env={"CI": "true"})
    check_single_message(result.err)
    assert result.code == 6
    assert run("send", "-C", str(newsletter), env={"CI": "true"}).code == 0


def test_an_expired_build_has_to_be_built_again(run, newsletter, built):
    issue = issue_md(newsletter).parent.name
    late = {"DIGEST_NOW": "2036-01-01T00:00:00+00:00"}
    result = run("send", issue, "-C", str(newsletter), "--live", "--approve", built, env=late)
    check_single_message(result.err)
    assert (result.code, "digest build" in result.err) == (6, True)


def test_without_a_newsletter_the_error_names_the_commands_that_make_one(run):
    result = run("collect")
    check_single_message(result.err)
    assert (result.code, "digest init" in result.err) == (3, True)


def test_a_missing_list_is_named(run, newsletter, built):
    (newsletter / "subscribers" / "weekly.csv").unlink()
    result = run("send", "-C", str(newsletter))
    check_single_message(result.err)
    assert (result.code, "subscribers/weekly.csv" in result.err) == (3, True)


def test_ctrl_c_exits_with_130_and_leaves_the_issue_intact(newsletter, tmp_path):
    """Interrupting a collect from a source that never responds leaves the issue unchanged."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config = newsletter / "digest.toml"
        config.write_text(
            config.read_text() + f'\n[[sources]]\nid = "slow"\nfeed = "http://127.0.0.1:{port}/feed.xml"\n'
        )
        before = file_hashes(newsletter)
        environment = {"PATH": os.environ["PATH"], "NO_COLOR": "1"}
        running = subprocess.Popen(
            [Path(sys.executable).with_name("digest"), "collect", "-C", newsletter],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = silent.accept()
        with connection:
            time.sleep(0.2)
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert file_hashes(newsletter) == before


def test_check_reports_a_damaged_approval_at_its_line(run, newsletter, built):
    (issue,) = (newsletter / "issues").iterdir()
    (issue / "approval.toml").write_text('token = "0123456789abcdef"\n<<<<<<< HEAD\n')
    checked = run("check", "-C", str(newsletter), "--json")
    findings = [(finding["code"], finding["file"], finding["line"]) for finding in checked.data["findings"]]
    assert (checked.code, ("S704", f"issues/{issue.name}/approval.toml", 2) in findings) == (5, True), findings
    assert "digest check" in run("rules", "s704").err
