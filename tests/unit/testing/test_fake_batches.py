"""The timing rules of batches in the fake SendGrid, as SendGrid documents them.

See https://www.twilio.com/docs/sendgrid/api-reference/cancel-scheduled-sends.
"""

from __future__ import annotations

import pytest

from digest.testing.fake_sendgrid import FakeAccount

MINUTE, HOUR = 60, 3600


class Clocked(FakeAccount):
    def __init__(self):
        self.now = 1_000_000.0
        super().__init__(clock=lambda: self.now)

    def post(self, to, *, batch="", minutes=None):
        body = {"personalizations": [{"to": [{"email": to}]}]}
        if batch:
            body["batch_id"] = batch
        if minutes is not None:
            body["send_at"] = self.now + minutes * MINUTE
        self.accept(body, "m")

    def set(self, batch, status, *, method="POST"):
        body = {"status": status} if method == "PATCH" else {"batch_id": batch, "status": status}
        return self.hold(method, "" if method == "POST" else batch, body)[0]

    def release(self, batch):
        return self.hold("DELETE", batch, None)[0]

    def inboxes(self):
        return [mail.to for mail in self.delivered()]


@pytest.fixture
def account():
    return Clocked()


@pytest.fixture
def batch(account):
    return account.new_batch()


def test_delivers_scheduled_mail_at_its_time_and_other_mail_immediately(account, batch):
    account.post("now")
    account.post("later", batch=batch, minutes=30)
    assert account.inboxes() == ["now"]
    account.now += 30 * MINUTE
    account.post("last")
    assert account.inboxes() == ["now", "later", "last"]


def test_paused_mail_leaves_when_the_pause_is_deleted(account, batch):
    assert account.set(batch, "pause") == 201
    account.post("a", batch=batch, minutes=30)
    account.now += 10 * HOUR
    assert account.inboxes() == []
    assert account.release(batch) == 204
    assert account.inboxes() == ["a"]
    assert account.release(batch) == 404


def test_a_pause_deleted_before_the_send_time_changes_nothing(account, batch):
    account.set(batch, "pause")
    account.post("a", batch=batch, minutes=30)
    account.release(batch)
    account.now += 29 * MINUTE
    assert account.inboxes() == []
    account.now += MINUTE
    assert account.inboxes() == ["a"]


def test_paused_mail_expires_72_hours_after_it_was_accepted(account, batch):
    account.set(batch, "pause")
    account.post("a", batch=batch, minutes=30)
    account.now += 72 * HOUR - 1
    assert account.scheduled == {batch: "pause"}
    account.now += 1
    assert account.scheduled == {}
    assert account.release(batch) == 404
    account.now += 1000 * HOUR
    assert account.inboxes() == []


def test_cancelled_mail_never_leaves_even_if_it_arrives_late(account, batch):
    account.set(batch, "pause")
    account.post("a", batch=batch, minutes=30)
    assert account.set(batch, "cancel", method="PATCH") == 204
    account.post("late", batch=batch, minutes=30)
    account.now += 31 * MINUTE
    account.post("later", batch=batch, minutes=-1)
    assert account.inboxes() == []
    account.now += 100 * HOUR
    account.post("last", batch=batch, minutes=5)
    account.now += HOUR
    assert account.inboxes() == []


def test_a_cancellation_deleted_before_the_send_time_is_undone(account, batch):
    account.post("a", batch=batch, minutes=30)
    assert account.set(batch, "cancel") == 201
    assert account.release(batch) == 204
    account.now += 30 * MINUTE
    assert account.inboxes() == ["a"]


@pytest.mark.parametrize(("minutes", "status"), [(20, 201), (21, 400)])
def test_refuses_to_cancel_or_pause_in_the_last_ten_minutes(account, minutes, status):
    for word in ("cancel", "pause"):
        batch = account.new_batch()
        account.post("a", batch=batch, minutes=30)
        account.post("b", batch=batch, minutes=90)
        account.now += minutes * MINUTE
        assert account.set(batch, word) == status
        account.now -= minutes * MINUTE


def test_refuses_to_cancel_a_paused_batch_in_the_last_ten_minutes(account, batch):
    account.set(batch, "pause")
    account.now += HOUR
    account.post("a", batch=batch, minutes=30)
    account.now += 21 * MINUTE
    assert account.set(batch, "cancel", method="PATCH") == 400
    assert account.scheduled == {batch: "pause"}


def test_patch_changes_only_an_existing_status(account, batch):
    assert account.set(batch, "cancel", method="PATCH") == 404
    assert account.hold("GET", batch, None)[0] == 404
    assert account.set(batch, "pause") == 201
    assert account.set(batch, "pause") == 400
    assert account.set(batch, "cancel") == 400
    assert account.hold("GET", batch, None) == (200, [{"batch_id": batch, "status": "pause"}])
    assert account.set(batch, "odd", method="PATCH") == 400
    assert account.set("made-up", "pause") == 400


def test_at_most_ten_batches_are_paused_or_cancelled_at_a_time(account):
    batches = [account.new_batch() for _ in range(12)]
    for number, batch in enumerate(batches[:10]):
        account.post("a", batch=batch, minutes=30)
        assert account.set(batch, "pause" if number % 2 else "cancel") == 201
    assert account.set(batches[10], "pause") == 400
    account.release(batches[1])
    assert account.set(batches[10], "pause") == 201
    assert account.set(batches[11], "pause") == 400
    account.now += 30 * MINUTE
    assert set(account.scheduled.values()) == {"pause"}  # the cancelled batches were discarded, so their slots are free
    assert len(account.scheduled) == 5
    assert account.set(batches[11], "pause") == 201


def test_a_cancellation_without_mail_occupies_its_slot_for_72_hours(account, batch):
    account.set(batch, "cancel")
    account.now += 72 * HOUR - 1
    assert account.scheduled == {batch: "cancel"}
    account.now += 1
    assert account.scheduled == {}


def test_an_unknown_disturbance_is_refused(account):
    with pytest.raises(ValueError, match="dorp"):
        account.disturb_holds("dorp-after")
