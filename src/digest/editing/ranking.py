"""Which stories matter most: a score made of named parts, and the choice of the best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.editing.language import weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.models import Article

__all__ = ["Choice", "Score", "choose_stories", "score_story"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """What a story scores, and why.

    Attributes:
        total: ``weight * (1 + recency + coverage + substance)``.
        parts: ``weight`` is the source's, from the configuration; ``recency`` falls by half every few days;
            ``coverage`` grows with the number of sources that report it; ``substance`` is for a text to read and for
            the author's own key points.
    """

    total: float
    parts: Mapping[str, float]

    def __str__(self) -> str:
        """How the total comes about, such as "1.5 x (1 + recency 0.79 + coverage 0.80 + substance 0.25) = 4.27"."""
        terms = "".join(f" + {name} {value:.2f}" for name, value in self.parts.items() if name != "weight")
        return f"{self.parts['weight']:g} x (1{terms}) = {self.total:.2f}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Which stories are in the issue and which are not, as indices; ``left_out`` says why in an editor's words."""

    chosen: tuple[int, ...]
    left_out: Mapping[int, str]


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
    return Score(total=total, parts=parts)


def _recency(article: Article, *, config: Config, now: datetime) -> float:
    source = config.source(article.source)
    if source is None or source.kind == "folder":
        return 1.0  # a person put it there for this issue, however old it is
    weight = weights("stories")
    if article.published is None:
        return weight["undated"]
    days = max(0.0, (now - article.published).total_seconds() / 86400)
    return float(0.5 ** (days / weight["half_life_days"]))


def choose_stories(
    stories: Sequence[Sequence[Article]],
    scores: Sequence[Score],
    *,
    limit: int,
    max_per_source: int,
    name: Callable[[str], str],
) -> Choice:
    """Take the best ``limit`` stories, at most ``max_per_source`` led by one source (0: no limit).

    Stories with the same score keep their order. ``name`` gives a source's name for people.
    """
    chosen: list[int] = []
    left_out: dict[int, str] = {}
    taken: dict[str, int] = {}
    for index in sorted(range(len(stories)), key=lambda index: (-scores[index].total, index)):
        source = stories[index][0].source
        if max_per_source and taken.get(source, 0) >= max_per_source:
            left_out[index] = f"already {max_per_source} from {name(source)}"
        elif len(chosen) >= limit:
            left_out[index] = f"not among the {limit} best"
        else:
            chosen.append(index)
            taken[source] = taken.get(source, 0) + 1
    return Choice(chosen=tuple(chosen), left_out=left_out)
