"""An audience: who of the lists is mailed, each person once, and how many are not, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from digest.models import Audience
from digest.subscribers.where import compile_where

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from digest.config import AudienceConfig
    from digest.models import Subscriber, Suppression
    from digest.subscribers.lists import ListReading

__all__ = ["select_audience"]


def select_audience(
    name: str,
    config: AudienceConfig,
    lists: Sequence[ListReading],
    *,
    suppressions: Collection[Suppression],
) -> Audience:
    """Select from lists; pure.

    A person who is in several rows is mailed once, as the first one says; one who left any of the lists is not.

    Raises:
        ConfigError: ``audiences.NAME.where`` is no expression over the lists' columns.
    """
    selects = compile_where(config.where, audience=name, columns=_columns(lists))
    suppressed = {suppression.email.casefold(): suppression.reason for suppression in suppressions}
    gone = frozenset[str]().union(*(reading.unsubscribed for reading in lists))
    left_out: Counter[str] = Counter()
    for reading in lists:
        left_out.update(reading.left_out)
    people: dict[str, Subscriber] = {}
    seen: set[str] = set()
    for reading in lists:
        for person in reading.subscribers:
            key = person.email.casefold()
            if key in seen:
                left_out["twice in the lists"] += 1
                continue
            seen.add(key)
            if key in suppressed:
                left_out[f"suppressed: {suppressed[key]}"] += 1
            elif key in gone:
                left_out["unsubscribed"] += 1
            elif not selects(person):
                left_out["not selected"] += 1
            else:
                people[key] = person
    return Audience(
        name=name,
        where=config.where,
        subscribers=tuple(people[key] for key in sorted(people)),
        left_out=dict(sorted(left_out.items())),
        problems=tuple(problem for reading in lists for problem in reading.problems),
    )


def _columns(lists: Sequence[ListReading]) -> set[str]:
    return {column for reading in lists for column in reading.columns}
