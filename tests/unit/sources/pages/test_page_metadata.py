from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from digest.sources import extract_article
from digest.sources.author_names import split_names
from digest.sources.pages.page_titles import StatedTitles, choose_title, without_site

URL = "https://www.harbour-news.example/2026/01/ferries"
BODY = "".join(
    f"<p>The harbour of the town was dredged for the {word} time on Monday, and the ferries came back at noon.</p>"
    for word in ("first", "second", "third", "fourth")
)
SITES = ("The Harbour News", "harbour-news.example", "harbour-news")


def read(head="", body="", lang="lang='en'", url=URL):
    return extract_article(
        f"<!doctype html><html {lang}><head>{head}</head><body><article>{body}{BODY}</article></body></html>", url=url
    )


def meta(**values):
    return "".join(f'<meta property="{name.replace("__", ":")}" content="{value}">' for name, value in values.items())


def linked(**values):
    return f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', **values})}</script>"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Ferries are back - The Harbour News", "Ferries are back"),
        ("Ferries are back | Harbour News", "Ferries are back"),
        ("The Harbour News: Ferries are back", "The Harbour News: Ferries are back"),
        ("The Harbour News - Ferries are back", "Ferries are back"),
        ("Ferries are back-The Harbour News", "Ferries are back"),
        ("Ferries are back - at last", "Ferries are back - at last"),
        ("The Harbour News", "The Harbour News"),
        ("Ferries are back \uff5c Harbour News", "Ferries are back"),
        ("The ferries are back in town\uff1aThe Harbour News", "The ferries are back in town"),
        ("Ferries are back | The Harbour News Online", "Ferries are back"),
    ],
)
def test_removes_the_name_of_the_site_from_a_title(title, expected):
    assert without_site(title, SITES) == expected


@pytest.mark.parametrize(
    ("title", "site"),
    [("A long night \u2013 from dusk to dawn", "Dawn"), ("The river grows \u2013 up to the coast", "The Coast Paper")],
)
def test_leaves_the_words_of_a_headline_that_a_name_consists_of(title, site):
    assert without_site(title, [site]) == title


def test_never_cuts_what_a_heading_repeats_whole():
    title = "Dawn \u2013 what the new timetable is for"
    stated = StatedTitles(linked=title, shared=title, document=f"{title} | Dawn", headings=(title,))
    assert choose_title(stated, ["Dawn"]) == title


def test_removes_the_section_with_the_site():
    assert without_site("Ferries are back - Town - The Harbour News", (*SITES, "Town")) == "Ferries are back"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (StatedTitles(linked="A", shared="B b b b", document="A", headings=("B b b b",)), "B b b b"),
        (
            StatedTitles(linked="Ferries back", shared="Ferries", document="Ferries", headings=("Ferries back",)),
            "Ferries back",
        ),
        (
            StatedTitles(
                linked="Ferries back", shared="Boats return", document="Ferries back", headings=("Ferries back",)
            ),
            "Boats return",
        ),
        (StatedTitles(linked="Ferries back", shared="Boats", document="Boats", headings=("Other",)), "Ferries back"),
        (
            StatedTitles(shared="Ferries: all about it", document="Ferries: all about it", headings=("Ferries",)),
            "Ferries",
        ),
        (StatedTitles(shared="Ferries back", document="Ferries back", headings=("TOWN Ferries back",)), "Ferries back"),
        (StatedTitles(shared="Ferries", document="News", headings=("News", "Ferries")), "Ferries"),
        (StatedTitles(document="Ferries back | Any Name", headings=("The Harbour News",)), "Ferries back"),
        (StatedTitles(document="05.01.2026 - Ferries back"), "Ferries back"),
        (StatedTitles(headings=("Ferries back",)), "Ferries back"),
        (StatedTitles(shared="The Harbour News", document="Ferries back | News"), "Ferries back"),
        (
            StatedTitles(linked="Town - Ferries back", shared="Ferries back", headings=("Ferries back",)),
            "Ferries back",
        ),
        (
            StatedTitles(
                linked="Ferries: all about it",
                shared="Harbour: Boats return",
                document="Ferries: all about it",
                headings=("Boats return", "Another story"),
            ),
            "Boats return",
        ),
        (
            StatedTitles(linked="Ferries back | Town", document="Ferries back | Town", headings=("Ferries back",)),
            "Ferries back",
        ),
        (
            StatedTitles(
                shared="Ferries back in town",
                document="Ferries back in town",
                headings=("Why the ferries are back in town at last", "A mill closes", "Rain again"),
            ),
            "Why the ferries are back in town at last",
        ),
        (
            StatedTitles(shared="渡し船が三年ぶりに再開した日-社会ㅣ海岸", others=("渡し船が三年ぶりに再開した日",)),
            "渡し船が三年ぶりに再開した日",
        ),
        (
            StatedTitles(
                document="Boat Club » Archive » Ferries are back at last", minor=("Ferries are back at last",)
            ),
            "Ferries are back at last",
        ),
        (StatedTitles(), ""),
    ],
)
def test_chooses_the_headline_that_titles_agree_on(stated, expected):
    assert choose_title(stated, SITES) == expected


@pytest.mark.parametrize(
    "heading",
    [
        "<h1><span class='article-kicker'>Harbour</span><span>Ferries are back</span></h1>",
        "<h1><span class=topline>Harbour</span><span class='sr-only'>-</span><span>Ferries are back</span></h1>",
        "<h1>Ferries are back<small>5 January 2026</small></h1>",
        "<h1><a href='/'>Boat Club</a></h1><h1>Ferries are back</h1><h1>Another story</h1>",
        "<h1><ruby>Ferries<rt>furries</rt></ruby> are back</h1>",
    ],
)
def test_reads_the_headline_in_a_heading_without_what_stands_beside_it(heading):
    head = "<title>Harbour - Ferries are back</title>" + meta(og__title="Harbour - Ferries are back")
    assert read(head, heading).title == "Ferries are back"


def test_leaves_a_topic_with_a_colon_in_the_headline():
    assert read("", "<h1><span class=kicker>Harbour:</span> Ferries are back</h1>").title == "Harbour: Ferries are back"


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "headline": "Ferries are back, they say",}',
        '{"@type": "WebSite", "name": "x"}\n{"@type": "NewsArticle", "headline": "Ferries are back, they say"}',
        '{"@type": "http://schema.org/NewsArticle", "headline": "Ferries are back, they say"}',
        '{"@type": ["schema:NewsArticle"], "tags": ["a", "b",], "headline": "Ferries are back, they say"};',
    ],
)
def test_reads_json_ld_as_sites_write_it(script):
    head = f"<title>Story 1</title><script type='application/ld+json'>{script}</script>"
    assert read(head).title == "Ferries are back, they say"


@pytest.mark.parametrize(
    ("byline", "expected"),
    [
        ("By Ann Lee and Bob Ray", ("Ann Lee", "Bob Ray")),
        ("Von Ann Lee, Bob Ray und Cem Öz, London", ("Ann Lee", "Bob Ray", "Cem Öz")),
        ("Ann Lee;Bob Ray", ("Ann Lee", "Bob Ray")),
        ("News-Reporter Ann Lee", ("Ann Lee",)),
        ("신현주 기자", ("신현주",)),
        ("Lee, Ann", ("Lee, Ann",)),
        ("Christian von Berg", ("Christian von Berg",)),
    ],
)
def test_splits_names_and_drops_roles_and_places(byline, expected):
    assert split_names(byline) == expected


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>Ferries</h1><p>By Ann Lee</p>",
        "<h1>Ferries</h1><div><span>Von</span> <a href='/ann'>Ann Lee</a> | 5. Januar 2026</div>",
        "<h1>Ferries</h1><p class='autorenzeile'>Ann Lee, London</p>",
        "<nav><p>By Not Me</p></nav><h1>Ferries</h1><div class='teaser'>By Nor Me</div><p>By Ann Lee</p>",
        "<div class='sidebar-right card-layout'><h1>Ferries</h1><p>By Ann Lee</p></div>",
        "<h1>Ferries</h1><div class='elementor-widget'><p>Words by Ann Lee</p></div>",
        "<h1>Ferries</h1><div class='node--promoted'>By <a>Ann Lee</a></div>",
        "<h1>Ferries</h1><div class='license-author'>Bob Ray</div><div class='author'>Author <b>Ann Lee:</b></div>",
        "<h1>Ferries</h1><p><strong>Ann Lee</strong></p>",
        "<h1>Ferries</h1><h4>They are back.</h4><div><span>Ann Lee&nbsp;|</span> <span>05.01.2026 - 10:00</span></div>",
        "<h1>Ferries</h1><div>By Ann Lee January 5, 2026</div>",
        "<h1>Ferries</h1><div>By Ann Lee For The Harbour News</div>",
        "<h1>Ferries</h1><div><a rel='author'>Ann Lee</a></div><ul><li><p><a rel='author'>Bob Ray</a></ul>",
    ],
)
def test_finds_a_byline_in_the_text(markup):
    assert read(body=markup).authors == ("Ann Lee",)


def test_does_not_take_sentences_for_bylines():
    assert read(body="<h1>Ferries</h1><p>By noon they were back</p><p>By The Harbour</p>").authors == ()
    assert read(body="<h1>Ferries</h1><div><a href='/me'>Middle East</a> | 5 January 2026</div>").authors == ()
    assert read(body="<h1>Ferries</h1><div>Ann Lee | Bob Ray</div><p>Ann Lee</p>").authors == ()


def test_ignores_authors_of_references_and_reading_times():
    head = meta(citation_author="Ann Lee", author="Some Source", twitter__data1="5 minutes")
    assert read(head).authors == ("Ann Lee",)
    assert read(meta(twitter__data1="5 minutes")).authors == ()


def test_the_site_is_the_author_if_its_json_ld_says_so_and_nobody_is_named():
    head = linked(headline="Ferries", author={"name": "Harbour"}, publisher={"name": "Harbour"})
    assert read(head).authors == ("Harbour",)
    assert read(meta(og__site_name="Harbour", author="Harbour")).authors == ()


@pytest.mark.parametrize("title", ["Ferries are back | News | 23.01.2026", "23.01.2026 - Ferries are back"])
def test_reads_the_date_in_a_title_if_there_is_no_other(title):
    assert read(meta(og__title=title)).published == datetime(2026, 1, 23, tzinfo=UTC)
    dated = meta(og__title=title, article__published_time="2026-01-05T10:00:00Z")
    assert read(dated).published == datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "head", "expected"),
    [
        ("lang='de-AT'", "", "de-AT"),
        ("lang='EN'", meta(og__locale="fr_FR"), "en"),
        ("", meta(og__locale="fr_FR"), "fr-FR"),
        ("", "<meta http-equiv='content-language' content='pt-br'>", "pt-BR"),
        ("", linked(headline="T", inLanguage="nl"), "nl"),
        ("lang=''", "", None),
    ],
)
def test_reads_the_language_as_a_tag(lang, head, expected):
    assert read(head, lang=lang).language == expected


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        (["/a/ferry.jpg"], "https://www.harbour-news.example/a/ferry.jpg"),
        (["//img.example.com/ferry.jpg?w=1200"], "https://img.example.com/ferry.jpg?w=1200"),
        (["/img/logo.png", "ferry.jpg"], "https://www.harbour-news.example/2026/01/ferry.jpg"),
        (["data:image/gif;base64,R0lGOD", "/i/1x1.gif", "/i/placeholder-16x9.png"], None),
        (["https://img.example.com/catalogo/ferry.jpg"], "https://img.example.com/catalogo/ferry.jpg"),
        (["javascript:alert(1)"], None),
    ],
)
def test_finds_the_lead_image_but_not_a_logo(links, expected):
    head = "".join(f'<meta property="og:image" content="{link}">' for link in links)
    assert read(head).image == expected


def test_resolves_a_canonical_address_of_this_site():
    assert read('<link rel="canonical" href="/ferries">').url == "https://www.harbour-news.example/ferries"
    assert read('<link rel="CANONICAL" href="https://evil.example/x">').url == URL
