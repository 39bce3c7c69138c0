"""What feed systems put around an item goes; sentences that only begin alike stay."""

# ruff: noqa: RUF001 - typographic marks are intended

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.feeds.feed_articles import make_headline
from digest.sources.feeds.feed_furniture import is_placeholder, without_feed_furniture

NEWS = "The mill at Harwick grinds again after forty years."


def cleaned(text: str, title: str = "Mill grinds again", outlet: str = "Valley News") -> str:
    return without_feed_furniture(text, title=title, outlets=(outlet,))


@pytest.mark.parametrize(
    "line",
    [
        "The post Mill grinds again appeared first on Valley News.",
        "L’article Mill grinds again est apparu en premier sur Valley News.",
        "La entrada Mill grinds again se publicó primero en Valley News.",
        "Artykuł Mill grinds again pochodzi z serwisu Valley News.",
        "Mill grinds again was originally published in Valley News on Medium, where people are responding.",
        "投稿 Mill grinds again は Valley News に最初に表示されました。",
        "Continue reading on Valley News »",
        "submitted by /u/miller to r/mills [link] [comments]",
        "Comments URL: https://list.example/item?id=1",
        "# Comments: 12",
        "12 Beiträge - 3 Teilnehmer",
        "Read full topic",
        "Hosted on Acast. See acast.com/privacy for more information.",
        "Learn more about your ad choices. Visit megaphone.fm/adchoices",
        "See omnystudio.com/listener for privacy information.",
        "Support this podcast: https://pods.example/support",
        "Thanks for reading! Subscribe for free to receive new posts and support my work.",
        "Valley News is a reader-supported publication. To receive new posts, become a subscriber.",
        "Follow me on Mastodon: https://social.example/@mill",
        "Get 20% off your first sieve with code MILL20",
        "#mills #flour #harwick",
        "https://mills.example/film",
        "Full Changelog: https://code.example/mill/compare/v1...v2",
        "@miller made their first contribution in #12",
        "admin Wed, 11/18/2026 - 09:00",
        "Add new comment",
        "Photo by Ann Lee on Unsplash",
        "Weiterlesen",
        "続きを読む",
    ],
)
def test_drops_what_systems_append(line: str) -> None:
    assert cleaned(f"{NEWS}\n\n{line}") == NEWS


@pytest.mark.parametrize(
    "tail",
    [
        "The post Mill grinds again appeared first on Valley News.",
        "Hosted on Acast. See acast.com/privacy for more information.",
        "Learn more about your ad choices. Visit megaphone.fm/adchoices",
        "submitted by /u/miller [link] [comments]",
        "Continue reading Mill grinds again →",
        "Thanks for reading!",
    ],
)
def test_cuts_off_what_was_appended_to_the_last_paragraph(tail: str) -> None:
    assert cleaned(f"{NEWS} {tail}") == NEWS


@pytest.mark.parametrize(
    "title", ["Why does it grind? And for whom?", "Stop! The mill grinds", "Mill, Inc. grinds again"]
)
def test_stops_within_a_headline_do_not_split_the_line_that_names_it(title: str) -> None:
    line = f"The post {title} appeared first on Valley News."
    assert cleaned(f"{NEWS}\n\n{line}", title) == NEWS
    assert cleaned(f"{NEWS} {line}", title) == NEWS


@pytest.mark.parametrize(
    "sentence",
    [
        "The post of miller appeared first on a list of 1790, the archive says.",
        "Photo by photo, the archive shows the valley.",
        "Comments from 300 people were read out before midnight.",
        "Read more than a book a week, and you finish the library in ninety years, says its head.",
        "First published in 1790, the map shows a mill.",
        "Support for the mill grows in the valley.",
        "Follow-up talks on Monday failed.",
        "Watch out for the wheel, says the miller.",
        "Customers get 15% off their next bill because a pump was repaired early.",
        "Music by the town band filled the hall.",
        "He ended with thanks for listening to the miller.",
        "Hosted by the council, the fair drew nine thousand.",
    ],
)
def test_keeps_sentences_that_only_look_like_it(sentence: str) -> None:
    assert cleaned(sentence) == sentence
    assert cleaned(f"{NEWS}\n\n{sentence}") == f"{NEWS}\n\n{sentence}"


def test_drops_chapters_of_a_film_but_no_lone_time() -> None:
    assert cleaned(f"{NEWS}\n\n0:00 Intro\n\n1:20 The wheel\n\n[1:02:10] - The end") == NEWS
    assert cleaned(f"{NEWS}\n\n0:00 Intro 1:20 The wheel 2:40 The end") == NEWS
    assert cleaned("7:30 is when the mill opens.") == "7:30 is when the mill opens."


def test_takes_off_what_stands_before_a_text() -> None:
    assert cleaned("arXiv:2611.01234v1 Announce Type: new Abstract: We weigh flour.") == "We weigh flour."


def test_takes_the_makers_out_of_release_notes() -> None:
    assert cleaned("Fix the wheel by @miller in https://code.example/mill/pull/3") == "Fix the wheel"


@given(st.text(), st.text())
def test_never_fails_and_adds_no_words(text: str, title: str) -> None:
    assert set(cleaned(text, title).split()) <= set(text.split())


@pytest.mark.parametrize(
    "title",
    [
        "(no title)",
        "Untitled",
        "null",
        "Ohne Titel",
        "[sans titre]",
        "無題",
        "2026-11-18",
        "Wed, 18 Nov 2026",
        "https://mills.example/1",
        "…",
        "",
    ],
)
def test_placeholders_are_no_titles(title: str) -> None:
    assert is_placeholder(title)


@pytest.mark.parametrize(
    "title",
    [
        "Untitled (Mill, 1912) sold",
        "Null and void",
        "1984",
        "Version 3.3.1",
        "iPhone 17",
        "Photo of the mill",
        "C'est la vie",
    ],
)
def test_titles_that_only_look_like_placeholders_stay(title: str) -> None:
    assert not is_placeholder(title)


def test_makes_a_headline_of_the_first_sentence() -> None:
    assert make_headline("Dr. Lee paid 2.5 million. Nobody knew.") == "Dr. Lee paid 2.5 million."
    assert make_headline("Look at https://mills.example/1 now! It turns.") == "Look at now!"
