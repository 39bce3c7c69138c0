"""What is written down of a self-test of two-phase sending: that an account has passed it, and with which key."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

__all__ = ["TWO_PHASE", "TwoPhaseProof", "hash_code", "key_fingerprint", "two_phase_passed"]

#: Under this name the ledger remembers it.
TWO_PHASE = "two_phase"


class TwoPhaseProof(BaseModel):
    """One self-test. It holds no address, no key and no code, only what they can be compared with.

    Attributes:
        state: ``begun`` until somebody says what has come; ``failed`` is for good, until another test is begun.
        at: When that state was reached.
        due: When the mail that is released is to be delivered.
        host: The provider's.
        fingerprint: Of the API key, by `key_fingerprint`.
        cancelled: The keyed hash of the code in the mail that was cancelled.
        released: That of the code in the mail that was released.
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
        """What was written down; None where there is nothing that this version can read."""
        try:
            return cls.model_validate_json(recorded or "")
        except ValidationError:
            return None

    def which(self, code: str, *, ledger_key: bytes) -> Literal["cancelled", "released", ""]:
        """Which of the two mails has this code; "" for neither."""
        made = hash_code(code, ledger_key=ledger_key)
        if hmac.compare_digest(made, self.cancelled):
            return "cancelled"
        return "released" if hmac.compare_digest(made, self.released) else ""

    def is_of(self, *, host: str, fingerprint: str) -> bool:
        """Whether it was made with this key at this host."""
        return self.host == host and hmac.compare_digest(self.fingerprint, fingerprint)


def two_phase_passed(recorded: str | None, *, host: str, fingerprint: str) -> bool:
    """Whether what the ledger remembers as `TWO_PHASE` is a pass of this very account.

    Args:
        host: As it is configured, in ``providers.sendgrid.host``.
        fingerprint: `key_fingerprint` of the API key that is used now.
    """
    proof = TwoPhaseProof.read(recorded)
    return proof is not None and proof.state == "passed" and proof.is_of(host=host, fingerprint=fingerprint)


def key_fingerprint(api_key: str, *, ledger_key: bytes) -> str:
    """What an API key can be recognised by, and not be guessed from, without the ledger's key."""
    return blake2b(api_key.strip().encode(), digest_size=16, key=ledger_key, person=b"digest-api-key").hexdigest()


def hash_code(code: str, *, ledger_key: bytes) -> str:
    """The keyed hash of a code, however a person types it."""
    typed = "".join(code.split()).upper()
    return blake2b(typed.encode(), digest_size=16, key=ledger_key, person=b"digest-code").hexdigest()
