from __future__ import annotations

from dataclasses import replace

import pytest

from digest.models import Mention

FILE = "issues/2026-W47/issue.md"


@pytest.mark.parametrize("subject", ["", "  ", "TODO", "Subject", "(no subject)", "Untitled!"])
def test_t101_the_subject_is_empty_or_a_placeholder(found, clean, subject):
    clean.issue = replace(clean.issue, subject=subject)
    assert found(clean) == [("T101", f"{FILE}:2")]


@pytest.mark.parametrize("preheader", ["", "Three towns and the TIDE", "Three towns and the tide: more"])
def test_t102_the_preheader_is_missing_or_repeats_the_subject(found, clean, preheader):
    clean.issue = replace(clean.issue, preheader=preheader)
    assert found(clean) == [("T102", f"{FILE}:3")]


def test_t103_the_subject_is_too_long(found, clean):
    clean.issue = replace(clean.issue, subject="a" * 79)
    assert found(clean) == [("T103", f"{FILE}:2")]
    clean.issue = replace(clean.issue, subject="a" * 78)
    assert found(clean) == []


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
def test_t104_in_a_headline_a_bullet_and_the_front_matter(found, clean, plant, text):
    issue = clean.issue
    clean.issue = replace(issue, subject=f"Now {text}")
    assert found(clean) == [("T104", f"{FILE}:2")]
    clean.issue = replace(issue, preheader=text)
    assert found(clean) == [("T104", f"{FILE}:3")]
    clean.issue = issue
    assert found(plant(clean, headline=text)) == [("T104", f"{FILE}:12")]
    assert found(plant(clean, headline="Fine", bullet=text)) == [("T104", f"{FILE}:14")]
    also = (Mention(name=text, url="https://b.example/2"),)
    assert found(plant(clean, bullet="Fine", also=also)) == [("T104", f"{FILE}:12")]


def test_t104_in_the_intro_names_the_line_of_the_paragraph(found, clean):
    clean.issue = replace(clean.issue, intro="Good morning.\n\nTODO say more.")
    assert found(clean) == [("T104", f"{FILE}:7")]


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
def test_t104_lets_words_of_real_headlines_through(found, clean, plant, text):
    assert found(plant(clean, bullet=text)) == []


def test_t105_a_headline_is_too_long(found, clean, plant):
    assert found(plant(clean, headline="a " * 45 + "b")) == [("T105", f"{FILE}:12")]


def test_t106_no_bullet_is_ticked(found, clean, plant):
    unticked = tuple(replace(candidate, ticked=False) for candidate in clean.issue.stories[0].candidates)
    assert found(plant(clean, candidates=unticked)) == [("T106", f"{FILE}:12")]


def test_what_is_not_ticked_is_not_looked_at(found, clean, plant):
    first, second = clean.issue.stories[0].candidates
    todo = replace(first, ticked=False, bullet=replace(first.bullet, text="TODO [x](#)"))
    assert found(plant(clean, candidates=(todo, second))) == []
