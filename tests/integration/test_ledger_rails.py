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


@pytest.fixture
def desk(open_desk):
    with open_desk() as desk:
        yield desk


def begin(desk, answer):
    """Start a campaign in which the first ten are accepted, and the next ten get this answer."""
    desk.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED), answer])
    with pytest.raises((CampaignIncompleteError, CredentialsError)):
        desk.send()


def counts(report):
    return report.accepted, report.unknown, report.pending


def test_an_expired_campaign_without_pending_recipients_can_be_resolved(desk):
    begin(desk, UNKNOWN)
    desk.now = LATER
    assert counts(desk.preview(resume=True)) == (15, 10, 0)
    desk.provider.proven = frozenset(desk.everyone)
    assert (desk.send(resume=True).state, len(desk.provider.calls)) == ("sent", 3)


def test_an_expired_campaign_does_not_suggest_a_build_that_it_would_refuse(desk):
    begin(desk, CredentialsError("401"))
    desk.now = LATER
    for refused in (desk.preview, desk.send):
        with pytest.raises(CampaignRefusedError) as caught:
            refused(resume=True)
        assert "digest build" not in caught.value.hint
        assert "15 people stay unmailed in this issue and get the next one" in caught.value.hint
        assert (caught.value.exit_code, counts(caught.value.report)) == (6, (10, 0, 15))


def test_an_expired_issue_that_was_never_sent_can_be_built_again(desk):
    desk.now = LATER
    with pytest.raises(CampaignRefusedError) as caught:
        desk.preview()
    assert "digest build" in caught.value.hint


@pytest.mark.parametrize("repeatable", [False, True])
def test_unknown_outcomes_of_an_expired_issue_stay_unknown(desk, repeatable):
    desk.provider = ScriptedProvider(repeatable=repeatable)
    begin(desk, UNKNOWN)
    desk.now = LATER
    with pytest.raises(CampaignRefusedError, match="must not be sent after") as caught:
        desk.send(resume=True, on_unknown="resend")
    assert counts(caught.value.report) == (15, 10, 0)
    assert "10 whose outcome is unknown are not mailed again" in caught.value.hint
    with pytest.raises(CampaignIncompleteError) as held:
        desk.send(resume=True)
    assert counts(held.value.report) == (15, 10, 0)
    assert len(desk.provider.calls) == 3


def test_a_campaign_resumes_only_with_the_provider_it_started_with(desk):
    begin(desk, UNKNOWN)
    first = desk.provider
    desk.provider = ScriptedProvider()
    desk.provider.name = "other"
    for refused in (desk.preview, desk.send):
        with pytest.raises(CampaignRefusedError, match=r"with scripted, .* now other") as caught:
            refused(resume=True, **({} if refused == desk.preview else {"on_unknown": "resend"}))
        assert '"scripted"' in caught.value.hint
        assert (caught.value.exit_code, counts(caught.value.report)) == (6, (15, 10, 0))
    assert desk.provider.calls == []
    desk.provider = first
    assert desk.ledger.campaigns()[0].provider == "scripted"
    assert desk.send(resume=True, on_unknown="resend").accepted == 25


# On a branch nobody can see who else is sending; there, the claims alone keep recipients from being mailed twice.
@pytest.mark.parametrize("open_desk", ["sqlite", "postgres"], indirect=True)
def test_a_second_sender_is_refused_with_the_numbers(desk):
    with desk.ledger.sending(), pytest.raises(CampaignRefusedError, match="right now") as caught:
        desk.send()
    assert (caught.value.data["state"], caught.value.data["pending"]) == ("planned", 25)
    assert desk.provider.calls == []
    begin(desk, CredentialsError("401"))
    with desk.ledger.sending(), pytest.raises(CampaignRefusedError, match="right now") as caught:
        desk.send()
    assert (caught.value.data["accepted"], caught.value.data["pending"]) == (10, 15)


@pytest.mark.parametrize(("error", "code"), [(CredentialsError("401"), 4), (ProviderError("no"), 1)])
def test_an_error_that_stops_a_campaign_carries_its_numbers(desk, error, code):
    desk.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED), UNKNOWN, error])
    with pytest.raises(type(error)) as caught:
        desk.send()
    assert caught.value.exit_code == code
    assert caught.value.data == {
        "state": "sending",
        "accepted": 10,
        "rejected": 0,
        "unknown": 10,
        "skipped": 0,
        "pending": 5,
        "token": desk.rendered.token,
    }


def test_an_error_before_a_campaign_starts_carries_the_planned_numbers(desk):
    def refuse(*_):
        raise CredentialsError("no key")

    desk.provider.suppressions = refuse
    with pytest.raises(CredentialsError) as caught:
        desk.send()
    assert (caught.value.data["state"], caught.value.data["pending"]) == ("planned", 25)
