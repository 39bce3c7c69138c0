"""Texts that break off are left out, and what is shortened does not look cut."""

from __future__ import annotations

import pytest

from digest.editing.bullets import pick_bullets
from digest.editing.text_cleaning import breaks_off, whole_beginning
from digest.models import Article


@pytest.mark.parametrize(
    "text", ["one of its…", "one of its...", "beside those of […]", "beside [...]", "He said: “and then…”"]
)
def test_what_breaks_off(text: str) -> None:
    assert breaks_off(text)


@pytest.mark.parametrize("text", ["First they stopped… then they sang.", "A whole sentence.", "", "No. 5"])
def test_what_does_not(text: str) -> None:
    assert not breaks_off(text)


def test_a_sentence_that_breaks_off_is_no_bullet() -> None:
    text = "The mill at Harwick has been closed since noon on Tuesday. The miller found a crack in one of its…"
    bullets = pick_bullets(Article(url="https://vale.example/1", title="Mill", text=text))
    assert [bullet.text for bullet in bullets] == ["The mill at Harwick has been closed since noon on Tuesday."]


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("Short", "Short"),
        (
            "Council wants to sell the old mill at Harwick for the first time",
            "Council wants to sell the old mill at Harwick",
        ),
        ("The old mill is open again. It grinds on Sundays only, they say", "The old mill is open again."),
        ("The old mill is open again, after forty years of rust and rain", "The old mill is open again"),
        ("Donaudampfschifffahrtsgesellschaftskapitaensmuetzenfabrik", "Donaudampfschifffahrtsgesellschaftskapitaensm"),
    ],
)
def test_beginnings_do_not_look_cut(text: str, beginning: str) -> None:
    assert whole_beginning(text, 45) == beginning
