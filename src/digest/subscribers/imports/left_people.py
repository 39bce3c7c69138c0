"""Who has left according to an export, in less memory than a dictionary of people takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

__all__ = ["LeftPeople", "LeftPerson"]

#: Times are kept in seconds since then; the calendar has none before.
_FIRST = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)
#: More than the number of reasons.
_REASONS = 64


class LeftPerson(NamedTuple):
    """A person in an export who has left, with the reason, and the time if the export has it."""

    email: str
    reason: str
    left_at: datetime | None


class LeftPeople(Mapping[str, LeftPerson]):
    """People who left, by casefolded address. Reason and time of each are one number."""

    def __init__(self) -> None:
        self._marks: dict[str, int] = {}
        self._spelled: dict[str, str] = {}
        self._reasons: list[str] = []

    def add(self, email: str, reason: str, left_at: datetime | None) -> None:
        """Add a person, or replace them."""
        folded = email.casefold()
        key = email if email == folded else folded
        if reason not in self._reasons:
            self._reasons.append(reason)
        seconds = 0 if left_at is None else (left_at - _FIRST) // _SECOND + 1
        self._marks[key] = seconds * _REASONS + self._reasons.index(reason)
        if email == folded:
            self._spelled.pop(key, None)
        else:
            self._spelled[key] = email

    def reason(self, folded: str) -> str:
        """Why somebody left; empty if they did not."""
        mark = self._marks.get(folded)
        return "" if mark is None else self._reasons[mark % _REASONS]

    def count(self) -> Counter[str]:
        """How many left, by reason."""
        counts = Counter(mark % _REASONS for mark in self._marks.values())
        return Counter({self._reasons[number]: count for number, count in counts.items()})

    def __getitem__(self, folded: str) -> LeftPerson:
        return self._person(folded, self._marks[folded])

    def __iter__(self) -> Iterator[str]:
        return iter(self._marks)

    def __len__(self) -> int:
        return len(self._marks)

    def __contains__(self, folded: object) -> bool:
        return folded in self._marks

    def people(self) -> Iterator[LeftPerson]:
        """Everybody who left."""
        for folded, mark in self._marks.items():
            yield self._person(folded, mark)

    def _person(self, folded: str, mark: int) -> LeftPerson:
        seconds, number = divmod(mark, _REASONS)
        left_at = _FIRST + (seconds - 1) * _SECOND if seconds else None
        return LeftPerson(self._spelled.get(folded, folded), self._reasons[number], left_at)
