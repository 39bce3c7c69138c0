"""Recipients with an unknown outcome, in a call that was otherwise accepted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from digest.delivery import CampaignIncompleteError, PlannedBatch
from digest.delivery.stores.ledger_schema import event
from digest.errors import CredentialsError, ProviderError
from digest.providers import NotSent, Outcome, SendResult, Verdict

#: Every store gives the same guarantees.
pytestmark = pytest.mark.parametrize("open_harness", ["sqlite", "postgres", "git"], indirect=True)


@pytest.fixture
def harness(open_harness):
    with open_harness() as harness:
        harness.provider.answers.append(three_unknown)
        with pytest.raises(CampaignIncompleteError) as caught:
            harness.send()
        assert counts(caught.value.report) == (22, 3, 0)
        yield harness


def three_unknown(recipients):
    verdict = Verdict(outcome=Outcome.UNKNOWN, reason="no word")
    return SendResult(outcome=Outcome.ACCEPTED, exceptions={person.key: verdict for person in recipients[:3]})


def counts(report):
    return report.accepted, report.unknown, report.pending


def test_a_record_at_the_provider_proves_each_recipients_acceptance(harness):
    harness.provider.proven = frozenset(harness.everyone[:1])
    with pytest.raises(CampaignIncompleteError) as caught:
        harness.send(resume=True)
    assert counts(caught.value.report) == (23, 2, 0)
    harness.provider.proven = frozenset(harness.everyone[:3])
    report = harness.send(resume=True)
    assert (report.state, counts(report)) == ("sent", (25, 0, 0))
    assert len(harness.provider.calls) == 3


@pytest.mark.parametrize("failure", [NotSent("503"), CredentialsError("403"), ProviderError("no such endpoint")])
def test_a_failed_inquiry_proves_nothing(harness, failure):
    def fail(*_, **__):
        raise failure

    harness.provider.lookup = fail
    with pytest.raises(CampaignIncompleteError) as caught:
        harness.send(resume=True)
    assert counts(caught.value.report) == (22, 3, 0)


def test_resend_mails_only_the_unknown_recipients_again(harness):
    harness.provider.proven = frozenset(harness.everyone[:1])
    report = harness.send(resume=True, on_unknown="resend")
    assert (report.state, counts(report)) == ("sent", (25, 0, 0))
    assert harness.provider.calls[3:] == [harness.everyone[1:3]]


def test_a_resend_that_finds_nobody_records_nothing(open_harness):
    with open_harness() as harness:
        batch_plan = [PlannedBatch(no=1, keys=b"a" * 16)]
        batches = harness.ledger.start(
            issue="2026-W47", audience="a", token="t", provider="p", skipped=0, batches=lambda: batch_plan
        )
        batches.settle(1, batches.claim(1), outcome="accepted")
        batches.resend(1, reason="the user decided so")
        with harness.ledger._store.begin() as connection:
            assert connection.execute(select(event.c.kind)).scalars().all() == []
        assert counts(batches.campaign().report) == (1, 0, 0)
