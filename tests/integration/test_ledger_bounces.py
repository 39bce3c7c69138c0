"""Mailboxes that do not exist are suppressed when the send ends, unless too many recipients were rejected."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.delivery import CampaignIncompleteError, CampaignRejectedError
from digest.errors import CredentialsError, ProviderError
from digest.models import Suppression, SuppressionReason
from digest.providers import Fault, Outcome, SendResult, Verdict
from digest.testing.campaigns import NOON, ScriptedProvider, make_audience, make_rendered

STORES = ["sqlite", "git", "postgres"]
GONE = "550 5.1.1 The email account that you tried to reach does not exist"
FULL = "552 5.2.2 Mailbox is full"
LOST = SendResult(outcome=Outcome.UNKNOWN, reason="the reply was lost")


@pytest.fixture
def harness(harness):
    harness.provider = ScriptedProvider(max_recipients=1)
    return harness


def refusal(reason):
    return SendResult(outcome=Outcome.REJECTED, reason=reason, fault=Fault.RECIPIENT)


def suppressed(harness):
    """The addresses that the ledger suppresses as bounces."""
    reasons = harness.ledger.suppressions()
    return [email for email in harness.everyone if reasons.get(harness.ledger.key_of(email)) == "hard_bounce"]


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_a_server_that_knows_no_such_mailbox_has_the_address_suppressed(harness, inbox):
    harness.connect("smtp", port=inbox.port, security="none")
    gone, full, later = harness.everyone[3], harness.everyone[7], harness.everyone[11]
    inbox.rcpt_replies |= {gone: GONE, full: FULL, later: "556 5.1.10 Domain has a null MX"}
    report = harness.send()
    assert (report.accepted, report.rejected, report.suppressed) == (22, 3, 2)
    assert suppressed(harness) == [gone, later]
    assert dict(report.rejected_by_reason) == {
        "550 5.1.1 The email account that you tried to reach does not exist": 1,
        "552 5.2.2 Mailbox is full": 1,
        "556 5.1.10 Domain has a null MX": 1,
    }
    harness.rendered = make_rendered(issue="2026-W48")
    inbox.recipients.clear()
    assert harness.send().accepted == 22
    assert not {gone, later} & set(inbox.recipients)


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_a_bounce_of_an_earlier_run_is_suppressed_when_the_send_ends(open_harness, inbox, tmp_path):
    with open_harness() as first:
        first.connect("smtp", port=inbox.port, security="none")
        inbox.rcpt_replies[first.everyone[2]] = GONE
        inbox.rcpt_replies[first.everyone[9]] = "550 5.4.5 Daily user sending limit exceeded"
        with pytest.raises(ProviderError, match="limit exceeded"):
            first.send()
        assert suppressed(first) == []
    with open_harness(tmp_path) as second:  # another machine: nothing but the ledger is left
        second.connect("smtp", port=inbox.port, security="none")
        inbox.rcpt_replies = {second.everyone[20]: GONE}
        report = second.send(resume=True)
        assert (report.accepted, report.rejected, report.suppressed) == (23, 2, 2)
        assert suppressed(second) == [second.everyone[2], second.everyone[20]]


@pytest.mark.parametrize(
    ("people", "gone", "full", "expected"),
    [
        (100, 10, 0, 10),  # exactly ten percent
        (99, 10, 0, 0),  # more, and ten people
        (25, 9, 0, 9),  # more, but fewer than ten people
        (25, 6, 4, 0),  # whoever is rejected counts
        (200, 15, 5, 15),
        (200, 15, 6, 0),
    ],
)
def test_nobody_is_suppressed_if_more_than_ten_percent_and_ten_people_were_rejected(
    harness, people, gone, full, expected
):
    harness.audience = make_audience(people)
    harness.provider.answers.extend([ScriptedProvider.accepted, *[refusal(GONE)] * gone, *[refusal(FULL)] * full])
    report = harness.send()
    assert (report.rejected, report.suppressed, len(suppressed(harness))) == (gone + full, expected, expected)
    assert report.keeps_bounces == (expected == 0)


def test_recipients_who_left_or_are_unknown_count_as_the_ledger_counts_them(harness):
    """Ten of a hundred, but one of the hundred left before the second run."""
    harness.audience = make_audience(100)
    harness.provider.answers.extend([ScriptedProvider.accepted, *[refusal(GONE)] * 10, CredentialsError("401")])
    with pytest.raises(CredentialsError):
        harness.send()
    harness.audience = make_audience(99)
    report = harness.send(resume=True)
    assert (report.accepted, report.skipped, report.suppressed) == (89, 1, 0)


def test_a_small_list_of_dead_addresses_is_suppressed_although_nobody_was_reached(harness):
    harness.audience = make_audience(3)
    harness.provider.answers.extend([refusal(GONE)] * 3)
    with pytest.raises(CampaignRejectedError, match="reached nobody: 3 were refused") as caught:
        harness.send()
    assert caught.value.report.suppressed == 3
    assert caught.value.exit_code == 1


def test_refusals_at_another_stage_or_about_the_sender_suppress_nobody(harness):
    answers = ["message refused: 550 5.1.1 no such user", "550 5.1.8 bad sender, not 5.1.1", "550 No such user here"]
    harness.provider.answers.extend([ScriptedProvider.accepted, *map(refusal, answers)])
    report = harness.send()
    assert (report.rejected, report.suppressed, suppressed(harness)) == (3, 0, [])


def test_a_recipient_within_a_larger_call_is_suppressed_too(harness):
    harness.provider = ScriptedProvider(max_recipients=10)

    def answer(recipients):
        own = {recipients[4].key: Verdict(outcome=Outcome.REJECTED, reason=GONE, fault=Fault.RECIPIENT)}
        return SendResult(outcome=Outcome.ACCEPTED, exceptions=own)

    harness.provider.answers.append(answer)
    assert harness.send().suppressed == 1
    assert suppressed(harness) == [harness.everyone[4]]


@pytest.mark.parametrize("open_harness", STORES, indirect=True)
def test_a_suppression_that_was_undone_stays_undone_when_a_held_send_goes_on(harness):
    harness.provider.answers.extend([refusal(GONE), LOST, ScriptedProvider.accepted, refusal(GONE)])
    with pytest.raises(CampaignIncompleteError) as caught:
        harness.send()
    assert (caught.value.report.state, caught.value.report.suppressed) == ("held", 2)
    harness.now += timedelta(hours=1)
    harness.ledger.unsuppress(harness.everyone[0])
    harness.provider.answers.append(refusal(GONE))
    report = harness.send(resume=True, on_unknown="resend")
    assert (report.state, report.accepted, report.rejected, report.suppressed) == ("sent", 22, 3, 3)
    assert suppressed(harness) == [harness.everyone[1], harness.everyone[3]]


def test_an_earlier_suppression_keeps_its_reason_and_is_not_counted(harness):
    # It is suppressed while the send is under way, as by another process.
    def answer(recipients):
        email = recipients[0].email
        complaint = Suppression(email=email, reason=SuppressionReason.COMPLAINT, at=NOON, source="scripted spam")
        harness.ledger.suppress([complaint], provider="scripted")
        return refusal(GONE)

    harness.provider.answers.append(answer)
    assert harness.send().suppressed == 0
    assert set(harness.ledger.suppressions().values()) == {"complaint"}


def test_bounces_outlive_the_next_report_of_the_provider(harness):
    """Each live send replaces what the provider itself has reported."""
    harness.provider.answers.append(refusal(GONE))
    harness.send()
    for name in (harness.provider.name, "smtp"):
        harness.ledger.suppress([], provider=name)
    assert suppressed(harness) == harness.everyone[:1]


def test_the_ledger_names_everybody_who_was_not_reached_by_hash(harness):
    harness.provider.answers.extend([refusal(GONE), LOST, refusal(FULL)])
    with pytest.raises(CampaignIncompleteError):
        harness.send()
    key_of = harness.ledger.key_of
    unreached = {each.key: (each.outcome, each.reason) for each in harness.ledger.unreached("2026-W47", "weekly")}
    assert unreached == {
        key_of(harness.everyone[0]): ("rejected", GONE),
        key_of(harness.everyone[1]): ("unknown", "the reply was lost"),
        key_of(harness.everyone[2]): ("rejected", FULL),
    }
    assert harness.ledger.unreached("2026-W47", "others") == ()
