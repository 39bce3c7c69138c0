"""Which stories matter most: a score made of named parts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.editing.language import weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.models import Article

__all__ = ["Score", "score_story"]

_DAY = 86_400


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What a story scores, and why.

    Attributes:
        total: ``weight * (1 + recency + coverage + substance)``, divided by one plus what ``variety`` adds up to.
        parts: ``weight`` is the source's, from the configuration; ``recency`` falls by half every few days;
            ``coverage`` grows with the number of sources that report it; ``substance`` is for a text to read and for
            the author's own key points.
        variety: What the story has in common with those chosen before it, such as ``same section``: 0 and more.
        note: What is odd about it and counted against it, in an editor's words; mostly empty.
    """

    total: float
    parts: Mapping[str, float] = field(hash=False)
    variety: Mapping[str, float] = field(default_factory=dict, hash=False)
    note: str = ""

    def __str__(self) -> str:
        """How the total comes about, every number named.

        Such as "1.5 x (1 + recency 0.79 + coverage 0.80 + substance 0.25) / (1 + same section 0.12) = 3.81".
        """
        added = {name: value for name, value in self.parts.items() if name != "weight"}
        divided = f" / (1{_terms(self.variety)})" if self.variety else ""
        note = f"{self.note}: " if self.note else ""
        return f"{note}{self.parts['weight']:g} x (1{_terms(added)}){divided} = {self.total:.2f}"


def _terms(numbers: Mapping[str, float]) -> str:
    return "".join(f" + {name} {value:.2f}" for name, value in numbers.items())


def score_story(story: Sequence[Article], *, config: Config, now: datetime) -> Score:
    """Score the articles of one story, the best one first. ``now`` is aware."""
    weight = weights("stories")
    sources = [config.source(article.source) for article in story]
    outlets = {article.source or article.url for article in story}
    best = story[0]
    parts = {
        "weight": max((source.weight for source in sources if source), default=1.0),
        "recency": weight["recency"] * max(_recency(article, config=config, now=now) for article in story),
        "coverage": weight["coverage"] * min(weight["most_coverage"], math.log2(len(outlets))),
        "substance": weight["substance"] * (bool(best.text.strip()) + bool(best.key_points)) / 2,
    }
    total = parts["weight"] * (1 + sum(value for name, value in parts.items() if name != "weight"))
    ahead = all(_counts_by_date(article, config) and _is_ahead(article, now) for article in story)
    return Score(total=total, parts=parts, note="dated in the future" if ahead else "")


def _recency(article: Article, *, config: Config, now: datetime) -> float:
    if not _counts_by_date(article, config):
        return 1.0
    weight = weights("stories")
    if article.published is None or _is_ahead(article, now):
        return weight["undated"]
    days = max(0.0, (now - article.published).total_seconds() / _DAY)
    return float(0.5 ** (days / weight["half_life_days"]))


def _counts_by_date(article: Article, config: Config) -> bool:
    """Not what a person put there for this issue, however old it is."""
    source = config.source(article.source)
    return source is not None and source.kind.has_dates


def _is_ahead(article: Article, now: datetime) -> bool:
    if article.published is None:
        return False
    return (article.published - now).total_seconds() > weights("stories")["most_days_ahead"] * _DAY
