"""The SendGrid provider over real HTTP, against the fake, which refuses what the vendor's documents refuse."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import jsonschema
import pytest

from digest.config import Config
from digest.delivery.composer import Composer
from digest.errors import CredentialsError, ProviderError
from digest.models import SuppressionReason
from digest.providers import CallRefused, NotSent, Outcome, open_provider
from digest.providers.sendgrid.keep_alive_transport import Connection
from digest.providers.sendgrid.sendgrid_api import ApiReply, SendGridApi
from digest.providers.sendgrid.sendgrid_settings import SendGridSettings
from digest.testing.campaigns import NOON, make_audience, make_rendered
from digest.testing.fake_sendgrid import FakeSendGrid
from digest.testing.fake_sendgrid.refusal_rules import mail_schema, refusals


def nothing():
    pass


class Post:
    def __init__(self, fake, tmp_path, *, key=None, undo_minutes=20, **sendgrid):
        self.fake = fake
        self.config = Config.model_validate(
            {
                "newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"},
                "delivery": {"undo_minutes": undo_minutes},
                "providers": {"sendgrid": {"host": fake.host, **sendgrid}},
            }
        )
        environ = {"SENDGRID_API_KEY": fake.api_key if key is None else key}
        self.provider = open_provider("sendgrid", config=self.config, environ=environ, root=tmp_path, now=lambda: NOON)

    def compose(self, count=1, **options):
        composer = Composer(make_rendered(**options), config=self.config, secret=b"s", date=NOON)
        people = make_audience(count).subscribers
        return composer.content, [composer.recipient(f"{n:016}".encode(), person) for n, person in enumerate(people)]

    def send(self, content, recipients, reference="b1"):
        return self.provider.send(content, recipients, reference=reference, begin=nothing)


@pytest.fixture
def fake():
    with FakeSendGrid(clock=NOON.timestamp) as fake:
        yield fake


@pytest.fixture
def post(fake, tmp_path):
    post = Post(fake, tmp_path)
    yield post
    post.provider.close()


def test_a_call_with_a_thousand_recipients_fits_the_schema(post, fake):
    content, recipients = post.compose(1000)
    assert post.send(content, recipients).outcome is Outcome.ACCEPTED
    (body,) = fake.requests
    jsonschema.validate(body, mail_schema())
    assert len(fake.mails) == 1000
    assert len({mail.headers["List-Unsubscribe"] for mail in fake.mails}) == 1000


def test_turns_every_tracker_off_and_puts_no_address_into_custom_args(post, fake):
    content, recipients = post.compose(2)
    post.send(content, recipients)
    (body,) = fake.requests
    assert all(setting["enable"] is False for setting in body["tracking_settings"].values())
    assert set(body["tracking_settings"]) == {"click_tracking", "open_tracking", "subscription_tracking", "ganalytics"}
    assert "bypass" not in str(body)
    assert fake.mails[1].custom_args == {
        "di": "2026-W47",
        "db": f"{content.campaign}.b1",
        "rk": recipients[1].key,
    }
    assert fake.mails[0].categories == [content.edition, f"{content.campaign}.b1"]


def test_keeps_the_connection_open(post, fake):
    content, recipients = post.compose(5)
    for recipient in recipients:
        post.send(content, [recipient])
    assert fake.connections == 1


def test_with_a_group_sendgrid_hosts_the_unsubscribe_page(fake, tmp_path):
    post = Post(fake, tmp_path, unsubscribe_group=42)
    content, recipients = post.compose(1, unsubscribe="group:42")
    post.send(content, recipients)
    post.provider.close()
    (body,) = fake.requests
    assert body["asm"] == {"group_id": 42, "groups_to_display": [42]}
    assert '<a href="<%asm_group_unsubscribe_raw_url%>">' in fake.mails[0].html
    assert "Leave: <%asm_group_unsubscribe_raw_url%>" in fake.mails[0].text
    assert "List-Unsubscribe" not in fake.mails[0].headers


def test_the_sandbox_validates_and_sends_nothing(post, fake):
    content, recipients = post.compose(1)
    assert post.send(replace(content, sandbox=True), recipients).outcome is Outcome.ACCEPTED
    assert (fake.mails, fake.sandboxed) == ([], 1)


@pytest.mark.parametrize("kind", ["500-before", "500-after", "502", "503", "drop-before", "drop-after"])
def test_a_server_error_and_a_lost_reply_are_unknown(post, fake, kind):
    content, recipients = post.compose(2)
    fake.disturb(kind)
    assert post.send(content, recipients).outcome is Outcome.UNKNOWN
    assert post.send(content, recipients).outcome is Outcome.ACCEPTED


def test_a_hanging_reply_is_unknown_after_the_time_out(post, fake):
    content, recipients = post.compose(1)
    post.send(content, recipients)
    post.provider.close()
    post.provider._api._client.connections = [Connection(fake.host, connect=0.2, read=0.2)]
    fake.disturb("hang-after")
    result = post.send(content, recipients)
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, "the reply was lost")


def test_a_429_raises_not_sent_with_the_time_to_wait(post, fake):
    content, recipients = post.compose(1)
    fake.retry_after = 7
    fake.disturb("429")
    with pytest.raises(NotSent) as caught:
        post.send(content, recipients)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_refused_key_raises_a_credentials_error(post, fake, status):
    content, recipients = post.compose(1)
    fake.disturb(status)
    with pytest.raises(CredentialsError, match=status):
        post.send(content, recipients)


def test_a_wrong_or_missing_key_raises_a_credentials_error(fake, tmp_path):
    wrong = Post(fake, tmp_path, key="SG.other")
    content, recipients = wrong.compose(1)
    with pytest.raises(CredentialsError, match="401"):
        wrong.send(content, recipients)
    wrong.provider.close()
    with pytest.raises(CredentialsError, match="SENDGRID_API_KEY is not set"):
        Post(fake, tmp_path, key="").send(content, recipients)
    assert len(fake.calls) == 1


def test_a_bad_address_refuses_the_call_and_is_not_shown(post, fake):
    content, recipients = post.compose(3)
    spoilt = [*recipients[:2], recipients[2]._replace(email="nobody@nowhere")]
    with pytest.raises(CallRefused) as caught:
        post.send(content, [*spoilt[:2], recipients[2]._replace(email="no address")])
    assert "@" not in caught.value.reason
    assert fake.mails == []


def test_an_error_in_the_shared_part_is_final(post, fake):
    content, recipients = post.compose(1)
    with pytest.raises(ProviderError, match="refused the message itself"):
        post.send(replace(content, html=""), recipients)
    assert fake.mails == []


@pytest.mark.parametrize("status", ["404", "405", "413", "302"])
def test_other_refusals_are_final(post, fake, status):
    content, recipients = post.compose(1)
    fake.disturb(status)
    with pytest.raises(ProviderError):
        post.send(content, recipients)


def test_reserved_headers_are_refused_before_any_call(post, fake):
    content, recipients = post.compose(1)
    with pytest.raises(ProviderError, match="Reply-To"):
        post.send(replace(content, headers={"Reply-To": "a@example.org"}), recipients)
    assert fake.calls == []


def test_an_undo_time_beyond_the_schedule_limit_is_refused_before_any_call(fake, tmp_path):
    post = Post(fake, tmp_path, two_phase=True, undo_minutes=71 * 60 - 9)
    content, recipients = post.compose(1)
    with pytest.raises(ProviderError, match="at most") as caught:
        post.send(content, recipients)
    assert caught.value.hint == "Set delivery.undo_minutes to 4250 or less."
    assert fake.calls == []
    post = Post(fake, tmp_path, two_phase=True, undo_minutes=71 * 60 - 10)
    assert post.send(*post.compose(1)).outcome is Outcome.ACCEPTED
    post.provider.close()


def test_mail_under_an_unknown_batch_id_is_refused_finally(post, fake):
    content, recipients = post.compose(1)
    scheduled = replace(content, send_at=NOON + timedelta(hours=1), schedule="made-up")
    with pytest.raises(ProviderError, match="batch_id"):
        post.send(scheduled, recipients)
    assert post.send(replace(scheduled, schedule=post.provider.reserve()), recipients).outcome is Outcome.ACCEPTED
    assert len(fake.mails) == 1


def test_never_logs_a_payload(post, caplog):
    caplog.set_level(logging.DEBUG)
    content, recipients = post.compose(1)
    post.send(content, recipients)
    assert "r00001" not in caplog.text


def test_the_logs_prove_who_was_processed(post, fake):
    content, recipients = post.compose(3)
    fake.disturb("drop-after")
    assert post.send(content, recipients[:2], "b7").outcome is Outcome.UNKNOWN
    assert post.provider.lookup(content, recipients, reference="b7") == {recipient.key for recipient in recipients[:2]}
    assert post.provider.lookup(content, recipients, reference="b8") == frozenset()


def test_fetches_suppressions_page_by_page_without_blocks(fake, tmp_path):
    many = [{"created": 1, "email": f"u{number}@example.com"} for number in range(1203)]
    fake.suppressions = {
        "suppression/unsubscribes": many,
        "suppression/spam_reports": [{"created": 2, "email": "Spam@Example.com", "ip": "192.0.2.1"}],
        "suppression/invalid_emails": [{"created": 3, "email": "bad@example.com", "reason": "unknown domain"}],
        "suppression/blocks": [{"created": 4, "email": "block@example.com", "reason": "4.7.1", "status": "4.7.1"}],
        "suppression/bounces": [
            {"created": 5, "email": "hard@example.com", "reason": "550 5.1.1 no such user", "status": "5.1.1"},
            {"created": 5, "email": "text@example.com", "reason": "550 5.1.1 no such user", "status": "5.0.0"},
            {"created": 5, "email": "full@example.com", "reason": "552 5.2.2 mailbox full", "status": "5.2.2"},
            {"created": 5, "email": "policy@example.com", "reason": "550 5.7.1 policy", "status": "5.7.1"},
            {"created": 5, "email": "soft@example.com", "reason": "451 4.1.1 later", "status": "4.1.1"},
            {"created": 5, "email": "sender@example.com", "reason": "553 5.1.8 sender", "status": "5.1.8"},
        ],
        "asm/groups/42/suppressions": ["group@example.com"],
    }
    post = Post(fake, tmp_path, unsubscribe_group=42)
    reasons = {suppression.email: suppression.reason for suppression in post.provider.suppressions()}
    post.provider.close()
    assert len(reasons) == 1203 + 5
    assert reasons["hard@example.com"] == reasons["text@example.com"] == SuppressionReason.HARD_BOUNCE
    assert reasons["Spam@example.com"] == SuppressionReason.COMPLAINT
    assert reasons["bad@example.com"] == SuppressionReason.INVALID
    assert reasons["group@example.com"] == SuppressionReason.UNSUBSCRIBED
    assert ("GET", "suppression/blocks") not in fake.calls
    assert fake.calls.count(("GET", "suppression/unsubscribes")) == 3


@pytest.mark.parametrize("status", ["200", "201", "202"])
def test_a_success_without_a_message_id_is_unknown(post, fake, status):
    content, recipients = post.compose(2)
    fake.disturb(status)
    result = post.send(content, recipients)
    assert (result.outcome, status in result.reason) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize("path", ["suppression/unsubscribes", "suppression/bounces", "asm/groups/42/suppressions"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ((200, b'[{"email": "a@example.com", "created": 1}', 5000), NotSent),
        ((200, b"", 900), NotSent),
        ((200, b"", 0), ProviderError),
        ((200, b"[", 1), ProviderError),
        ((200, b"null", 4), ProviderError),
        ((200, b"<!doctype html><title>Sign in</title>", 37), ProviderError),
        ((200, b'[{"email": ""}]', 15), ProviderError),
    ],
)
def test_a_suppression_list_that_is_cut_or_malformed_is_not_an_empty_list(fake, tmp_path, path, reply, error):
    if path.startswith("asm") and b'"email": ""' in reply[1]:
        reply = (200, b"[3]", 3)
    fake.raw_replies[path] = reply
    post = Post(fake, tmp_path, unsubscribe_group=42)
    with pytest.raises(error):
        tuple(post.provider.suppressions())
    post.provider.close()


@pytest.mark.parametrize(
    ("bounce", "is_suppressed"),
    [
        ({"status": "550", "reason": "550 5.1.1 no such user"}, True),
        ({"status": "5.0.0", "reason": "550 5.1.1 no such user", "classification": "Unclassified"}, True),
        ({"status": "5.1.8", "reason": "553 5.1.8 bad sender", "classification": "Invalid Address"}, False),
        ({"status": "5.1.7", "reason": "553 5.1.7 bad sender", "bounce_classification": "Invalid Address"}, False),
        ({"status": "5.0.0", "reason": "550 unknown", "classification": "Invalid Address"}, True),
        ({"status": "5.7.1", "reason": "550 5.7.1 policy", "classification": "Reputation"}, False),
    ],
)
def test_the_reply_of_the_server_decides_whether_a_bounce_suppresses(fake, tmp_path, bounce, is_suppressed):
    fake.suppressions = {"suppression/bounces": [{"created": 5, "email": "ana@example.com", **bounce}]}
    post = Post(fake, tmp_path)
    assert bool(tuple(post.provider.suppressions())) is is_suppressed
    post.provider.close()


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (401, "Maximum credits exceeded", "upgrade the Email API plan"),
        (401, "authorization grant is invalid", "api.eu.sendgrid.com"),
        (413, "too large", "Shorten the issue"),
        (404, "not found", "providers.sendgrid.host"),
        (415, "unsupported", "Nothing was accepted"),
    ],
)
def test_each_kind_of_refusal_has_a_hint_of_its_own(status, message, hint):
    api = SendGridApi(SendGridSettings(), environ={}, now=lambda: NOON)
    error = api.refusal(ApiReply(status, {}, f'{{"errors": [{{"message": "{message}", "field": null}}]}}'))
    assert message in error.message
    assert hint in error.hint


def test_a_key_of_the_global_region_is_named_at_the_european_host():
    api = SendGridApi(SendGridSettings(host="https://api.eu.sendgrid.com"), environ={}, now=lambda: NOON)
    assert '"https://api.sendgrid.com"' in api.refusal(ApiReply(401, {}, "")).hint


def body(**changes):
    made = {
        "personalizations": [{"to": [{"email": "a@example.com"}]}],
        "from": {"email": "news@example.org"},
        "subject": "s",
        "content": [{"type": "text/plain", "value": "t"}],
    }
    return {**made, **changes}


def test_the_fake_accepts_the_smallest_body():
    assert refusals(body(), now=0) == []


@pytest.mark.parametrize(
    "wrong",
    [
        body(personalizations=[{"to": [{"email": f"a{n}@example.com"}]} for n in range(1001)]),
        body(personalizations=[{"to": [{"email": f"a{n}@example.com"} for n in range(1001)]}]),
        body(personalizations=[{"to": [{"email": "a@example.com"}]}, {"to": [{"email": "A@example.com"}]}]),
        body(personalizations=[{"to": [{"email": "no address"}]}]),
        body(personalizations=[{"to": []}]),
        body(personalizations=[]),
        body(personalizations=[{"to": [{"email": "a@example.com"}], "headers": {"Subject": "x"}}]),
        body(personalizations=[{"to": [{"email": "a@example.com"}], "headers": {"X-A": "a\r\nBcc: b"}}]),
        body(personalizations=[{"to": [{"email": "a@example.com"}], "substitutions": {"x": "y" * 10_000}}]),
        body(personalizations=[{"to": [{"email": "a@example.com"}], "substitutions": {"x": 1}}]),
        body(content=[{"type": "text/html", "value": "h"}, {"type": "text/plain", "value": "t"}]),
        body(content=[{"type": "text/plain", "value": ""}]),
        body(content=[]),
        body(subject=""),
        body(send_at=4 * 24 * 3600),
        body(send_at="soon"),
        body(categories=["x"] * 2),
        body(categories=[str(n) for n in range(11)]),
        body(categories=["é"]),
        body(asm={}),
        body(unheard_of=1),
        {key: value for key, value in body().items() if key != "from"},
        {key: value for key, value in body().items() if key != "subject"},
        [],
    ],
)
def test_the_fake_refuses_what_the_documents_refuse(wrong):
    assert refusals(wrong, now=0)
