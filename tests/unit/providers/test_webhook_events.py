"""Requests of the Event Webhook that are signed, and nevertheless absurd."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from digest.errors import CredentialsError, ProviderError
from digest.models import SuppressionReason
from digest.providers.sendgrid.webhook_events import read_webhook_events

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def read(body, *, public_key=PUBLIC):
    timestamp = str(int(NOW.timestamp()))
    signature = base64.b64encode(KEY.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    return read_webhook_events(
        body, signature=signature, timestamp=timestamp, public_key=public_key, key_name="HOOK_KEY", now=NOW
    )


@pytest.mark.parametrize(
    "timestamp", ["1e400", "-1e400", "1" + "0" * 300, "-" + "9" * 40, "NaN", "253402300800", "true", '"soon"', "null"]
)
def test_an_event_counts_whatever_its_time_is(timestamp):
    body = f'[{{"event": "spamreport", "email": "ida@example.org", "timestamp": {timestamp}}}]'
    (suppression,) = read(body.encode())
    assert (suppression.email, suppression.at) == ("ida@example.org", None)


def test_the_time_of_an_event_is_kept():
    (suppression,) = read(b'[{"event": "unsubscribe", "email": "ida@example.org", "timestamp": 1777885200.5}]')
    assert suppression.at == datetime.fromtimestamp(1777885200.5, UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'[{"event": "unsubscribe", "email": ' + b"[" * 90_000 + b"]" * 90_000 + b"}]",
        b'[{"event": "unsubscribe", "timestamp": ' + b"1" * 5000 + b"}]",
        b"7",
        b"[7]",
        b"{}x",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_list_of_events_is_refused(body):
    with pytest.raises(ProviderError, match="not a list of events"):
        read(body)


@pytest.mark.parametrize("email", ['"a\\ud800b@example.org"', '"' + "x" * 100_000 + '@example.org"', "[[[]]]", "1e400"])
def test_an_event_without_an_address_suppresses_nobody(email):
    assert read(f'[{{"event": "unsubscribe", "email": {email}, "timestamp": 1}}]'.encode()) == ()


def test_a_key_of_another_kind_is_refused():
    with pytest.raises(CredentialsError, match="HOOK_KEY is not a valid public key"):
        read(b"[]", public_key=base64.b64encode(b"0" * 80).decode())


@pytest.mark.parametrize(
    ("details", "is_suppressed"),
    [
        ('"status": "5.1.1", "reason": "no such user"', True),
        ('"status": "5.0.0", "reason": "550 5.1.1 no such user"', True),
        ('"status": "550", "reason": "550 5.1.1 no such user", "bounce_classification": "Unclassified"', True),
        ('"status": "5.1.8", "reason": "550 5.1.1 no such user"', True),
        ('"status": "550", "reason": "rejected", "bounce_classification": "Invalid Address"', True),
        ('"status": "5.1.0", "reason": "553 5.1.8 sender domain not found"', False),
        ('"status": "553", "reason": "553 5.1.7 bad sender", "bounce_classification": "Invalid Address"', False),
        ('"status": "5.1.1", "reason": "550 5.1.1 blocked", "type": "blocked"', False),
        ('"status": "552", "reason": "552 5.2.2 mailbox full"', False),
        ('"status": 511, "reason": null', False),
    ],
)
def test_a_bounce_suppresses_only_if_the_address_does_not_exist(details, is_suppressed):
    body = f'[{{"event": "bounce", "email": "ida@example.org", "timestamp": 1777885200, {details}}}]'
    reasons = [each.reason for each in read(body.encode())]
    assert reasons == ([SuppressionReason.HARD_BOUNCE] if is_suppressed else [])
