"""The people of today by their keyed hash: one string of hashes beside the packed people, 16 bytes each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from digest.delivery.stores.schema import HASH_BYTES
from digest.models import Subscriber
from digest.subscribers import PackedSubscribers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["Roster"]


class Roster(Mapping[bytes, Subscriber]):
    """An audience in its order, each person once.

    Args:
        keys_of: The keyed hashes of casefolded addresses, joined.
    """

    def __init__(self, people: Sequence[Subscriber], keys_of: Callable[[Iterable[str]], bytes]) -> None:
        self.people = PackedSubscribers.of(people)
        self._keys = keys_of(self.people.folded())

    def __len__(self) -> int:
        return len(self.people)

    def __iter__(self) -> Iterator[bytes]:
        return iter(cut_keys(self._keys))

    def __getitem__(self, key: bytes) -> Subscriber:
        return self.people[self._positions[key]]

    def __contains__(self, key: object) -> bool:
        return key in self._positions

    def cut(self, size: int) -> Iterator[bytes]:
        """The hashes of ``size`` people after the other, joined."""
        step = size * HASH_BYTES
        return (self._keys[start : start + step] for start in range(0, len(self._keys), step))

    def run(self, keys: bytes, *, near: int) -> PackedSubscribers | None:
        """The people of joined hashes, if they stand in the roster from position ``near`` on just like this.

        So they do in a batch that was cut from this very audience, and nobody need be looked up.
        """
        start = near * HASH_BYTES
        if self._keys[start : start + len(keys)] != keys:
            return None
        return self.people[near : near + len(keys) // HASH_BYTES]

    def only(self, wanted: Callable[[bytes], bool]) -> Roster:
        """The roster without those whom ``wanted`` refuses."""
        keys = cut_keys(self._keys)
        keep = [wanted(key) for key in keys]
        if all(keep):
            return self
        rest = Roster.__new__(Roster)
        rest.people = self.people.chosen(keep)
        rest._keys = b"".join(key for key, kept in zip(keys, keep, strict=True) if kept)  # noqa: SLF001 - it is ours
        return rest

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        return {key: position for position, key in enumerate(cut_keys(self._keys))}


def cut_keys(joined: bytes) -> list[bytes]:
    """Joined hashes, one by one."""
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]
