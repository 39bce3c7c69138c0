"""Who has left according to an export, in less memory than a dictionary of people takes."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

__all__ = ["LeftPeople", "LeftPerson"]

#: Times are kept in seconds since then, counted from 1; the calendar has none before.
_FIRST = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class LeftPerson(NamedTuple):
    """A person in an export who has left, with the reason, and the time if the export has it."""

    email: str
    reason: str
    left_at: datetime | None


class LeftPeople(Collection[str]):
    """People who left, by casefolded address, in the order in which they were added first."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}  # of their reasons; small numbers take no memory of their own
        self._times = array("q")  # in the order of the dictionary
        self._corrected: dict[str, int] = {}  # times of people who were added again
        self._spelled: dict[str, str] = {}
        self._reasons: list[str] = []

    def add(self, email: str, reason: str, left_at: datetime | None) -> None:
        """Add a person, or replace them."""
        folded = email.casefold()
        key = email if email == folded else folded
        if reason not in self._reasons:
            self._reasons.append(reason)
        seconds = 0 if left_at is None else (left_at - _FIRST) // _SECOND + 1
        if key in self._numbers:
            self._corrected[key] = seconds
        else:
            self._times.append(seconds)
        self._numbers[key] = self._reasons.index(reason)
        if email == folded:
            self._spelled.pop(key, None)
        else:
            self._spelled[key] = email

    def reason(self, folded: str) -> str:
        """Why somebody left; empty if they did not."""
        number = self._numbers.get(folded)
        return "" if number is None else self._reasons[number]

    def count(self) -> Counter[str]:
        """How many left, by reason."""
        counts = Counter(self._numbers.values())
        return Counter({self._reasons[number]: count for number, count in counts.items()})

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, folded: object) -> bool:
        return folded in self._numbers

    def people(self) -> Iterator[LeftPerson]:
        """Everybody who left."""
        for (folded, number), first_seconds in zip(self._numbers.items(), self._times, strict=True):
            seconds = self._corrected.get(folded, first_seconds)
            left_at = _FIRST + (seconds - 1) * _SECOND if seconds else None
            yield LeftPerson(self._spelled.get(folded, folded), self._reasons[number], left_at)
