"""`digest doctor` on newsletters with an outbox, a fake SendGrid and an SMTP server."""

from __future__ import annotations

import os
import subprocess

import pytest

from conftest import replace_in
from digest.testing.fake_sendgrid import FAKE_KEY

SECRETS = {"SENDGRID_API_KEY": FAKE_KEY, "DIGEST_SECRET": "a secret for tests only"}


@pytest.fixture
def letter(sendgrid_newsletter):
    (sendgrid_newsletter / "subscribers/weekly.csv").write_text("email\nana@example.org\n")
    replace_in(sendgrid_newsletter / "digest.toml", "news@harbour.example", "news@example.org")  # the account's domain
    return sendgrid_newsletter


def run_doctor(run, letter, env=SECRETS):
    result = run("doctor", "-C", str(letter), "--json", env=env)
    return result.code, {(finding["part"], finding["what"]): finding for finding in result.data["findings"]}


def test_a_new_newsletter_has_no_errors(run, newsletter):
    result = run("doctor", "-C", str(newsletter))
    assert "0 errors" in result.out
    assert result.code == 0


def test_accepts_a_working_account_and_rejects_the_example_domain(run, letter, fake):
    code, findings = run_doctor(run, letter)
    states = {what: finding["state"] for (part, what), finding in findings.items() if part == "delivery"}
    assert states == {"key": "ok", "clock": "ok", "sender": "ok", "trackers": "ok"}
    assert (code, findings["domain", "DNS"]["state"]) == (5, "error")
    assert ("POST", "mail/send") not in fake.calls


@pytest.mark.parametrize(
    ("path", "answer", "what", "state"),
    [
        ("scopes", {"scopes": ["mail.send", "email_logs.read"]}, "key", "error"),
        ("scopes", {"scopes": ["mail.send", "suppression.read"]}, "key", "warning"),
        ("whitelabel/domains", [{"domain": "example.org", "valid": False}], "sender", "error"),
        ("whitelabel/domains", [{"domain": "ample.org", "valid": True}], "sender", "error"),
    ],
)
def test_reports_what_the_account_lacks_with_a_remedy(run, letter, fake, path, answer, what, state):
    fake.settings[path] = answer
    _, findings = run_doctor(run, letter)
    assert (findings["delivery", what]["state"], bool(findings["delivery", what]["remedy"])) == (state, True)


def test_reports_an_unknown_unsubscribe_group_a_wrong_key_and_a_wrong_clock(run, letter, fake):
    config = letter / "digest.toml"
    config.write_text(config.read_text().replace("[providers.sendgrid]", "[providers.sendgrid]\nunsubscribe_group = 7"))
    _, findings = run_doctor(run, letter)
    assert findings["delivery", "unsubscribe group"]["state"] == "error"
    fake.settings["asm/groups/7"] = {"id": 7, "name": "Weekly"}
    _, findings = run_doctor(run, letter)
    assert findings["delivery", "unsubscribe group"]["words"] == "7 is “Weekly”"
    code, findings = run_doctor(run, letter, {**SECRETS, "SENDGRID_API_KEY": "SG.wrong"})
    assert (code, findings["delivery", "provider"]["state"]) == (5, "error")
    _, findings = run_doctor(run, letter, {**SECRETS, "DIGEST_NOW": "2026-01-01T00:00:00+00:00"})
    assert findings["delivery", "clock"]["state"] == "error"


def test_reports_missing_local_settings_with_a_remedy(run, letter):
    config = letter / "digest.toml"
    config.write_text(config.read_text().replace('unsubscribe_url = "', '# unsubscribe_url = "'))
    code, findings = run_doctor(run, letter, {"CI": "true"})
    assert code == 5
    for place in (("newsletter", "unsubscribing"), ("state", "ledger"), ("delivery", "provider")):
        assert findings[place]["state"] == "error"
        assert findings[place]["remedy"]


def test_reports_an_unreachable_smtp_server(run, newsletter):
    config = newsletter / "digest.toml"
    text = config.read_text().replace('provider = "outbox"', 'provider = "smtp"').replace("port = 1025", "port = 1")
    config.write_text(text)
    code, findings = run_doctor(run, newsletter, {"DIGEST_SECRET": "x" * 32})
    assert (code, findings["delivery", "provider"]["state"]) == (5, "error")
    assert "cannot reach 127.0.0.1:1" in findings["delivery", "provider"]["words"]


def test_reports_missing_changed_and_outdated_workflows_with_a_remedy(run, newsletter):
    workflows = newsletter / ".github/workflows"
    _, findings = run_doctor(run, newsletter)
    assert {findings["workflows", name]["state"] for name in ("collect", "preview", "send", "action")} == {"ok"}
    (workflows / "preview.yml").unlink()
    (workflows / "send.yml").write_text("# mine\n")
    (workflows / "weekly.yml").write_text("# an earlier version's\n")
    code, findings = run_doctor(run, newsletter)
    assert code == 0
    for name in ("preview", "send", "weekly.yml"):
        assert findings["workflows", name]["state"] == "warning"
        assert "digest init --workflows" in findings["workflows", name]["remedy"]


def test_asks_github_which_branches_may_use_the_keys_of_the_workflows(run, newsletter, on_github):
    github = on_github(newsletter)
    env = {"PATH": f"{github.folder / 'shims'}:{os.environ['PATH']}", "GH_TOKEN": "a token for tests"}

    def judge(**more):
        _, findings = run_doctor(run, newsletter, env | more)
        return {
            what: finding["state"] for (_, what), finding in findings.items() if "newsletter" in what or "env" in what
        }

    assert judge() == {}  # it was not pushed anywhere yet
    subprocess.run(["git", "remote", "add", "origin", github.url], cwd=newsletter, check=True)
    assert judge() == {"newsletter": "warning", "newsletter-collect": "warning"}
    environments = {"newsletter": None, "newsletter-collect": ["main"]}
    github.github.write({**github.github.read(), "environments": environments})
    assert judge() == {"newsletter": "error", "newsletter-collect": "ok"}
    github.github.write({**github.github.read(), "environments": {**environments, "newsletter": ["main"]}})
    assert judge() == {"newsletter": "ok", "newsletter-collect": "ok"}
    assert judge(GH_TOKEN="") == {"environments": "warning"}
