"""A provider that refuses everyone: nobody is rejected for good before somebody was accepted."""

from __future__ import annotations

import pytest

from digest.config import Config
from digest.delivery import CampaignDoneError, CampaignIncompleteError, PlannedBatch
from digest.delivery.recipients import BatchPlan
from digest.delivery.retry import Refusals
from digest.errors import CredentialsError, ProviderError
from digest.providers import CallRefused, Deferred, Outcome, SendResult, Verdict, open_provider
from digest.testing.campaigns import NOON, ScriptedProvider, make_audience
from digest.testing.fake_sendgrid import FakeSendGrid
from digest.testing.inbox import Inbox

REJECTED = SendResult(outcome=Outcome.REJECTED, reason="550 no")
LOST = SendResult(outcome=Outcome.UNKNOWN, reason="the reply was lost")


@pytest.fixture
def desk(open_desk):
    with open_desk() as desk:
        desk.provider = ScriptedProvider(max_recipients=1)
        yield desk


@pytest.fixture
def inbox():
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def fake():
    with FakeSendGrid(clock=NOON.timestamp) as fake:
        yield fake


def connect(desk, name, environ=None, **options):
    desk.config = Config.model_validate({**desk.config.model_dump(exclude_unset=True), "providers": {name: options}})
    desk.provider = open_provider(name, config=desk.config, environ=environ or {}, root=None, now=lambda: NOON)


def connect_smtp(desk, inbox):
    connect(desk, "smtp", port=inbox.port, security="none")


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
def test_if_nobody_is_accepted_all_stay_pending_after_a_few_calls(desk, answer, people):
    desk.audience = make_audience(people)
    desk.provider.answers.extend([answer] * 50)
    with pytest.raises(ProviderError, match=r"550 no|Bad Request") as caught:
        desk.send()
    assert caught.value.exit_code == 1
    assert (caught.value.data["state"], caught.value.data["pending"]) == ("sending", people)
    assert len(desk.provider.calls) == min(people, 5)
    desk.provider.answers.clear()
    assert counts(desk.send(resume=True)) == (people, 0, 0, 0)
    assert desk.provider.mailed == desk.everyone


def test_a_call_that_is_refused_however_it_is_divided_rejects_nobody(desk):
    desk.provider = ScriptedProvider(max_recipients=1000)
    desk.audience = make_audience(400)
    desk.provider.answers.extend([CallRefused("Bad Request")] * 900)
    with pytest.raises(ProviderError, match="accepted nobody: Bad Request"):
        desk.send()
    assert len(desk.provider.calls) < 50
    assert counts(desk.ledger.campaigns()[0].report) == (0, 0, 0, 400)


def test_a_whole_call_that_is_rejected_first_rejects_nobody_for_good(desk):
    desk.provider = ScriptedProvider(max_recipients=10)

    def each(recipients):
        verdict = Verdict(outcome=Outcome.REJECTED, reason="550")
        return SendResult(outcome=Outcome.ACCEPTED, exceptions={person.key: verdict for person in recipients})

    desk.provider.answers.append(each)
    with pytest.raises(ProviderError, match="refused 10 in a row and accepted nobody: 550"):
        desk.send()
    assert counts(desk.ledger.campaigns()[0].report) == (0, 0, 0, 25)


def test_early_refusals_are_final_once_a_later_recipient_is_accepted(desk):
    bad = desk.everyone[:4]
    desk.provider.answers.extend([refusing(*bad)] * 25)
    report = desk.send()
    assert (report.state, counts(report)) == ("sent", (21, 4, 0, 0))
    assert len(desk.provider.calls) == 25


def test_any_number_may_be_refused_after_one_was_accepted(desk):
    bad = desk.everyone[1:12]
    desk.provider.answers.extend([refusing(*bad)] * 25)
    assert counts(desk.send()) == (14, 11, 0, 0)


def test_the_last_of_a_resumed_campaign_may_be_refused(desk):
    desk.provider.answers.extend([SendResult(outcome=Outcome.ACCEPTED)] * 24 + [CredentialsError("401")])
    with pytest.raises(CredentialsError):
        desk.send()
    desk.provider.answers.append(REJECTED)
    assert counts(desk.send(resume=True)) == (24, 1, 0, 0)


def test_a_deferred_recipient_decides_about_those_who_were_refused(desk):
    desk.audience = make_audience(3)
    desk.provider.answers.extend([REJECTED, REJECTED, Deferred("busy"), REJECTED, REJECTED])
    report = desk.send()
    assert (report.state, counts(report)) == ("sent", (1, 2, 0, 0))


def test_refusals_beside_an_unknown_outcome_stay_pending(desk):
    desk.audience = make_audience(2)
    desk.provider.answers.extend([LOST, REJECTED])
    with pytest.raises(ProviderError):
        desk.send()
    assert counts(desk.ledger.campaigns()[0].report) == (0, 0, 1, 1)


def test_a_campaign_that_reached_nobody_is_an_error(desk):
    desk.audience = make_audience(2)
    desk.provider = ScriptedProvider(max_recipients=2)

    def half(recipients):
        verdict = Verdict(outcome=Outcome.REJECTED, reason="550")
        return SendResult(outcome=Outcome.UNKNOWN, exceptions={recipients[0].key: verdict})

    desk.provider.answers.append(half)
    with pytest.raises(CampaignIncompleteError):
        desk.send()
    desk.audience = make_audience(1)
    with pytest.raises(ProviderError, match="reached nobody: 1 were refused") as caught:
        desk.send(resume=True, on_unknown="resend")
    assert (caught.value.data["accepted"], caught.value.data["rejected"]) == (0, 1)
    with pytest.raises(CampaignDoneError):
        desk.send(resume=True)


RELAY = "554 5.7.1 <{}>: Relay access denied"


@pytest.mark.parametrize("people", [1, 2, 3, 25])
@pytest.mark.parametrize("reply", [RELAY, "550 relay not permitted"])
def test_a_relay_that_refuses_everybody_leaves_everybody_pending(desk, inbox, people, reply):
    desk.audience = make_audience(people)
    connect_smtp(desk, inbox)
    inbox.rcpt_replies = {email: reply.format(email) for email in desk.everyone}
    with pytest.raises(ProviderError, match=reply[:8]) as caught:
        desk.send()
    assert caught.value.data["pending"] == people
    assert "@" not in f"{caught.value}{caught.value.hint}"
    inbox.rcpt_replies = {}
    assert desk.send(resume=True).accepted == people
    assert inbox.recipients == desk.everyone


def test_a_relay_that_starts_to_deny_access_leaves_the_rest_pending(desk, inbox):
    desk.audience = make_audience(8)
    connect_smtp(desk, inbox)
    inbox.data_replies[desk.everyone[3]] = "drop"  # the connection, and with it the log-in
    inbox.rcpt_replies = {email: RELAY.format(email) for email in desk.everyone[4:]}
    with pytest.raises(ProviderError, match="Relay access denied"):
        desk.send()
    assert counts(desk.ledger.campaigns()[0].report) == (3, 0, 1, 4)


def test_one_recipient_that_a_relay_denies_stops_nobody_else(desk, inbox):
    desk.audience = make_audience(4)
    connect_smtp(desk, inbox)
    inbox.rcpt_replies = {desk.everyone[0]: "550 5.7.1 members of this group only"}
    assert counts(desk.send()) == (3, 1, 0, 0)
    assert inbox.recipients == desk.everyone[1:]


def test_a_relay_that_requires_a_login_is_a_credentials_error(desk, inbox):
    connect_smtp(desk, inbox)
    inbox.rcpt_replies = dict.fromkeys(desk.everyone, "530 5.7.0 Authentication required")
    with pytest.raises(CredentialsError, match="530") as caught:
        desk.send()
    assert (caught.value.exit_code, caught.value.data["pending"]) == (4, 25)


def test_a_sendgrid_400_without_a_field_rejects_nobody(desk, fake):
    connect(desk, "sendgrid", {"SENDGRID_API_KEY": fake.api_key}, host=fake.host)
    fake.disturb(*["400"] * 60)
    with pytest.raises(ProviderError, match="accepted nobody"):
        desk.send()
    assert counts(desk.ledger.campaigns()[0].report) == (0, 0, 0, 25)
    assert len(fake.requests) < 20


def test_batches_that_another_sender_settled_do_not_count_as_refused(desk):
    """Two senders share the work: one gets refusals, and the other posts the same batches and is accepted."""
    planned = [PlannedBatch(no=no, keys=no.to_bytes(16, "big")) for no in range(1, 5)]
    named = {"issue": "2026-W47", "audience": "weekly", "token": "t", "provider": "p"}
    batches = desk.ledger.start(**named, skipped=0, batches=lambda: planned)
    refusals = Refusals(batches)
    for batch in planned[:3]:
        plan = BatchPlan(no=batch.no, keys=batch.recipients, people=())
        refusals.add(plan, batches.claim(batch.no), reason="550 no")
    theirs = desk.ledger.open_campaign("2026-W47", "weekly")
    for no in (2, 4):
        theirs.settle(no, theirs.claim(no), outcome="accepted")
    refusals.give_up()
    assert counts(batches.campaign().report) == (2, 2, 0, 0)


@pytest.mark.parametrize("open_desk", ["sqlite", "postgres", "git"], indirect=True)
def test_dividing_a_batch_leaves_recipients_with_an_outcome_where_it_is_recorded(desk):
    ana, ben, cem, dag = (letter * 16 for letter in (b"a", b"b", b"c", b"d"))
    planned = [PlannedBatch(no=1, keys=ana + ben + cem + dag)]
    batches = desk.ledger.start(
        issue="2026-W47", audience="weekly", token="t", provider="p", skipped=0, batches=lambda: planned
    )
    claim = batches.claim(1, gone=[dag])
    batches.divide(1, claim, reason="400")
    pending = [(batch.recipients, settled) for batch, settled in batches.pending(after=0, limit=10)]
    assert pending == [([ana, dag], {dag}), ([ben, cem], set())]
    for no in (1, 2):
        batches.settle(no, batches.claim(no), outcome="accepted")
    report = batches.campaign().report
    assert (report.accepted, report.skipped, report.pending) == (3, 1, 0)


def test_a_recipient_who_provably_has_the_issue_gets_no_second_copy_when_the_batch_is_divided(desk):
    desk.provider = ScriptedProvider(max_recipients=4)
    desk.audience = make_audience(4)
    desk.provider.answers.append(LOST)
    with pytest.raises(CampaignIncompleteError):
        desk.send()
    desk.provider.proven = frozenset({"r00004@example.com"})
    desk.provider.answers.append(CallRefused("Bad Request"))
    report = desk.send(resume=True, on_unknown="resend")
    assert counts(report) == (4, 0, 0, 0)
    assert desk.provider.mailed == ["r00001@example.com", "r00002@example.com", "r00003@example.com"]
