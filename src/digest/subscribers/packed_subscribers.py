"""Many subscribers in little memory: a million take about 110 MB, a quarter of what as many objects would.

Each subscriber is one string. Its parts are separated by U+0000, which no value contains::

    ana@example.com ␀ 1000000000017 ␀ Ana@example.com ␀ Ana ␀ city ␀ plan …
    casefolded address  list, row      as given, if it     name  fields
                                       differs

Sorting the strings therefore sorts by address, and then by the order of the lists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, pairwise, repeat, starmap
from operator import eq, itemgetter
from typing import Self, overload

from digest.models import Subscriber

__all__ = ["PackedSubscribers", "pack", "pack_columns"]

_APART = "\0"
#: The number of the first row of the first list. Its four digits before the row's nine count the lists.
_FIRST = 10**12
_LIST_DIGITS, _FIRST_LIST = 4, 1000


def pack(email: str, name: str, fields: Collection[str], *, row: int) -> str:
    """The record of a subscriber of the first list. ``email`` is normalised; no value contains U+0000."""
    folded = email.casefold()
    given = "" if folded == email else email
    return _APART.join((f"{folded}\0{_FIRST + row}\0{given}\0{name}", *fields))


def pack_columns(emails: Sequence[str], values: Sequence[Sequence[str]], *, first: int) -> Iterator[str]:
    """As `pack`, for many rows.

    Args:
        emails: The casefolded address of each row.
        values: The columns behind it: the names, then each field.
        first: The number of the first row.
    """
    numbers = map(str, range(_FIRST + first, _FIRST + first + len(emails)))
    no_other = [""] * len(emails)  # no address as given
    return map(_APART.join, zip(emails, numbers, no_other, *values, strict=True))


class PackedSubscribers(Sequence[Subscriber]):
    """A sequence of subscribers that are unpacked on access.

    Attributes:
        records: Strings that `pack` made.
        columns: The names of the fields, for each list.
    """

    __slots__ = ("columns", "records")

    def __init__(self, records: list[str], columns: Sequence[Sequence[str]]) -> None:
        self.records = records
        self.columns = columns

    @classmethod
    def of(cls, subscribers: Sequence[Subscriber]) -> Self | PackedSubscribers:
        """The same subscribers, packed, in the same order. If two have the same address, the first is kept."""
        if isinstance(subscribers, PackedSubscribers):
            return subscribers
        seen: dict[str, Subscriber] = {}
        for person in subscribers:
            seen.setdefault(person.email.casefold(), person)
        shapes: dict[tuple[str, ...], int] = {}
        records = []
        for row, person in enumerate(seen.values()):
            shape = shapes.setdefault(tuple(person.fields), len(shapes))
            records.append(_of_list(pack(person.email, person.name, person.fields.values(), row=row), shape))
        return cls(records, tuple(shapes))

    @classmethod
    def joined(cls, lists: Sequence[Sequence[Subscriber]]) -> Self:
        """The subscribers of several lists, sorted by casefolded address and then by the order of the lists."""
        records: list[str] = []
        columns: list[Sequence[str]] = []
        for each in lists:
            packed = cls.of(each)
            first = len(columns)
            if first:
                records.extend(_of_list(record, first + _list_of(record)) for record in packed.records)
            else:
                records.extend(packed.records)
            columns.extend(packed.columns)
        records.sort()
        return cls(records, columns)

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> Subscriber: ...
    @overload
    def __getitem__(self, index: slice) -> PackedSubscribers: ...
    def __getitem__(self, index: int | slice) -> Subscriber | PackedSubscribers:
        if isinstance(index, slice):
            return PackedSubscribers(self.records[index], self.columns)
        return self._unpacked(self.records[index])

    def __iter__(self) -> Iterator[Subscriber]:
        return map(self._unpacked, self.records)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_equal, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self):,} people>"  # never an address

    def folded(self) -> Iterator[str]:
        """The casefolded address of each subscriber."""
        return map(itemgetter(0), map(str.partition, self.records, repeat(_APART)))

    def mailboxes(self) -> tuple[Sequence[str], Sequence[str]]:
        """The addresses and the names of the subscribers."""
        width = 4 + len(self.columns[0]) if self.columns else 4
        if all(len(names) == width - 4 for names in self.columns):
            cells = _APART.join(self.records).split(_APART) if self.records else []  # half the time of a split for each
            folded, given, names = cells[::width], cells[2::width], cells[3::width]
        else:
            rows = [record.split(_APART, 4) for record in self.records]
            folded, given, names = ([row[at] for row in rows] for at in (0, 2, 3))
        return [own or address for own, address in zip(given, folded, strict=True)] if any(given) else folded, names

    def chosen(self, keep: Iterable[bool]) -> PackedSubscribers:
        """The subscribers for whom ``keep`` is true."""
        return PackedSubscribers(
            [record for record, kept in zip(self.records, keep, strict=True) if kept], self.columns
        )

    def without_repeats(self) -> tuple[PackedSubscribers, int]:
        """These subscribers, which must be sorted, each once as in the first list; and how many were repeats."""
        has_repeats = any(starmap(eq, pairwise(self.folded())))
        records = [next(same) for _, same in groupby(self.records, key=_folded)] if has_repeats else self.records
        return PackedSubscribers(records, self.columns), len(self.records) - len(records)

    def _unpacked(self, record: str) -> Subscriber:
        folded, order, given, name, *fields = record.split(_APART)
        columns = self.columns[int(order[:_LIST_DIGITS]) - _FIRST_LIST]
        return Subscriber(email=given or folded, name=name, fields=dict(zip(columns, fields, strict=True)))


def _folded(record: str) -> str:
    return record[: record.index(_APART)]


def _list_of(record: str) -> int:
    start = record.index(_APART) + 1
    return int(record[start : start + _LIST_DIGITS]) - _FIRST_LIST


def _of_list(record: str, number: int) -> str:
    start = record.index(_APART) + 1
    return f"{record[:start]}{_FIRST_LIST + number}{record[start + _LIST_DIGITS :]}"


def _equal(first: object, second: object) -> bool:
    return first == second
