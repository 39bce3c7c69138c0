"""The cost of grouping a large week, and its independence of the process and of the order in time."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from digest import Article, group_articles
from digest.editing.text_similarity import event_similarities

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def article(number: int, title: str, text: str = "", *, hours: float | None = 0.0, host: str = "") -> Article:
    published = None if hours is None else MONDAY + timedelta(hours=hours)
    return Article(url=f"https://{host or number}.example/{number}", title=title, text=text, published=published)


def week(count: int, *, each: int = 3, words: int = 80) -> list[Article]:
    """Invented events with their own names, each reported by several outlets at one time."""
    random = Random(7)  # noqa: S311 - invented articles are no secret
    common = [f"word{number}" for number in range(8000)]
    chances = [1 / (rank + 10) for rank in range(len(common))]
    articles = []
    for number in range(count):
        event = number // each
        own = [f"name{event * 12 + at}" for at in range(12)]
        title = random.sample(own, 4) + random.choices(common, chances, k=4)
        text = random.choices(own, k=words // 8) + random.choices(common, chances, k=words - words // 8)
        random.shuffle(text)
        articles.append(article(number, " ".join(title), " ".join(text), hours=event * 37 % 168))
    random.shuffle(articles)
    return articles


def events(articles: list[Article]) -> set[frozenset[int]]:
    numbers = [{int(item.url.rsplit("/", 1)[1]) for item in group} for group in group_articles(articles)]
    return {frozenset(group) for group in numbers}


def test_groups_a_week_of_many_events_by_event():
    assert events(week(600)) == {frozenset(range(at, at + 3)) for at in range(0, 600, 3)}


def test_hundreds_of_articles_take_little_time_and_memory():
    articles = week(400)
    began = time.process_time()
    group_articles(articles)
    assert time.process_time() - began < 2
    tracemalloc.start()
    try:
        group_articles(articles)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_text_in_hundreds_of_places_is_one_story_at_little_cost():
    text = " ".join(f"word{number}" for number in range(400))
    articles = [article(number, "A wire report", f"{text} Town {number}.", hours=number % 100) for number in range(500)]
    began = time.process_time()
    assert [len(group) for group in group_articles(articles)] == [500]
    assert time.process_time() - began < 10


def test_a_very_long_title_is_grouped_within_seconds():
    long = article(0, "tram " * 1_000_000, "Nothing.")
    began = time.process_time()
    assert len(group_articles([long, article(1, "Bees", "A vaccine for bees.")])) == 2
    assert time.process_time() - began < 2


def test_groups_do_not_depend_on_the_hash_seed():
    program = (
        "from digest import Article, group_articles\n"
        "words = [f'w{n * n % 97}' for n in range(900)]\n"
        "many = [Article(url=f'https://{n}.example/', title=' '.join(words[n:n + 5]), text=' '.join(words[n:n + 40]))"
        " for n in range(120)]\n"
        "print([[item.url for item in group] for group in group_articles(many)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True, capture_output=True, text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(outputs) == 1
    assert outputs != {""}


def test_stories_are_in_the_order_of_their_first_articles():
    articles = week(150)
    backwards = articles[::-1]
    assert events(articles) == events(backwards)
    for given in (articles, backwards):
        places = {item.url: place for place, item in enumerate(given)}
        firsts = [min(places[item.url] for item in group) for group in group_articles(given)]
        assert firsts == sorted(firsts)


TRAM = "Springfield council approves tram line to harbour", "The council voted for trams from harbour to university."
RAIL = (
    "Springfield tram line approved",
    "Trams will run between Springfield harbour and its university, the council said.",
)


def test_similarity_falls_with_time_to_zero_after_three_days():
    rest = [article(10 + at, f"Event{at} elsewhere", f"Quite other{at} matters{at}.", hours=0) for at in range(10)]

    def likeness(hours: float | None) -> float:
        pair = [article(1, *TRAM, hours=0), article(2, *RAIL, hours=hours)]
        near = event_similarities([*pair, *rest], least=1e-9)
        return near[0].get(1, 0.0) + near[1].get(0, 0.0)

    now, day, days = likeness(0), likeness(24), likeness(72)
    assert now > 0.2
    assert day == pytest.approx(now * 2 / 3)
    assert days == likeness(2000) == 0
    assert likeness(-24) == pytest.approx(day)
    assert likeness(None) == pytest.approx(now)


def test_inflected_words_count_as_one_word():
    first = article(1, "Striking nurses in Valencia demand raises", "")
    second = article(2, "Nurse strike: Valencian hospitals refuse raise demanded", "")
    near = event_similarities([first, second, article(3, "Bees", ""), article(4, "Ash", "")], least=0.01)
    assert near[1][0] > 0.2
