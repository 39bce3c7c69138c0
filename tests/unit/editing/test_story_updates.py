"""Stories of earlier issues: left out, marked as updates, or, in doubt, left unchanged."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import Config
from digest.editing import Period, Plan, plan_issue, propose_story
from digest.editing.story_updates import find_earlier_reports, novelty_of
from digest.models import Article

SUNDAY = datetime(2026, 11, 15, 18, tzinfo=UTC)
TRAM = Article(
    url="https://courier.example/tram",
    title="Springfield council approves tram line",
    text=(
        "The city council of Springfield approved a new tram line on Sunday after two years of debate. The line will "
        "run from the harbour to the university and cost 300 million dollars, half of which the state has promised to "
        "pay. Mayor Quimby called it the largest project in the history of the city. Work begins in spring."
    ),
    published=SUNDAY,
    source="courier",
)
HALTED = Article(
    url="https://courier.example/halted",
    title="Court halts the Springfield tram line",
    text=(
        "A judge in Ogdenville stopped the Springfield tram line on Wednesday, three days after the city council had "
        "approved it. Judge Snyder found that 41 houses in Evergreen Terrace would lose their gardens, and that nobody "
        "had asked the owners. Mayor Quimby said the city would appeal. The line from the harbour to the university "
        "would cost 300 million dollars."
    ),
    published=SUNDAY + timedelta(days=3),
    source="courier",
)
REPHRASED = Article(
    url="https://gazette.example/trams",
    title="Tram line approved by Springfield council",
    text=(
        "Springfield's council approved the tram line on Sunday after a debate of two years. From the harbour the line "
        "will run to the university. The cost is 300 million dollars, half paid by the state. The largest project "
        "in the history of the city, said Mayor Quimby. Work on it begins in spring."
    ),
    published=SUNDAY + timedelta(hours=30),
    source="gazette",
)
BEES = Article(
    url="https://gazette.example/bees",
    title="Vaccine for bees shows promise",
    text=(
        "Researchers in Graz have tested a vaccine that protects honey bees from mites. In a trial with 40 hives the "
        "losses of a winter fell by a third, they said on Wednesday. The vaccine is fed to the queen with her sugar, "
        "and the workers that hatch from her eggs are protected for the whole of their lives."
    ),
    published=SUNDAY + timedelta(days=3),
    source="gazette",
)
CONFIG = Config.model_validate(
    {
        "newsletter": {"name": "N", "sender": "n@example.org"},
        "sources": [
            {"id": "courier", "feed": "https://courier.example/feed"},
            {"id": "gazette", "feed": "https://gazette.example/feed"},
        ],
    }
)


def plan(*articles: Article, earlier: tuple[Article, ...] = (TRAM,), seen: tuple[str, ...] = (TRAM.url,)) -> Plan:
    now = SUNDAY + timedelta(days=7)
    return plan_issue(articles, id="2026-W47", config=CONFIG, now=now, period=Period(), seen=seen, earlier=earlier)


def headlines(plan: Plan) -> list[str]:
    return [story.headline for story in plan.issue.stories]


def reasons(plan: Plan) -> list[str]:
    return [dropped.reason for dropped in plan.dropped]


def test_marks_news_on_an_earlier_story_as_an_update():
    planned = plan(HALTED, BEES)
    assert sorted(headlines(planned)) == ["Update: Court halts the Springfield tram line", BEES.title]
    assert {ranked.story[0].url: ranked.update_of for ranked in planned.ranking} == {HALTED.url: TRAM, BEES.url: None}
    assert planned.issue.subject in headlines(planned)


def test_leaves_out_a_rephrased_story_and_names_the_earlier_headline():
    planned = plan(REPHRASED, BEES)
    assert headlines(planned) == [BEES.title]
    assert reasons(planned) == ["was in an earlier issue: Springfield council approves tram line"]


def test_leaves_out_all_reports_of_an_earlier_story():
    copy = replace(REPHRASED, url="https://herald.example/trams", source="herald")
    assert reasons(plan(REPHRASED, copy)) == ["was in an earlier issue: Springfield council approves tram line"] * 2


def test_a_report_of_the_same_hours_is_not_an_update():
    meanwhile = replace(HALTED, published=SUNDAY + timedelta(hours=2))
    assert headlines(plan(meanwhile, BEES)) == [BEES.title]


@pytest.mark.parametrize("undated", [replace(HALTED, published=None), HALTED])
def test_an_update_needs_both_dates(undated: Article):
    tram = TRAM if undated.published is None else replace(TRAM, published=None)
    assert headlines(plan(undated, earlier=(tram,))) == [HALTED.title]


def test_a_copy_with_other_boilerplate_headline_or_length_is_not_an_update():
    later = TRAM.published + timedelta(days=4) if TRAM.published else None
    footer = "Sign up for our newsletter. Follow us on every network. All rights reserved by the Courier of 1894."
    for copy in (
        replace(TRAM, url="https://x.example/1", text=f"SPRINGFIELD (AP) - {TRAM.text} {footer}", published=later),
        replace(TRAM, url="https://x.example/2", title="Rails for the harbour", published=later),
        replace(TRAM, url="https://x.example/3", text=TRAM.text[:190], published=later),
    ):
        assert headlines(plan(copy)) == []


def test_the_recurring_frame_of_a_column_does_not_make_it_a_repetition():
    frame = (
        "You are listening to the Valley Hour, made each week in the old fire station by Ruth and Bram. Send us your "
        "questions on a postcard, tell a neighbour, and find all our hours wherever you listen. Our music is by the "
        "Lamplighters, and the kettle by the mayor."
    )
    first, second = (
        Article(url=f"https://valley.example/{number}", title=title, text=f"{text} {frame}", published=published)
        for number, title, text, published in (
            (11, "Bees", "This week Ruth meets a bee that will not leave the choir.", SUNDAY),
            (12, "Ferries", "Captain Otto Fjord explains six electric catamarans.", SUNDAY + timedelta(days=6)),
        )
    )
    assert headlines(plan(second, earlier=(first,), seen=())) == ["Ferries"]


def test_the_full_text_of_an_earlier_snippet_is_not_an_update():
    snippet = replace(TRAM, text=TRAM.text[:190])
    whole = replace(TRAM, text=f"{TRAM.text}\n\n{HALTED.text}")
    for published in (TRAM.published, SUNDAY + timedelta(days=3)):
        assert headlines(plan(replace(whole, published=published), earlier=(snippet,))) == []
        moved = replace(whole, url="https://gazette.example/whole", published=published)
        assert headlines(plan(moved, earlier=(snippet,))) == []


def test_leaves_out_a_sent_url_whose_text_is_unknown():
    assert reasons(plan(TRAM, earlier=())) == ["was in an earlier issue"]


def test_a_url_may_return_with_much_news_or_another_article():
    rewritten = replace(HALTED, url=TRAM.url)
    assert headlines(plan(rewritten)) == ["Update: Court halts the Springfield tram line"]
    column = replace(BEES, url=TRAM.url, published=SUNDAY + timedelta(days=6))
    assert headlines(plan(column)) == [BEES.title]
    assert reasons(plan(replace(TRAM, published=SUNDAY + timedelta(days=6)))) == ["was in an earlier issue"]


def test_recognises_a_url_that_only_the_earlier_issue_has():
    again = replace(TRAM, published=SUNDAY + timedelta(hours=20))
    assert reasons(plan(again, seen=())) == ["was in an earlier issue: Springfield council approves tram line"]


def test_another_event_of_a_long_affair_is_a_new_story():
    opened = Article(
        url="https://courier.example/opened",
        title="Trams roll in Shelbyville",
        text=(
            "In Shelbyville the first trams have carried passengers to the stadium. Governor Bailey cut the ribbon and "
            "rode with pensioners who remembered the old cars. Tickets cost two dollars, and the council expects that "
            "9,000 people will ride each day once the depot is finished. Springfield has a tram line in mind too."
        ),
        published=SUNDAY + timedelta(days=3),
        source="courier",
    )
    assert headlines(plan(opened, HALTED, earlier=(TRAM,))) == [opened.title, f"Update: {HALTED.title}"]


def test_similarity_to_earlier_stories_fades_with_the_weeks():
    late = replace(REPHRASED, published=SUNDAY + timedelta(days=25))
    assert find_earlier_reports([[late]], [TRAM]) == {}


def test_short_texts_are_not_left_out_for_similar_words():
    teaser = replace(REPHRASED, text="The tram line is approved.")
    assert headlines(plan(teaser)) == [teaser.title]


def test_an_update_is_marked_only_once():
    marked = replace(HALTED, title="UPDATE: Court halts tram line")
    assert propose_story(marked, per_story=3, update=True).headline == marked.title
    assert propose_story(marked, per_story=3).headline == marked.title
    other = replace(HALTED, title="Upstate court halts tram line")
    assert propose_story(other, per_story=3, update=True).headline == "Update: Upstate court halts tram line"


def test_a_sentence_is_new_by_its_words_and_names_or_numbers():
    news = novelty_of(HALTED, [TRAM])
    assert news.sentences == (True, True, False, False)
    assert (news.is_substantial, news.is_negligible) == (True, False)
    nothing = novelty_of(REPHRASED, [TRAM])
    assert (nothing.is_substantial, nothing.is_negligible) == (False, True)


def test_a_text_of_mostly_new_words_is_never_negligible():
    plain = "The owners meet the judge again. Lawyers wait outside. The gardens stay. No tracks are laid this year."
    news = novelty_of(replace(HALTED, title=TRAM.title, text=plain), [TRAM])
    assert (news.is_substantial, news.is_negligible) == (False, False)


def test_compares_only_as_much_text_as_the_earlier_articles_have():
    long = replace(HALTED, text=f"{TRAM.text} {HALTED.text} {BEES.text}")
    assert novelty_of(long, [TRAM]).sentences == (False, False, False)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=40))
def test_any_text_has_no_novelty_compared_with_itself(text: str, earlier_text: str, title: str):
    article = Article(url="https://a.example/", title=title, text=text, published=SUNDAY)
    assert novelty_of(article, [article]).words == 0
    earlier = Article(url="https://b.example/", title=title, text=earlier_text, published=SUNDAY)
    assert set(find_earlier_reports([[article]], [earlier])) <= {0}
    same = novelty_of(article, [article])
    assert not any(same.sentences)
    assert not same.headline
