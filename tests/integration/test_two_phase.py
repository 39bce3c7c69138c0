"""Two-phase sending to the fake SendGrid over real HTTP: killed at every step, lost replies, hours between runs.

What counts is `delivered`: what is in the inboxes four days later.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections import Counter
from datetime import timedelta

import pytest

from digest.config import Config
from digest.delivery import (
    CampaignDoneError,
    CampaignError,
    CampaignIncompleteError,
    CampaignRefusedError,
    PlannedBatch,
    cancel_campaign,
    open_ledger,
)
from digest.delivery.calls.retry import Stop
from digest.delivery.cancellation import _cancel_groups
from digest.delivery.group_ledger import CampaignLedger
from digest.delivery.stores.batch_rows import ClaimLostError
from digest.delivery.stores.store import Store
from digest.errors import DigestError, ProviderError
from digest.providers import Capabilities
from digest.providers.sendgrid import SendGridProvider
from digest.providers.sendgrid.scheduled_sends import ScheduledSends
from digest.providers.sendgrid.sendgrid_api import SendGridApi
from digest.testing.campaigns import CampaignHarness, make_audience
from digest.testing.fake_sendgrid import FakeSendGrid

PEOPLE = 30
HOURS = timedelta(hours=1)


class SmallCalls(SendGridProvider):
    """A provider with five recipients in each call: 30 people are six calls in two groups."""

    capabilities = Capabilities(
        max_recipients=5, hosts_unsubscribe=True, schedules=timedelta(hours=71), undo_until=timedelta(minutes=10)
    )


class Killed(BaseException):
    """The process was killed."""


class Death:
    """Kills the process at the n-th step that touches the ledger or the network, before or after the step."""

    def __init__(self, monkeypatch):
        self.steps, self.at, self.after = 0, None, False
        for owner, name in ((Store, "write"), (SendGridApi, "call")):
            monkeypatch.setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, method):
        def step(*arguments, **options):
            self.steps += 1
            if self.at is None or self.steps < self.at:
                return method(*arguments, **options)
            if self.steps == self.at and self.after:
                method(*arguments, **options)
            raise Killed

        return step

    def comes(self, at, *, after):
        self.steps, self.at, self.after = 0, at, after

    def leaves(self):
        self.at = None


@pytest.fixture
def death(monkeypatch):
    return Death(monkeypatch)


@pytest.fixture
def harness(tmp_path):
    with open_harness(tmp_path) as harness:
        yield harness


@contextlib.contextmanager
def open_harness(folder):
    """A harness whose provider sends to the fake SendGrid. Both use the harness's clock."""
    with FakeSendGrid() as fake, CampaignHarness(folder) as harness:
        fake.clock = lambda: harness.now.timestamp()  # noqa: PLW0108 - the harness's time changes
        harness.fake = fake
        harness.audience = make_audience(PEOPLE)
        newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>"}
        sendgrid = {"host": fake.host, "two_phase": True}
        harness.config = Config.model_validate({"newsletter": newsletter, "providers": {"sendgrid": sendgrid}})
        harness.provider = provide(harness)
        yield harness


def provide(harness):
    return SmallCalls(
        config=harness.config, environ={"SENDGRID_API_KEY": "SG.fake-key"}, root=None, now=lambda: harness.now
    )


def restart_process(harness, folder):
    """Close the provider and the ledger and open them again, as a new process on the same ledger does."""
    harness.provider.close()
    harness.ledger.close()
    harness.ledger = open_ledger("sqlite:///ledger.db", root=folder, environ={}, now=lambda: harness.now)
    harness.provider = provide(harness)


def set_phases(harness, folder, *, two):
    """Start a new process after two-phase sending was switched on or off."""
    changed = harness.config.model_dump(exclude_unset=True)
    changed["providers"]["sendgrid"]["two_phase"] = two
    harness.config = Config.model_validate(changed)
    restart_process(harness, folder)


def delivered(harness):
    """The number of mails that each recipient has four days later."""
    now = harness.now
    harness.now += timedelta(days=4)
    counts = Counter(mail.to for mail in harness.fake.delivered())
    harness.now = now
    return counts


def require_one_mail_each(harness):
    assert delivered(harness) == dict.fromkeys(harness.everyone, 1)


def cancel(harness):
    return cancel_campaign(
        "2026-W47",
        "weekly",
        ledger=harness.ledger,
        provider=harness.provider,
        now=lambda: harness.now,
        sleep=harness.slept.append,
    )


def test_delivers_nothing_before_the_undo_time_has_passed(harness):
    report = harness.send()
    assert (report.state, report.accepted) == ("scheduled", PEOPLE)
    assert harness.fake.delivered() == []
    harness.now += timedelta(minutes=29)
    assert harness.fake.delivered() == []
    harness.now += timedelta(minutes=2)
    assert harness.ledger.campaigns()[0].state == "sent"
    require_one_mail_each(harness)


def test_every_group_is_paused_before_its_first_call_and_released_after_its_last(harness):
    harness.send()
    calls = [
        f"{method} {path.split('/')[0]}" if "mail" in path else f"{method} holds"
        for method, path in harness.fake.calls
        if path in {"mail/send", "mail/batch"} or "scheduled_sends" in path
    ]
    group = ["GET holds", "POST mail"]  # the slots, and the name
    assert calls == [
        *group, "POST holds", *["POST mail"] * 5, "DELETE holds",
        *group, "POST holds", "POST mail", "DELETE holds",
    ]  # fmt: skip
    assert len({body["batch_id"] for body in harness.fake.requests}) == 2


@pytest.mark.parametrize("kind", ["drop-after", "drop-before", "500-after", "500-before"])
def test_a_lost_reply_leaves_no_outcome_unknown(harness, kind):
    harness.fake.disturb("", kind)
    report = harness.send()
    assert (report.accepted, report.unknown) == (PEOPLE, 0)
    require_one_mail_each(harness)


@pytest.mark.parametrize("kind", ["drop-after", "drop-before", "500-after", "500-before"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "GET", "PATCH"])
def test_a_lost_reply_about_a_pause_leaves_no_outcome_unknown(harness, kind, method):
    harness.fake.disturb_holds(kind, kind, method=method)
    harness.fake.disturb("", "drop-after")
    assert harness.send().accepted == PEOPLE
    require_one_mail_each(harness)


def test_stops_with_nothing_delivered_if_every_reply_is_lost(harness):
    harness.fake.disturb(*["drop-after"] * 3)
    with pytest.raises(CampaignIncompleteError, match="no clear answer") as caught:
        harness.send()
    assert (caught.value.report.pending, caught.value.report.unknown) == (PEOPLE, 0)
    assert delivered(harness) == {}
    assert harness.send(resume=True).accepted == PEOPLE
    require_one_mail_each(harness)


def test_stops_without_a_free_slot_and_says_when_one_is_free(harness):
    for _ in range(10):
        batch = harness.fake.new_batch()
        harness.fake.hold("POST", "", {"batch_id": batch, "status": "pause"})
    with pytest.raises(CampaignIncompleteError, match=r"10 mailings .* 2026-11-23 12:00 UTC") as caught:
        harness.send()
    assert caught.value.exit_code == 7
    assert harness.fake.requests == []
    harness.now += timedelta(hours=73)
    assert harness.send(resume=True).accepted == PEOPLE
    require_one_mail_each(harness)


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(4))
def test_a_send_killed_at_any_step_is_completed_hours_later(tmp_path, death, chunk):
    """A process is killed before or after each step of a send. The next run follows immediately or hours later."""
    dice = random.Random(chunk)  # noqa: S311 - not for cryptography
    for number in itertools.count(1 + chunk, 4):
        folder = tmp_path / str(number)
        folder.mkdir()
        with open_harness(folder) as harness:
            if dice.random() < 0.5:
                harness.fake.disturb("", "drop-after")
            death.comes(number, after=dice.random() < 0.5)
            try:
                harness.send()
            except Killed:
                killed = True
            else:
                killed = False
            death.leaves()
            harness.now += dice.choice([timedelta(0), timedelta(minutes=15), 3 * HOURS, 30 * HOURS])
            restart_process(harness, folder)
            finish(harness)
            assert harness.ledger.campaigns()[0].report.unknown == 0
            require_one_mail_each(harness)
        if not killed:
            break
    assert number > 20


def finish(harness):
    for _ in range(4):
        try:
            harness.send(resume=True)
        except CampaignDoneError:
            return
        except CampaignError:
            harness.now += timedelta(minutes=20)
        else:
            return
    raise AssertionError("it does not come to an end")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_a_send_killed_repeatedly_with_lost_replies_is_completed(harness, tmp_path, death, seed):
    dice = random.Random(seed)  # noqa: S311 - not for cryptography
    kinds = ["", "", "", "429", "drop-after", "drop-before", "500-after"]
    harness.fake.retry_after = 0
    for round_ in range(5):
        harness.fake.disturb(*dice.choices(kinds, k=3))
        harness.fake.disturb_holds(*dice.choices(["", "", "", "drop-after", "drop-before"], k=3))
        death.comes(dice.randint(1, 40), after=dice.random() < 0.5)
        with contextlib.suppress(Killed, DigestError):
            harness.send(resume=round_ > 0)
        death.leaves()
        harness.now += dice.choice([timedelta(0), timedelta(minutes=25), HOURS, 9 * HOURS])
        restart_process(harness, tmp_path)
    finish(harness)
    assert harness.ledger.campaigns()[0].report.unknown == 0
    require_one_mail_each(harness)


def test_mail_held_back_beyond_its_expiry_is_unknown_and_not_sent_again(harness, tmp_path):
    """70 hours after a group was prepared, SendGrid may or may not still hold it."""
    harness.fake.disturb_holds(*["500-before"] * 6, method="DELETE")
    with pytest.raises(CampaignIncompleteError, match="partly sent"):
        harness.send()
    harness.now += timedelta(hours=71)
    restart_process(harness, tmp_path)
    with pytest.raises(CampaignIncompleteError) as caught:
        harness.send(resume=True)
    assert (caught.value.report.unknown, caught.value.report.accepted) == (25, 5)
    assert max(delivered(harness).values()) == 1


@pytest.mark.parametrize("place", ["postgres", "git"])
def test_the_next_sender_takes_over_the_groups_of_a_dead_one_with_any_ledger(tmp_path, death, request, place):
    """The ledger is in a database or on a branch, where each step is a commit."""

    def open_anew(harness):
        if place == "git":
            return request.getfixturevalue("open_branch")(now=lambda: harness.now)
        url = request.getfixturevalue("database")
        return open_ledger(
            url, root=tmp_path, environ={"DIGEST_LEDGER_KEY": "a key for all tests"}, now=lambda: harness.now
        )

    with open_harness(tmp_path) as harness:
        harness.ledger.close()
        harness.ledger = open_anew(harness)
        for number in (14, 9, 17):
            death.comes(number, after=True)
            with contextlib.suppress(Killed, DigestError):
                harness.send(resume=True)
            death.leaves()
            harness.now += 2 * HOURS
            harness.ledger.close()
            harness.ledger = open_anew(harness)
        finish(harness)
        require_one_mail_each(harness)


def test_cancel_discards_every_group_until_ten_minutes_before_delivery(harness):
    harness.send()
    harness.now += timedelta(minutes=19)
    assert cancel(harness).state == "cancelled"
    assert delivered(harness) == {}
    with pytest.raises(CampaignDoneError, match="cancelled"):
        harness.send(resume=True)
    with pytest.raises(CampaignDoneError, match="cancelled"):
        cancel(harness)


@pytest.mark.parametrize("number", [12, 20, 28])
def test_cancel_after_a_crash_leaves_nothing_to_deliver(harness, tmp_path, death, number):
    death.comes(number, after=True)
    with pytest.raises(Killed):
        harness.send()
    death.leaves()
    restart_process(harness, tmp_path)
    assert cancel(harness).state == "cancelled"
    assert delivered(harness) == {}


def test_cancel_is_refused_in_the_last_ten_minutes(harness):
    harness.send()
    harness.now += timedelta(minutes=21)
    with pytest.raises(CampaignRefusedError, match="too late"):
        cancel(harness)
    require_one_mail_each(harness)


def test_an_interrupted_cancel_can_be_continued(harness):
    harness.send()
    # The first group is cancelled, the second is not.
    harness.fake.disturb_holds("", *["500-before"] * 6, method="POST")
    with pytest.raises(ProviderError, match="did not answer"):
        cancel(harness)
    assert cancel(harness).state == "cancelled"
    assert delivered(harness) == {}


def test_a_two_phase_send_does_not_continue_in_one_phase(harness, tmp_path, death):
    harness.fake.disturb_holds(*["500-before"] * 40, method="DELETE")
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    set_phases(harness, tmp_path, two=False)
    with pytest.raises(CampaignRefusedError, match="two phases") as caught:
        harness.send(resume=True)
    assert "two_phase = true" in caught.value.hint


def test_a_prepared_group_is_not_released_outside_the_send_window(harness, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise Killed

    monkeypatch.setattr(CampaignLedger, "begin_commit", killed)
    with pytest.raises(Killed):
        harness.send()
    monkeypatch.undo()
    night = harness.config.model_dump(exclude_unset=True) | {"delivery": {"send_window": "08:00-20:00"}}
    harness.config = Config.model_validate(night)
    harness.now += 10 * HOURS
    restart_process(harness, tmp_path)
    with pytest.raises(CampaignRefusedError, match="outside"):
        harness.send(resume=True)
    harness.now += 11 * HOURS
    assert harness.fake.delivered() == []
    assert harness.send(resume=True).accepted == PEOPLE
    require_one_mail_each(harness)


def begin(harness, people=3):
    """Start a campaign with one call per recipient; returns its ledger of batches and the number of its first group."""
    batch_plan = [PlannedBatch(no=no, keys=no.to_bytes(16, "big")) for no in range(1, people + 1)]
    campaign_fields = {"issue": "2026-W47", "audience": "weekly", "token": "t", "provider": "sendgrid"}
    campaign_ledger = harness.ledger.start(**campaign_fields, skipped=0, batches=lambda: batch_plan)
    return campaign_ledger, campaign_ledger.gather(schedule="s", send_at=harness.now, limit=people)


def test_posts_nothing_into_a_group_that_another_process_abandoned(harness):
    """The other process found the group empty and deletes its pause, so late mail would be delivered twice."""
    campaign_ledger, no = begin(harness)
    campaign_ledger.abandon(no, reason="its sender seemed dead")
    with pytest.raises(ClaimLostError, match="given up the group"):
        campaign_ledger.within(no).claim(1)
    campaign_ledger.give_back(no)
    assert len(campaign_ledger.pending(after=0, limit=9)) == 3


def test_recipients_with_proven_delivery_are_left_out_of_every_retry(harness):
    keys = [no.to_bytes(16, "big") for no in (1, 2)]
    campaign_fields = {"issue": "2026-W47", "audience": "weekly", "token": "t", "provider": "sendgrid"}
    batches = [PlannedBatch(no=1, keys=b"".join(keys))]
    campaign_ledger = harness.ledger.start(**campaign_fields, skipped=0, batches=lambda: batches)
    campaign_ledger.settle(1, campaign_ledger.claim(1), outcome="unknown")
    campaign_ledger.confirm(1, accepted=frozenset(keys[:1]))
    campaign_ledger.resend(1, reason="a person decided so")
    no = campaign_ledger.gather(schedule="s", send_at=harness.now, limit=1)
    group = campaign_ledger.within(no)
    group.settle(1, group.claim(1), outcome="unknown")
    campaign_ledger.abandon(no, reason="a reply was lost")
    campaign_ledger.give_back(no)
    assert [settled for _, settled in campaign_ledger.pending(after=0, limit=9)] == [frozenset(keys[:1])]


def test_a_campaign_cancelled_meanwhile_stays_cancelled(harness):
    campaign_ledger, no = begin(harness)
    campaign_ledger.abandon(no, reason="the campaign was cancelled")
    campaign_ledger.give_back(no)
    campaign_ledger.cancel()
    with pytest.raises(CampaignDoneError, match="cancelled"):
        campaign_ledger.gather(schedule="t", send_at=harness.now, limit=1)
    assert campaign_ledger.finish().state == "cancelled"


def test_a_group_cancelled_during_its_release_is_cancelled_again(harness, monkeypatch):
    """Deleting the pause would revoke the cancellation."""
    release = ScheduledSends.release

    def late(holds, schedule):
        monkeypatch.undo()
        cancel_elsewhere(harness)
        release(holds, schedule)

    monkeypatch.setattr(ScheduledSends, "release", late)
    with pytest.raises(CampaignDoneError, match="cancelled"):
        harness.send()
    assert harness.ledger.campaigns()[0].state == "cancelled"
    assert delivered(harness) == {}


def cancel_elsewhere(harness):
    """Cancel as a process does that cannot tell that another one is alive, as with a ledger on a git branch."""
    campaign_ledger = harness.ledger.open_campaign("2026-W47", "weekly")
    with contextlib.closing(provide(harness)) as provider:
        _cancel_groups(
            campaign_ledger, campaign_ledger.groups(), provider=provider, stop=Stop(), sleep=harness.slept.append
        )
    campaign_ledger.cancel()


def test_a_group_that_lost_its_pause_early_is_not_reported_as_accepted(harness, tmp_path, monkeypatch):
    def killed(*_, **__):
        raise Killed

    monkeypatch.setattr(CampaignLedger, "begin_commit", killed)
    with pytest.raises(Killed):
        harness.send()
    monkeypatch.undo()
    [group] = harness.ledger.open_campaign("2026-W47", "weekly").groups()
    assert group.state == "prepared"
    harness.provider.holds.cancel(group.schedule)  # by hand, on SendGrid's website
    harness.now += HOURS  # SendGrid discards it
    restart_process(harness, tmp_path)
    with pytest.raises(CampaignIncompleteError, match="25 people") as caught:
        harness.send(resume=True)
    assert (caught.value.report.accepted, caught.value.report.unknown) == (5, 25)
    assert sum(delivered(harness).values()) == 5


def test_a_two_phase_send_that_holds_nothing_back_does_not_continue_in_one_phase(harness, tmp_path):
    """Without two phases, its mail would have no batch id, so `digest cancel` could not cancel it."""
    real = CampaignLedger.commit

    def commit(*arguments, **options):
        real(*arguments, **options)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CampaignLedger, "commit", commit)
        with pytest.raises(Killed):
            harness.send()
    set_phases(harness, tmp_path, two=False)
    with pytest.raises(CampaignRefusedError, match="two phases"):
        harness.send(resume=True)
    set_phases(harness, tmp_path, two=True)
    harness.send(resume=True)
    require_one_mail_each(harness)


def test_cancel_includes_calls_made_before_two_phase_sending_was_enabled(harness, tmp_path):
    set_phases(harness, tmp_path, two=False)
    harness.fake.disturb("", "", "429")
    harness.fake.retry_after = 400
    with pytest.raises(CampaignIncompleteError):
        harness.send(at=harness.now + 5 * HOURS)
    assert len(harness.fake.mails) == 10
    set_phases(harness, tmp_path, two=True)
    harness.send(resume=True)
    assert cancel(harness).state == "cancelled"
    assert delivered(harness) == {}


def test_a_cancelled_group_is_not_counted_as_accepted_if_the_rest_was_sent(harness):
    """The cancellation was not completed in time."""
    harness.send()
    # The first group is cancelled, the second is not.
    harness.fake.disturb_holds("", *["500-before"] * 6, method="POST")
    with pytest.raises(ProviderError, match="did not answer"):
        cancel(harness)
    harness.now += HOURS
    report = harness.ledger.campaigns()[0].report
    assert sum(delivered(harness).values()) == 5
    assert (report.state, report.accepted, report.rejected) == ("sent", 5, 25)


def test_the_undo_time_does_not_push_delivery_out_of_the_send_window(harness):
    """Posted at 12:00, the mail would be delivered at 12:30."""
    delivery = {"send_window": "07:00-12:15"}
    harness.configure(delivery=delivery)
    for send in (harness.preview, harness.send):
        with pytest.raises(CampaignRefusedError, match="fri 12:30 is outside"):
            send()


def test_cancel_works_before_the_first_group(harness, monkeypatch):
    def killed(*_, **__):
        raise Killed

    monkeypatch.setattr(CampaignLedger, "gather", killed)
    with pytest.raises(Killed):
        harness.send()
    monkeypatch.undo()
    assert cancel(harness).state == "cancelled"
    assert delivered(harness) == {}
