"""A campaign that has certainly mailed nobody gives way to another build; after that, never."""

from __future__ import annotations

import pytest

from digest.delivery import CampaignIncompleteError, CampaignRefusedError, CampaignState, PlannedBatch
from digest.errors import CredentialsError, LedgerError
from digest.providers import NotSent, Outcome, SendResult
from digest.testing.campaigns import CampaignHarness, ScriptedProvider, make_audience, make_rendered

STORES = ["sqlite", "git", "postgres"]
UNKNOWN = SendResult(outcome=Outcome.UNKNOWN, reason="the reply was lost")


def fail(harness, answer):
    """Start a campaign whose first call gets this answer."""
    harness.provider.answers.append(answer)
    with pytest.raises((CampaignIncompleteError, CredentialsError)):
        harness.send()


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
@pytest.mark.parametrize("resume", [False, True])
def test_another_build_replaces_a_campaign_that_mailed_nobody(harness, resume):
    fail(harness, CredentialsError("the sender is not verified"))
    harness.rendered = make_rendered(subject="A corrected sender")
    harness.audience = make_audience(31)
    assert harness.preview(resume=resume).pending == 31
    report = harness.send(resume=resume)
    assert (report.accepted, report.token) == (31, harness.rendered.token)
    assert len(harness.provider.mailed) == len(set(harness.provider.mailed)) == 31
    assert len(harness.ledger.campaigns()) == 1


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_another_provider_replaces_a_campaign_that_mailed_nobody(harness):
    fail(harness, CredentialsError("401"))
    harness.provider = ScriptedProvider()
    harness.provider.name = "another"
    assert harness.send().accepted == len(harness.everyone)
    assert harness.ledger.campaigns()[0].provider == "another"


def test_the_same_build_is_resumed_and_not_replaced(harness):
    fail(harness, CredentialsError("401"))
    with pytest.raises(CampaignIncompleteError, match="was interrupted"):
        harness.send()
    assert harness.send(resume=True).accepted == len(harness.everyone)


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
@pytest.mark.parametrize("answer", [ScriptedProvider.accepted, UNKNOWN])
def test_no_build_replaces_a_campaign_that_may_have_mailed_somebody(harness, answer):
    harness.provider.answers.append(answer)
    fail(harness, CredentialsError("401"))
    harness.rendered = make_rendered(subject="Another")
    for resume in (False, True):
        with pytest.raises(CampaignRefusedError, match="started with the build"):
            harness.send(resume=resume)


def test_a_campaign_whose_unknown_recipients_are_pending_again_is_not_replaced(harness):
    """All its numbers are 0, and the first ten may have the mail."""
    harness.audience = make_audience(10)
    fail(harness, UNKNOWN)
    harness.provider.answers.append(CredentialsError("401"))
    with pytest.raises(CredentialsError):
        harness.send(resume=True, on_unknown="resend")
    report = harness.ledger.campaigns()[0].report
    assert (report.settled, report.pending) == (0, 10)
    harness.rendered = make_rendered(subject="Another")
    with pytest.raises(CampaignRefusedError, match="started with the build"):
        harness.send(resume=True)


def test_a_call_in_flight_keeps_a_campaign_from_being_replaced(harness):
    batches = begin(harness)
    batches.claim(1)
    with pytest.raises(LedgerError, match="exists already"):
        begin(harness, build="another", replaces=True)


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_a_sender_notices_that_its_campaign_was_replaced(harness):
    """It must not post the old build to the batches of the new campaign."""
    old = begin(harness)
    begin(harness, build="another", replaces=True)
    with pytest.raises(LedgerError, match="taken"):
        old.claim(1)
    assert old.pending(after=0, limit=5) == []
    with pytest.raises(LedgerError, match="has replaced this campaign"):
        old.finish()
    campaign = harness.ledger.campaigns()[0]
    assert (campaign.token, campaign.state, campaign.report.pending) == ("another", CampaignState.SENDING, 2)


def begin(harness, *, build="t", replaces=False):
    planned = [PlannedBatch(no=no, keys=no.to_bytes(16, "big")) for no in (1, 2)]
    named = {"issue": "2026-W47", "audience": "weekly", "token": build, "provider": "p", "skipped": 0}
    return harness.ledger.start(**named, batches=lambda: planned, replaces=replaces)


def test_a_replaced_campaign_on_a_branch_is_read_from_its_lines(clone, open_branch):
    with CampaignHarness(clone, ledger=open_branch()) as harness:
        fail(harness, NotSent("connection refused", retry_after=900))
        harness.rendered = make_rendered(subject="Another")
        harness.send()
    with open_branch(new=False) as ledger:
        (campaign,) = ledger.campaigns()
    assert (campaign.token, campaign.report.accepted) == (harness.rendered.token, 25)
