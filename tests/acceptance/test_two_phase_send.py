"""Two-phase sends by a program that shares its clock with the fake SendGrid."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from digest.testing.fake_sendgrid import FAKE_KEY

SECRETS = {"SENDGRID_API_KEY": FAKE_KEY, "DIGEST_SECRET": "a secret for tests only"}
PEOPLE = [f"reader{number}@example.org" for number in range(2500)]


class TwoPhaseSetup:
    """Runs the program at a given time, on a newsletter whose fake SendGrid uses the same clock."""

    def __init__(self, run, root, fake):
        self.now = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
        self._run, self._root, self.fake = run, root, fake
        fake.clock = lambda: self.now.timestamp()  # noqa: PLW0108 - the time changes

    def digest(self, *arguments):
        return self._run(*arguments, "-C", str(self._root), env={**SECRETS, "DIGEST_NOW": self.now.isoformat()})

    def send(self, *arguments):
        return self.digest("send", "--live", "--approve", self.token, "--json", *arguments)


@pytest.fixture
def setup(run, sendgrid_newsletter, fake):
    config = sendgrid_newsletter / "digest.toml"
    config.write_text(config.read_text().replace("two_phase = false", "two_phase = true"))
    (sendgrid_newsletter / "subscribers" / "weekly.csv").write_text("email\n" + "\n".join(PEOPLE) + "\n")
    setup = TwoPhaseSetup(run, sendgrid_newsletter, fake)
    assert setup.digest("collect").code == 0
    setup.token = setup.digest("build", "--json").data["token"]
    return setup


def test_a_send_is_scheduled_shown_and_delivered_after_the_undo_time(setup):
    rehearsed = setup.digest("send")
    assert "digest doctor --two-phase" in rehearsed.out
    sent = setup.send()
    assert (sent.code, sent.data["state"], sent.data["accepted"]) == (0, "scheduled", 2500), sent.err
    assert "scheduled for" in setup.digest("status").out
    assert setup.fake.delivered() == []
    setup.now += timedelta(minutes=31)
    assert sorted(mail.to for mail in setup.fake.delivered()) == sorted(PEOPLE)
    assert setup.digest("status", "--json").data["issues"][0]["state"] == "sent"
    assert setup.send().code == 8


def test_cancel_discards_a_scheduled_send(setup):
    assert setup.send().code == 0
    setup.now += timedelta(minutes=15)
    result = setup.digest("cancel", "--json")
    assert (result.code, result.data["state"]) == (0, "cancelled"), result.err
    setup.now += timedelta(days=4)
    assert setup.fake.delivered() == []
    assert setup.send("--resume").code == 8


def test_recovers_from_a_lost_reply_in_the_same_run(setup):
    setup.fake.disturb("", "drop-after")
    sent = setup.send()
    assert (sent.code, sent.data["accepted"], sent.data["unknown"]) == (0, 2500, 0), sent.err
    setup.now += timedelta(days=4)
    assert sorted(mail.to for mail in setup.fake.delivered()) == sorted(PEOPLE)


def test_without_a_free_slot_it_says_when_to_try_again(setup):
    for _ in range(10):
        batch = setup.fake.new_batch()
        setup.fake.hold("POST", "", {"batch_id": batch, "status": "pause"})
    sent = setup.send()
    assert (sent.code, sent.data["pending"]) == (7, 2500)
    assert "a slot is free at 2026-11-23 09:00 UTC" in sent.data["error"]["message"]
    setup.now += timedelta(hours=73)
    assert setup.send("--resume").data["accepted"] == 2500
