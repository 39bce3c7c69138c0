"""The three workflows as another runner understands them: a week from the schedule to the inboxes."""

from __future__ import annotations

import re
import sys

import pytest
from local_runner import run_locally

from conftest import encrypt_list, replace_in
from digest.testing.fake_sendgrid import FAKE_KEY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="act is installed on Linux alone")

TRIES, LOOK = "17 5,9,13 * * 1-3", "41 16 * * *"
MONDAY, FRIDAY = "2026-11-23T05:20:00+00:00", "2026-11-27T16:45:00+00:00"
ISSUE, BRANCH = "2026-W48", "digest/2026-W48"
MINE = "A headline of the editor's own"
PEOPLE = [f"reader{number}@example.org" for number in range(40)]


@pytest.fixture
def github(run, sendgrid_newsletter, on_github):
    return on_github(sendgrid_newsletter)


@pytest.fixture
def secrets(run, sendgrid_newsletter):
    """Asked for first, since it makes the list that the repository holds."""
    key = encrypt_list(run, sendgrid_newsletter, PEOPLE)
    ledger = 'url = "sqlite:///.digest/ledger.db"'
    replace_in(sendgrid_newsletter / "digest.toml", ledger, 'url = "git+branch://digest-state"')
    return {
        "DIGEST_LEDGER_KEY": "a ledger key for tests",
        "DIGEST_SECRET": "a secret for tests only",
        "DIGEST_AGE_KEY": key,
        "SENDGRID_API_KEY": FAKE_KEY,
    }


def collect(github, secrets, schedule, now):
    done = run_locally(github, "collect.yml", "schedule", payload={"schedule": schedule}, secrets=secrets, now=now)
    assert done.ok, done.log
    return done


def send(github, secrets, **inputs):
    """Started by hand; GitHub writes what was ticked as a word."""
    given = {name: str(value).lower() if isinstance(value, bool) else value for name, value in inputs.items()}
    payload = {"inputs": {"issue": ISSUE, **given}}
    return run_locally(github, "send.yml", "workflow_dispatch", payload=payload, secrets=secrets, now=MONDAY)


def test_a_week(secrets, github, fake):
    # The schedule proposes the issue.
    done = collect(github, secrets, TRIES, MONDAY)
    assert done.jobs == {"collect": "success", "watch": "success"}
    assert ("collect", "Take screenshots") not in done.steps, "no pictures are wanted here"
    (pull,) = github.github.pulls
    assert pull["headRefName"] == BRANCH
    assert f"(https://github.com/example/letter/artifacts/{ISSUE}.html)" in pull["body"]
    assert list(done.artifacts) == [f"{ISSUE}.html"]

    # An editor changes it on its branch, and reads the preview.
    github.edit(BRANCH, lambda clone: retitle(clone / f"issues/{ISSUE}/issue.md"))
    done = run_locally(github, "preview.yml", "pull_request", now=MONDAY, head=BRANCH)
    assert done.jobs == {"preview": "success"}, done.log
    assert MINE.encode() in done.artifacts[f"{ISSUE}.html"]

    # The next run of the schedule proposes what was edited.
    collect(github, secrets, TRIES, MONDAY)
    (pull,) = github.github.pulls
    token = re.search(r"<td>Token</td><td>(\w+)</td>", pull["body"])[1]
    github.merge(pull["number"])
    assert (
        collect(github, secrets, TRIES, MONDAY).steps.keys().isdisjoint({("collect", "Collect"), ("collect", "Build")})
    )

    # Without a token it is shown; with it, it is sent, once. What is said at the end is said whatever came of it.
    done = send(github, secrets, new_ledger=True)
    assert done.ok, done.log
    assert ("send", "Send") not in done.steps
    assert fake.mails == []
    assert send(github, secrets, token=token, new_ledger=True).ok
    again = send(github, secrets, token=token)
    assert again.steps["send", "Show what would be sent"] == "failure"
    assert ("send", "Send") not in again.steps
    assert again.steps["send", "Show the status"] == "success"
    assert sorted(mail.to for mail in fake.mails) == sorted(PEOPLE)
    assert MINE in fake.mails[0].html

    # The daily look collects nothing, and has nothing to tell.
    done = collect(github, secrets, LOOK, FRIDAY)
    assert done.jobs.get("collect") is None
    assert done.jobs["watch"] == "success"
    assert github.github.issues == []


def retitle(path):
    text = path.read_text()
    assert "### [" in text
    path.write_text(re.sub(r"^### \[.*?\]", f"### [{MINE}]", text, count=1, flags=re.MULTILINE))
