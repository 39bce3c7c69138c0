"""People whose data was removed: known by the keyed hash of the address alone, so that no import brings them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from digest.delivery.stores.ledger_snapshot import hash_addresses
from digest.delivery.stores.person_history import REMOVED
from digest.errors import DigestError
from digest.models import Suppression, SuppressionReason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from digest.project import Project

__all__ = ["suppressed_people", "without_removed"]


class _SuppressedPeople(Mapping[str, Suppression]):
    """Suppressions by casefolded address, with removed people among them, who can be looked up but are not listed."""

    def __init__(self, own: Mapping[str, Suppression], removed: Collection[bytes], key: bytes) -> None:
        self._own = own
        self._removed = removed
        self._key = key

    def __getitem__(self, folded: str) -> Suppression:
        if folded in self._own:
            return self._own[folded]
        if hash_addresses((folded,), key=self._key) in self._removed:
            return Suppression(email=folded, reason=SuppressionReason.MANUAL, source="digest subscribers remove")
        raise KeyError

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def suppressed_people(project: Project, own: Iterable[Suppression]) -> Mapping[str, Suppression]:
    """Suppressions by casefolded address; it also answers for removed people, whose address is not kept.

    Without a ledger that can be read these are unknown; a live send, which reads the ledger, does not mail them anyway.

    Args:
        own: The newsletter's own suppressions.
    """
    listed = {suppression.email.casefold(): suppression for suppression in own}
    try:
        ledger = project.ledger_address.find()
        if ledger is None:
            return listed
        with ledger:
            removed = {key for key, reason in ledger.suppressions().items() if reason == REMOVED}
            return _SuppressedPeople(listed, removed, ledger.key) if removed else listed
    except DigestError:
        return listed


def without_removed(project: Project, people: Iterable[Suppression]) -> list[Suppression]:
    """Suppressions without those of removed people, whose addresses must not be written down again."""
    removed = suppressed_people(project, ())
    return [suppression for suppression in people if suppression.email.casefold() not in removed]
