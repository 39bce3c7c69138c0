"""Grouping articles into stories."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from digest import Article, group_articles

DAY = datetime(2026, 11, 18, 8, tzinfo=UTC)
TRAM = (
    "The city council of Springfield approved a new tram line on Monday after two years of debate. The line will run "
    "from the harbour to the university and cost 300 million dollars, half of which the state has promised to pay. "
    "Mayor Quimby called it the largest project in the history of the city. Work begins in spring."
)
OTHERS = [
    (
        "Vaccine for bees shows promise",
        "Researchers in Graz have tested a vaccine that protects honey bees from mites.",
    ),
    ("Chess champion loses to teenager", "A boy of fourteen beat the champion of chess in the first round at Wijk."),
    ("Volcano closes airport in Iceland", "Ash from a volcano has closed the airport of Reykjavik for the second day."),
    (
        "Bank raises interest rates again",
        "The central bank raised its rate by a quarter of a point to fight inflation.",
    ),
    ("Old bridge reopens to walkers", "After repairs of six years the stone bridge over the river is open to walkers."),
    ("Opera house names new conductor", "The opera has chosen a conductor of thirty to follow its director of music."),
]


def article(number: int, title: str, text: str = "", *, day: int | None = 0, points: tuple[str, ...] = ()) -> Article:
    published = None if day is None else DAY + timedelta(days=day)
    return Article(
        url=f"https://{number}.example/story", title=title, text=text, published=published, key_points=points
    )


def others() -> list[Article]:
    return [article(100 + number, *other) for number, other in enumerate(OTHERS)]


def test_stories_of_different_events_stay_apart():
    articles = others()
    assert group_articles(articles) == [[item] for item in articles]


def test_articles_with_one_url_are_one_story():
    first, second = article(1, "One thing", "Words."), article(2, "Another", "Other words.")
    again = Article(url="http://1.example/story/?utm_source=feed#top", title="Renamed since", text="")
    assert group_articles([first, second, again]) == [[first, again], [second]]


def test_finds_a_copy_that_is_cut_to_its_beginning():
    whole = article(1, "Springfield approves tram line", TRAM)
    cut = article(2, "Rails for the harbour", TRAM[:170], day=9)
    assert group_articles([cut, *others(), whole])[0] == [whole, cut]


def test_groups_reports_on_one_event_within_two_days():
    first = article(1, "Springfield council approves tram line", TRAM)
    second = article(
        2,
        "Springfield tram line approved by council",
        "Springfield is to have trams again. Its council voted for a tram line between harbour and university on "
        "Monday. Mayor Quimby spoke of the largest project in the city's history; it costs 300 million dollars.",
        day=1,
    )
    assert [len(group) for group in group_articles([first, second, *others()])] == [2] + [1] * len(OTHERS)
    late = Article(url=second.url, title=second.title, text=second.text, published=DAY + timedelta(days=5))
    assert all(len(group) == 1 for group in group_articles([first, late, *others()]))


def test_the_best_article_has_key_points_then_length_then_age():
    pointed = article(1, "Tram line", TRAM[:200], points=("A point",))
    long = article(2, "Tram line", TRAM, day=1)
    early = article(3, "Tram line", TRAM, day=0)
    assert group_articles([long, early, pointed]) == [[pointed, early, long]]


def test_articles_without_a_url_are_separate_stories():
    articles = [Article(url="", title=title, text=text) for title, text in OTHERS]
    assert len(group_articles(articles)) == len(OTHERS)


def test_no_articles_yield_no_stories():
    assert group_articles([]) == []


words = st.sampled_from(["tram", "line", "council", "bees", "bank", "Springfield", "rates", "ash"])
drawn = st.builds(
    article,
    st.integers(1, 6),
    st.lists(words, max_size=5).map(" ".join),
    st.lists(words, max_size=40).map(" ".join),
    day=st.one_of(st.none(), st.integers(0, 5)),
)


@given(st.lists(drawn, max_size=12))
def test_every_article_is_in_exactly_one_story(articles: list[Article]):
    groups = group_articles(articles)
    assert sorted(id(item) for group in groups for item in group) == sorted(map(id, articles))
    assert groups == group_articles(articles)
    first = [min(next(n for n, item in enumerate(articles) if item is member) for member in group) for group in groups]
    assert first == sorted(first)


#: Reports that share sentences, URLs and days, so that copies, reused URLs and similarities tie and form chains.
SENTENCES = [
    f"{who} {what} on {day} because {why}."
    for who, what, day, why in zip(
        ["The council of Springfield", "A spokesman for the harbour", "Mayor Quimby", "The tram company",
         "Critics of the new line", "Students at the university", "The state auditor", "Engineers from Graz"],
        ["approved the tram line", "refused to pay for the bridge", "called the project too expensive",
         "promised three hundred jobs", "went to court against the plan", "welcomed the longer route",
         "found an error in the budget", "closed the old depot"],
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday"],
        ["nobody had asked the neighbours", "the money ran out in spring", "the river floods every year",
         "the mayor wants to be elected again", "the trees along the street are protected",
         "the buses are full every morning", "two sums were added twice", "the roof let in the rain"],
        strict=True,
    )
]  # fmt: skip
reports = st.builds(
    lambda place, title, sentences, hours: Article(
        url=f"https://{place}", title=title, text=" ".join(sentences), published=DAY + timedelta(hours=hours)
    ),
    st.sampled_from(["a.example/1", "a.example/2", "a.example/3", "b.example/1", "c.example/1", "d.example/1"]),
    st.sampled_from(["Tram line approved", "Council approves tram line", "Bridge too expensive", "Depot closed", ""]),
    st.lists(st.sampled_from(SENTENCES), max_size=5, unique=True),
    st.integers(0, 9).map(lambda number: 16 * number),
)


#: One URL and three texts, each within three days of the next only. The first one decides who shares its story.
CHAIN = [
    Article(
        url="https://a.example/1",
        title="",
        text=" ".join(SENTENCES[at : at + 3]),
        published=DAY + timedelta(hours=hours),
    )
    for at, hours in ((0, 0), (2, 64), (5, 128))
]


def members(groups: list[list[Article]]) -> list[list[str]]:
    return sorted(sorted(map(repr, group)) for group in groups)


@given(
    st.lists(reports, min_size=2, max_size=10).flatmap(lambda given: st.tuples(st.just(given), st.permutations(given)))
)
@example(orders=(CHAIN, [CHAIN[1], CHAIN[0], CHAIN[2]]))
def test_stories_have_the_same_members_in_any_order_of_articles(orders: tuple[list[Article], list[Article]]):
    given, permuted = orders
    assert members(group_articles(permuted)) == members(group_articles(given))


def test_hundreds_of_articles_are_grouped_within_seconds():
    random = Random(1)  # noqa: S311 - invented articles are no secret
    vocabulary = [f"word{number}" for number in range(4000)]
    weights = [1 / (rank + 1) for rank in range(len(vocabulary))]

    def text(count: int) -> str:
        return " ".join(random.choices(vocabulary, weights, k=count))

    articles = [article(number, text(9), text(300), day=number % 7) for number in range(300)]
    began = time.process_time()
    group_articles(articles)
    assert time.process_time() - began < 5
