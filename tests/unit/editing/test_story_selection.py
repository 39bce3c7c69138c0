"""The selection of ranked stories, and the numbers that explain it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import Config
from digest.editing import Ranked, Score
from digest.editing.story_ranking import select_stories
from digest.models import Article

WORDS = [
    "bees mites vaccine graz", "chess boy wijk champion", "volcano ash airport iceland", "bank interest rate inflation",
    "bridge arch cracks engineers", "opera conductor strings season", "market snow stalls cheese",
    "lighthouse keeper ninety party", "telescope planet vapour orbit", "ferry catamaran battery harbour",
]  # fmt: skip


def config(*sources: dict[str, object], **selection: int) -> Config:
    return Config.model_validate(
        {
            "newsletter": {"name": "N", "sender": "n@example.org"},
            "sources": [
                source if "folder" in source else {"feed": "https://a.example/", **source} for source in sources
            ],
            "selection": selection,
        }
    )


def story(number: int, source: str, *, words: str = "") -> list[Article]:
    words = words or WORDS[number]
    return [Article(url=f"https://a.example/{number}", title=words, text=words, source=source)]


def score(total: float) -> Score:
    return Score(total=total, parts={"weight": total})


def select(stories: list[list[Article]], totals: list[float], config: Config) -> tuple[Ranked, ...]:
    return select_stories(stories, list(map(score, totals)), [None] * len(stories), config=config)


def numbers(ranking: tuple[Ranked, ...], *, chosen: bool = True) -> list[int]:
    return [int(ranked.story[0].url.rsplit("/", 1)[1]) for ranked in ranking if ranked.chosen is chosen]


TWO = config(
    {"id": "world", "section": "World"}, {"id": "globe", "section": "World"}, {"id": "art", "section": "Art"}, stories=4
)


def test_one_section_does_not_crowd_out_decent_stories_of_others():
    stories = [story(number, "world" if number % 2 else "globe") for number in range(6)] + [story(6, "art")]
    ranking = select(stories, [3.0, 2.95, 2.9, 2.85, 2.8, 2.75, 2.4], TWO)
    assert numbers(ranking) == [0, 1, 6, 2]
    weak = select(stories, [3.0, 2.95, 2.9, 2.85, 2.8, 2.75, 0.9], TWO)
    assert numbers(weak) == [0, 1, 2, 3]


def test_selects_the_best_story_first():
    ranking = select([story(0, "world"), story(1, "art")], [2.0, 1.99], TWO)
    assert ranking[0].score == score(2.0)
    assert str(ranking[0].score) == "2 x (1) = 2.00"


def test_names_what_a_story_has_in_common_with_selected_ones():
    ranking = select([story(0, "world"), story(1, "world"), story(2, "art", words=WORDS[0])], [3.0, 2.9, 2.0], TWO)
    assert [dict(ranked.score.variety) for ranked in ranking] == [
        {},
        {"same source": 0.06, "same section": 0.12},
        {"same words": 0.3},
    ]
    assert ranking[1].score.total == pytest.approx(2.9 / 1.18)
    assert str(ranking[1].score) == "2.9 x (1) / (1 + same source 0.06 + same section 0.12) = 2.46"


def test_a_single_source_and_section_leave_the_scores_unchanged():
    single = config({"id": "world", "section": "World"}, stories=3)
    ranking = select([story(number, "world") for number in range(5)], [1.0, 5.0, 3.0, 3.0, 4.0], single)
    assert numbers(ranking) == [1, 4, 2]
    assert numbers(ranking, chosen=False) == [3, 0]
    assert all(not ranked.score.variety for ranked in ranking)
    assert [ranked.reason for ranked in ranking] == ["", "", "", "not among the 3 best", "not among the 3 best"]


def test_articles_added_by_the_editor_get_no_penalty_for_their_source():
    mixed = config({"id": "world"}, {"id": "desk", "folder": "articles"}, stories=3)
    ranking = select([story(0, "desk"), story(1, "desk"), story(2, ""), story(3, "world")], [3, 2.9, 2.8, 2.75], mixed)
    assert numbers(ranking) == [0, 1, 2]


def test_a_source_leads_no_more_stories_than_max_per_source():
    capped = config({"id": "world", "name": "The World"}, {"id": "art"}, stories=3, max_per_source=1)
    ranking = select([story(0, "world"), story(1, "world"), story(2, "art")], [3.0, 2.9, 0.1], capped)
    assert numbers(ranking) == [0, 2]
    assert ranking[2].reason == "already 1 from The World"


@given(
    st.lists(st.tuples(st.sampled_from(["world", "globe", "art", ""]), st.floats(0, 9)), max_size=10),
    st.integers(0, 2),
)
def test_ranks_every_story_once_and_selected_ones_by_falling_score(drawn: list[tuple[str, float]], most: int):
    setting = config(
        {"id": "world", "section": "World"}, {"id": "globe", "section": "World"}, {"id": "art", "section": "Art"},
        stories=4, max_per_source=most,
    )  # fmt: skip
    stories = [story(number, source) for number, (source, _) in enumerate(drawn)]
    ranking = select(stories, [total for _, total in drawn], setting)
    assert sorted(numbers(ranking) + numbers(ranking, chosen=False)) == list(range(len(drawn)))
    for part in (True, False):
        totals = [ranked.score.total for ranked in ranking if ranked.chosen is part]
        assert totals == sorted(totals, reverse=True)
    assert all(ranked.chosen == (not ranked.reason) for ranked in ranking)
