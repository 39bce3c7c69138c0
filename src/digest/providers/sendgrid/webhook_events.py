"""SendGrid's Event Webhook: bounces, complaints and unsubscribes, accepted only with SendGrid's signature.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from digest.errors import CredentialsError, ProviderError, RefusedError
from digest.mail import normalise_address
from digest.models import Suppression, SuppressionReason
from digest.providers.sendgrid.suppression_lists import event_time, is_hard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

__all__ = ["read_webhook_events"]

#: How old a request may be. The signature covers its timestamp but does not expire, so an old request may be a replay.
_TOLERANCE = timedelta(minutes=5)
_REASONS = {
    "unsubscribe": SuppressionReason.UNSUBSCRIBED,
    "group_unsubscribe": SuppressionReason.UNSUBSCRIBED,
    "spamreport": SuppressionReason.COMPLAINT,
}


def read_webhook_events(
    body: bytes, *, signature: str, timestamp: str, public_key: str, key_name: str, now: datetime
) -> tuple[Suppression, ...]:
    """The suppressions in one request of the Event Webhook.

    Args:
        body: The body, byte for byte as it arrived. The signature (ECDSA, P-256, SHA-256) covers ``timestamp`` followed
            by the body, so re-serialised JSON fails.
        signature: The header X-Twilio-Email-Event-Webhook-Signature.
        timestamp: The header X-Twilio-Email-Event-Webhook-Timestamp, in seconds since 1970.
        public_key: The verification key in the webhook's settings: base64 of its DER form.
        key_name: The environment variable that holds it, for messages.
        now: The current time; aware.

    Raises:
        CredentialsError: ``public_key`` is not a public key.
        RefusedError: SendGrid did not sign the request, or more than five minutes ago.
        ProviderError: The body is not a list of events, or is nested absurdly deep.
    """
    key = _load_key(public_key, key_name)
    _verify(body, signature, timestamp, key, now)
    try:
        events = json.loads(body)
        return tuple(_suppressions(events))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ProviderError("the body of the webhook request is not a list of events") from None


def _load_key(public_key: str, name: str) -> EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415 - heavy

    try:
        key = load_der_public_key(base64.b64decode("".join(public_key.split()), validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CredentialsError(
            f"{name} is not a valid public key", hint="Copy the verification key from the webhook's settings."
        )
    return key


def _verify(body: bytes, signature: str, timestamp: str, key: EllipticCurvePublicKey, now: datetime) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - heavy

    try:
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ec.ECDSA(SHA256()))
        age = now - datetime.fromtimestamp(int(timestamp), UTC)
    except (InvalidSignature, ValueError, OverflowError, OSError):
        raise RefusedError("SendGrid did not sign this request, or it was changed on the way") from None
    if abs(age) > _TOLERANCE:
        raise RefusedError("the request was signed more than five minutes ago and may be a replay")


def _suppressions(events: list[dict[str, Any]]) -> Iterator[Suppression]:
    for event in events:
        kind = str(event.get("event", ""))
        reason = _REASONS.get(kind)
        if kind == "bounce" and event.get("type") != "blocked" and is_hard(event):
            reason = SuppressionReason.HARD_BOUNCE
        if reason is None:
            continue
        try:
            email = normalise_address(str(event.get("email", "")))
        except ValueError:
            continue
        yield Suppression(
            email=email, reason=reason, at=event_time(event.get("timestamp")), source=f"sendgrid event {kind}"
        )
