"""A copy of the ledger's state, so that all decisions of one command rest on the same state."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING

from digest.delivery.recipients import AudienceIndex, remove_mailed, remove_suppressed
from digest.delivery.stores.ledger_schema import HASH_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from digest.delivery.campaign import Campaign
    from digest.models import Audience

__all__ = ["LedgerSnapshot", "hash_addresses"]


#: How many addresses are encoded together.
_ENCODED_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerSnapshot:
    """A read-only copy of the ledger, with all that rails and reports need. It needs no open connection.

    Attributes:
        key: The ledger's own key, 32 bytes.
        campaigns: All campaigns of the newsletter, oldest first.
        suppressions: The reason of each suppression that a provider has reported, by keyed hash of the address.
        own_suppressions: Those among them that the newsletter itself had at an earlier send; also those for a single
            audience, which have a hash of their own (`suppression_identity`).
        facts: Facts about the newsletter that no campaign owns, by name, as `Ledger.remember` wrote them.
    """

    key: bytes = field(repr=False)
    campaigns: tuple[Campaign, ...] = ()
    suppressions: Mapping[bytes, str] = field(default_factory=dict, repr=False)
    own_suppressions: Mapping[bytes, str] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def campaign(self, issue: str, audience: str) -> Campaign | None:
        """The campaign of an issue to an audience; None if it has not started."""
        return next((each for each in self.campaigns if (each.issue, each.audience) == (issue, audience)), None)

    def other_campaigns(self, issue: str, audience: str) -> tuple[Campaign, ...]:
        """The campaigns of an issue to other audiences, oldest first."""
        return tuple(each for each in self.campaigns if each.issue == issue and each.audience != audience)

    def previous_size(self, issue: str, audience: str) -> int | None:
        """The number of recipients of the newest earlier issue to this audience; None if there is none."""
        earlier = [each for each in self.campaigns if each.audience == audience and each.issue < issue]
        if not earlier:
            return None
        return max(earlier, key=lambda each: each.issue).report.size

    def without_suppressed(self, audience: Audience) -> Audience:
        """The audience without the addresses that a provider has reported; they are counted in ``left_out``."""
        if not self.suppressions:
            return audience
        index = AudienceIndex(audience.subscribers, self.keys_of)
        return remove_suppressed(audience, index, self.suppressions)[0]

    def without_mailed(self, audience: Audience, mailed: Mapping[bytes, str]) -> Audience:
        """The audience without those who have the issue from another campaign; they are counted in ``left_out``.

        Args:
            audience: As selected from the lists.
            mailed: As `Ledger.mailed_to_others` returns it.
        """
        if not mailed:
            return audience
        return remove_mailed(audience, AudienceIndex(audience.subscribers, self.keys_of), mailed)[0]

    def recall(self, name: str) -> str | None:
        """The fact recorded under a name; None if nothing was recorded."""
        return self.facts.get(name)

    def keys_of(self, folded: Iterable[str]) -> bytes:
        """The keyed hashes of casefolded addresses, joined."""
        return hash_addresses(folded, key=self.key)


def hash_addresses(folded: Iterable[str], *, key: bytes) -> bytes:
    """The keyed hashes of casefolded addresses, joined: 16 bytes each."""
    copy = blake2b(digest_size=HASH_BYTES, key=key, person=b"digest-person").copy
    keys, addresses = BytesIO(), iter(folded)
    # Encoding many addresses as one text takes half the time. No address has a line break.
    while chunk := list(islice(addresses, _ENCODED_AT_ONCE)):
        hashes = []
        for address in "\n".join(chunk).encode().split(b"\n"):
            one = copy()
            one.update(address)
            hashes.append(one.digest())
        keys.write(b"".join(hashes))
    return keys.getvalue()
