from __future__ import annotations

import pytest

from digest.testing.fake_sendgrid import FAKE_KEY

SECRETS = {"SENDGRID_API_KEY": FAKE_KEY, "DIGEST_SECRET": "a secret for tests only"}


@pytest.fixture
def letter(sendgrid_newsletter):
    (sendgrid_newsletter / "subscribers/weekly.csv").write_text("email\nana@example.org\n")
    return sendgrid_newsletter


def found(run, letter, env=SECRETS):
    done = run("doctor", "-C", str(letter), "--json", env=env)
    return done.code, {(one["part"], one["what"]): one for one in done.data["findings"]}


def test_a_new_newsletter_is_well_but_for_what_it_does_not_have_yet(run, newsletter):
    done = run("doctor", "-C", str(newsletter))
    assert "0 errors" in done.out
    assert done.code == 0


def test_an_account_in_order_is_told_so_and_the_examples_domain_is_not(run, letter, fake):
    code, seen = found(run, letter)
    states = {what: one["state"] for (part, what), one in seen.items() if part == "delivery"}
    assert states == {"key": "ok", "clock": "ok", "sender": "ok", "trackers": "ok"}
    assert (code, seen["domain", "DNS"]["state"]) == (5, "error")
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
def test_what_the_account_lacks_is_found_with_its_remedy(run, letter, fake, path, answer, what, state):
    fake.settings[path] = answer
    _, seen = found(run, letter)
    assert (seen["delivery", what]["state"], bool(seen["delivery", what]["remedy"])) == (state, True)


def test_a_group_that_there_is_not_a_wrong_key_and_a_clock_that_is_wrong(run, letter, fake):
    config = letter / "digest.toml"
    config.write_text(config.read_text().replace("[providers.sendgrid]", "[providers.sendgrid]\nunsubscribe_group = 7"))
    _, seen = found(run, letter)
    assert seen["delivery", "unsubscribe group"]["state"] == "error"
    fake.settings["asm/groups/7"] = {"id": 7, "name": "Weekly"}
    _, seen = found(run, letter)
    assert seen["delivery", "unsubscribe group"]["words"] == "7 is “Weekly”"
    code, seen = found(run, letter, {**SECRETS, "SENDGRID_API_KEY": "SG.wrong"})
    assert (code, seen["delivery", "provider"]["state"]) == (5, "error")
    _, seen = found(run, letter, {**SECRETS, "DIGEST_NOW": "2026-01-01T00:00:00+00:00"})
    assert seen["delivery", "clock"]["state"] == "error"


def test_what_is_missing_here_is_told_with_what_to_type(run, letter):
    config = letter / "digest.toml"
    config.write_text(config.read_text().replace('unsubscribe_url = "', '# unsubscribe_url = "'))
    code, seen = found(run, letter, {"CI": "true"})
    assert code == 5
    for place in (("newsletter", "unsubscribing"), ("state", "ledger"), ("delivery", "provider")):
        assert seen[place]["state"] == "error"
        assert seen[place]["remedy"]


def test_an_smtp_server_that_is_not_there_is_told(run, newsletter):
    config = newsletter / "digest.toml"
    text = config.read_text().replace('provider = "outbox"', 'provider = "smtp"').replace("port = 1025", "port = 1")
    config.write_text(text)
    code, seen = found(run, newsletter, {"DIGEST_SECRET": "x"})
    assert (code, seen["delivery", "provider"]["state"]) == (5, "error")
    assert "cannot reach 127.0.0.1:1" in seen["delivery", "provider"]["words"]


def test_workflows_that_are_missing_or_others_are_told_with_what_to_do(run, newsletter):
    workflows = newsletter / ".github/workflows"
    _, seen = found(run, newsletter)
    assert {seen["workflows", name]["state"] for name in ("collect", "preview", "send", "action")} == {"ok"}
    (workflows / "preview.yml").unlink()
    (workflows / "send.yml").write_text("# mine\n")
    (workflows / "weekly.yml").write_text("# an earlier version's\n")
    code, seen = found(run, newsletter)
    assert code == 0
    for name in ("preview", "send", "weekly.yml"):
        assert seen["workflows", name]["state"] == "warning"
        assert "digest init --workflows" in seen["workflows", name]["remedy"]
