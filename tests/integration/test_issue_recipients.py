"""Nobody gets an issue twice, whatever the audiences of its campaigns are called."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.config import Config
from digest.delivery import CampaignDoneError, CampaignIncompleteError, CampaignRefusedError
from digest.delivery.recipients import PlannedBatch
from digest.delivery.stores.issue_recipients import MailedMeanwhileError
from digest.errors import CredentialsError
from digest.providers import Outcome, SendResult, Verdict
from digest.testing.campaigns import make_audience, make_rendered

STORES = ["sqlite", "git", "postgres"]


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


def freeze_both(harness, *, batches=3):
    """Freeze the same recipients for two audiences of the issue. Nobody is mailed yet."""
    plan = [PlannedBatch(no=no, keys=bytes([no, 1] * 8) + bytes([no, 2] * 8)) for no in range(1, batches + 1)]
    return tuple(
        harness.ledger.start(issue="2026-W47", audience=name, token="t", provider="p", skipped=0, batches=lambda: plan)
        for name in ("weekly", "readers")
    )


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_a_claim_finds_what_another_campaign_claimed_after_both_were_frozen(harness):
    weekly, readers = freeze_both(harness)
    claim = weekly.claim(1)
    with pytest.raises(MailedMeanwhileError) as caught:
        readers.claim(1)
    assert dict(caught.value.mailed) == {bytes([1, 1] * 8): "weekly", bytes([1, 2] * 8): "weekly"}
    weekly.release(1, claim, reason="429")
    readers.settle(1, readers.claim(1), outcome="accepted")
    with pytest.raises(MailedMeanwhileError):
        weekly.claim(1)
    weekly.pass_over(1, gone=dict.fromkeys(caught.value.mailed, "mailed"))
    assert (weekly.campaign().report.skipped, readers.campaign().report.accepted) == (2, 2)


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_a_claim_counts_only_those_whom_the_other_campaign_mailed_or_may_have_mailed(harness):
    weekly, readers = freeze_both(harness)
    first, second = bytes([1, 1] * 8), bytes([1, 2] * 8)
    weekly.settle(1, weekly.claim(1), outcome="accepted", exceptions={first: ("rejected", "5.1.1")})
    with pytest.raises(MailedMeanwhileError) as caught:
        readers.claim(1)
    assert [*caught.value.mailed] == [second]
    readers.claim(1, gone={second: "mailed"})
    weekly.settle(2, weekly.claim(2), outcome="rejected")
    readers.settle(2, readers.claim(2), outcome="unknown")
    with pytest.raises(MailedMeanwhileError):
        weekly.claim(2, gone={bytes([2, 1] * 8): "left"})
    claim = weekly.claim(3)
    weekly.divide(3, claim, reason="400")
    readers.claim(3)


def test_a_divided_batch_of_another_campaign_counts_by_its_parts(harness):
    weekly, readers = freeze_both(harness, batches=2)
    claim = weekly.claim(1)
    with pytest.raises(MailedMeanwhileError):
        readers.claim(1)
    weekly.divide(1, claim, reason="400")
    weekly.settle(3, weekly.claim(3), outcome="accepted")
    with pytest.raises(MailedMeanwhileError) as caught:
        readers.claim(1)
    assert [*caught.value.mailed] == [bytes([1, 2] * 8)]


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_two_campaigns_under_way_at_the_same_time_mail_nobody_twice(harness):
    """While the first one posts its first call, the second one, frozen before, mails the people of its second call."""
    harness.provider.answers.append(CredentialsError("401"))
    with pytest.raises(CredentialsError):
        harness.send()
    first = harness.rendered, harness.audience
    rename(harness, 25, first=6)
    harness.provider.answers.append(CredentialsError("401"))
    with pytest.raises(CredentialsError):
        harness.send()
    readers = harness.ledger.open_campaign("2026-W47", "readers")
    (second, _), *_ = readers.pending(after=1, limit=1)

    def let_the_other_send(recipients):
        readers.settle(second.no, readers.claim(second.no), outcome="accepted")
        return harness.provider.accepted

    harness.rendered, harness.audience = first
    harness.provider.answers.append(let_the_other_send)
    report = harness.send(resume=True)
    assert (report.accepted, report.skipped, report.pending) == (15, 10, 0)
    assert len(set(harness.provider.mailed)) == len(harness.provider.mailed) == 15


def test_who_has_left_stops_a_send_before_the_claim_that_would_drop_them(harness):
    """The list was truncated, and a call of which nobody knew the outcome makes its people pending again."""
    lost = SendResult(outcome=Outcome.UNKNOWN, reason="lost")
    harness.provider.answers.extend([harness.provider.accepted, lost, lost])
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    harness.audience = make_audience(10)
    with pytest.raises(CampaignRefusedError, match="15 of the 15 people") as caught:
        harness.send(resume=True, on_unknown="resend")
    assert (caught.value.report.pending, caught.value.report.skipped) == (15, 0)
    harness.audience = make_audience(25)
    assert harness.send(resume=True).accepted == 25


def test_a_resumed_send_to_people_who_were_all_mailed_elsewhere_ends(harness):
    harness.provider.answers.append(CredentialsError("401"))
    with pytest.raises(CredentialsError):
        harness.send()
    first = harness.rendered, harness.audience
    rename(harness, 25)
    harness.send()
    harness.rendered = first[0]
    mailed = harness.ledger.mailed_to_others("2026-W47", "weekly")
    harness.audience = harness.ledger.snapshot().without_mailed(first[1], mailed)
    harness.preview(resume=True)
    harness.audience = first[1]
    report = harness.send(resume=True)
    assert (report.accepted, report.skipped, report.pending) == (0, 25, 0)


@pytest.mark.parametrize("people", [22, 200])
def test_a_resumed_send_refuses_a_truncated_list(harness, people):
    harness.audience = make_audience(people)
    harness.provider.answers.extend([harness.provider.accepted, CredentialsError("401")])
    with pytest.raises(CredentialsError):
        harness.send()
    harness.audience = make_audience(1)
    for refused in (harness.preview, harness.send):
        with pytest.raises(CampaignRefusedError, match=rf"\d+ of the {people - 10} people who are still") as caught:
            refused(resume=True)
        assert (caught.value.exit_code, caught.value.report.pending) == (6, people - 10)
    harness.audience = make_audience(people - 5)
    assert harness.send(resume=True).accepted == people - 5


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
