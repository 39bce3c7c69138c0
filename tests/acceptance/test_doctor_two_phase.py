"""`digest doctor --two-phase`, run as a user runs it, against the fake SendGrid over HTTP."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from digest.testing.fake_sendgrid import FAKE_KEY

KEY = {"SENDGRID_API_KEY": FAKE_KEY}
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ME = "me@example.net"


class Operator:
    """Runs doctor and reads the mail."""

    def __init__(self, run, root, fake):
        self.root, self.fake, self.now = root, fake, NOON
        self._run = run
        fake.clock = lambda: self.now.timestamp()  # noqa: PLW0108 - the time changes

    def doctor(self, *arguments, two_phase=("--two-phase",), **env):
        at = {"DIGEST_NOW": self.now.isoformat()}
        return self._run("doctor", "-C", str(self.root), *two_phase, *arguments, env={**KEY, **at, **env})

    def begin(self):
        result = self.doctor("--to", ME, "--json")
        assert (result.code, result.data["two_phase"]) == (0, "begun"), result.out + result.err
        return result

    def codes(self):
        """The code of the mail in the inbox, and that of the cancelled mail."""
        (received,) = {code(mail) for mail in self.fake.delivered()}
        (other,) = {code(mail) for mail in self.fake.mails} - {received}
        return received, other

    def configure(self, old, new):
        config = self.root / "digest.toml"
        assert old in config.read_text()
        config.write_text(config.read_text().replace(old, new))


def code(mail):
    text = re.fullmatch(r"Two-phase test: ([A-Z2-9]{6})", mail.subject)[1]
    assert f"--received {text}" in mail.text
    assert text in mail.html
    return text


@pytest.fixture
def tester(run, sendgrid_newsletter, fake):
    return Operator(run, sendgrid_newsletter, fake)


def two_phase(result):
    return {finding["what"]: finding["state"] for finding in result.data["findings"]}.get("two-phase")


def test_exactly_one_mail_arrives_and_its_code_is_a_pass(tester):
    result = tester.begin()
    assert [(step["mail"], step["what"]) for step in result.data["steps"]] == [
        *(("A", what) for what in ("batch id", "pause", "write down", "post", "look", "cancel", "look", "post late")),
        *(("B", what) for what in ("batch id", "pause", "post", "look", "release", "look")),
    ]
    assert "@" not in result.out
    assert result.data["due"] == (NOON + timedelta(minutes=32)).isoformat()
    assert list(tester.fake.scheduled.values()) == ["cancel"]
    tester.now += timedelta(minutes=31)
    assert tester.fake.delivered() == []
    tester.now += timedelta(minutes=1)
    assert [mail.to for mail in tester.fake.delivered()] == [ME]
    received, _ = tester.codes()
    tester.configure("two_phase = false", "two_phase = true")
    assert two_phase(tester.doctor("--json", two_phase=())) == "warning"
    passed = tester.doctor("--received", received.lower(), "--json")
    assert (passed.code, passed.data["two_phase"]) == (0, "passed")
    assert two_phase(tester.doctor("--json", two_phase=())) == "ok"
    tester.configure(tester.fake.host, tester.fake.host.replace("127.0.0.1", "localhost"))
    assert two_phase(tester.doctor("--json", two_phase=())) == "warning"


def test_the_output_shows_the_steps_and_the_next_command(tester):
    result = tester.doctor("--to", ME)
    assert result.code == 0, result.err
    assert re.search(r"A was cancelled and must not arrive. B should arrive at \d\d:\d2 \w+, with a code", result.out)
    assert "digest doctor --two-phase --received CODE" in result.err
    assert not {code(mail) for mail in tester.fake.mails} & set(re.findall(r"[A-Z2-9]{6}", result.out + result.err))


def test_the_ledger_holds_no_address_no_key_and_no_code(tester):
    tester.begin()
    with sqlite3.connect(tester.root / ".digest/ledger.db") as ledger:
        (recorded,) = ledger.execute("SELECT value FROM meta WHERE name = 'two_phase'").fetchone()
    for secret in (ME, FAKE_KEY, *(code(mail) for mail in tester.fake.mails)):
        assert secret not in recorded


def test_a_delivered_mail_that_was_cancelled_is_a_final_failure(tester):
    tester.begin()
    tester.now += timedelta(minutes=32)
    received, other = tester.codes()
    assert tester.doctor("--received", received).code == 0
    result = tester.doctor("--received", other, "--json")
    assert (result.code, result.data["two_phase"]) == (5, "failed")
    assert "two_phase = false" in result.data["error"]["hint"]
    again = tester.doctor("--received", received)
    assert again.code == 5
    assert "already failed" in again.err
    tester.begin()
    tester.now += timedelta(minutes=32)
    last = tester.fake.delivered()[-1]
    assert tester.doctor("--received", code(last)).code == 0


def test_a_mail_that_arrives_early_is_a_failure(tester):
    tester.begin()
    released = code(tester.fake.mails[-1])
    tester.now += timedelta(minutes=5)
    result = tester.doctor("--received", released)
    assert result.code == 5
    assert "arrived 27 minutes early" in result.err


def test_a_wrong_code_another_key_or_a_missing_test_proves_nothing(tester):
    assert tester.doctor("--received", "ABCDEF").code == 8
    tester.begin()
    tester.now += timedelta(minutes=32)
    received, _ = tester.codes()
    wrong = tester.doctor("--received", "AAAAAA")
    assert wrong.code == 2
    assert "no mail of the last self-test has this code" in wrong.err
    other = tester.doctor("--received", received, SENDGRID_API_KEY="SG.other")
    assert other.code == 2
    assert "another key or host" in other.err
    assert tester.doctor("--received", received).code == 0


def test_a_pause_that_is_refused_sends_nothing(tester):
    for _ in range(10):
        batch = tester.fake.new_batch()
        assert tester.fake.hold("POST", "", {"batch_id": batch, "status": "pause"})[0] == 201
    result = tester.doctor("--to", ME, "--json")
    assert (result.code, result.data["two_phase"], result.data["due"]) == (5, "failed", None)
    failed = [step for step in result.data["steps"] if step["state"] == "error"]
    assert [step["what"] for step in failed] == ["pause", "clear up"]
    assert "72 hours" in failed[0]["remedy"]
    assert tester.fake.mails == []


def test_a_key_without_the_permission_is_reported(tester):
    tester.fake.disturb_holds("403")
    result = tester.doctor("--to", ME)
    assert result.code == 5
    assert "403" in result.out
    assert tester.fake.mails == []


def test_lost_replies_do_not_fail_the_test(tester):
    for method in ("POST", "PATCH", "DELETE"):
        tester.fake.disturb_holds("drop-after", method=method)
    tester.begin()
    tester.now += timedelta(minutes=32)
    assert len(tester.fake.delivered()) == 1


def test_an_impossible_test_is_refused_with_a_hint(tester, run):
    cases = [
        (("--to", ME, "--offline"), {}, 2, "--offline"),
        (("--to", "nobody"), {}, 2, "not an email address"),
        (("--to", ME), {"SENDGRID_API_KEY": ""}, 4, "export SENDGRID_API_KEY"),
        (("--to", ME, "--received", "ABCDEF"), {}, 2, "either --to or --received"),
        ((), {}, 2, "either --to or --received"),
    ]
    for arguments, env, exit_code, words in cases:
        result = tester.doctor(*arguments, **env)
        assert result.code == exit_code
        assert words in result.err
        assert "nobody" not in result.err
    assert tester.doctor("--to", ME, two_phase=()).code == 2
    tester.configure('provider = "sendgrid"', 'provider = "smtp"')
    result = tester.doctor("--to", ME)
    assert result.code == 2
    assert "the provider smtp cannot send in two phases" in result.err
    assert "delivery.provider" in result.err
    assert tester.fake.calls == []
