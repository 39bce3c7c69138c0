"""Holding mail back at SendGrid: whichever reply is lost, its effect is established and nothing leaves by mistake."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.config import Config
from digest.delivery.composer import Composer
from digest.errors import CredentialsError, ProviderError
from digest.providers import CancelRefusedError, NoSlot, NotSent, open_provider
from digest.providers.sendgrid.keep_alive_transport import Connection
from digest.testing.campaigns import NOON, ScriptedProvider, make_audience, make_rendered
from digest.testing.fake_sendgrid import FakeSendGrid

LOST_BEFORE = ["500-before", "503", "drop-before", "hang-before"]
LOST_AFTER = ["500-after", "drop-after", "hang-after"]
UNCHANGED = [("429", NotSent), ("401", CredentialsError), ("403", CredentialsError), ("405", ProviderError)]


class Account(FakeSendGrid):
    def __init__(self, folder):
        self.now = NOON
        super().__init__(clock=lambda: self.now.timestamp())  # noqa: PLW0108 - the time changes
        self._folder = folder
        self.provider = self.open()
        self.holds = self.provider.holds

    def open(self, **sendgrid):
        self.config = Config.model_validate(
            {
                "newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"},
                "providers": {"sendgrid": {"host": self.host, "two_phase": True, **sendgrid}},
            }
        )
        environ = {"SENDGRID_API_KEY": self.api_key}
        provider = open_provider(
            "sendgrid", config=self.config, environ=environ, root=self._folder, now=lambda: self.now
        )
        provider._api._connected().connections = [Connection(self.host, connect=1, read=0.2)]
        return provider

    def post(self, schedule, *, minutes=30):
        composer = Composer(make_rendered(), config=self.config, secret=b"s", date=self.now)
        content = replace(composer.content, send_at=self.now + timedelta(minutes=minutes), schedule=schedule)
        recipient = composer.recipient(b"0" * 16, make_audience(1).subscribers[0])
        self.provider.send(content, [recipient], reference="b1", begin=lambda: None)

    def later(self, **span):
        self.now += timedelta(**span)
        return len(self.delivered())

    def requested(self):
        return [method for method, path in self.calls if path.startswith("user/scheduled_sends")]


@pytest.fixture
def account(tmp_path):
    with Account(tmp_path) as account:
        yield account
        account.provider.close()


@pytest.fixture
def batch(account):
    return account.provider.reserve()


def test_mail_is_held_back_only_if_two_phase_is_configured(account, tmp_path):
    assert account.open(two_phase=False).holds is None
    assert ScriptedProvider().holds is None
    config = account.config
    for name in ("outbox", "smtp"):
        plain = open_provider(name, config=config, environ={}, root=tmp_path, now=lambda: NOON)
        assert plain.holds is None


def test_a_commit(account, batch):
    holds = account.holds
    assert (holds.slots, holds.used(), holds.state(batch)) == (10, 0, "")
    holds.pause(batch)
    assert (holds.used(), holds.state(batch)) == (1, "paused")
    account.post(batch)
    assert account.later(minutes=40) == 0
    holds.release(batch)
    assert (holds.used(), holds.state(batch)) == (0, "")
    assert account.later() == 1


def test_an_abandoned_batch(account, batch):
    holds = account.holds
    holds.pause(batch)
    account.post(batch)
    holds.cancel(batch)
    assert (holds.used(), holds.state(batch)) == (1, "cancelled")
    account.post(batch)  # a late one
    assert account.later(minutes=31) == 0
    assert (holds.used(), holds.state(batch)) == (0, "")
    assert account.later(days=10) == 0


def test_cancels_a_batch_without_a_status_with_a_post(account, batch):
    account.post(batch)
    account.provider.call_off(batch)
    assert account.scheduled == {batch: "cancel"}
    assert "POST" in account.requested()
    assert account.later(hours=1) == 0


def test_every_request_can_be_repeated(account, batch):
    holds = account.holds
    holds.pause(batch)
    holds.pause(batch)
    assert account.scheduled == {batch: "pause"}
    holds.release(batch)
    holds.release(batch)
    assert account.scheduled == {}
    holds.cancel(batch)
    holds.cancel(batch)
    assert account.scheduled == {batch: "cancel"}


@pytest.mark.parametrize("kind", LOST_AFTER)
def test_confirms_a_pause_with_a_get_if_the_reply_is_lost(account, batch, kind):
    account.disturb_holds(kind, method="POST")
    account.holds.pause(batch)
    assert account.scheduled == {batch: "pause"}
    assert account.requested() == ["POST", "GET"]


@pytest.mark.parametrize("kind", LOST_BEFORE)
def test_a_lost_pause_is_not_reported_as_done(account, batch, kind):
    account.disturb_holds(kind, method="POST")
    with pytest.raises(NotSent):
        account.holds.pause(batch)
    assert account.scheduled == {}
    account.holds.pause(batch)
    assert account.scheduled == {batch: "pause"}


@pytest.mark.parametrize("kind", LOST_BEFORE + LOST_AFTER)
def test_a_pause_that_no_get_confirms_is_not_reported_as_done(account, batch, kind):
    account.disturb_holds("drop-after", method="POST")
    account.disturb_holds(kind, method="GET")
    with pytest.raises(NotSent):
        account.holds.pause(batch)
    account.holds.pause(batch)
    assert account.scheduled == {batch: "pause"}


@pytest.mark.parametrize("kind", LOST_BEFORE + LOST_AFTER)
def test_a_release_whose_reply_is_lost_can_be_repeated(account, batch, kind):
    account.holds.pause(batch)
    account.post(batch)
    account.disturb_holds(kind, method="DELETE")
    with pytest.raises(NotSent):
        account.holds.release(batch)
    assert account.scheduled == ({} if kind in LOST_AFTER else {batch: "pause"})
    account.holds.release(batch)
    assert account.scheduled == {}
    assert account.later(minutes=30) == 1


@pytest.mark.parametrize("paused", [True, False])
@pytest.mark.parametrize("kind", LOST_AFTER)
def test_confirms_a_cancellation_with_a_get_if_the_reply_is_lost(account, batch, kind, paused):
    if paused:
        account.holds.pause(batch)
    account.post(batch)
    account.disturb_holds(kind, method="PATCH" if paused else "POST")
    account.holds.cancel(batch)
    assert account.scheduled == {batch: "cancel"}


@pytest.mark.parametrize("paused", [True, False])
@pytest.mark.parametrize("kind", LOST_BEFORE)
def test_a_lost_cancellation_is_not_reported_as_done(account, batch, kind, paused):
    if paused:
        account.holds.pause(batch)
    account.post(batch)
    account.disturb_holds(kind, method="PATCH" if paused else "POST")
    with pytest.raises(NotSent):
        account.holds.cancel(batch)
    assert account.scheduled == ({batch: "pause"} if paused else {})
    account.holds.cancel(batch)
    assert account.later(hours=1) == 0


@pytest.mark.parametrize("kind", LOST_BEFORE + LOST_AFTER)
def test_an_unreadable_state_raises(account, batch, kind):
    account.holds.pause(batch)
    for ask in (lambda: account.holds.state(batch), account.holds.used, lambda: account.holds.cancel(batch)):
        account.disturb_holds(kind, method="GET")
        with pytest.raises(NotSent):
            ask()
    assert account.holds.state(batch) == "paused"


@pytest.mark.parametrize(("status", "error"), UNCHANGED)
def test_a_refused_key_and_a_rate_limit_raise_and_change_nothing(account, batch, status, error):
    holds = account.holds
    account.disturb_holds(status)
    with pytest.raises(error):
        holds.pause(batch)
    holds.pause(batch)
    for method, call in (("DELETE", holds.release), ("PATCH", holds.cancel), ("GET", holds.state)):
        account.disturb_holds(status, method=method)
        with pytest.raises(error):
            call(batch)
    assert account.scheduled == {batch: "pause"}


def test_an_eleventh_batch_waits_for_a_released_slot(account, batch):
    others = [account.provider.reserve() for _ in range(10)]
    for number, other in enumerate(others):
        account.holds.pause(other)
        if number % 2:
            account.holds.cancel(other)
    for call in (account.holds.pause, account.holds.cancel):
        with pytest.raises(NoSlot, match="10 batches"):
            call(batch)
    assert account.holds.state(batch) == ""
    account.holds.release(others[0])
    account.holds.pause(batch)
    assert account.holds.used() == 10
    account.holds.cancel(batch)  # a batch with a slot keeps it


@pytest.mark.parametrize("paused", [True, False])
def test_a_late_cancellation_is_reported_as_refused(account, batch, paused):
    if paused:
        account.holds.pause(batch)
    account.post(batch)
    account.later(minutes=21)
    with pytest.raises(CancelRefusedError, match="too near") as caught:
        account.holds.cancel(batch)
    assert "10 minutes before" in caught.value.hint
    assert account.holds.state(batch) == ("paused" if paused else "")
    assert account.later(hours=80) == (0 if paused else 1)


def test_a_cancelled_batch_cannot_be_paused(account, batch):
    account.holds.cancel(batch)
    with pytest.raises(ProviderError, match="was cancelled"):
        account.holds.pause(batch)


def test_an_unknown_batch_id_is_refused(account):
    with pytest.raises(ProviderError, match="invalid batch id"):
        account.holds.pause("made-up")


def test_an_unreadable_reply_proves_nothing(account, batch, monkeypatch):
    account.holds.pause(batch)
    for answer in (None, [{"batch_id": batch}], [{"batch_id": batch, "status": "odd"}], ["x"], "x"):
        monkeypatch.setattr(account, "hold", lambda *_, answer=answer: (200, answer))
        for ask in (lambda: account.holds.state(batch), account.holds.used):
            with pytest.raises(ProviderError, match="cannot read SendGrid"):
                ask()


def test_not_found_from_another_host_does_not_prove_that_there_is_no_pause(account, batch, monkeypatch):
    monkeypatch.setattr(account, "hold", lambda *_: (404, {"errors": [{"message": "no such page"}]}))
    with pytest.raises(ProviderError, match="no such page"):
        account.holds.state(batch)
