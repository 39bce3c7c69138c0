"""Who carries the mail: one contract, one file per provider, found by entry point."""

from digest.providers.base import (
    CallRefused,
    Capabilities,
    Content,
    Deferred,
    Diagnosis,
    LinkedRecipients,
    NoSlot,
    NotSent,
    Outcome,
    Provider,
    Recipient,
    SendResult,
    Verdict,
    nothing,
)
from digest.providers.holds import CancelRefusedError, MailHolds
from digest.providers.registry import open_provider
from digest.providers.sendgrid_events import read_events
from digest.providers.two_phase_proof import TWO_PHASE, TwoPhaseProof, hash_code, key_fingerprint, two_phase_passed

__all__ = [
    "TWO_PHASE",
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
    "TwoPhaseProof",
    "Verdict",
    "hash_code",
    "key_fingerprint",
    "nothing",
    "open_provider",
    "read_events",
    "two_phase_passed",
]
