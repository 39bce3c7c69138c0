"""Who is in which batch: decided once, and on resume only ever reduced. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.delivery.roster import cut_keys
from digest.subscribers import PackedSubscribers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from digest.delivery.roster import Roster
    from digest.models import Subscriber

__all__ = ["BatchPlan", "PlannedBatch", "plan_batch", "plan_campaign"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedBatch:
    """The recipients of one provider call, as keyed hashes, in the order in which they are mailed.

    Attributes:
        no: Counted from 1 in the campaign.
        keys: The hashes, joined.
    """

    no: int
    keys: bytes

    @property
    def recipients(self) -> list[bytes]:
        """The hashes one by one."""
        return cut_keys(self.keys)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchPlan:
    """What is left to do of a frozen batch.

    Attributes:
        keys: The hashes of those to mail now.
        people: The same people, in the same order.
        gone: Recipients who were in the audience when it was frozen and are no more.
    """

    no: int
    keys: Sequence[bytes]
    people: Sequence[Subscriber]
    gone: Sequence[bytes] = ()


def plan_campaign(people: Roster, *, size: int) -> Iterator[PlannedBatch]:
    """Freeze an audience: cut it, in its order, into batches of at most ``size``."""
    return (PlannedBatch(no=number, keys=keys) for number, keys in enumerate(people.cut(size), start=1))


def plan_batch(batch: PlannedBatch, *, people: Roster, settled: Collection[bytes], size: int) -> BatchPlan:
    """What a frozen batch still needs, now that the audience is ``people``.

    Batches are never cut anew; who has left is taken out, and who has come since is in none of them and waits.

    Args:
        settled: Recipients who have an outcome of their own already.
        size: Of the batches when they were cut, by which a batch is found in an audience that has not changed.
    """
    keys = batch.recipients
    if not settled and (found := people.run(batch.keys, near=(batch.no - 1) * size)) is not None:
        return BatchPlan(no=batch.no, keys=keys, people=found)
    open_ = [key for key in keys if key not in settled]
    here = [key for key in open_ if key in people]
    return BatchPlan(
        no=batch.no,
        keys=here,
        people=PackedSubscribers.of([people[key] for key in here]),
        gone=[key for key in open_ if key not in people],
    )
