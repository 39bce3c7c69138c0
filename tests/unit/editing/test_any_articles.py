"""Grouping and planning of arbitrary articles: nothing is lost, and nothing depends on chance."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from digest import Article, group_articles
from digest.config import Config
from digest.editing import Period, Plan, plan_issue
from digest.editing.grouping import separate_stories
from digest.models import canonical_url

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CONFIG = Config.model_validate(
    {
        "newsletter": {"name": "N", "sender": "n@example.org"},
        "sources": [
            {"id": "world", "section": "World", "feed": "https://world.example/feed"},
            {"id": "art", "section": "Art", "feed": "https://art.example/feed"},
            {"id": "desk", "folder": "articles"},
        ],
        "selection": {"stories": 3, "max_per_source": 2},
    }
)
TRAM = (
    "The city council of Springfield approved a new tram line on Monday after two years of debate. The line will run "
    "from the harbour to the university and cost 300 million dollars, half of which the state has promised to pay. "
)

words = st.sampled_from(
    ["tram", "council", "Springfield", "2026", "市议会", "电车", "رام", "🎉", "\ud800", "the", "รถราง"]
)
texts = st.one_of(st.lists(words, max_size=40).map(" ".join), st.text(max_size=60), st.just(TRAM), st.just(TRAM * 3))
moments = st.one_of(
    st.none(), st.datetimes(timezones=st.just(UTC)), st.integers(0, 400).map(lambda hours: NOW - timedelta(hours=hours))
)
articles = st.builds(
    Article,
    url=st.one_of(
        st.sampled_from(["", " ", "https://[", "articles/a.md", "https://a.example/1", "http://a.example/1/#x"]),
        st.integers(0, 9).map(lambda number: f"https://{number}.example/"),
    ),
    title=st.one_of(st.lists(words, max_size=5).map(" ".join), st.text(max_size=20)),
    text=texts,
    published=moments,
    source=st.sampled_from(["", "world", "art", "desk", "nobody"]),
    key_points=st.sampled_from([(), ("A point",)]),
)


def as_sets(groups: list[list[Article]]) -> list[list[str]]:
    return sorted(sorted(map(repr, group)) for group in groups)


@given(st.lists(articles, max_size=9), st.randoms(use_true_random=False))
def test_stories_do_not_depend_on_the_order_of_odd_articles(given: list[Article], random: Random):
    shuffled = list(given)
    random.shuffle(shuffled)
    assert as_sets(group_articles(given)) == as_sets(group_articles(shuffled))


@given(st.lists(articles, max_size=9))
def test_grouping_and_separating_keep_every_article_exactly_once(given: list[Article]):
    groups = group_articles(given)
    parts = separate_stories(groups)
    for stories in (groups, parts):
        assert sorted(id(each) for story in stories for each in story) == sorted(map(id, given))
    assert all(group for group in parts)


@given(st.lists(articles, max_size=7), st.lists(articles, max_size=4), st.sampled_from([None, NOW - timedelta(days=7)]))
def test_every_article_becomes_a_story_or_is_left_out_with_a_reason(
    given: list[Article], earlier: list[Article], since: datetime | None
):
    seen = [canonical_url(article.url) for article in earlier[:2]]

    def plan() -> Plan:
        return plan_issue(
            given, id="2026-W47", config=CONFIG, now=NOW, period=Period(since=since), seen=seen, earlier=earlier
        )

    planned = plan()
    chosen = [ranked.story[0] for ranked in planned.ranking if ranked.chosen]
    assert len(planned.issue.stories) == len(chosen) <= 3
    assert len(chosen) + len(planned.dropped) == len(given)
    assert all(dropped.reason for dropped in planned.dropped)
    assert all(str(ranked.score).endswith(f"= {ranked.score.total:.2f}") for ranked in planned.ranking)
    assert plan() == planned


def test_hundreds_of_identical_articles_are_one_story():
    same = [
        Article(url=f"https://{number}.example/", title="Tram line approved", text=TRAM, published=NOW, source="world")
        for number in range(300)
    ]
    began = time.process_time()
    planned = plan_issue(same, id="2026-W47", config=CONFIG, now=NOW, period=Period())
    assert (len(planned.issue.stories), len(planned.dropped)) == (1, 299)
    assert len(planned.issue.stories[0].also) <= 5
    again = plan_issue([same[0]] * 300, id="2026-W47", config=CONFIG, now=NOW, period=Period())
    assert (len(again.issue.stories), len(again.dropped)) == (1, 299)
    assert time.process_time() - began < 5


def test_headlines_of_emoji_are_separate_stories():
    pictures = [
        Article(url=f"https://{number}.example/", title=title, text="", published=NOW)
        for number, title in enumerate(["🎉", "🔥🔥", "🐝"])
    ]
    assert group_articles(pictures) == [[picture] for picture in pictures]


def test_very_long_texts_are_planned_within_seconds():
    long = [
        Article(url=f"https://{number}.example/", title="市" * 100_000, text=text * 40_000, published=NOW)
        for number, text in enumerate(["tram council ", "电车市议会批准", "รถรางสายใหม่"])
    ]
    began = time.process_time()
    plan_issue(long, id="2026-W47", config=CONFIG, now=NOW, period=Period(), earlier=long)
    assert time.process_time() - began < 5
