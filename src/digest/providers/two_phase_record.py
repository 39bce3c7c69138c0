"""The record of a self-test of two-phase sending: whether an account has passed it, and with which key."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

__all__ = ["TWO_PHASE", "TwoPhaseRecord", "hash_code", "key_fingerprint", "two_phase_passed"]

#: The name under which the ledger remembers it.
TWO_PHASE = "two_phase"


class TwoPhaseRecord(BaseModel):
    """One self-test. It holds no address, no key and no code, only hashes to compare them with.

    Attributes:
        state: ``begun`` until the user enters a code; ``failed`` is final for this test.
        at: When that state was reached; aware.
        due: When the released mail should be delivered; aware.
        host: The address of the provider's API.
        fingerprint: The `key_fingerprint` of the API key.
        cancelled: The keyed hash of the code in the cancelled mail.
        released: The keyed hash of the code in the released mail.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: Literal["begun", "passed", "failed"]
    at: AwareDatetime
    due: AwareDatetime
    host: str
    fingerprint: str
    cancelled: str
    released: str

    @classmethod
    def read(cls, recorded: str | None) -> Self | None:
        """The record in a text from the ledger; None if there is none that this version can read."""
        try:
            return cls.model_validate_json(recorded or "")
        except ValidationError:
            return None

    def which(self, code: str, *, ledger_key: bytes) -> Literal["cancelled", "released", ""]:
        """Which of the two mails has this code; "" for neither."""
        hashed = hash_code(code, ledger_key=ledger_key)
        if hmac.compare_digest(hashed, self.cancelled):
            return "cancelled"
        return "released" if hmac.compare_digest(hashed, self.released) else ""

    def is_of(self, *, host: str, fingerprint: str) -> bool:
        """Whether the test was made with this key at this host."""
        return self.host == host and hmac.compare_digest(self.fingerprint, fingerprint)


def two_phase_passed(recorded: str | None, *, host: str, fingerprint: str) -> bool:
    """Whether an account has passed its self-test.

    Args:
        recorded: What the ledger remembers as `TWO_PHASE`.
        host: The address of the provider's API, as configured.
        fingerprint: The `key_fingerprint` of the API key that is used now.
    """
    record = TwoPhaseRecord.read(recorded)
    return record is not None and record.state == "passed" and record.is_of(host=host, fingerprint=fingerprint)


def key_fingerprint(api_key: str, *, ledger_key: bytes) -> str:
    """A keyed hash that recognises an API key, and from which it cannot be guessed without the ledger's key."""
    return blake2b(api_key.strip().encode(), digest_size=16, key=ledger_key, person=b"digest-api-key").hexdigest()


def hash_code(code: str, *, ledger_key: bytes) -> str:
    """The keyed hash of a code, ignoring case and spaces."""
    typed = "".join(code.split()).upper()
    return blake2b(typed.encode(), digest_size=16, key=ledger_key, person=b"digest-code").hexdigest()
