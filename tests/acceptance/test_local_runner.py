"""The three workflows in act, from the schedule to the inboxes, as an independent check of our own fake runner."""

from __future__ import annotations

import re
import sys

import pytest
from local_runner import run_locally

from conftest import encrypt_list, replace_in
from digest.testing.fake_sendgrid import FAKE_KEY

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="act is only installed on Linux")]

COLLECT_SCHEDULE, DAILY_SCHEDULE = "17 5,9,13 * * 1-3", "41 16 * * *"
MONDAY, FRIDAY = "2026-11-23T05:20:00+00:00", "2026-11-27T16:45:00+00:00"
ISSUE, BRANCH = "2026-W48", "digest/2026-W48"
OWN_HEADLINE = "A headline of the editor's own"
PEOPLE = [f"reader{number}@example.org" for number in range(40)]


@pytest.fixture
def github(run, sendgrid_newsletter, on_github):
    return on_github(sendgrid_newsletter)


@pytest.fixture
def secrets(run, sendgrid_newsletter):
    """Request this fixture before ``github``: it writes the encrypted list that the repository contains."""
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
    workflow_run = run_locally(
        github, "collect.yml", "schedule", payload={"schedule": schedule}, secrets=secrets, now=now
    )
    assert workflow_run.ok, workflow_run.log
    return workflow_run


def send(github, secrets, **inputs):
    """Start send.yml manually. GitHub passes checkboxes as the strings "true" and "false"."""
    payload_inputs = {name: str(value).lower() if isinstance(value, bool) else value for name, value in inputs.items()}
    payload = {"inputs": {"issue": ISSUE, **payload_inputs}}
    return run_locally(github, "send.yml", "workflow_dispatch", payload=payload, secrets=secrets, now=MONDAY)


def test_act_runs_a_week_from_the_schedule_to_the_inboxes(secrets, github, fake):
    # The schedule proposes the issue.
    workflow_run = collect(github, secrets, COLLECT_SCHEDULE, MONDAY)
    assert workflow_run.jobs == {"collect": "success", "watch": "success"}
    assert ("collect", "Take screenshots") not in workflow_run.steps, "screenshots are turned off here"
    (pull,) = github.github.pulls
    assert pull["headRefName"] == BRANCH
    assert f"(https://github.com/example/letter/artifacts/{ISSUE}.html)" in pull["body"]
    assert list(workflow_run.artifacts) == [f"{ISSUE}.html"]

    # An editor changes the issue on its branch and reads the preview.
    github.edit(BRANCH, lambda clone: retitle(clone / f"issues/{ISSUE}/issue.md"))
    workflow_run = run_locally(github, "preview.yml", "pull_request", now=MONDAY, head=BRANCH)
    assert workflow_run.jobs == {"preview": "success"}, workflow_run.log
    assert OWN_HEADLINE.encode() in workflow_run.artifacts[f"{ISSUE}.html"]

    # The next scheduled run proposes the edited issue.
    collect(github, secrets, COLLECT_SCHEDULE, MONDAY)
    (pull,) = github.github.pulls
    token = re.search(r"<td>Token</td><td>(\w+)</td>", pull["body"])[1]
    github.merge(pull["number"])
    assert (
        collect(github, secrets, COLLECT_SCHEDULE, MONDAY)
        .steps.keys()
        .isdisjoint({("collect", "Collect"), ("collect", "Build")})
    )

    # Without a token, the workflow only shows what it would send. With one, it sends the issue once. Even if the send
    # is refused, the status is shown.
    workflow_run = send(github, secrets, new_ledger=True)
    assert workflow_run.ok, workflow_run.log
    assert ("send", "Send") not in workflow_run.steps
    assert fake.mails == []
    assert send(github, secrets, token=token, new_ledger=True).ok
    again = send(github, secrets, token=token)
    assert again.steps["send", "Show what would be sent"] == "failure"
    assert ("send", "Send") not in again.steps
    assert again.steps["send", "Show the status"] == "success"
    assert sorted(mail.to for mail in fake.mails) == sorted(PEOPLE)
    assert OWN_HEADLINE in fake.mails[0].html

    # The daily check collects nothing and has nothing to report.
    workflow_run = collect(github, secrets, DAILY_SCHEDULE, FRIDAY)
    assert workflow_run.jobs.get("collect") is None
    assert workflow_run.jobs["watch"] == "success"
    assert github.github.issues == []


def retitle(path):
    text = path.read_text()
    assert "### [" in text
    path.write_text(re.sub(r"^### \[.*?\]", f"### [{OWN_HEADLINE}]", text, count=1, flags=re.MULTILINE))
