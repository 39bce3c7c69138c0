"""Bylines name the people who wrote an article, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources import extract_article
from digest.sources.author_names import clean_names, split_names

URL = "https://paper.example/2026/glass"
TEXT = "".join(
    f"<p>The {word} furnace of the glassworks at Brill has not been cold since the spring, says the master of it.</p>"
    for word in ("first", "second", "third", "fourth")
)


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ann Lee · 5 min read", ("Ann Lee",)),
        ("Ann Lee | 3 minute read", ("Ann Lee",)),
        ("Ann Lee - 18 November 2026", ("Ann Lee",)),
        ("By Ann Lee for The Paper", ("Ann Lee",)),
        ("Von Ann Lee für Die Zeitung", ("Ann Lee",)),
        ("By Ann Lee in Port Selby", ("Ann Lee",)),
        ("Ann Lee, professor of law at the technical college", ("Ann Lee",)),
        ("Ann Lee, Professor of Law", ("Ann Lee",)),
        ("Ann Lee Political Editor", ("Ann Lee",)),
        ("By Ann Lee, political editor, and Bob Ray, Berlin correspondent", ("Ann Lee", "Bob Ray")),
        ("Text: Ann Lee, Fotos: Bob Ray", ("Ann Lee", "Bob Ray")),
        ("Words by Ann Lee, photographs by Bob Ray", ("Ann Lee", "Bob Ray")),
        ("Ann Lee; Bob Ray", ("Ann Lee", "Bob Ray")),
        ("Ann Lee, Bob Ray and agencies", ("Ann Lee", "Bob Ray")),
        ("Ann Lee and Reuters", ("Ann Lee",)),
        ("Agencies", ()),
        ("Staff and agencies", ()),
        ("dpa/AFP", ()),
        ("The Associated Press", ()),
        ("Ida van der Moss und Ludwig zu Auen", ("Ida van der Moss", "Ludwig zu Auen")),
        ("Bill and Melinda Gates", ("Bill and Melinda Gates",)),
    ],
)
def test_a_byline_is_split_into_people(byline, names):
    assert split_names(byline) == names


def test_metadata_may_name_an_agency():
    assert split_names("Ann Lee and Reuters", agencies=True) == ("Ann Lee", "Reuters")
    assert clean_names(["dpa"], agencies=True) == ("dpa",)
    assert clean_names(["Agencies"], agencies=True) == ()


@given(st.text())
def test_any_text_gives_names(text):
    assert all(name.strip() for name in split_names(text))


def authors(body: str, head: str = ""):
    head = f"<title>The furnace never sleeps | The Paper</title>{head}"
    return extract_article(f"<html><head>{head}</head><body>{body}</body></html>", url=URL).authors


HEADLINE = "<h1>The furnace never sleeps</h1>"
ARTICLE = f"<article>{HEADLINE}{TEXT}</article>"


@pytest.mark.parametrize(
    "teaser",
    [
        "<section><h3>More</h3><a><span>A choir of bakers</span> <span>By Bob Ray, Norwick</span></a></section>",
        "<div><h1>A choir of bakers</h1><p>They sing.</p><h6>By Bob Ray and Cy Poe</h6></div>",
        "<div><h2>A choir of bakers</h2><p class='byline'>Bob Ray</p></div>",
    ],
)
def test_the_author_of_a_teaser_is_not_the_author(teaser):
    assert authors(ARTICLE + teaser) == ()
    assert authors(f"<article>{HEADLINE}<p class='byline'>By Ann Lee</p>{TEXT}</article>{teaser}") == ("Ann Lee",)


def test_a_byline_below_the_text_counts():
    assert authors(f"<div>{HEADLINE}<div>{TEXT}<h2>At night</h2>{TEXT}<p>By Ann Lee</p></div></div>") == ("Ann Lee",)


def test_the_logo_of_a_site_may_be_a_headline_too():
    logo = "<h1>The Paper of the Town</h1>"
    assert authors(f"{logo}{TEXT}<div>{HEADLINE}<p>By Ann Lee</p>{TEXT}</div>") == ("Ann Lee",)


def test_a_person_goes_before_the_house():
    house = '{"@type": "NewsArticle", "headline": "x", "author": {"@type": "Organization", "name": "Town Paper"}}'
    head = f"<script type='application/ld+json'>{house}</script>"
    assert authors(f"<article>{HEADLINE}<p>By Ann Lee</p>{TEXT}</article>", head) == ("Ann Lee",)
    assert authors(ARTICLE, head) == ("Town Paper",)
