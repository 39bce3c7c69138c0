"""The sending workflow's own steps, on a runner that has the repository and its secrets, and nothing else."""

from __future__ import annotations

import re
import shutil

import pytest

from digest.testing.fake_sendgrid import FAKE_KEY

LEDGER_KEY = "a ledger key for tests"
PEOPLE = [f"reader{number}@example.org" for number in range(1200)]


@pytest.fixture
def built(run, sendgrid_newsletter, database):
    """The newsletter's folder with an encrypted list and a built issue; returns (root, issue, token, age key)."""
    (sendgrid_newsletter / "subscribers/weekly.csv").write_text("email\n" + "\n".join(PEOPLE) + "\n")
    assert run("subscribers", "encrypt", "subscribers/weekly.csv", "-C", str(sendgrid_newsletter)).code == 0
    config = sendgrid_newsletter / "digest.toml"
    text = config.read_text().replace('"subscribers/weekly.csv"', '"subscribers/weekly.csv.age"')
    config.write_text(re.sub(r"^\[state\]$", '[state]\\nurl_env = "DATABASE_URL"', text, flags=re.MULTILINE))
    ledger = {"DATABASE_URL": database, "DIGEST_LEDGER_KEY": LEDGER_KEY}
    assert run("collect", "-C", str(sendgrid_newsletter), env=ledger).code == 0
    made = run("build", "-C", str(sendgrid_newsletter), "--json", env=ledger).data
    key = next(
        line
        for line in (sendgrid_newsletter / ".digest/age.key").read_text().splitlines()
        if line.startswith("AGE-SECRET-KEY-")
    )
    return sendgrid_newsletter, made["issue"], made["token"], key


@pytest.fixture
def clone(built, tmp_path, on_runner):
    """Clone the repository onto a new runner: nothing that git ignores comes along."""

    def start(number):
        target = tmp_path / f"clone{number}"
        shutil.copytree(built[0], target, ignore=shutil.ignore_patterns(".digest", "*.csv"))
        return on_runner(target, "send.yml")

    return start


@pytest.fixture
def secrets(built, database):
    return {
        "ISSUE": built[1],
        "DATABASE_URL": database,
        "DIGEST_LEDGER_KEY": LEDGER_KEY,
        "DIGEST_SECRET": "a secret for tests only",
        "DIGEST_AGE_KEY": built[3],
    }


def send(runner, secrets, token):
    return runner.step("Send", **secrets, TOKEN=token, RESUME="", SENDGRID_API_KEY=FAKE_KEY)


def test_everybody_is_mailed_once_by_two_runs_on_two_new_runners(clone, secrets, built, fake):
    first = clone(1)
    assert first.step("Show what would be sent", **secrets) == 0
    assert "1,200" in first.summary
    assert fake.mails == []
    assert send(first, secrets, built[2]) == 0, first.summary
    assert sorted(mail.to for mail in fake.mails) == sorted(PEOPLE)
    assert "## Sent" in first.summary

    again = clone(2)
    send(again, secrets, built[2])
    assert len(fake.mails) == len(PEOPLE)


def test_a_token_of_another_email_sends_nothing(clone, secrets, fake):
    runner = clone(1)
    assert send(runner, secrets, "0" * 32) == 6
    assert fake.mails == []
    assert "## Not sent to everybody (exit code 6)" in runner.summary


def test_a_runner_without_the_database_is_refused(clone, secrets, built, fake):
    runner = clone(1)
    assert send(runner, secrets | {"DATABASE_URL": ""}, built[2]) == 4
    assert fake.mails == []
    assert "DATABASE_URL" in runner.summary
    assert not any(address in runner.summary for address in PEOPLE)
