"""Who carries the mail: one contract, one file per provider, found by entry point."""

from digest.providers.base import (
    CallRefused,
    CancelRefusedError,
    Capabilities,
    Content,
    Deferred,
    Diagnosis,
    LinkedRecipients,
    MailHolds,
    NoSlot,
    NotSent,
    Outcome,
    Provider,
    Recipient,
    SendResult,
    Verdict,
    nothing,
)
from digest.providers.registry import open_provider
from digest.providers.sendgrid_events import read_events

__all__ = [
    "CallRefused",
    "CancelRefusedError",
    "Capabilities",
    "Content",
    "Deferred",
    "Diagnosis",
    "LinkedRecipients",
    "MailHolds",
    "NoSlot",
    "NotSent",
    "Outcome",
    "Provider",
    "Recipient",
    "SendResult",
    "Verdict",
    "nothing",
    "open_provider",
    "read_events",
]
