"""Numbers in sets that are joined step by step (Galler and Fischer, 1964). Pure."""

from __future__ import annotations

__all__ = ["Partition"]


class Partition:
    """Disjoint sets of the numbers from 0 to below ``size``, each known by its lowest."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, item: int) -> int:
        """The lowest number of the set that holds ``item``."""
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        """Make one set of the two that hold these numbers."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low

    def members(self) -> list[list[int]]:
        """All sets, each in ascending order, in the order of their lowest numbers."""
        found: dict[int, list[int]] = {}
        for item in range(len(self._parent)):
            found.setdefault(self.find(item), []).append(item)
        return list(found.values())
