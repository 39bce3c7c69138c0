"""People whose own outcome is unknown, in a call that was otherwise accepted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from digest.delivery import CampaignIncompleteError, PlannedBatch, open_ledger
from digest.delivery.stores.ledger_schema import event
from digest.errors import CredentialsError, ProviderError
from digest.providers import NotSent, Outcome, SendResult, Verdict
from digest.testing.campaigns import NOON


@pytest.fixture
def desk(open_desk):
    with open_desk() as desk:
        desk.provider.answers.append(three_unknown)
        with pytest.raises(CampaignIncompleteError) as caught:
            desk.send()
        assert counts(caught.value.report) == (22, 3, 0)
        yield desk


def three_unknown(recipients):
    verdict = Verdict(outcome=Outcome.UNKNOWN, reason="no word")
    return SendResult(outcome=Outcome.ACCEPTED, exceptions={person.key: verdict for person in recipients[:3]})


def counts(report):
    return report.accepted, report.unknown, report.pending


def test_presence_at_the_provider_proves_each(desk):
    desk.provider.proven = frozenset(desk.everyone[:1])
    with pytest.raises(CampaignIncompleteError) as caught:
        desk.send(resume=True)
    assert counts(caught.value.report) == (23, 2, 0)
    desk.provider.proven = frozenset(desk.everyone[:3])
    report = desk.send(resume=True)
    assert (report.state, counts(report)) == ("sent", (25, 0, 0))
    assert len(desk.provider.calls) == 3


@pytest.mark.parametrize("failure", [NotSent("503"), CredentialsError("403"), ProviderError("no such endpoint")])
def test_a_failed_inquiry_proves_nothing(desk, failure):
    def fail(*_, **__):
        raise failure

    desk.provider.lookup = fail
    with pytest.raises(CampaignIncompleteError) as caught:
        desk.send(resume=True)
    assert counts(caught.value.report) == (22, 3, 0)


def test_a_person_may_decide_to_mail_them_alone_again(desk):
    desk.provider.proven = frozenset(desk.everyone[:1])
    report = desk.send(resume=True, on_unknown="resend")
    assert (report.state, counts(report)) == ("sent", (25, 0, 0))
    assert desk.provider.calls[3:] == [desk.everyone[1:3]]


def test_a_resend_that_finds_nobody_is_not_noted(tmp_path):
    with open_ledger("sqlite:///ledger.db", root=tmp_path, environ={}, now=lambda: NOON) as ledger:
        planned = [PlannedBatch(no=1, keys=b"a" * 16)]
        book = ledger.start(issue="i", audience="a", token="t", provider="p", skipped=0, batches=lambda: planned)
        book.settle(1, book.claim(1), outcome="accepted")
        book.resend(1, reason="a person decided so")
        with ledger._store.begin() as connection:
            assert connection.execute(select(event.c.kind)).scalars().all() == []
        assert counts(book.campaign().report) == (1, 0, 0)
