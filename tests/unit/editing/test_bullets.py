"""Which statements stand for an article."""

from __future__ import annotations

import time
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import Article, Bullet, pick_bullets
from digest.editing.language import content_words

TEXT = """\
SPRINGFIELD (AP) — The city council approved a new tram line on Monday after two years of debate.

By Ann Writer

He said it would open in 2029 and carry forty thousand people each day.

The tram line will cost 300 million dollars, half of which the state has promised to pay.

Read more: Ten trams that changed the world

But critics of the tram line fear that the council will have to close two libraries to pay for it.

"We cannot afford it," one of them said. Is there another way?

The council has approved the new tram line after two long years of debate on Monday.

Libraries in the city lost a third of their money last year, according to a report by the state.

Sign up for our newsletter to get stories like this one.
"""


def article(text: str = TEXT, *, title: str = "Springfield gets a tram", points: tuple[str, ...] = ()) -> Article:
    return Article(url="https://a.example/1", title=title, text=text, key_points=points)


def test_the_best_sentences_stand_in_the_order_of_the_text_without_dateline():
    assert [bullet.text for bullet in pick_bullets(article())] == [
        "The city council approved a new tram line on Monday after two years of debate.",
        "The tram line will cost 300 million dollars, half of which the state has promised to pay.",
        "Libraries in the city lost a third of their money last year, according to a report by the state.",
    ]


def test_an_extracted_bullet_points_at_its_words():
    for bullet in pick_bullets(article("One line of words\nwrapped here is quite long enough, really\nto be wrapped.")):
        assert bullet.origin == "extracted"
    for bullet in pick_bullets(article(), limit=8):
        assert " ".join(TEXT[bullet.start : bullet.end].split()) == bullet.text


def test_captions_links_and_calls_are_never_picked():
    picked = " ".join(bullet.text for bullet in pick_bullets(article(), limit=20))
    assert "Read more" not in picked
    assert "Sign up" not in picked
    assert "Ann Writer" not in picked


def test_no_bullet_repeats_another():
    bullets = [set(content_words(bullet.text)) for bullet in pick_bullets(article(), limit=20)]
    assert all(len(one & two) < 0.6 * min(len(one), len(two)) for one, two in combinations(bullets, 2) if one and two)


def test_the_author_s_points_come_first_and_in_order():
    points = ("• Trams are back", "  ", "2) It costs\n300 million", "Trams are back", "Libraries may close", "A fourth")
    assert pick_bullets(article(points=points)) == (
        Bullet(text="Trams are back", origin="author"),
        Bullet(text="It costs 300 million", origin="author"),
        Bullet(text="Libraries may close", origin="author"),
    )


def test_sentences_fill_up_what_the_author_left_and_do_not_repeat_it():
    points = ("Libraries in the city lost a third of their money", "The city council approved a tram line Monday")
    bullets = pick_bullets(article(points=points))
    assert [bullet.origin for bullet in bullets] == ["author", "author", "extracted"]
    assert bullets[2].text.startswith("The tram line will cost")


def test_a_point_without_words_of_its_own_is_not_repeated_either():
    assert pick_bullets(article("We can.", points=("We can.",))) == (Bullet(text="We can.", origin="author"),)


def test_the_headline_is_not_repeated_as_a_bullet():
    text = "Springfield gets a tram\n\nThe council of Springfield voted for it on Monday evening at last."
    assert [bullet.text for bullet in pick_bullets(article(text))] == [
        "The council of Springfield voted for it on Monday evening at last."
    ]


@pytest.mark.parametrize("text", ["", "   \n\n", "…", "•", "?!"])
def test_a_text_without_words_has_no_bullets(text: str):
    assert pick_bullets(article(text)) == ()


def test_a_text_without_sentences_is_cut_at_a_word():
    (bullet,) = pick_bullets(article("word " * 500))
    assert bullet.text.endswith("word …")
    assert len(bullet.text) <= 402
    assert ("word " * 500)[bullet.start : bullet.end].split() == bullet.text.split()[:-1]


@pytest.mark.parametrize("limit", [-1, 0])
def test_no_bullets_are_none(limit: int):
    assert pick_bullets(article(points=("A point",)), limit=limit) == ()


def test_other_scripts_have_bullets():
    assert len(pick_bullets(article("东京今天下雨了。大阪的天气很好。京都有很多人。名古屋下雪了。"))) == 3


@given(st.text(max_size=300), st.text(max_size=30), st.lists(st.text(max_size=20), max_size=3), st.integers(0, 4))
def test_any_text_gives_bullets_or_none(text: str, title: str, points: list[str], limit: int):
    bullets = pick_bullets(article(text, title=title, points=tuple(points)), limit=limit)
    assert len(bullets) <= limit
    for bullet in bullets:
        assert bullet.text == " ".join(bullet.text.split())
        assert any(map(str.isalnum, bullet.text))
        if bullet.origin == "extracted":
            assert 0 <= bullet.start < bullet.end <= len(text)
    assert bullets == pick_bullets(article(text, title=title, points=tuple(points)), limit=limit)


@pytest.mark.parametrize(
    "piece", ["Word ", "(CNN) -- ", "A B. ", "NEW YORK - ", "by A and ", "more " * 9 + ": ", "\n\n"]
)
def test_a_large_hostile_text_takes_no_longer_than_its_length(piece: str):
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    pick_bullets(article(text))
    assert time.process_time() - began < 5
