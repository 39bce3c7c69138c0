"""What a campaign does with each answer of a provider, with a real ledger and a scripted provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.delivery import (
    CampaignDoneError,
    CampaignIncompleteError,
    CampaignInterrupted,
    CampaignRefusedError,
)
from digest.errors import CredentialsError, ProviderError
from digest.models import Suppression, SuppressionReason
from digest.providers import CallRefused, Deferred, NotSent, Outcome, SendResult, Verdict
from digest.testing.campaigns import NOON, ScriptedProvider, make_audience, make_rendered

#: Every store gives the same guarantees.
pytestmark = pytest.mark.parametrize("open_harness", ["sqlite", "postgres", "git"], indirect=True)
UNKNOWN = SendResult(outcome=Outcome.UNKNOWN, reason="the reply was lost")


def numbers(report):
    return {
        name: getattr(report, name)
        for name in ("accepted", "rejected", "unknown", "skipped", "pending")
        if getattr(report, name)
    }


def test_everyone_is_mailed_once_in_calls_of_the_providers_size(harness):
    reports = []
    report = harness.send(progress=reports.append)
    assert (report.state, numbers(report)) == ("sent", {"accepted": 25})
    assert harness.provider.mailed == harness.everyone
    assert [len(call) for call in harness.provider.calls] == [10, 10, 5]
    assert [report.accepted for report in reports][:1] == [10]  # later reports are limited to a few per second


@pytest.mark.parametrize("resume", [False, True])
def test_a_finished_campaign_mails_nobody_again(harness, resume):
    harness.send()
    with pytest.raises(CampaignDoneError) as caught:
        harness.send(resume=resume)
    assert (caught.value.exit_code, caught.value.report.accepted) == (8, 25)
    assert harness.provider.mailed == harness.everyone


def test_another_build_of_a_started_campaign_is_refused(harness):
    harness.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED), CredentialsError("no")])
    with pytest.raises(CredentialsError):
        harness.send()
    harness.rendered = make_rendered(subject="Changed")
    with pytest.raises(CampaignRefusedError) as caught:
        harness.send(resume=True)
    assert (caught.value.exit_code, numbers(caught.value.report)) == (6, {"accepted": 10, "pending": 15})


def test_an_unknown_call_is_held_and_the_others_are_sent(harness):
    harness.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED), UNKNOWN])
    with pytest.raises(CampaignIncompleteError) as caught:
        harness.send()
    assert (caught.value.exit_code, caught.value.report.state) == (7, "held")
    assert numbers(caught.value.report) == {"accepted": 15, "unknown": 10}


def test_an_interrupted_campaign_sends_nothing_unless_it_is_resumed(harness):
    harness.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED), UNKNOWN])
    for _ in range(2):
        with pytest.raises(CampaignIncompleteError):
            harness.send()
    assert len(harness.provider.calls) == 3
    with pytest.raises(CampaignIncompleteError) as caught:
        harness.send(resume=True)
    assert numbers(caught.value.report) == {"accepted": 15, "unknown": 10}
    assert len(harness.provider.calls) == 3


def test_a_record_at_the_provider_settles_an_unknown_outcome_and_a_missing_one_does_not(harness):
    harness.provider.answers.append(UNKNOWN)
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    harness.provider.proven = frozenset(harness.everyone[:4])
    with pytest.raises(CampaignIncompleteError) as caught:
        harness.send(resume=True)
    assert numbers(caught.value.report) == {"accepted": 19, "unknown": 6}
    harness.provider.proven = frozenset(harness.everyone[:10])
    assert numbers(harness.send(resume=True)) == {"accepted": 25}
    assert len(harness.provider.calls) == 3


def test_resend_mails_unknown_recipients_again_except_those_with_proof(harness):
    harness.provider.answers.append(UNKNOWN)
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    harness.provider.proven = frozenset(harness.everyone[:4])
    report = harness.send(resume=True, on_unknown="resend")
    assert (report.state, numbers(report)) == ("sent", {"accepted": 25})
    assert harness.provider.calls[-1] == harness.everyone[4:10]


def test_a_call_to_a_repeatable_provider_is_repeated(harness):
    harness.provider = ScriptedProvider(repeatable=True)
    harness.provider.answers.append(UNKNOWN)
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    assert harness.send(resume=True).accepted == 25


def test_a_call_that_was_not_sent_is_retried_after_the_time_the_provider_names(harness):
    harness.provider.answers.extend([NotSent("slow down", retry_after=2), NotSent("slow down", retry_after=0.25)])
    assert harness.send().accepted == 25
    assert sum(harness.slept) == 2.25
    assert harness.provider.mailed == harness.everyone


def test_everyone_stays_pending_if_the_provider_accepts_nothing(harness):
    harness.provider.answers.extend(NotSent("refused") for _ in range(6))
    with pytest.raises(CampaignIncompleteError) as caught:
        harness.send()
    assert numbers(caught.value.report) == {"pending": 25}
    assert "refused" in caught.value.message
    assert harness.send(resume=True).accepted == 25


def test_a_very_long_requested_wait_ends_the_run(harness):
    harness.provider.answers.append(NotSent("quota", retry_after=3600))
    with pytest.raises(CampaignIncompleteError, match="3600 seconds"):
        harness.send()
    assert harness.slept == []


def test_deferred_recipients_are_tried_after_the_others_and_stay_pending(harness):
    harness.provider = ScriptedProvider(max_recipients=1)
    harness.audience = make_audience(3)
    harness.provider.answers.append(Deferred("mailbox is busy"))
    assert harness.send().accepted == 3
    assert [call[0][:6] for call in harness.provider.calls] == ["r00001", "r00002", "r00003", "r00001"]


def test_a_refused_call_is_cut_in_half_until_only_the_refused_are_left(harness):
    bad = {"r00003@example.com", "r00017@example.com"}

    def answer(recipients):
        if bad & {person.email for person in recipients}:
            raise CallRefused("Does not contain a valid address.")
        return SendResult(outcome=Outcome.ACCEPTED)

    harness.provider.answers.extend([answer] * 40)
    report = harness.send()
    assert (report.state, numbers(report)) == ("sent", {"accepted": 23, "rejected": 2})
    assert sorted(harness.provider.mailed) == sorted(set(harness.everyone) - bad)


def test_records_an_outcome_that_differs_from_the_batchs(harness):
    def answer(recipients):
        verdict = Verdict(outcome=Outcome.REJECTED, reason="550")
        return SendResult(outcome=Outcome.ACCEPTED, exceptions={recipients[0].key: verdict})

    harness.provider.answers.append(answer)
    assert numbers(harness.send()) == {"accepted": 24, "rejected": 1}


@pytest.mark.parametrize("error", [CredentialsError("401"), ProviderError("the message itself")])
def test_a_permanent_error_stops_the_send_and_leaves_the_batch_pending(harness, error):
    harness.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED), error])
    with pytest.raises(type(error)):
        harness.send()
    assert numbers(harness.ledger.campaigns()[0].report) == {"accepted": 10, "pending": 15}
    assert harness.send(resume=True).accepted == 25
    assert harness.provider.mailed == harness.everyone


def test_leavers_are_skipped_and_newcomers_wait(harness):
    harness.provider.answers.append(CredentialsError("401"))
    with pytest.raises(CredentialsError):
        harness.send()
    harness.audience = make_audience(25, first=3)
    report = harness.send(resume=True)
    assert (report.state, numbers(report)) == ("sent", {"accepted": 23, "skipped": 2})
    assert harness.provider.mailed == [f"r{number:05}@example.com" for number in range(3, 26)]


def test_a_batch_in_which_nobody_is_left_makes_no_call(harness):
    harness.provider.answers.append(CredentialsError("401"))
    with pytest.raises(CredentialsError):
        harness.send()
    harness.audience = make_audience(15, first=11)
    assert numbers(harness.send(resume=True)) == {"accepted": 15, "skipped": 10}
    assert len(harness.provider.calls) == 3


def test_the_providers_suppressions_are_pulled_before_freezing_and_on_resume(harness):
    harness.provider.reported_suppressions = [
        Suppression(email="R00001@example.com", reason=SuppressionReason.COMPLAINT)
    ]
    harness.provider.answers.append(CredentialsError("401"))
    with pytest.raises(CredentialsError):
        harness.send()
    harness.provider.reported_suppressions = [
        Suppression(email="r00002@example.com", reason=SuppressionReason.HARD_BOUNCE)
    ]
    assert numbers(harness.send(resume=True)) == {"accepted": 23, "skipped": 1}
    assert not {"r00001@example.com", "r00002@example.com"} & set(harness.provider.mailed)


def test_nothing_is_sent_when_suppressions_cannot_be_pulled(harness):
    harness.provider.suppressions = lambda: (_ for _ in ()).throw(NotSent("503"))
    with pytest.raises(ProviderError, match="could not fetch the suppression lists"):
        harness.send()
    assert harness.provider.calls == []
    assert harness.ledger.campaigns() == ()


def test_an_expired_issue_is_refused_before_and_after_its_start(harness):
    harness.now = NOON + timedelta(days=8)
    with pytest.raises(CampaignRefusedError, match="must not be sent after"):
        harness.send()
    harness.now = NOON
    harness.provider.answers.append(CredentialsError("401"))
    with pytest.raises(CredentialsError):
        harness.send()
    harness.now = NOON + timedelta(days=8)
    with pytest.raises(CampaignRefusedError) as caught:
        harness.send(resume=True)
    assert numbers(caught.value.report) == {"pending": 25}


def test_resume_starts_a_campaign_that_never_started(harness):
    assert harness.send(resume=True).accepted == 25


def test_ctrl_c_waits_for_the_call_in_flight_and_leaves_the_rest_pending(harness):
    import os
    import signal

    def answer(recipients):
        os.kill(os.getpid(), signal.SIGINT)
        return SendResult(outcome=Outcome.ACCEPTED)

    harness.provider.answers.append(answer)
    with pytest.raises(CampaignInterrupted) as caught:
        harness.send()
    assert numbers(caught.value.report) == {"accepted": 10, "pending": 15}
    assert harness.send(resume=True).accepted == 25


def test_an_empty_audience_is_nothing_to_do(harness):
    harness.audience = make_audience(0)
    with pytest.raises(CampaignDoneError):
        harness.send()


def test_an_audience_over_max_recipients_is_refused(harness):
    harness.configure(delivery={"max_recipients": 24})
    with pytest.raises(CampaignRefusedError, match="max_recipients"):
        harness.send()


def test_rows_with_a_bad_address_count_as_skipped(harness):
    harness.audience = replace(harness.audience, left_out={"bad address": 3, "unsubscribed": 4})
    assert numbers(harness.send()) == {"accepted": 25, "skipped": 3}


def test_a_dry_run_counts_and_writes_nothing(harness):
    report = harness.preview()
    assert (report.state, numbers(report), report.token) == ("planned", {"pending": 25}, harness.rendered.token)
    assert harness.ledger.campaigns() == ()
    harness.send()
    with pytest.raises(CampaignDoneError):
        harness.preview()
