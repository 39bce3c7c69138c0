"""Refusals are final only after the provider has accepted someone: a provider may refuse everyone by mistake."""

from __future__ import annotations

import pytest

from digest.delivery import CampaignDoneError, CampaignIncompleteError, PlannedBatch
from digest.delivery.calls.refusals import Refusals
from digest.delivery.recipients import BatchPlan
from digest.errors import CredentialsError, ProviderError
from digest.providers import CallRefused, Deferred, Fault, Outcome, SendResult, Verdict
from digest.testing.campaigns import NOON, ScriptedProvider, make_audience
from digest.testing.fake_sendgrid import FakeSendGrid

REJECTED = SendResult(outcome=Outcome.REJECTED, reason="550 no")
LOST = SendResult(outcome=Outcome.UNKNOWN, reason="the reply was lost")


@pytest.fixture
def harness(harness):
    harness.provider = ScriptedProvider(max_recipients=1)
    return harness


@pytest.fixture
def fake():
    with FakeSendGrid(clock=NOON.timestamp) as fake:
        yield fake


def counts(report):
    return report.accepted, report.rejected, report.unknown, report.pending


def refusing(*bad):
    def answer(recipients):
        if set(bad) & {person.email for person in recipients}:
            raise CallRefused("Bad Request")
        return SendResult(outcome=Outcome.ACCEPTED)

    return answer


@pytest.mark.parametrize("answer", [REJECTED, CallRefused("Bad Request")])
@pytest.mark.parametrize("people", [1, 3, 5, 25])
def test_if_nobody_is_accepted_all_stay_pending_after_a_few_calls(harness, answer, people):
    harness.audience = make_audience(people)
    harness.provider.answers.extend([answer] * 50)
    with pytest.raises(ProviderError, match=r"550 no|Bad Request") as caught:
        harness.send()
    assert caught.value.exit_code == 1
    assert (caught.value.data["state"], caught.value.data["pending"]) == ("sending", people)
    assert len(harness.provider.calls) == min(people, 5)
    harness.provider.answers.clear()
    assert counts(harness.send(resume=True)) == (people, 0, 0, 0)
    assert sorted(harness.provider.mailed) == harness.everyone


def test_a_call_that_is_refused_however_it_is_divided_rejects_nobody(harness):
    harness.provider = ScriptedProvider(max_recipients=1000)
    harness.audience = make_audience(400)
    harness.provider.answers.extend([CallRefused("Bad Request")] * 900)
    with pytest.raises(ProviderError, match="accepted nobody: Bad Request"):
        harness.send()
    assert len(harness.provider.calls) < 50
    assert counts(harness.ledger.campaigns()[0].report) == (0, 0, 0, 400)


def test_a_whole_call_that_is_rejected_first_rejects_nobody_for_good(harness):
    harness.provider = ScriptedProvider(max_recipients=10)

    def each(recipients):
        verdict = Verdict(outcome=Outcome.REJECTED, reason="550")
        return SendResult(outcome=Outcome.ACCEPTED, exceptions={person.key: verdict for person in recipients})

    harness.provider.answers.append(each)
    with pytest.raises(ProviderError, match="refused 10 in a row and accepted nobody: 550"):
        harness.send()
    assert counts(harness.ledger.campaigns()[0].report) == (0, 0, 0, 25)


def test_early_refusals_are_final_once_a_later_recipient_is_accepted(harness):
    bad = harness.everyone[:4]
    harness.provider.answers.extend([refusing(*bad)] * 25)
    report = harness.send()
    assert (report.state, counts(report)) == ("sent", (21, 4, 0, 0))
    assert len(harness.provider.calls) == 25


NO_MAILBOX = SendResult(outcome=Outcome.REJECTED, reason="550 5.1.1 no such user", fault=Fault.RECIPIENT)


def test_any_number_of_mailboxes_may_not_exist(harness):
    harness.provider.answers.extend([ScriptedProvider.accepted, *[NO_MAILBOX] * 11])
    assert counts(harness.send()) == (14, 11, 0, 0)


def test_single_refusals_between_acceptances_are_those_of_their_recipients(harness):
    bad = harness.everyone[1::5]
    harness.provider.answers.extend([refusing(*bad)] * 25)
    assert counts(harness.send()) == (20, 5, 0, 0)


def test_five_refusals_in_the_same_words_stop_the_send_and_are_pending_again(harness):
    bad = harness.everyone[10:15]
    harness.provider.answers.extend([refusing(*bad)] * 60)
    with pytest.raises(ProviderError, match="refused 5 in a row: Bad Request") as caught:
        harness.send()
    assert (caught.value.data["accepted"], caught.value.data["rejected"], caught.value.data["pending"]) == (10, 0, 15)
    assert counts(harness.send(resume=True)) == (20, 5, 0, 0), "others were mailed first, and the five refused again"
    assert sorted(harness.provider.mailed) == [email for email in harness.everyone if email not in bad]


def test_a_cause_that_lasts_rejects_nobody_however_often_the_send_is_resumed(harness):
    harness.provider.answers.extend([ScriptedProvider.accepted] * 3 + [REJECTED] * 200)
    for resume in (False, True, True, True, True, True):
        with pytest.raises(ProviderError):
            harness.send(resume=resume)
        assert counts(harness.ledger.campaigns()[0].report) == (3, 0, 0, 22)
    harness.provider.answers.clear()
    assert counts(harness.send(resume=True)) == (25, 0, 0, 0)
    assert sorted(harness.provider.mailed) == harness.everyone


@pytest.mark.parametrize("size", [1, 10])
def test_three_calls_in_a_row_without_a_clear_answer_stop_the_send(harness, size):
    harness.provider = ScriptedProvider(max_recipients=size)
    harness.audience = make_audience(60)
    harness.provider.answers.extend([LOST] * 50)
    with pytest.raises(CampaignIncompleteError, match="no clear answer"):
        harness.send()
    assert counts(harness.ledger.campaigns()[0].report) == (0, 0, 3 * size, 60 - 3 * size)
    harness.provider.answers.clear()
    with pytest.raises(CampaignIncompleteError):
        harness.send(resume=True)
    assert len(harness.provider.mailed) == 60 - 3 * size


def test_an_accepted_call_between_lost_ones_closes_the_breaker_again(harness):
    harness.audience = make_audience(8)
    ok = ScriptedProvider.accepted
    harness.provider.answers.extend([LOST, LOST, ok, LOST, LOST, ok, LOST])
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    assert counts(harness.ledger.campaigns()[0].report) == (3, 0, 5, 0)


def deferring(reason, *emails, until=0):
    """Defer these recipients, or everybody, until this many have been asked."""
    asked = []

    def answer(recipients):
        asked.append(recipients)
        if len(asked) > until > 0 or (emails and recipients[0].email not in emails):
            return ScriptedProvider.accepted
        raise Deferred(reason)

    return [answer] * 500, asked


def test_one_recipient_who_is_always_deferred_holds_up_nobody(harness):
    answers, _ = deferring("421 closing", harness.everyone[2])
    harness.provider.answers.extend(answers)
    with pytest.raises(CampaignIncompleteError, match=r"421 closing; try again after 12:05"):
        harness.send()
    assert counts(harness.ledger.campaigns()[0].report) == (24, 0, 0, 1)
    assert sum(harness.slept) == 300


def test_equal_deferrals_of_everybody_stop_early(harness):
    harness.audience = make_audience(200)
    answers, asked = deferring("450 4.7.1 slow down")
    harness.provider.answers.extend(answers)
    with pytest.raises(CampaignIncompleteError, match="slow down"):
        harness.send()
    assert len(asked) <= 40
    assert counts(harness.ledger.campaigns()[0].report) == (0, 0, 0, 200)


def test_greylisting_is_waited_for_and_asks_each_recipient_once_before(harness):
    answers, asked = deferring("450 4.2.0 Greylisted", until=25)
    harness.provider.answers.extend(answers)
    assert counts(harness.send()) == (25, 0, 0, 0)
    assert len(asked) == 50


def test_retry_minutes_bound_the_waiting(harness):
    harness.configure(delivery={"retry_minutes": 0})
    answers, asked = deferring("450 4.2.0 Greylisted", harness.everyone[0])
    harness.provider.answers.extend(answers)
    with pytest.raises(CampaignIncompleteError, match="try again after"):
        harness.send()
    assert (harness.slept, len(asked)) == ([], 25)


def test_the_last_of_a_resumed_campaign_may_be_refused(harness):
    harness.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED)] * 24 + [CredentialsError("401")])
    with pytest.raises(CredentialsError):
        harness.send()
    harness.provider.answers.append(REJECTED)
    assert counts(harness.send(resume=True)) == (24, 1, 0, 0)


def test_a_deferred_recipient_decides_about_those_who_were_refused(harness):
    harness.audience = make_audience(3)
    harness.provider.answers.extend([REJECTED, REJECTED, Deferred("busy")])
    report = harness.send()
    assert (report.state, counts(report)) == ("sent", (1, 2, 0, 0))


def test_refusals_beside_an_unknown_outcome_stay_pending(harness):
    harness.audience = make_audience(2)
    harness.provider.answers.extend([LOST, REJECTED])
    with pytest.raises(ProviderError):
        harness.send()
    assert counts(harness.ledger.campaigns()[0].report) == (0, 0, 1, 1)


def test_a_campaign_that_reached_nobody_is_an_error(harness):
    harness.audience = make_audience(2)
    harness.provider = ScriptedProvider(max_recipients=2)

    def half(recipients):
        verdict = Verdict(outcome=Outcome.REJECTED, reason="550")
        return SendResult(outcome=Outcome.UNKNOWN, exceptions={recipients[0].key: verdict})

    harness.provider.answers.append(half)
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    harness.audience = make_audience(1)
    with pytest.raises(ProviderError, match="reached nobody: 1 were refused") as caught:
        harness.send(resume=True, on_unknown="resend")
    assert (caught.value.data["accepted"], caught.value.data["rejected"]) == (0, 1)
    with pytest.raises(CampaignDoneError):
        harness.send(resume=True)


RELAY = "554 5.7.1 <{}>: Relay access denied"


@pytest.mark.parametrize("people", [1, 2, 3, 25])
@pytest.mark.parametrize("reply", [RELAY, "550 relay not permitted"])
def test_a_relay_that_refuses_everybody_leaves_everybody_pending(harness, inbox, people, reply):
    harness.audience = make_audience(people)
    harness.connect("smtp", port=inbox.port, security="none")
    inbox.rcpt_replies = {email: reply.format(email) for email in harness.everyone}
    with pytest.raises(ProviderError, match=reply[:8]) as caught:
        harness.send()
    assert caught.value.data["pending"] == people
    assert "@" not in f"{caught.value}{caught.value.hint}"
    inbox.rcpt_replies = {}
    assert harness.send(resume=True).accepted == people
    assert sorted(inbox.recipients) == harness.everyone


def test_a_relay_that_starts_to_deny_access_leaves_the_rest_pending(harness, inbox):
    harness.audience = make_audience(9)
    harness.connect("smtp", port=inbox.port, security="none")
    inbox.data_replies[harness.everyone[3]] = "drop"  # the connection, and with it the log-in
    inbox.rcpt_replies = {email: RELAY.format(email) for email in harness.everyone[4:]}
    with pytest.raises(ProviderError, match="Relay access denied"):
        harness.send()
    assert counts(harness.ledger.campaigns()[0].report) == (3, 0, 1, 5)


def test_one_recipient_that_a_relay_denies_stops_nobody_else(harness, inbox):
    harness.audience = make_audience(4)
    harness.connect("smtp", port=inbox.port, security="none")
    inbox.rcpt_replies = {harness.everyone[0]: "550 5.7.1 members of this group only"}
    assert counts(harness.send()) == (3, 1, 0, 0)
    assert inbox.recipients == harness.everyone[1:]


def test_a_relay_that_requires_a_login_is_a_credentials_error(harness, inbox):
    harness.connect("smtp", port=inbox.port, security="none")
    inbox.rcpt_replies = dict.fromkeys(harness.everyone, "530 5.7.0 Authentication required")
    with pytest.raises(CredentialsError, match="530") as caught:
        harness.send()
    assert (caught.value.exit_code, caught.value.data["pending"]) == (4, 25)


def test_a_sendgrid_400_without_a_field_rejects_nobody(harness, fake):
    harness.connect("sendgrid", environ={"SENDGRID_API_KEY": fake.api_key}, host=fake.host)
    fake.disturb(*["400"] * 60)
    with pytest.raises(ProviderError, match="accepted nobody"):
        harness.send()
    assert counts(harness.ledger.campaigns()[0].report) == (0, 0, 0, 25)
    assert len(fake.requests) < 20


def test_batches_that_another_sender_settled_do_not_count_as_refused(harness):
    """Two senders share the work: one gets refusals, and the other posts the same batches and is accepted."""
    batch_plan = [PlannedBatch(no=no, keys=no.to_bytes(16, "big")) for no in range(1, 5)]
    campaign_fields = {"issue": "2026-W47", "audience": "weekly", "token": "t", "provider": "p"}
    batches = harness.ledger.start(**campaign_fields, skipped=0, batches=lambda: batch_plan)
    refusals = Refusals(batches)
    for batch in batch_plan[:3]:
        plan = BatchPlan(no=batch.no, keys=batch.recipients, people=())
        refusals.add(plan, batches.claim(batch.no), reason="550 no")
    other_sender = harness.ledger.open_campaign("2026-W47", "weekly")
    for no in (2, 4):
        other_sender.settle(no, other_sender.claim(no), outcome="accepted")
    refusals.finish()
    assert counts(batches.campaign().report) == (2, 2, 0, 0)


@pytest.mark.parametrize("open_harness", ["sqlite", "postgres", "git"], indirect=True)
def test_dividing_a_batch_leaves_recipients_with_an_outcome_where_it_is_recorded(harness):
    ana, ben, cem, dag = (letter * 16 for letter in (b"a", b"b", b"c", b"d"))
    batch_plan = [PlannedBatch(no=1, keys=ana + ben + cem + dag)]
    batches = harness.ledger.start(
        issue="2026-W47", audience="weekly", token="t", provider="p", skipped=0, batches=lambda: batch_plan
    )
    claim = batches.claim(1, gone={dag: "no longer in the audience"})
    batches.divide(1, claim, reason="400")
    pending = [(batch.recipients, settled) for batch, settled in batches.pending(after=0, limit=10)]
    assert pending == [([ana, dag], {dag}), ([ben, cem], set())]
    for no in (1, 2):
        batches.settle(no, batches.claim(no), outcome="accepted")
    report = batches.campaign().report
    assert (report.accepted, report.skipped, report.pending) == (3, 1, 0)


def test_dividing_a_batch_mails_no_recipient_with_proven_delivery_again(harness):
    harness.provider = ScriptedProvider(max_recipients=4)
    harness.audience = make_audience(4)
    harness.provider.answers.append(LOST)
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    harness.provider.proven = frozenset({"r00004@example.com"})
    harness.provider.answers.append(CallRefused("Bad Request"))
    report = harness.send(resume=True, on_unknown="resend")
    assert counts(report) == (4, 0, 0, 0)
    assert harness.provider.mailed == ["r00001@example.com", "r00002@example.com", "r00003@example.com"]
