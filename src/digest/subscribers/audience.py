"""An audience: the subscribers who are mailed, each once, and how many are left out, by reason."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from digest.models import Audience
from digest.subscribers.packed_subscribers import PackedSubscribers
from digest.subscribers.where import compile_where

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from digest.config import AudienceConfig
    from digest.models import Suppression
    from digest.subscribers.lists import ListReading

__all__ = ["select_audience"]


def select_audience(
    name: str,
    config: AudienceConfig,
    lists: Sequence[ListReading],
    *,
    suppressions: Collection[Suppression],
) -> Audience:
    """Select an audience from lists. Pure.

    Someone who is in several rows is mailed once, with the fields of the first row. Someone who has left any of the
    lists is not mailed.

    Raises:
        ConfigError: ``audiences.NAME.where`` is not an expression over the columns of the lists.
    """
    selects = compile_where(config.where, audience=name, columns=_columns(lists))
    suppressed = {each.email.casefold(): each.reason for each in suppressions if each.audience in {"", name}}
    gone = frozenset[str]().union(*(reading.unsubscribed for reading in lists))
    left_out: Counter[str] = Counter()
    for reading in lists:
        left_out.update(reading.left_out)
    people, repeats = PackedSubscribers.joined([reading.subscribers for reading in lists]).without_repeats()
    left_out["twice in the lists"] += repeats

    def reason(address: str) -> str:
        if address in suppressed:
            return f"suppressed: {suppressed[address]}"
        return "unsubscribed" if address in gone else ""

    if suppressed or gone:
        reasons = [reason(address) for address in people.folded()]
        left_out.update(filter(None, reasons))
        people = people.chosen(not each for each in reasons)
    if config.where.strip():
        wanted = [selects(person) for person in people]
        left_out["not selected"] += wanted.count(False)
        people = people.chosen(wanted)
    return Audience(
        name=name,
        where=config.where,
        subscribers=people,
        left_out={reason: count for reason, count in sorted(left_out.items()) if count},
        problems=tuple(problem for reading in lists for problem in reading.problems),
    )


def _columns(lists: Sequence[ListReading]) -> list[str]:
    return list(dict.fromkeys(column for reading in lists for column in reading.columns))
