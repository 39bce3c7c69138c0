"""The rails of a new campaign: delivery times, the audience's size, the provider's record; and cancelling."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.config import Config
from digest.delivery import CampaignDoneError, CampaignRefusedError, cancel_campaign
from digest.delivery.composer import Composer
from digest.errors import CredentialsError
from digest.models import Suppression, SuppressionReason
from digest.providers import NotSent
from digest.testing.campaigns import NOON, CampaignHarness, ScriptedProvider, make_audience, make_rendered


def configured(**delivery):
    newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>", "timezone": "Europe/Berlin"}
    return Config.model_validate({"newsletter": newsletter, "delivery": delivery})


def test_an_issue_is_not_sent_if_only_the_provider_has_a_record_of_it(harness, tmp_path):
    harness.send()
    edition = "2026-W47.weekly."
    assert harness.provider.contents[0].edition.startswith(edition)
    harness.provider.editions = {harness.provider.contents[0].edition}
    other = CampaignHarness(tmp_path / "copy")
    other.provider = harness.provider
    other.rendered = make_rendered(subject="The same week, built again")
    with other, pytest.raises(CampaignRefusedError, match="this ledger has no record"):
        other.send()
    assert len(harness.provider.mailed) == 25
    assert other.ledger.campaigns() == ()


def test_an_unreachable_record_stops_the_send_and_a_denied_one_is_a_notice(harness):
    class Silent(ScriptedProvider):
        def knows(self, content):
            raise self.trouble if content.edition else AssertionError

    harness.provider = Silent()
    harness.provider.trouble = NotSent("no answer in time")
    with pytest.raises(Exception, match="could not ask") as caught:
        harness.send()
    assert caught.value.exit_code == 1
    assert harness.provider.mailed == []
    harness.provider.trouble = CredentialsError("403 access forbidden")
    notices = []
    assert harness.send(notice=notices.append).state == "sent"
    assert notices == ["scripted does not say whether it has mailed this issue before: 403 access forbidden"]


def test_a_campaign_with_a_delivery_time_is_scheduled_and_then_sent(harness):
    at = NOON + timedelta(hours=20)
    report = harness.send(at=at)
    assert (report.state, report.accepted) == ("scheduled", 25)
    assert {content.send_at for content in harness.provider.contents} == {at}
    with pytest.raises(CampaignDoneError):
        harness.send()
    with pytest.raises(CampaignDoneError):
        harness.send(resume=True)
    (campaign,) = harness.ledger.campaigns()
    assert (campaign.state, campaign.send_at) == ("scheduled", at)
    harness.now = at
    assert harness.ledger.campaigns()[0].report.state == "sent"
    assert len(harness.provider.mailed) == 25


def test_a_resumed_campaign_keeps_a_delivery_time_in_the_future(harness):
    at = NOON + timedelta(hours=20)
    harness.provider.answers.extend([harness.provider.accepted, *[NotSent("busy")] * 6])
    with pytest.raises(Exception, match="partly sent"):
        harness.send(at=at)
    harness.now = at - timedelta(hours=1)
    assert harness.send(resume=True).state == "scheduled"
    assert {content.send_at for content in harness.provider.contents} == {at}


def test_a_campaign_resumed_after_its_delivery_time_is_sent_at_once(harness):
    at = NOON + timedelta(hours=20)
    harness.provider.answers.extend([harness.provider.accepted, *[NotSent("busy")] * 6])
    with pytest.raises(Exception, match="partly sent"):
        harness.send(at=at)
    harness.now = at + timedelta(hours=1)
    assert harness.send(resume=True).state == "sent"
    assert harness.provider.contents[-1].send_at is None


@pytest.mark.parametrize(("hours", "ahead"), [(1, 0), (80, 71)])
def test_a_delivery_time_that_the_provider_cannot_schedule_is_refused(harness, hours, ahead):
    harness.provider = ScriptedProvider(schedules=timedelta(hours=ahead))
    for call in (harness.preview, harness.send):
        with pytest.raises(CampaignRefusedError, match=r"schedule"):
            call(at=NOON + timedelta(hours=hours))
    assert harness.provider.mailed == []


@pytest.mark.parametrize(
    ("delivery", "held"),
    [
        ({"send_window": "07:00-13:00"}, True),  # 12:00 in UTC is 13:00 in Berlin
        ({"send_window": "07:00-13:01"}, False),
        ({"send_window": "22:00-02:00"}, True),
        ({"send_window": "22:00-13:30"}, False),
        ({"send_days": ["mon", "tue"]}, True),
        ({"send_days": ["fri"]}, False),
        ({"send_days": ["fri"], "send_window": "14:00-15:00"}, True),
    ],
)
def test_nobody_is_mailed_outside_the_send_window(harness, delivery, held):
    harness.config = configured(**delivery)
    if not held:
        assert harness.send().state == "sent"
        return
    for call in (harness.preview, harness.send):
        with pytest.raises(CampaignRefusedError, match="fri 13:00 is outside"):
            call()
    assert harness.provider.mailed == []


def test_the_send_window_applies_to_the_delivery_time_and_to_a_resume(harness):
    harness.config = configured(send_window="07:00-09:00")
    at = NOON + timedelta(hours=19)  # 08:00 in Berlin
    harness.provider.answers.extend([harness.provider.accepted, *[NotSent("busy")] * 6])
    with pytest.raises(Exception, match="partly sent"):
        harness.send(at=at)
    harness.now = at + timedelta(hours=3)
    with pytest.raises(CampaignRefusedError, match="outside"):
        harness.send(resume=True)
    assert len(harness.provider.mailed) == 10
    harness.now = at + timedelta(minutes=30)
    assert harness.send(resume=True).state == "sent"


@pytest.mark.parametrize(("count", "held"), [(28, False), (22, False), (29, True), (20, True)])
def test_an_audience_of_an_unexpected_size_is_refused(harness, count, held):
    harness.send()
    harness.config = configured(max_change_percent=12)
    harness.now = NOON + timedelta(days=7)
    harness.rendered = make_rendered(issue="2026-W48", not_after=NOON + timedelta(days=14))
    harness.audience = make_audience(count)
    if held:
        with pytest.raises(CampaignRefusedError, match="the last issue went to 25"):
            harness.send()
    else:
        assert harness.send().accepted == count


def gone(*addresses):
    return [
        Suppression(email=email, reason=SuppressionReason.HARD_BOUNCE, source="scripted bounces") for email in addresses
    ]


def test_the_size_rails_count_the_audience_without_the_providers_suppressions(harness):
    harness.provider.reported_suppressions = gone(*harness.everyone[:10])
    harness.config = configured(max_recipients=20, max_change_percent=20)
    notices = []
    assert harness.send(notice=notices.append).accepted == 15
    assert notices == ["10 more are left out: suppressed: hard_bounce"]
    harness.now = NOON + timedelta(days=7)
    harness.rendered = make_rendered(issue="2026-W48", not_after=NOON + timedelta(days=14))
    assert harness.preview().pending == 15
    assert harness.send(notice=notices.append).accepted == 15


def test_a_recipient_that_the_provider_no_longer_suppresses_is_mailed_again(harness):
    harness.provider.reported_suppressions = gone(harness.everyone[0])
    assert harness.send().accepted == 24
    harness.provider.reported_suppressions = []
    harness.now = NOON + timedelta(days=7)
    harness.rendered = make_rendered(issue="2026-W48", not_after=NOON + timedelta(days=14))
    assert harness.send().accepted == 25


def test_a_suppression_from_one_provider_holds_for_another(harness):
    harness.provider.reported_suppressions = gone(harness.everyone[0])
    assert harness.send().accepted == 24
    harness.provider = ScriptedProvider()
    harness.provider.name = "other"
    harness.now = NOON + timedelta(days=7)
    harness.rendered = make_rendered(issue="2026-W48", not_after=NOON + timedelta(days=14))
    assert harness.send().accepted == 24


def test_a_delivery_time_in_the_past_is_refused(harness):
    for call in (harness.preview, harness.send):
        with pytest.raises(CampaignRefusedError, match="has already passed"):
            call(at=NOON - timedelta(seconds=5))
    assert harness.provider.mailed == []


def test_the_dry_run_of_a_resume_checks_the_send_window(harness):
    harness.provider.answers.extend([harness.provider.accepted, *[NotSent("busy")] * 6])
    with pytest.raises(Exception, match="partly sent"):
        harness.send()
    harness.config = configured(send_window="07:00-09:00")
    with pytest.raises(CampaignRefusedError, match="outside"):
        harness.preview(resume=True)


def test_two_newsletters_in_one_account_have_different_editions(harness):
    editions = set()
    for name in ("Über-Brief", "Täglich", "A, B & C", "Dr. Smith's Letter"):
        newsletter = {"name": name, "sender": "News <news@example.org>"}
        config = Config.model_validate({"newsletter": newsletter})
        editions.add(Composer(harness.rendered, config=config, secret=b"s", date=NOON).content.edition)
    assert len(editions) == 4
    assert all(edition.isascii() for edition in editions)


def cancelled(harness):
    return cancel_campaign(
        "2026-W47", "weekly", ledger=harness.ledger, provider=harness.provider, now=lambda: harness.now
    )


def test_a_scheduled_campaign_can_be_cancelled_until_shortly_before(harness):
    at = NOON + timedelta(hours=20)
    harness.send(at=at)
    (campaign,) = harness.ledger.campaigns()
    assert {content.schedule for content in harness.provider.contents} == {campaign.schedule} != {""}
    harness.now = at - timedelta(minutes=9)
    with pytest.raises(CampaignRefusedError, match="too late"):
        cancelled(harness)
    harness.now = at - timedelta(minutes=11)
    assert cancelled(harness).state == "cancelled"
    assert harness.provider.called_off == [campaign.schedule]
    for again in (lambda: cancelled(harness), harness.send, lambda: harness.send(resume=True)):
        with pytest.raises(CampaignDoneError):
            again()
    harness.now = at + timedelta(days=1)
    assert harness.ledger.campaigns()[0].state == "cancelled"


def test_a_partly_scheduled_campaign_can_be_cancelled(harness):
    at = NOON + timedelta(hours=20)
    harness.provider.answers.extend([harness.provider.accepted, *[NotSent("busy")] * 6])
    with pytest.raises(Exception, match="partly sent"):
        harness.send(at=at)
    assert cancelled(harness).state == "cancelled"
    with pytest.raises(CampaignDoneError):
        harness.send(resume=True)


def test_a_campaign_delivered_at_once_cannot_be_cancelled(harness):
    with pytest.raises(CampaignDoneError, match="no send"):
        cancelled(harness)
    harness.provider.answers.extend([harness.provider.accepted, *[NotSent("busy")] * 6])
    with pytest.raises(Exception, match="partly sent"):
        harness.send()
    with pytest.raises(CampaignRefusedError, match="at once"):
        cancelled(harness)


def test_a_resumed_campaign_keeps_the_schedule_by_which_it_is_cancelled(harness):
    harness.provider.answers.extend([harness.provider.accepted, *[NotSent("busy")] * 6])
    with pytest.raises(Exception, match="partly sent"):
        harness.send(at=NOON + timedelta(hours=20))
    harness.send(resume=True)
    assert {content.schedule for content in harness.provider.contents} == {"schedule-1"}
