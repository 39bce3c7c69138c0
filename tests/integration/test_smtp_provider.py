"""The SMTP provider against a real server."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from digest.config import Config
from digest.delivery.composer import Composer
from digest.errors import CredentialsError, ProviderError
from digest.providers import Deferred, Fault, NotSent, Outcome, open_provider
from digest.testing.campaigns import NOON, make_audience, make_rendered
from digest.testing.inbox import Inbox


class Post:
    def __init__(self, inbox, tmp_path, *, environ=None, **smtp):
        self.config = Config.model_validate(
            {
                "newsletter": {"name": "Weekly", "sender": "Weekly <news@example.org>"},
                "providers": {"smtp": {"port": inbox.port, "security": "none", **smtp}},
            }
        )
        self.provider = open_provider(
            "smtp", config=self.config, environ=environ or {}, root=tmp_path, now=lambda: NOON
        )
        self.begun = 0
        composer = Composer(make_rendered(), config=self.config, secret=b"s", date=NOON)
        self.content = composer.content
        people = make_audience(5).subscribers
        self.people = [composer.recipient(bytes([n]) * 16, person) for n, person in enumerate(people)]

    def begin(self):
        self.begun += 1

    def send(self, number=0):
        return self.provider.send(self.content, [self.people[number]], reference="b1", begin=self.begin)


@pytest.fixture
def post(inbox, tmp_path):
    post = Post(inbox, tmp_path)
    yield post
    post.provider.close()


def test_one_connection_serves_all_recipients(post, inbox):
    for number in range(5):
        assert post.send(number).outcome is Outcome.ACCEPTED
    assert inbox.connections == 1
    assert inbox.recipients == [person.email for person in post.people]


def test_rejects_a_refused_recipient_before_the_message_is_sent(post, inbox):
    inbox.rcpt_replies["r00001@example.com"] = "550 5.1.1 <r00001@example.com> no such user"
    result = post.send(0)
    assert (result.outcome, result.reason) == (Outcome.REJECTED, "550 5.1.1 <…> no such user")
    assert post.begun == 0
    assert post.send(1).outcome is Outcome.ACCEPTED
    assert inbox.connections == 1


def test_defers_a_recipient_that_is_refused_temporarily(post, inbox):
    inbox.rcpt_replies["r00001@example.com"] = "450 4.2.1 busy"
    with pytest.raises(Deferred, match="450"):
        post.send(0)
    assert post.send(1).outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("550 5.1.1 no such user", Fault.RECIPIENT),
        ("552 5.2.2 mailbox full", Fault.RECIPIENT),
        ("554 5.7.1 Relay access denied", Fault.UNCLEAR),
    ],
)
def test_a_rejection_says_whether_the_reply_names_the_mailbox(post, inbox, reply, fault):
    inbox.rcpt_replies["r00001@example.com"] = reply
    result = post.send(0)
    assert (result.outcome, result.fault, post.begun) == (Outcome.REJECTED, fault, 0)


@pytest.mark.parametrize("where", ["rcpt_replies", "data_replies"])
def test_a_limit_of_the_account_stops_the_send_also_after_a_mail_was_accepted(post, inbox, where):
    assert post.send(0).outcome is Outcome.ACCEPTED
    getattr(inbox, where)["r00002@example.com"] = "550 5.4.5 Daily sending limit exceeded"
    with pytest.raises(ProviderError, match="Daily sending limit"):
        post.send(1)


def test_a_connection_that_has_carried_enough_is_replaced(post, inbox):
    inbox.per_connection = 2
    for number in range(5):
        assert post.send(number).outcome is Outcome.ACCEPTED
    assert inbox.connections == 3


def test_opens_a_new_connection_after_max_per_connection_mails(inbox, tmp_path):
    post = Post(inbox, tmp_path, max_per_connection=2)
    for number in range(5):
        assert post.send(number).outcome is Outcome.ACCEPTED
    post.provider.close()
    assert inbox.connections == 3


def test_max_per_minute_limits_the_calls_of_the_sender(inbox, tmp_path):
    assert Post(inbox, tmp_path, max_per_minute=30).provider.capabilities.calls_per_minute == 30
    assert Post(inbox, tmp_path).provider.capabilities.calls_per_minute is None


@pytest.mark.parametrize("reply", ["421 4.7.0 closing", "drop"])
def test_a_recipient_over_whom_the_connection_breaks_is_deferred(post, inbox, reply):
    inbox.rcpt_replies["r00002@example.com"] = reply
    assert post.send(0).outcome is Outcome.ACCEPTED
    with pytest.raises(Deferred):
        post.send(1)
    assert post.send(2).outcome is Outcome.ACCEPTED
    assert post.begun == 2


def test_a_temporary_refusal_of_the_data_command_defers_the_recipient(post, inbox):
    inbox.command_replies["r00001@example.com"] = "451 4.3.0 local error"
    with pytest.raises(Deferred, match="451"):
        post.send(0)
    assert post.begun == 0
    assert post.send(1).outcome is Outcome.ACCEPTED


def test_the_time_that_a_greylisting_server_names_is_passed_on(post, inbox):
    inbox.rcpt_replies["r00001@example.com"] = "450 4.2.0 Greylisted, come back in 120 seconds"
    with pytest.raises(Deferred) as caught:
        post.send(0)
    assert caught.value.retry_after == 120


@pytest.mark.parametrize("code", [530, 535, 538])
def test_a_recipient_refused_without_a_login_raises_a_credentials_error(post, inbox, code):
    inbox.rcpt_replies["r00001@example.com"] = f"{code} 5.7.0 Authentication required"
    with pytest.raises(CredentialsError, match=str(code)):
        post.send(0)
    assert post.begun == 0


@pytest.mark.parametrize(("reply", "outcome"), [("554 5.7.1 spam", Outcome.REJECTED), ("250 fine", Outcome.ACCEPTED)])
def test_the_reply_to_the_message_decides_the_outcome(post, inbox, reply, outcome):
    inbox.data_replies["r00001@example.com"] = reply
    assert post.send(0).outcome is outcome
    assert post.send(1).outcome is Outcome.ACCEPTED


def test_a_deferred_message_raises_not_sent(post, inbox):
    inbox.data_replies["r00001@example.com"] = "451 4.3.0 later"
    with pytest.raises(Deferred):
        post.send(0)
    assert inbox.recipients == []


def test_a_lost_reply_to_the_message_is_unknown(post, inbox):
    inbox.data_replies["r00001@example.com"] = "drop"
    assert post.send(0).outcome is Outcome.UNKNOWN
    assert post.send(1).outcome is Outcome.ACCEPTED


def test_reconnects_after_the_server_closed_the_connection(inbox, tmp_path):
    post = Post(inbox, tmp_path)
    assert post.send(0).outcome is Outcome.ACCEPTED
    post.provider._server.sock.close()
    assert post.send(1).outcome is Outcome.ACCEPTED
    post.provider.close()


def test_a_421_raises_not_sent(post, inbox):
    inbox.rcpt_replies["r00001@example.com"] = "421 closing"
    with pytest.raises(NotSent, match="421"):
        post.send(0)


def test_lines_that_begin_with_a_dot_arrive_unchanged(inbox, tmp_path):
    post = Post(inbox, tmp_path)
    post.content = replace(post.content, text=".hidden\n..\n.\nend\n")
    post.send(0)
    post.provider.close()
    assert b".hidden\r\n" in inbox.messages[0]
    assert b"\r\n..\r\n" in inbox.messages[0]


def authenticator(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b"weekly", b"secret")
    return AuthResult(success=right, handled=right)


@pytest.fixture
def certificate(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=3650))
        .not_valid_after(NOON + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


LOGIN = {"username_env": "SMTP_USERNAME", "password_env": "SMTP_PASSWORD"}


def temporary(server, session, envelope, mechanism, data):
    return AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"authenticator": temporary}, NotSent, "454"),
        ({"authenticator": authenticator, "auth_exclude_mechanism": ["LOGIN", "PLAIN"]}, CredentialsError, "no log-in"),
    ],
)
def test_a_login_that_fails_for_now_is_not_one_that_can_never_work(tmp_path, options, error, message):
    environ = {"SMTP_USERNAME": "weekly", "SMTP_PASSWORD": "secret"}
    with Inbox(**options, auth_require_tls=False) as inbox:
        post = Post(inbox, tmp_path, environ=environ, **LOGIN)
        with pytest.raises(error, match=message):
            post.send(0)
        assert post.begun == 0


def test_a_server_for_oauth_only_is_named_with_its_methods(tmp_path):
    environ = {"SMTP_USERNAME": "weekly", "SMTP_PASSWORD": "secret"}
    with Inbox() as inbox:
        inbox.extensions.append("AUTH XOAUTH2 OAUTHBEARER")
        with pytest.raises(CredentialsError, match="it offers XOAUTH2, OAUTHBEARER") as caught:
            Post(inbox, tmp_path, environ=environ, **LOGIN).send(0)
    assert caught.value.exit_code == 4


def test_logs_in_after_starttls(server_context, certificate, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    options = {"authenticator": authenticator, "auth_required": True, "tls_context": server_context}
    with Inbox(**options, require_starttls=True) as inbox:
        good = {"SMTP_USERNAME": "weekly", "SMTP_PASSWORD": "secret"}
        post = Post(inbox, tmp_path, environ=good, host="localhost", security="starttls", **LOGIN)
        assert post.send(0).outcome is Outcome.ACCEPTED
        post.provider.close()
        wrong = Post(
            inbox, tmp_path, environ={**good, "SMTP_PASSWORD": "x"}, host="localhost", security="starttls", **LOGIN
        )
        with pytest.raises(CredentialsError, match="535"):
            wrong.send(0)
        nobody = Post(inbox, tmp_path, host="localhost", security="starttls")
        with pytest.raises(CredentialsError, match="530"):
            nobody.send(0)
        missing = Post(inbox, tmp_path, host="localhost", security="starttls", **LOGIN)
        with pytest.raises(CredentialsError, match="SMTP_USERNAME is not set"):
            missing.send(0)


def test_connects_with_tls_from_the_first_byte(server_context, certificate, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Inbox(ssl_context=server_context) as inbox:
        post = Post(inbox, tmp_path, host="localhost", security="tls")
        assert post.send(0).outcome is Outcome.ACCEPTED
        post.provider.close()


def test_an_untrusted_certificate_stops_the_send(server_context, tmp_path):
    with Inbox(ssl_context=server_context) as inbox, pytest.raises(ProviderError, match="certificate"):
        Post(inbox, tmp_path, host="localhost", security="tls").send(0)


def test_never_falls_back_to_plain_text_without_starttls(inbox, tmp_path):
    with pytest.raises(ProviderError, match="STARTTLS"):
        Post(inbox, tmp_path, security="starttls").send(0)
    assert inbox.messages == []


def test_an_unreachable_server_is_named_and_nothing_was_sent(inbox, tmp_path):
    post = Post(inbox, tmp_path, port=9)
    with pytest.raises(NotSent) as caught:
        post.send()
    assert caught.value.reason == "cannot reach 127.0.0.1:9: Connection refused"
    assert post.begun == 0
