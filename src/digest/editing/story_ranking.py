"""Which stories matter most: a score with named parts, and a selection that favours variety. Pure."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from digest.editing.language_data import weights
from digest.editing.text_cleaning import single_line
from digest.editing.tokenization import content_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from digest.config import Config
    from digest.models import Article

__all__ = ["Ranked", "Score", "score_story", "select_stories"]

_DAY = 86_400
#: How many characters of a text are compared. The opening is enough to identify the topic.
_OPENING = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The score of a story and how it is calculated.

    Attributes:
        total: ``weight * (1 + recency + coverage + substance) / (1 + sum(variety.values()))``.
        parts: ``weight`` is the source's configured weight; ``recency`` halves every few days; ``coverage`` grows with
            the number of sources that report the story; ``substance`` rewards a full text and the author's key points.
        variety: Penalties for what the story has in common with stories selected before it, such as ``same section``.
        note: Why the score of an unusual story was lowered, as shown to the editor; usually empty.
    """

    total: float
    parts: Mapping[str, float] = field(hash=False)
    variety: Mapping[str, float] = field(default_factory=dict, hash=False)
    note: str = ""

    def __str__(self) -> str:
        """The calculation with every number named.

        For example "1.5 x (1 + recency 0.79 + coverage 0.80 + substance 0.25) / (1 + same section 0.12) = 3.81".
        """
        added = {name: value for name, value in self.parts.items() if name != "weight"}
        divided = f" / (1{_terms(self.variety)})" if self.variety else ""
        note = f"{self.note}: " if self.note else ""
        return f"{note}{self.parts['weight']:g} x (1{_terms(added)}){divided} = {self.total:.2f}"


def _terms(numbers: Mapping[str, float]) -> str:
    return "".join(f" + {name} {value:.2f}" for name, value in numbers.items())


def score_story(story: Sequence[Article], *, config: Config, now: datetime) -> Score:
    """Score a story.

    Args:
        story: Its articles, the best one first.
        config: The configuration, for the weights of the sources.
        now: An aware datetime.
    """
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
    """Whether the age of an article matters: not if the editor added it to this issue by hand or as a file."""
    source = config.source(article.source)
    return source is not None and source.kind.has_dates


def _is_ahead(article: Article, now: datetime) -> bool:
    if article.published is None:
        return False
    return (article.published - now).total_seconds() > weights("stories")["most_days_ahead"] * _DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """A ranked story, and whether it is in the issue.

    Attributes:
        story: Its articles, the best one first.
        score: Its score when it was selected or passed over; ``str(score)`` shows the calculation.
        reason: Why it is not in the issue, as shown to the editor; empty if it is.
        update_of: The article of an earlier issue that the story updates, if any.
    """

    story: tuple[Article, ...]
    score: Score
    chosen: bool
    reason: str = ""
    update_of: Article | None = None


def select_stories(
    stories: Sequence[Sequence[Article]],
    scores: Sequence[Score],
    updates: Sequence[Article | None],
    *,
    config: Config,
) -> tuple[Ranked, ...]:
    """Select stories one by one, and rank all of them.

    A story's score is lowered for each selected story that shares its source, its section or its words, so the first
    one selected is simply the best. At most ``max_per_source`` stories are led by one source (0: no
    limit). Stories with the same score keep their order.

    Args:
        stories: The articles of each story, the best one first.
        scores: The score of each story.
        updates: For each story the article of an earlier issue that it updates, or None.
        config: The configuration, for the limits and the sources.

    Returns:
        The selected stories in the order of selection, then the others, the best first.
    """
    variety = _Variety(stories, config)
    limit, most = config.selection.stories, config.selection.max_per_source
    remaining = sorted(range(len(stories)), key=lambda index: (-scores[index].total, index))
    led = Counter[str]()
    chosen: list[Ranked] = []

    def full(index: int) -> bool:
        return most > 0 and led[stories[index][0].source] >= most

    def worth(index: int) -> float:
        return scores[index].total / (1 + sum(variety.of(index).values()))

    def ranked(index: int, reason: str = "") -> Ranked:
        return Ranked(
            story=tuple(stories[index]),
            score=_with_variety(scores[index], variety.of(index)),
            chosen=not reason,
            reason=reason,
            update_of=updates[index],
        )

    def reason(index: int) -> str:
        source = stories[index][0].source
        return f"already {most} from {_name(source, config)}" if full(index) else f"not among the {limit} best"

    while len(chosen) < limit and (open_ := [index for index in remaining if not full(index)]):
        best = max(open_, key=worth)
        remaining.remove(best)
        chosen.append(ranked(best))
        led[stories[best][0].source] += 1
        variety.add(best)
    others = [ranked(index, reason(index)) for index in remaining]
    return (*chosen, *sorted(others, key=lambda each: -each.score.total))


def _with_variety(score: Score, variety: Mapping[str, float]) -> Score:
    return replace(score, total=score.total / (1 + sum(variety.values())), variety=variety) if variety else score


def _name(source: str, config: Config) -> str:
    configured = config.source(source)
    return (configured.name or configured.id) if configured else source or "articles added by hand"


class _Variety:
    """Named penalties for what each story has in common with the selected ones. They divide its score."""

    def __init__(self, stories: Sequence[Sequence[Article]], config: Config) -> None:
        self._weights = weights("variety")
        # If all stories have the same source or section, it makes no difference.
        self._sources = _if_several([_own_source(story[0], config) for story in stories])
        self._sections = _if_several([_section(story[0], config) for story in stories])
        self._words = [_words(story[0]) for story in stories]
        self._chosen_sources = Counter[str | None]()
        self._chosen_sections = Counter[str | None]()
        self._similarity = [0.0] * len(stories)

    def add(self, chosen: int) -> None:
        self._chosen_sources[self._sources[chosen]] += 1
        self._chosen_sections[self._sections[chosen]] += 1
        for index, words in enumerate(self._words):
            self._similarity[index] = max(self._similarity[index], _share(words, self._words[chosen]))

    def of(self, index: int) -> dict[str, float]:
        return dict(self._numbers(index))

    def _numbers(self, index: int) -> Iterator[tuple[str, float]]:
        source, section, similarity = self._sources[index], self._sections[index], self._similarity[index]
        if source is not None and (count := self._chosen_sources[source]):
            yield "same source", self._weights["source"] * count
        if section is not None and (count := self._chosen_sections[section]):
            yield "same section", self._weights["section"] * count
        if similarity >= self._weights["alike"]:
            yield "same words", self._weights["words"] * similarity


def _if_several(values: Sequence[str | None]) -> list[str | None]:
    return list(values) if len(set(values)) > 1 else [None] * len(values)


def _own_source(article: Article, config: Config) -> str | None:
    """The source of an article; None if the editor added it to this issue, so that it gets no penalty."""
    source = config.source(article.source)
    return None if source is None or source.kind.is_local else source.id


def _section(article: Article, config: Config) -> str:
    source = config.source(article.source)
    return single_line(source.section) if source else ""


def _words(article: Article) -> frozenset[str]:
    return frozenset(content_terms(f"{article.title[:_OPENING]} {article.text[:_OPENING]}"))


def _share(first: frozenset[str], second: frozenset[str]) -> float:
    fewer = min(len(first), len(second))
    return len(first & second) / fewer if fewer else 0.0
