"""The proposed content of an issue."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import Config
from digest.editing import Period, Plan, plan_issue, propose_story, score_story
from digest.editing.bullets import rank_bullets
from digest.editing.text_cleaning import shorten, single_line
from digest.models import Article, Issue, canonical_url

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SENT = datetime(2026, 11, 16, 8, tzinfo=UTC)
SINCE = Period(since=SENT)
TOPICS = [
    "Vaccine for honey bees shows promise in Graz",
    "Chess champion loses first round to teenager",
    "Volcano ash closes Reykjavik airport again",
    "Central bank raises interest rates by a quarter",
    "Stone bridge reopens to walkers after repairs",
    "Opera house names conductor of thirty as director",
    "Farmers market moves indoors before first snow",
    "Lighthouse keeper retires at ninety with a party",
    "Telescope finds water vapour around small planet",
    "Ferry company orders six electric catamarans",
]


def config(*sources: dict[str, object], **selection: int) -> Config:
    return Config.model_validate(
        {
            "newsletter": {"name": "N", "sender": "n@example.org", "timezone": "Europe/Berlin"},
            "sources": [
                {"feed": "https://a.example/feed", **source} if "folder" not in source else source for source in sources
            ],
            "selection": selection,
        }
    )


WORLD = config({"id": "world", "section": "World"})


def article(number: int, *, source: str = "world", hours: float | None = 5, **rest: object) -> Article:
    topic = TOPICS[number % len(TOPICS)]
    values = {
        "url": f"https://a.example/{number}",
        "title": topic,
        "text": f"{topic} at last. {' '.join(f'Word{letter}{number}' for letter in 'abcdefgh')}.",
        "published": None if hours is None else NOW - timedelta(hours=hours),
    }
    return Article(**(values | {"source": source} | rest))


def plan(*articles: Article, config: Config = WORLD, period: Period = SINCE, seen: tuple[str, ...] = ()) -> Plan:
    return plan_issue(articles, id="2026-W47", config=config, now=NOW, period=period, seen=seen)


def urls(issue: Issue) -> list[str]:
    return [story.url for story in issue.stories]


def reasons(plan: Plan) -> list[tuple[str, str]]:
    return [(item.url, item.reason) for item in plan.dropped]


def test_leaves_out_old_sent_and_untitled_articles_with_a_reason():
    articles = [
        article(0),
        article(1, hours=24 * 5),
        article(2, url="http://a.example/2?utm_source=feed"),
        article(3, title=" \n"),
        article(4, hours=None),
    ]
    planned = plan(*articles, seen=("https://a.example/2",))
    assert urls(planned.issue) == ["https://a.example/0", "https://a.example/4"]
    assert reasons(planned) == [
        ("https://a.example/1", "older than the last sent issue (Mon 16 Nov)"),
        ("http://a.example/2?utm_source=feed", "was in an earlier issue"),
        ("https://a.example/3", "no title"),
    ]


def test_an_article_listed_late_is_new_unless_it_was_already_collected():
    since_sent = (NOW - SENT) / timedelta(hours=1)
    late, had, too_late = (article(number, hours=since_sent + hours) for number, hours in enumerate((47, 47, 49)))
    period = Period(since=SENT, collected=frozenset({had.url}), whole_since=SENT)
    planned = plan(late, had, too_late, period=period)
    assert urls(planned.issue) == [late.url]
    assert reasons(planned) == [
        (had.url, "was already considered for the last issue"),
        (too_late.url, "older than the last sent issue (Mon 16 Nov)"),
    ]


@pytest.mark.parametrize(
    "period",
    [
        Period(since=SENT),  # its record of collected articles is missing
        Period(since=SENT, missed={"world": SENT - timedelta(days=7)}, collected=frozenset({"x"}), whole_since=SENT),
        Period(since=SENT, missed={"world": None}, collected=frozenset({"x"}), whole_since=SENT),
    ],
)
def test_nothing_counts_as_late_without_a_complete_record(period):
    begins = period.begins(NOW, "world")
    assert not period.holds(replace(article(0), published=begins - timedelta(hours=1)), now=NOW)
    assert period.holds(replace(article(0), published=begins + timedelta(hours=1)), now=NOW)


def test_the_first_issue_reaches_back_seven_days():
    planned = plan(article(0, hours=24 * 6), article(1, hours=24 * 8), period=Period())
    assert urls(planned.issue) == ["https://a.example/0"]
    assert reasons(planned) == [("https://a.example/1", "older than 7 days (Fri 13 Nov)")]


def test_articles_from_folders_or_added_by_hand_are_never_too_old():
    both = config({"id": "world"}, {"id": "desk", "folder": "articles"})
    planned = plan(
        article(0, source="desk", hours=9000),
        article(1, source="someone", hours=9000),
        article(2, hours=9000),
        config=both,
    )
    assert urls(planned.issue) == ["https://a.example/0", "https://a.example/1"]


def test_repeated_articles_are_one_story():
    planned = plan(article(0), article(0, url="https://a.example/0#again"), article(0, url="https://b.example/0"))
    assert len(urls(planned.issue)) == 1
    assert reasons(planned) == [
        ("https://a.example/0#again", "repeat of https://a.example/0"),
        ("https://b.example/0", "same story as https://a.example/0"),
    ]


def test_selects_the_best_stories_and_names_the_others():
    chosen = config({"id": "world", "section": "World"}, stories=2)
    planned = plan(article(0, hours=90), article(1, hours=1), article(2, hours=40), config=chosen)
    assert urls(planned.issue) == ["https://a.example/1", "https://a.example/2"]
    assert reasons(planned) == [("https://a.example/0", "not among the 2 best")]


def test_limits_the_stories_of_one_source():
    two = config({"id": "world", "name": "The World"}, {"id": "tech"}, max_per_source=1)
    planned = plan(article(0, hours=1), article(1, hours=2), article(2, source="tech", hours=60), config=two)
    assert urls(planned.issue) == ["https://a.example/0", "https://a.example/2"]
    assert reasons(planned) == [("https://a.example/1", "already 1 from The World")]


def test_the_section_of_the_lead_is_first_and_the_others_follow_the_configuration():
    three = config(
        {"id": "world", "section": "World"}, {"id": "art", "section": "Art"}, {"id": "tech", "section": "Tech"}
    )
    planned = plan(
        article(0, source="art", hours=30),
        article(1, source="tech", hours=1),
        article(2, source="world", hours=50),
        article(3, source="tech", hours=60),
        config=three,
    )
    assert [(section.title, [story.url[-1] for story in section.stories]) for section in planned.issue.sections] == [
        ("Tech", ["1", "3"]),
        ("World", ["2"]),
        ("Art", ["0"]),
    ]


def test_the_lead_joins_the_stories_without_a_section():
    mixed = config({"id": "world", "section": "World"}, {"id": "other"})
    planned = plan(article(0, hours=1), article(1, source="other", hours=30), article(2, hours=20), config=mixed)
    assert [(section.title, [story.url[-1] for story in section.stories]) for section in planned.issue.sections] == [
        ("", ["0", "1"]),
        ("World", ["2"]),
    ]


def test_a_heavier_source_and_more_outlets_raise_a_story():
    heavy = config({"id": "world"}, {"id": "tech", "weight": 3.0}, {"id": "mute", "weight": 0})
    planned = plan(article(0, hours=1), article(1, source="tech", hours=50), article(2, source="mute"), config=heavy)
    assert urls(planned.issue) == ["https://a.example/1", "https://a.example/0", "https://a.example/2"]
    alone = score_story([article(0)], config=heavy, now=NOW)
    covered = score_story([article(0), article(0, source="mute", hours=20)], config=heavy, now=NOW)
    assert covered.total > alone.total
    assert alone.total == pytest.approx(
        alone.parts["weight"] * (1 + alone.parts["recency"] + alone.parts["coverage"] + alone.parts["substance"])
    )


def test_an_article_without_text_can_be_a_story():
    planned = plan(article(0, text=""))
    assert (urls(planned.issue), planned.issue.stories[0].candidates) == (["https://a.example/0"], ())


def test_a_plan_can_have_no_stories():
    planned = plan()
    assert planned.issue == Issue(id="2026-W47")
    assert planned.dropped == ()


def test_subject_and_preheader_come_from_the_lead_and_differ():
    planned = plan(article(0, hours=1), article(1, hours=30))
    assert planned.issue.subject == TOPICS[0]
    assert planned.issue.preheader == (
        "Worda0 Wordb0 Wordc0 Wordd0 Worde0 Wordf0 Wordg0 Wordh0."  # the first bullet says what the subject says
    )
    bare = plan(article(0, hours=1, text=""), article(1, hours=60), article(2, hours=70))
    assert bare.issue.preheader == f"Also: {TOPICS[1]} · {TOPICS[2]}"
    pointed = plan(
        article(0, hours=1, key_points=("Two years of trials in forty villages are over",)), article(1, hours=30)
    )
    assert pointed.issue.preheader == "Two years of trials in forty villages are over"


def test_a_long_headline_does_not_look_cut_in_the_subject():
    planned = plan(article(0, title="Seventy characters are soon over when a headline goes on and on\nlike this one"))
    assert planned.issue.subject == "Seventy characters are soon over when a headline goes"
    assert len(planned.issue.subject) <= 70


@given(st.text(min_size=1), st.integers(2, 80))
def test_shortened_text_is_never_too_long(text: str, limit: int):
    assert len(shorten(text, limit)) <= limit


def test_a_story_has_ticked_and_unticked_bullets():
    text = " ".join(f"{topic} in the {n}th year of counting such things." for n, topic in enumerate(TOPICS))
    story = propose_story(article(0, title="Ten things", text=text), per_story=3)
    assert [item.ticked for item in story.candidates] == [True] * 3 + [False] * 3
    starts = [item.bullet.start for item in story.candidates]
    assert starts[:3] == sorted(starts[:3])
    further = rank_bullets(article(0, title="Ten things", text=text), limit=6)[3:]
    assert starts[3:] == [bullet.start for bullet in further]


def test_article_text_cannot_inject_markup_or_bidi_overrides():
    story = propose_story(
        article(
            0,
            title="A\u202etitle\x00 with\r\nbreaks",
            url="https://a.example/0\n",
            key_points=("See [this](https://b.example) <b>now</b> *at* once\u2066",),
        ),
        per_story=3,
    )
    assert (story.headline, story.url) == ("A title with breaks", "https://a.example/0")
    assert story.candidates[0].bullet.text == r"See \[this\](https://b.example) \<b>now\</b> \*at\* once"


@given(st.text())
def test_cleaned_text_is_one_line_without_control_characters(text: str):
    line = single_line(text)
    assert len(line.splitlines()) <= 1
    assert not any(character < " " or "\u202a" <= character <= "\u202e" for character in line)
    assert single_line(line) == line


@given(st.lists(st.builds(article, st.integers(0, 9), hours=st.one_of(st.none(), st.floats(-50, 300))), max_size=12))
def test_every_article_is_a_story_or_is_dropped(articles: list[Article]):
    planned = plan(*articles, config=config({"id": "world", "section": "World"}, stories=4))
    assert len(urls(planned.issue)) + len(planned.dropped) == len(articles)
    assert len({canonical_url(url) for url in urls(planned.issue)}) == len(urls(planned.issue)) <= 4
    assert planned == plan(*articles, config=config({"id": "world", "section": "World"}, stories=4))


def test_a_url_with_two_articles_leads_one_story():
    first = article(1, text="The council shut the old bridge on Monday after engineers found cracks. " * 8, hours=5)
    later = article(1, text="A choir of two hundred sang on the market square for the harvest. " * 8, hours=5 + 24 * 6)
    plan = plan_issue([first, later], id="2026-W47", config=WORLD, now=NOW, period=Period())
    assert len(plan.issue.stories) == 1
    assert [drop.reason for drop in plan.dropped] == [f"repeat of {first.url}"]


def test_the_ranking_lists_every_story_with_its_score():
    chosen = config({"id": "world", "section": "World"}, stories=2)
    planned = plan(article(0, hours=90), article(1, hours=1), article(2, hours=40), config=chosen)
    assert [(ranked.story[0].url[-1], ranked.chosen, ranked.reason) for ranked in planned.ranking] == [
        ("1", True, ""),
        ("2", True, ""),
        ("0", False, "not among the 2 best"),
    ]
    assert planned.ranking[0].score == score_story([article(1, hours=1)], config=chosen, now=NOW)


def test_a_story_lists_the_other_reports():
    planned = plan(article(0), article(0, url="https://b.example/0", source="bee"))
    assert [(mention.name, mention.url) for mention in planned.issue.stories[0].also] == [
        ("b.example", "https://b.example/0")
    ]


def test_a_url_with_two_articles_does_not_hide_other_reports():
    first = article(1, text="The council shut the old bridge on Monday after engineers found cracks. " * 8, hours=5)
    text = "A choir of two hundred sang on the market square for the harvest. " * 8
    later = article(1, title=TOPICS[2], text=text, hours=5 + 24 * 6)
    other = article(3, url="https://b.example/choir", title=TOPICS[2], text=text[:200], source="bee", hours=5 + 24 * 6)
    planned = plan(first, later, other, period=Period())
    assert urls(planned.issue) == ["https://b.example/choir", first.url]
    assert reasons(planned) == [(first.url, f"repeat of {first.url}")]


def test_leaves_out_a_text_of_an_earlier_issue_under_any_url():
    text = "The council shut the old bridge on Monday after engineers found deep cracks in its second arch. " * 3
    earlier = article(1, title="Old bridge shut", text=text, hours=24 * 6)
    again = article(2, url="https://b.example/again", text=text)
    planned = plan_issue([again, article(3)], id="2026-W47", config=WORLD, now=NOW, period=SINCE, earlier=[earlier])
    assert urls(planned.issue) == [article(3).url]
    assert reasons(planned) == [(again.url, "was in an earlier issue: Old bridge shut")]
