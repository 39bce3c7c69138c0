"""The rails of a campaign that has started, and the numbers that every refusal and error carries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.delivery import CampaignIncompleteError, CampaignRefusedError
from digest.errors import CredentialsError, ProviderError
from digest.providers import Outcome, SendResult
from digest.testing.campaigns import NOON, ScriptedProvider

UNKNOWN = SendResult(outcome=Outcome.UNKNOWN, reason="the reply was lost")
LATER = NOON + timedelta(days=8)


def begin(harness, answer):
    """Start a campaign in which the first ten are accepted and the next ten get this answer."""
    harness.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED), answer])
    with pytest.raises((CampaignIncompleteError, CredentialsError)):
        harness.send()


def counts(report):
    return report.accepted, report.unknown, report.pending


def test_an_expired_campaign_without_pending_recipients_can_be_resolved(harness):
    begin(harness, UNKNOWN)
    harness.now = LATER
    assert counts(harness.preview(resume=True)) == (15, 10, 0)
    harness.provider.proven = frozenset(harness.everyone)
    assert (harness.send(resume=True).state, len(harness.provider.calls)) == ("sent", 3)


def test_an_expired_campaign_does_not_suggest_a_build_that_it_would_refuse(harness):
    begin(harness, CredentialsError("401"))
    harness.now = LATER
    for refused in (harness.preview, harness.send):
        with pytest.raises(CampaignRefusedError) as caught:
            refused(resume=True)
        assert "digest build" not in caught.value.hint
        assert "15 people will not receive this issue, but will receive the next one" in caught.value.hint
        assert (caught.value.exit_code, counts(caught.value.report)) == (6, (10, 0, 15))


def test_an_expired_issue_that_was_never_sent_can_be_built_again(harness):
    harness.now = LATER
    with pytest.raises(CampaignRefusedError) as caught:
        harness.preview()
    assert "digest build" in caught.value.hint


@pytest.mark.parametrize("repeatable", [False, True])
def test_unknown_outcomes_of_an_expired_issue_stay_unknown(harness, repeatable):
    harness.provider = ScriptedProvider(repeatable=repeatable)
    begin(harness, UNKNOWN)
    harness.now = LATER
    with pytest.raises(CampaignRefusedError, match="must not be sent after") as caught:
        harness.send(resume=True, on_unknown="resend")
    assert counts(caught.value.report) == (15, 10, 0)
    assert "10 whose outcome is unknown are not mailed again" in caught.value.hint
    with pytest.raises(CampaignIncompleteError) as held:
        harness.send(resume=True)
    assert counts(held.value.report) == (15, 10, 0)
    assert len(harness.provider.calls) == 3


def test_a_campaign_resumes_only_with_the_provider_it_started_with(harness):
    begin(harness, UNKNOWN)
    first = harness.provider
    harness.provider = ScriptedProvider()
    harness.provider.name = "other"
    for refused in (harness.preview, harness.send):
        with pytest.raises(CampaignRefusedError, match=r"with scripted, .* now other") as caught:
            refused(resume=True, **({} if refused == harness.preview else {"on_unknown": "resend"}))
        assert '"scripted"' in caught.value.hint
        assert (caught.value.exit_code, counts(caught.value.report)) == (6, (15, 10, 0))
    assert harness.provider.calls == []
    harness.provider = first
    assert harness.ledger.campaigns()[0].provider == "scripted"
    assert harness.send(resume=True, on_unknown="resend").accepted == 25


# With a ledger on a branch, a sender cannot see other senders. There, only the claims prevent duplicate mail.
@pytest.mark.parametrize("open_harness", ["sqlite", "postgres"], indirect=True)
def test_a_second_sender_is_refused_with_the_numbers(harness):
    with harness.ledger.sending(), pytest.raises(CampaignRefusedError, match="right now") as caught:
        harness.send()
    assert (caught.value.data["state"], caught.value.data["pending"]) == ("planned", 25)
    assert harness.provider.calls == []
    begin(harness, CredentialsError("401"))
    with harness.ledger.sending(), pytest.raises(CampaignRefusedError, match="right now") as caught:
        harness.send()
    assert (caught.value.data["accepted"], caught.value.data["pending"]) == (10, 15)


@pytest.mark.parametrize(("error", "code"), [(CredentialsError("401"), 4), (ProviderError("no"), 1)])
def test_an_error_that_stops_a_campaign_carries_its_numbers(harness, error, code):
    harness.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED), UNKNOWN, error])
    with pytest.raises(type(error)) as caught:
        harness.send()
    assert caught.value.exit_code == code
    assert caught.value.data == {
        "state": "sending",
        "accepted": 10,
        "rejected": 0,
        "unknown": 10,
        "skipped": 0,
        "pending": 5,
        "rejected_by_reason": {},
        "suppressed": 0,
        "token": harness.rendered.token,
    }


def test_an_error_before_a_campaign_starts_carries_the_planned_numbers(harness):
    def refuse(*_):
        raise CredentialsError("no key")

    harness.provider.suppressions = refuse
    with pytest.raises(CredentialsError) as caught:
        harness.send()
    assert (caught.value.data["state"], caught.value.data["pending"]) == ("planned", 25)
