"""Who is mailed: today's audience by keyed hash, without suppressed addresses, cut into batches. Pure.

Batches are cut once, when a campaign starts. A resumed campaign only removes recipients from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, compress
from typing import TYPE_CHECKING

from digest.delivery.stores.ledger_schema import HASH_BYTES
from digest.models import Subscriber
from digest.subscribers import PackedSubscribers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from digest.models import Audience

__all__ = [
    "AudienceIndex",
    "BatchPlan",
    "PlannedBatch",
    "count_gone",
    "count_mailed",
    "plan_batch",
    "plan_campaign",
    "remove_mailed",
    "remove_suppressed",
    "split_keys",
]


#: How many hashes are split at a time: as objects, all of them would take three times the memory.
_SPLIT_AT_ONCE = 10_000
#: How many batches are read from the ledger at a time.
_READ_AT_ONCE = 64
#: Begins the reason of subscribers who are left out because a campaign to another audience may have mailed them.
_MAILED = "mailed this issue as audience"
#: The reason of recipients who have left the lists since the campaign started.
_LEFT = "no longer in the audience"


class AudienceIndex(Mapping[bytes, Subscriber]):
    """An audience in its order, each subscriber once, by keyed hash.

    The hashes are kept as one string beside the packed subscribers, 16 bytes each: an audience of ten million fits in
    memory.

    Args:
        people: The subscribers; of duplicates, the first is kept.
        keys_of: Returns the keyed hashes of casefolded addresses, joined.

    Attributes:
        mailed: Who has the issue from another campaign, or may have it, with the name of that campaign's audience. The
            sender adds them as it learns of them; ``in`` is then false for them.
    """

    def __init__(self, people: Sequence[Subscriber], keys_of: Callable[[Iterable[str]], bytes]) -> None:
        self.people = PackedSubscribers.of(people)
        self.mailed: dict[bytes, str] = {}
        self._keys = keys_of(self.people.folded())

    def __len__(self) -> int:
        return len(self.people)

    def __iter__(self) -> Iterator[bytes]:
        return chain.from_iterable(map(split_keys, self.cut(_SPLIT_AT_ONCE)))

    def __getitem__(self, key: bytes) -> Subscriber:
        return self.people[self._positions[key]]

    def __contains__(self, key: object) -> bool:
        return key in self._positions and key not in self.mailed

    def cut(self, size: int) -> Iterator[bytes]:
        """Yield the joined hashes of each run of ``size`` subscribers."""
        step = size * HASH_BYTES
        return (self._keys[start : start + step] for start in range(0, len(self._keys), step))

    def slice_matching(self, keys: bytes, *, start: int) -> PackedSubscribers | None:
        """Return the subscribers with these joined hashes if the index contains them in this order from ``start`` on.

        This is the case for a batch that was cut from this very audience, and saves one look-up per subscriber.
        """
        first = start * HASH_BYTES
        if self._keys[first : first + len(keys)] != keys:
            return None
        if self.mailed and not self.mailed.keys().isdisjoint(split_keys(keys)):
            return None
        return self.people[start : start + len(keys) // HASH_BYTES]

    def filter(self, wanted: Callable[[bytes], bool]) -> AudienceIndex:
        """Return an index of the subscribers whose hash ``wanted`` accepts."""
        mask = [wanted(key) for key in self]
        if all(mask):
            return self
        keys = b"".join(compress(self, mask))
        rest = AudienceIndex(self.people.chosen(mask), lambda _addresses: keys)
        rest.mailed = dict(self.mailed)
        return rest

    @cached_property
    def _positions(self) -> dict[bytes, int]:
        return {key: position for position, key in enumerate(self)}


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedBatch:
    """The recipients of one provider call, as keyed hashes, in the order in which they are mailed.

    Attributes:
        no: The batch's number, counted from 1 in the campaign.
        keys: The hashes, joined.
    """

    no: int
    keys: bytes

    @property
    def recipients(self) -> list[bytes]:
        """The hashes, split."""
        return split_keys(self.keys)


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchPlan:
    """What is left to do for a frozen batch.

    Attributes:
        no: The batch's number.
        keys: The hashes of the recipients to mail now.
        people: The same recipients, in the same order.
        gone: Recipients who are not mailed although they were in the audience when it was frozen, each with the reason.
    """

    no: int
    keys: Sequence[bytes]
    people: Sequence[Subscriber]
    gone: Mapping[bytes, str] = field(default_factory=dict)

    @property
    def left(self) -> frozenset[bytes]:
        """Those of ``gone`` who are no longer in the lists."""
        return frozenset(key for key, reason in self.gone.items() if reason == _LEFT)


def plan_campaign(people: AudienceIndex, *, size: int) -> Iterator[PlannedBatch]:
    """Cut an audience, in its order, into batches of at most ``size`` recipients."""
    return (PlannedBatch(no=number, keys=keys) for number, keys in enumerate(people.cut(size), start=1))


def plan_batch(batch: PlannedBatch, *, people: AudienceIndex, settled: Collection[bytes], size: int) -> BatchPlan:
    """Decide what a frozen batch still needs, given today's audience.

    Batches are never cut again. Recipients who have left are removed; subscribers who joined since then are in no batch
    and wait for the next issue.

    Args:
        batch: The batch as frozen.
        people: Today's audience.
        settled: Recipients who already have an outcome of their own.
        size: The size of the batches when they were cut, which gives a batch's position in an unchanged audience.
    """
    keys = batch.recipients
    if not settled and (subscribers := people.slice_matching(batch.keys, start=(batch.no - 1) * size)) is not None:
        return BatchPlan(no=batch.no, keys=keys, people=subscribers)
    unsettled = [key for key in keys if key not in settled]
    remaining = [key for key in unsettled if key in people]
    return BatchPlan(
        no=batch.no,
        keys=remaining,
        people=PackedSubscribers.of([people[key] for key in remaining]),
        gone={
            key: f"{_MAILED} “{people.mailed[key]}”" if key in people.mailed else _LEFT
            for key in unsettled
            if key not in people
        },
    )


def count_gone(
    pending: Callable[..., Sequence[tuple[PlannedBatch, Collection[bytes]]]], *, people: AudienceIndex, size: int
) -> int:
    """Count the pending recipients of a campaign who are no longer in the lists.

    Args:
        pending: Reads batches ``after`` a number, up to a ``limit``, as `BatchLedger.pending` does.
        people: Today's audience.
        size: The size of the batches when they were cut.
    """
    gone, number = 0, 0
    while batches := pending(after=number, limit=_READ_AT_ONCE):
        for batch, settled in batches:
            gone += len(plan_batch(batch, people=people, settled=settled, size=size).left)
        number = batches[-1][0].no
    return gone


def count_mailed(audience: Audience) -> int:
    """Count the subscribers that `remove_mailed` has removed from an audience."""
    return sum(count for reason, count in audience.left_out.items() if reason.startswith(_MAILED))


def remove_suppressed(
    audience: Audience, index: AudienceIndex, suppressions: Mapping[bytes, str]
) -> tuple[Audience, AudienceIndex]:
    """Remove the suppressed subscribers from an audience and from its index.

    Args:
        audience: As selected from the lists.
        index: The index of the same audience.
        suppressions: The reason of each suppression, by keyed hash.

    Returns: The audience, with the removed subscribers counted in ``left_out``, and its index.
    """
    return _remove(audience, index, suppressions, "suppressed: {}")


def remove_mailed(
    audience: Audience, index: AudienceIndex, mailed: Mapping[bytes, str]
) -> tuple[Audience, AudienceIndex]:
    """Remove subscribers who have the issue from another campaign, or may have it, from an audience and its index.

    Args:
        audience: As selected from the lists.
        index: The index of the same audience.
        mailed: The name of that campaign's audience, by keyed hash.

    Returns: As `remove_suppressed`.
    """
    return _remove(audience, index, mailed, f"{_MAILED} “{{}}”")


def _remove(
    audience: Audience, index: AudienceIndex, causes: Mapping[bytes, str], reason: str
) -> tuple[Audience, AudienceIndex]:
    """Remove those who have a cause. ``reason`` is a format string, for a cause."""
    counts = Counter(causes[key] for key in index if key in causes) if causes else Counter[str]()
    if counts:
        index = index.filter(lambda key: key not in causes)
    reasons = Counter({reason.format(cause): count for cause, count in counts.items()})
    left_out = dict(Counter(audience.left_out) + reasons) if counts else audience.left_out
    return replace(audience, subscribers=index.people, left_out=left_out), index


def split_keys(joined: bytes) -> list[bytes]:
    """Split joined hashes."""
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]
