"""What the ledger said at one moment, for every decision that one command bases on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from hashlib import blake2b

    from digest.delivery.report import Campaign

__all__ = ["LedgerSnapshot", "hash_recipients"]


@dataclass(frozen=True, kw_only=True)
class LedgerSnapshot:
    """A read-only copy of the ledger, with the reading methods of `Ledger`. It needs no open connection.

    Attributes:
        key: The ledger's own key, 32 bytes.
        all_campaigns: All campaigns, oldest first.
        suppressions: The reason for each suppressed recipient, by keyed hash.
        facts: What `Ledger.remember` wrote, by name.
        hasher: A BLAKE2b state keyed with ``key``, from which recipients are hashed.
    """

    key: bytes = field(repr=False)
    all_campaigns: tuple[Campaign, ...]
    suppressions: Mapping[bytes, str] = field(repr=False)
    facts: Mapping[str, str]
    hasher: blake2b = field(repr=False)

    def campaigns(self) -> tuple[Campaign, ...]:
        """All campaigns, oldest first."""
        return self.all_campaigns

    def campaign(self, issue: str, audience: str) -> Campaign | None:
        """The campaign of an issue to an audience; None when there is none."""
        return next((each for each in self.all_campaigns if (each.issue, each.audience) == (issue, audience)), None)

    def suppressed(self) -> Mapping[bytes, str]:
        """The reason for each suppressed recipient, by keyed hash."""
        return self.suppressions

    def recall(self, name: str) -> str | None:
        """The fact of that name; None when it was never written."""
        return self.facts.get(name)

    def keys_of(self, folded: Iterable[str]) -> bytes:
        """The keyed hashes of casefolded addresses, joined."""
        return hash_recipients(self.hasher, folded)


def hash_recipients(hasher: blake2b, folded: Iterable[str]) -> bytes:
    """The hashes of casefolded addresses by a keyed ``hasher``, joined. ``hasher`` itself is not changed."""
    copy, keys = hasher.copy, BytesIO()
    for address in folded:
        address_hasher = copy()
        address_hasher.update(address.encode())
        keys.write(address_hasher.digest())
    return keys.getvalue()
