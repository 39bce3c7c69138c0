"""Who is in which batch: decided once, and on resume only ever reduced. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from digest.models import Audience, Subscriber

__all__ = ["BatchPlan", "PlannedBatch", "plan_campaign", "plan_resume"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedBatch:
    """The recipients of one provider call, as keyed hashes, in the order in which they are mailed.

    Attributes:
        no: Counted from 1 in the campaign.
    """

    no: int
    recipients: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchPlan:
    """What is left to do of a frozen batch.

    Attributes:
        people: Whom to mail now, by their hash.
        gone: Recipients who were in the audience when it was frozen and are no more.
    """

    no: int
    people: tuple[tuple[bytes, Subscriber], ...]
    gone: tuple[bytes, ...]


def plan_campaign(
    audience: Audience, *, key_of: Callable[[str], bytes], size: int
) -> tuple[tuple[PlannedBatch, ...], dict[bytes, Subscriber]]:
    """Freeze an audience: cut it, in its order, into batches of at most ``size``.

    Args:
        key_of: The keyed hash of an address; the same for every spelling of one person.

    Returns: The batches, and the people by their hash. A person who stands twice in the audience is taken once.
    """
    people: dict[bytes, Subscriber] = {}
    for person in audience.subscribers:
        people.setdefault(key_of(person.email), person)
    keys = tuple(people)
    batches = tuple(
        PlannedBatch(no=number, recipients=keys[start : start + size])
        for number, start in enumerate(range(0, len(keys), size), start=1)
    )
    return batches, people


def plan_resume(
    batches: Iterable[PlannedBatch], *, people: Mapping[bytes, Subscriber], settled: Collection[bytes]
) -> tuple[BatchPlan, ...]:
    """What frozen batches still need, now that the audience is ``people``.

    Batches are never cut anew; who has left is taken out, and who has come since is in none of them and waits.

    Args:
        settled: Recipients who have an outcome of their own already.
    """
    return tuple(
        BatchPlan(
            no=batch.no,
            people=tuple((key, people[key]) for key in batch.recipients if key in people and key not in settled),
            gone=tuple(key for key in batch.recipients if key not in people and key not in settled),
        )
        for batch in batches
    )
