"""The self-test of two-phase sending, against a SendGrid that deviates from its documentation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.project import open_project
from digest.testing.campaigns import NOON
from digest.testing.fake_sendgrid import FAKE_KEY, FakeSendGrid
from digest.workflow.doctor import begin_self_test

CONFIG = """
[newsletter]
name = "Weekly"
sender = "Weekly <news@example.org>"
[delivery]
provider = "sendgrid"
undo_minutes = 0
[providers.sendgrid]
host = "{host}"
"""


class SelfTest:
    """Runs the self-test of a newsletter on the fake SendGrid."""

    def __init__(self, folder, fake):
        self.fake = fake
        (folder / "digest.toml").write_text(CONFIG.format(host=fake.host))
        environ = {"SENDGRID_API_KEY": FAKE_KEY}
        self.project = replace(open_project(folder, environ=environ, cwd=folder), now=lambda: NOON)
        self.slept = []

    def steps(self):
        _, steps = begin_self_test(self.project, "me@example.net", sleep=self.slept.append)
        return [(step.mail, step.what, step.state) for step in steps]


@pytest.fixture
def self_test(tmp_path):
    with FakeSendGrid(clock=NOON.timestamp) as fake:
        yield SelfTest(tmp_path, fake)


def test_the_self_test_works_without_an_undo_time(self_test):
    assert {state for _, _, state in self_test.steps()} == {"ok"}
    assert self_test.slept == []


def test_a_pause_that_is_not_listed_cancels_the_posted_mail(self_test, monkeypatch):
    original = self_test.fake.hold

    def hold_incorrectly(method, batch, body):
        return (200, []) if method == "GET" else original(method, batch, body)

    monkeypatch.setattr(self_test.fake, "hold", hold_incorrectly)
    steps = self_test.steps()
    assert steps[-2:] == [("A", "look", "error"), ("A", "clear up", "error")]
    assert len(self_test.fake.mails) == 1
    assert sum(self_test.slept) >= 30


def test_a_cancellation_that_is_not_listed_ends_the_test_before_the_second_mail(self_test, monkeypatch):
    original = self_test.fake.hold

    def hold_incorrectly(method, batch, body):
        return (204, None) if method == "PATCH" else original(method, batch, body)

    monkeypatch.setattr(self_test.fake, "hold", hold_incorrectly)
    assert self_test.steps()[-2:] == [("A", "look", "error"), ("A", "clear up", "ok")]
    assert len(self_test.fake.mails) == 1


def test_a_mail_with_an_unknown_outcome_is_cancelled(self_test):
    self_test.fake.disturb("drop-after")
    assert self_test.steps()[-2:] == [("A", "post", "error"), ("A", "clear up", "ok")]
    assert list(self_test.fake.scheduled.values()) == ["cancel"]


def test_a_refused_late_mail_does_not_fail_the_test(self_test):
    self_test.fake.disturb("", "400")
    assert {state for _, _, state in self_test.steps()} == {"ok"}
    assert len(self_test.fake.mails) == 2
