"""SendGrid's Event Webhook: what readers did, believed only when SendGrid signed it.

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

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_events"]

#: How old a request may be: SendGrid signs when it sends, and a copy of one is not believed later.
_TOLERANCE = timedelta(minutes=5)
_REASONS = {
    "unsubscribe": SuppressionReason.UNSUBSCRIBED,
    "group_unsubscribe": SuppressionReason.UNSUBSCRIBED,
    "spamreport": SuppressionReason.COMPLAINT,
}


def read_events(
    body: bytes, *, signature: str, timestamp: str, public_key: str, now: datetime
) -> tuple[Suppression, ...]:
    """Whom a request of the Event Webhook says not to mail any more.

    Args:
        body: As it came, byte for byte: the signature is over ``timestamp`` and it (ECDSA, P-256, SHA-256).
        signature: X-Twilio-Email-Event-Webhook-Signature.
        timestamp: X-Twilio-Email-Event-Webhook-Timestamp, in seconds.
        public_key: The verification key of the webhook's settings: base64 of its DER form.
        now: Aware.

    Raises:
        CredentialsError: ``public_key`` is none.
        RefusedError: SendGrid has not signed it, or more than five minutes ago.
        ProviderError: It is no list of events.
    """
    _verify(body, signature, timestamp, public_key, now)
    try:
        events = json.loads(body)
        return tuple(_suppressions(events))
    except (ValueError, TypeError, AttributeError):
        raise ProviderError("the request of SendGrid's webhook is no list of events") from None


def _verify(body: bytes, signature: str, timestamp: str, public_key: str, now: datetime) -> None:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - heavy
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        key = load_der_public_key(base64.b64decode("".join(public_key.split()), validate=True))
    except (ValueError, binascii.Error):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CredentialsError(
            "the key of SendGrid's webhook is none", hint="Copy the verification key from its settings."
        )
    try:
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ec.ECDSA(SHA256()))
        age = now - datetime.fromtimestamp(int(timestamp), UTC)
    except (InvalidSignature, ValueError, OverflowError, OSError):
        raise RefusedError("the request was not signed by SendGrid, or changed on the way") from None
    if abs(age) > _TOLERANCE:
        raise RefusedError("the request was signed more than five minutes ago, and may be a copy")


def _suppressions(events: list[dict[str, Any]]) -> Iterator[Suppression]:
    for event in events:
        kind = str(event.get("event", ""))
        reason = _REASONS.get(kind)
        if kind == "bounce" and event.get("type") != "blocked" and str(event.get("status", "")).startswith("5.1."):
            reason = SuppressionReason.HARD_BOUNCE
        if reason is None:
            continue
        try:
            email = normalise_address(str(event.get("email", "")))
        except ValueError:
            continue
        at = event.get("timestamp")
        moment = datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None
        yield Suppression(email=email, reason=reason, at=moment, source=f"sendgrid event {kind}")
