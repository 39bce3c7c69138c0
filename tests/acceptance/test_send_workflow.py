"""The steps of send.yml, on a runner that has only the repository and its secrets."""

from __future__ import annotations

import re
import shutil

import pytest
import yaml

from conftest import encrypt_list, make_newsletter, replace_in, run_in, send_by_sendgrid
from digest.testing.fake_sendgrid import FAKE_KEY

LEDGER_KEY = "a ledger key for tests"
UNREACHABLE_HOST = "http://127.0.0.1:1"  # replaced by the fake SendGrid of each test
PEOPLE = [f"reader{number}@example.org" for number in range(1200)]


@pytest.fixture(scope="module")
def built_template(tmp_path_factory):
    """A newsletter with an encrypted list and an issue; returns (root, issue, age key)."""
    folder = tmp_path_factory.mktemp("built")
    run = run_in(folder)
    root = make_newsletter(run, folder / "letter")
    send_by_sendgrid(root, UNREACHABLE_HOST)
    key = encrypt_list(run, root, PEOPLE)
    assert run("collect", cwd=root).code == 0
    issue = run("build", "--json", cwd=root).data["issue"]
    replace_in(root / "digest.toml", "\n[state]\n", '\n[state]\nurl_env = "DATABASE_URL"\n')
    return root, issue, key


@pytest.fixture
def built(built_template, tmp_path, fake):
    root = shutil.copytree(built_template[0], tmp_path / "letter")
    replace_in(root / "digest.toml", UNREACHABLE_HOST, fake.host)
    _, issue, key = built_template
    # Built here, because the build covers where mail goes.
    token = run_in(tmp_path)("build", "--json", "--no-ledger", cwd=root, env={"DIGEST_AGE_KEY": key}).data["token"]
    return root, issue, token, key


@pytest.fixture
def github(built, on_github):
    return on_github(built[0])


@pytest.fixture
def secrets(built, database):
    return {
        "DATABASE_URL": database,
        "DIGEST_LEDGER_KEY": LEDGER_KEY,
        "DIGEST_SECRET": "a secret for tests only",
        "DIGEST_AGE_KEY": built[3],
        "SENDGRID_API_KEY": FAKE_KEY,
    }


@pytest.fixture
def send(github, built, secrets):
    """Starts the workflow manually on a new runner; returns its only job."""

    def start(*, missing=(), attempt=1, **inputs):
        available = {name: value for name, value in secrets.items() if name not in missing}
        run = github.run("send.yml", inputs={"issue": built[1], **inputs}, secrets=available, attempt=attempt)
        return run.jobs["send"]

    return start


def test_a_run_without_a_token_only_shows_what_would_be_sent(send, fake):
    job = send()
    assert job.result == "success"
    assert "## What would be sent" in job.summary
    assert "1,200" in job.summary
    assert "## Status" in job.summary
    assert fake.mails == []
    assert not any(address in job.summary for address in PEOPLE)


def test_mails_everyone_once_even_if_the_workflow_is_run_again(send, built, fake):
    first = send(token=built[2])
    assert first.result == "success", first.summary
    assert sorted(mail.to for mail in fake.mails) == sorted(PEOPLE)
    assert "## Sent" in first.summary
    assert f"{built[1]}  sent" in first.summary

    send(token=built[2])
    send(token=built[2], resume=True)
    assert len(fake.mails) == len(PEOPLE)


def test_refuses_a_token_of_another_email(send, fake):
    job = send(token="0" * 32)
    assert job.step("Send").code == 6
    assert fake.mails == []
    assert "## Not sent to everyone (exit code 6)" in job.summary


def test_refuses_a_runner_without_the_database(send, built, fake):
    job = send(token=built[2], missing=("DATABASE_URL",))
    assert job.step("Show what would be sent").code == 4
    assert fake.mails == []
    assert "DATABASE_URL" in job.summary
    assert not any(address in job.summary for address in PEOPLE)


def test_rebuilds_an_issue_whose_build_was_not_merged_and_checks_its_token(send, github, built, fake):
    github.edit("main", lambda clone: shutil.rmtree(clone / f"issues/{built[1]}/build"))
    job = send(token=built[2])
    assert job.result == "success", job.summary
    assert len(fake.mails) == len(PEOPLE)


def test_refuses_a_token_from_before_the_last_change(send, github, built, fake):
    def change(clone):
        shutil.rmtree(clone / f"issues/{built[1]}/build")
        path = clone / f"issues/{built[1]}/issue.md"
        path.write_text(path.read_text().replace("- [x] ", "- [x] Now ", 1))

    github.edit("main", change)
    assert send(token=built[2]).step("Send").code == 6
    assert fake.mails == []


@pytest.mark.long
def test_sends_the_build_of_a_merged_approval_on_request(send, github, built, run, fake, secrets):
    assert send(approved=True).step("Send").code == 6
    assert fake.mails == []

    approval = f"issues/{built[1]}/approval.toml"
    assert run("approve", "-C", str(built[0]), "--token", built[2], env=secrets).code == 0
    text = (built[0] / approval).read_text()
    github.edit("main", lambda clone: (clone / approval).write_text(text))
    assert send(approved=True).result == "success"
    assert len(fake.mails) == len(PEOPLE)


@pytest.mark.long
def test_resumes_an_interrupted_send_on_another_runner(send, built, fake):
    fake.disturb("drop-after")
    first = send(token=built[2])
    assert first.step("Send").code == 7
    assert send(token=built[2]).step("Show what would be sent").code == 7
    repeated = send(token=built[2], resume=True)
    assert repeated.step("Show what would be sent").code == 0
    assert sorted(mail.to for mail in fake.mails) == sorted(PEOPLE)


@pytest.mark.long
def test_mails_recipients_with_an_unknown_outcome_again_only_on_request(send, built, fake):
    fake.disturb("drop-before")
    assert send(token=built[2]).step("Send").code == 7
    held = send(token=built[2], resume=True)
    assert held.step("Send").code == 7
    assert "held" in held.summary
    assert len(fake.mails) < len(PEOPLE)
    # The decision holds for one run: "Re-run jobs" does not repeat it.
    repeated = send(token=built[2], resume=True, on_unknown="resend", attempt=2)
    assert (repeated.step("Send").code, "and again up to" in repeated.summary) == (7, False)
    finished = send(token=built[2], resume=True, on_unknown="resend")
    assert finished.result == "success"
    assert "0 people, and again up to 1,000 people whose outcome is unknown" in finished.summary
    assert sorted(mail.to for mail in fake.mails) == sorted(PEOPLE)


def test_no_step_makes_a_token_and_only_the_send_step_has_the_providers_key(github):
    steps = yaml.safe_load(github.show("main", ".github/workflows/send.yml"))["jobs"]["send"]["steps"]
    assert [step["name"] for step in steps if "SENDGRID_API_KEY" in step.get("env", {})] == ["Send"]
    for name in ("collect", "preview", "send"):
        text = github.show("main", f".github/workflows/{name}.yml")
        assert "digest approve" not in text
        assert set(re.findall(r"--approve (\S+)", text)) <= {'"$TOKEN"}'}
        assert set(re.findall(r"TOKEN: (\S+ .*)", text)) <= {"${{ inputs.token }}", "${{ github.token }}"}


def test_runs_on_the_default_branch_only(github):
    github.run_git("branch", "other", "main")
    run = github.run("send.yml", inputs={"issue": "2026-W48"}, ref="other")
    assert run.jobs["send"].result == "skipped"
