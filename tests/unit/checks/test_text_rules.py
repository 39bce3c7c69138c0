from __future__ import annotations

from dataclasses import replace

import pytest

from digest.models import Mention

FILE = "issues/2026-W47/issue.md"


@pytest.mark.parametrize("subject", ["", "  ", "TODO", "Subject", "(no subject)", "Untitled!"])
def test_t101_reports_an_empty_or_placeholder_subject(problems, clean, subject):
    clean.issue = replace(clean.issue, subject=subject)
    assert problems(clean) == [("T101", f"{FILE}:2")]


@pytest.mark.parametrize("preheader", ["", "Three towns and the TIDE", "Three towns and the tide: more"])
def test_t102_reports_a_missing_or_repeating_preheader(problems, clean, preheader):
    clean.issue = replace(clean.issue, preheader=preheader)
    assert problems(clean) == [("T102", f"{FILE}:3")]


def test_t103_reports_a_long_subject(problems, clean):
    clean.issue = replace(clean.issue, subject="a" * 79)
    assert problems(clean) == [("T103", f"{FILE}:2")]
    clean.issue = replace(clean.issue, subject="a" * 78)
    assert problems(clean) == []


PLACEHOLDERS = [
    "TODO: better",
    "Say {{ name }}",
    "{% if x %}",
    "Lorem ipsum dolor",
    "rose by XXX percent",
    "said TK.",
    "TKTK",
]


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_t104_reports_placeholders_in_headlines_bullets_and_front_matter(problems, clean, plant, text):
    issue = clean.issue
    clean.issue = replace(issue, subject=f"Now {text}")
    assert problems(clean) == [("T104", f"{FILE}:2")]
    clean.issue = replace(issue, preheader=text)
    assert problems(clean) == [("T104", f"{FILE}:3")]
    clean.issue = issue
    assert problems(plant(clean, headline=text)) == [("T104", f"{FILE}:12")]
    assert problems(plant(clean, headline="Fine", bullet=text)) == [("T104", f"{FILE}:14")]
    also = (Mention(name=text, url="https://b.example/2"),)
    assert problems(plant(clean, bullet="Fine", also=also)) == [("T104", f"{FILE}:12")]


def test_t104_points_at_the_line_in_the_intro(problems, clean):
    clean.issue = replace(clean.issue, intro="Good morning.\n\nTODO say more.")
    assert problems(clean) == [("T104", f"{FILE}:7")]


@pytest.mark.parametrize(
    "text",
    [
        "TK Maxx opens a shop",
        "Flight TK 1980 lands",
        "Todo sobre mi madre",
        "TODO LO QUE DEBES SABER",
        "Super Bowl XXXI",
        "Tempe in Super Bowl XXX",
        "The braces {} of `{{ x }}` explained",
        "See example.TK",
        "100 % lorem",
    ],
)
def test_t104_accepts_the_words_of_real_headlines(problems, clean, plant, text):
    assert problems(plant(clean, bullet=text)) == []


def test_t105_reports_a_long_headline(problems, clean, plant):
    assert problems(plant(clean, headline="a " * 45 + "b")) == [("T105", f"{FILE}:12")]


def test_t106_reports_a_story_without_a_ticked_bullet(problems, clean, plant):
    unticked = tuple(replace(candidate, ticked=False) for candidate in clean.issue.stories[0].candidates)
    assert problems(plant(clean, candidates=unticked)) == [("T106", f"{FILE}:12")]


def test_ignores_bullets_that_are_not_ticked(problems, clean, plant):
    first, second = clean.issue.stories[0].candidates
    todo = replace(first, ticked=False, bullet=replace(first.bullet, text="TODO [x](#)"))
    assert problems(plant(clean, candidates=(todo, second))) == []
