"""`digest doctor --two-phase`, run as a person runs it, against the fake SendGrid over HTTP."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from digest.testing.fake_sendgrid import FAKE_KEY

KEY = {"SENDGRID_API_KEY": FAKE_KEY}
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ME = "me@example.net"


class Person:
    """Runs doctor, and reads mail."""

    def __init__(self, run, root, fake):
        self.root, self.fake, self.now = root, fake, NOON
        self._run = run
        fake.clock = lambda: self.now.timestamp()  # noqa: PLW0108 - the time changes

    def doctor(self, *arguments, two_phase=("--two-phase",), **env):
        at = {"DIGEST_NOW": self.now.isoformat()}
        return self._run("doctor", "-C", str(self.root), *two_phase, *arguments, env={**KEY, **at, **env})

    def begin(self):
        done = self.doctor("--to", ME, "--json")
        assert (done.code, done.data["two_phase"]) == (0, "begun"), done.out + done.err
        return done

    def codes(self):
        """Of the mail in the inbox, and of the one that was cancelled."""
        (got,) = {code(mail) for mail in self.fake.delivered()}
        (other,) = {code(mail) for mail in self.fake.mails} - {got}
        return got, other

    def configure(self, old, new):
        config = self.root / "digest.toml"
        assert old in config.read_text()
        config.write_text(config.read_text().replace(old, new))


def code(mail):
    found = re.fullmatch(r"Two-phase test: ([A-Z2-9]{6})", mail.subject)[1]
    assert f"--received {found}" in mail.text
    assert found in mail.html
    return found


@pytest.fixture
def person(run, sendgrid_newsletter, fake):
    return Person(run, sendgrid_newsletter, fake)


def two_phase(done):
    return {one["what"]: one["state"] for one in done.data["findings"]}.get("two-phase")


def test_exactly_one_mail_comes_and_its_code_is_a_pass(person):
    done = person.begin()
    assert [(step["mail"], step["what"]) for step in done.data["steps"]] == [
        *(("A", what) for what in ("batch id", "pause", "write down", "post", "look", "cancel", "look", "post late")),
        *(("B", what) for what in ("batch id", "pause", "post", "look", "release", "look")),
    ]
    assert "@" not in done.out
    assert done.data["due"] == (NOON + timedelta(minutes=32)).isoformat()
    assert list(person.fake.scheduled.values()) == ["cancel"]
    person.now += timedelta(minutes=31)
    assert person.fake.delivered() == []
    person.now += timedelta(minutes=1)
    assert [mail.to for mail in person.fake.delivered()] == [ME]
    got, _ = person.codes()
    person.configure("two_phase = false", "two_phase = true")
    assert two_phase(person.doctor("--json", two_phase=())) == "warning"
    passed = person.doctor("--received", got.lower(), "--json")
    assert (passed.code, passed.data["two_phase"]) == (0, "passed")
    assert two_phase(person.doctor("--json", two_phase=())) == "ok"
    person.configure(person.fake.host, person.fake.host.replace("127.0.0.1", "localhost"))
    assert two_phase(person.doctor("--json", two_phase=())) == "warning"


def test_a_person_reads_what_was_done_and_what_to_type(person):
    done = person.doctor("--to", ME)
    assert done.code == 0, done.err
    assert re.search(r"A was cancelled and must not arrive. B should arrive at \d\d:\d2 \w+, with a code", done.out)
    assert "digest doctor --two-phase --received CODE" in done.err
    assert not {code(mail) for mail in person.fake.mails} & set(re.findall(r"[A-Z2-9]{6}", done.out + done.err))


def test_the_ledger_holds_no_address_no_key_and_no_code(person):
    person.begin()
    with sqlite3.connect(person.root / ".digest/ledger.db") as ledger:
        (recorded,) = ledger.execute("SELECT value FROM meta WHERE name = 'two_phase'").fetchone()
    for secret in (ME, FAKE_KEY, *(code(mail) for mail in person.fake.mails)):
        assert secret not in recorded


def test_a_cancelled_mail_that_was_delivered_is_a_failure_for_good(person):
    person.begin()
    person.now += timedelta(minutes=32)
    got, other = person.codes()
    assert person.doctor("--received", got).code == 0
    done = person.doctor("--received", other, "--json")
    assert (done.code, done.data["two_phase"]) == (5, "failed")
    assert "two_phase = false" in done.data["error"]["hint"]
    again = person.doctor("--received", got)
    assert again.code == 5
    assert "already failed" in again.err
    person.begin()
    person.now += timedelta(minutes=32)
    last = person.fake.delivered()[-1]
    assert person.doctor("--received", code(last)).code == 0


def test_a_mail_that_comes_before_its_time_is_a_failure(person):
    person.begin()
    released = code(person.fake.mails[-1])
    person.now += timedelta(minutes=5)
    done = person.doctor("--received", released)
    assert done.code == 5
    assert "arrived 27 minutes early" in done.err


def test_a_wrong_code_another_key_and_no_test_at_all_prove_nothing(person):
    assert person.doctor("--received", "ABCDEF").code == 8
    person.begin()
    person.now += timedelta(minutes=32)
    got, _ = person.codes()
    wrong = person.doctor("--received", "AAAAAA")
    assert wrong.code == 2
    assert "no mail of the last self-test has this code" in wrong.err
    other = person.doctor("--received", got, SENDGRID_API_KEY="SG.other")
    assert other.code == 2
    assert "another key or host" in other.err
    assert person.doctor("--received", got).code == 0


def test_a_pause_that_is_refused_sends_nothing(person):
    for _ in range(10):
        batch = person.fake.new_batch()
        assert person.fake.hold("POST", "", {"batch_id": batch, "status": "pause"})[0] == 201
    done = person.doctor("--to", ME, "--json")
    assert (done.code, done.data["two_phase"], done.data["due"]) == (5, "failed", None)
    failed = [step for step in done.data["steps"] if step["state"] == "error"]
    assert [step["what"] for step in failed] == ["pause", "clear up"]
    assert "72 hours" in failed[0]["remedy"]
    assert person.fake.mails == []


def test_a_key_without_the_right_is_told(person):
    person.fake.disturb_holds("403")
    done = person.doctor("--to", ME)
    assert done.code == 5
    assert "403" in done.out
    assert person.fake.mails == []


def test_lost_replies_do_not_disturb_it(person):
    for method in ("POST", "PATCH", "DELETE"):
        person.fake.disturb_holds("drop-after", method=method)
    person.begin()
    person.now += timedelta(minutes=32)
    assert len(person.fake.delivered()) == 1


def test_what_cannot_be_tried_is_refused_with_a_remedy(person, run):
    cases = [
        (("--to", ME, "--offline"), {}, 2, "--offline"),
        (("--to", "nobody"), {}, 2, "not an email address"),
        (("--to", ME), {"SENDGRID_API_KEY": ""}, 4, "export SENDGRID_API_KEY"),
        (("--to", ME, "--received", "ABCDEF"), {}, 2, "either --to or --received"),
        ((), {}, 2, "either --to or --received"),
    ]
    for arguments, env, exit_code, words in cases:
        done = person.doctor(*arguments, **env)
        assert done.code == exit_code
        assert words in done.err
        assert "nobody" not in done.err
    assert person.doctor("--to", ME, two_phase=()).code == 2
    person.configure('provider = "sendgrid"', 'provider = "smtp"')
    done = person.doctor("--to", ME)
    assert done.code == 2
    assert "the provider smtp cannot send in two phases" in done.err
    assert "delivery.provider" in done.err
    assert person.fake.calls == []
