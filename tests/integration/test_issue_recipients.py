"""Nobody gets an issue twice, whatever the audiences of its campaigns are called."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.config import Config
from digest.delivery import CampaignDoneError, CampaignIncompleteError, CampaignRefusedError
from digest.errors import CredentialsError, LedgerError
from digest.providers import Outcome, SendResult, Verdict
from digest.testing.campaigns import make_audience, make_rendered

STORES = ["sqlite", "git", "postgres"]


@pytest.fixture
def harness(open_harness):
    with open_harness() as harness:
        yield harness


def rename(harness, count, *, first=1):
    """Send the same issue to an audience of another name."""
    harness.rendered = make_rendered(audience="readers")
    harness.audience = make_audience(count, name="readers", first=first)


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_a_renamed_audience_is_not_mailed_again(harness):
    harness.send()
    rename(harness, 25)
    with pytest.raises(CampaignDoneError, match="nobody in the audience readers is left to mail: 25 have"):
        harness.send()
    assert len(harness.provider.mailed) == 25


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_only_the_others_of_an_overlapping_audience_are_mailed(harness):
    harness.send()
    rename(harness, 30)
    notes = []
    assert harness.send(notice=notes.append).accepted == 5
    assert notes == ["25 more are left out: mailed this issue as audience “weekly”"]
    assert len(set(harness.provider.mailed)) == len(harness.provider.mailed) == 30


def test_audiences_without_common_people_share_an_issue(harness):
    harness.send()
    rename(harness, 25, first=26)
    assert harness.send().accepted == 25


def test_unknown_recipients_count_as_mailed_and_rejected_and_pending_ones_do_not(harness):
    harness.audience = make_audience(20)

    def reject_one(recipients):
        own = {recipients[0].key: Verdict(outcome=Outcome.REJECTED, reason="550 5.1.1")}
        return SendResult(outcome=Outcome.UNKNOWN, exceptions=own)

    harness.provider.answers.extend([reject_one, CredentialsError("401")])
    with pytest.raises(CredentialsError):
        harness.send()
    rename(harness, 20)
    assert harness.send().accepted == 11


def test_a_resumed_campaign_leaves_out_whom_another_one_has_mailed_meanwhile(harness):
    harness.provider.answers.extend([harness.provider.accepted, CredentialsError("401")])
    with pytest.raises(CredentialsError):
        harness.send()
    first = harness.rendered, harness.audience
    rename(harness, 15, first=11)
    assert harness.send().accepted == 15
    harness.rendered, harness.audience = first
    report = harness.send(resume=True)
    assert (report.accepted, report.skipped, report.pending) == (10, 15, 0)
    assert len(set(harness.provider.mailed)) == len(harness.provider.mailed) == 25


def test_a_campaign_that_another_process_mailed_meanwhile_does_not_start(harness):
    harness.send()
    with pytest.raises(LedgerError, match="is being sent to another audience"):
        harness.ledger.start(
            issue="2026-W47",
            audience="readers",
            token="t",
            provider="p",
            skipped=0,
            batches=tuple,
            mailed={},
        )


def test_a_resumed_send_refuses_a_truncated_list(harness):
    harness.audience = make_audience(200)
    harness.provider.answers.extend([harness.provider.accepted, CredentialsError("401")])
    with pytest.raises(CredentialsError):
        harness.send()
    harness.audience = make_audience(1)
    for refused in (harness.preview, harness.send):
        with pytest.raises(CampaignRefusedError, match=r"1\d\d of the 200 recipients") as caught:
            refused(resume=True)
        assert (caught.value.exit_code, caught.value.report.pending) == (6, 190)
    harness.audience = make_audience(150)
    assert harness.send(resume=True).accepted == 150


def test_the_send_stops_when_the_window_closes_and_the_rest_stays_pending(harness):
    newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>"}
    harness.config = Config.model_validate({"newsletter": newsletter, "delivery": {"send_window": "08:00-13:00"}})

    def take_two_hours(recipients):
        harness.now += timedelta(hours=2)
        return harness.provider.accepted

    harness.provider.answers.append(take_two_hours)
    with pytest.raises(CampaignIncompleteError, match="outside the times") as caught:
        harness.send()
    assert (caught.value.report.accepted, caught.value.report.pending) == (10, 15)
