"""Two events told in the same words, and columns that many papers have."""

from __future__ import annotations

import pytest

from digest.editing.event_names import are_two_events, is_rubric
from digest.editing.grouping import group_articles, separate_stories
from digest.models import Article


def _article(title: str, text: str, *, host: str = "one.example", language: str | None = None) -> Article:
    return Article(url=f"https://{host}/{abs(hash(title + text)) % 9999}", title=title, text=text, language=language)


_PAIRS_OF_EVENTS = {
    "two councils": (
        (
            "Council votes to close library",
            "Harwick council will close the library in Mill Lane. Only Anna Prowse was against it.",
        ),
        (
            "Council votes to close library",
            "The library of Denby shuts in May, councillors decided. Tom Ashe called it a shame.",
        ),
    ),
    "two results": (
        ("Arlow quarterly profit rises 12%", "Arlow earned 310 million from July to September, it said in Denby."),
        (
            "Sunmark quarterly profit rises 7%",
            "Sunmark earned more than expected. Its head Jo Lind sees 48 million in December.",
        ),
    ),
    "two fires in German": (
        (
            "Feuer in Mehrfamilienhaus",
            "In Altmoor ist am Montag ein Feuer in einem Haus ausgebrochen. Die Polizei sprach von einem Schaden.",
        ),
        (
            "Feuer in Mehrfamilienhaus",
            "Ein Feuer in einem Haus in Seebach hat am Freitag die Feuerwehr beschäftigt. Ein Mann wurde verletzt.",
        ),
    ),
}


@pytest.mark.parametrize("name", _PAIRS_OF_EVENTS)
def test_reports_without_a_common_name_are_two_events(name: str) -> None:
    first, second = (_article(*each) for each in _PAIRS_OF_EVENTS[name])
    assert are_two_events(first, second)
    assert are_two_events(second, first)


_PAIRS_OF_REPORTS = {
    "a common place": (
        ("Ferry runs aground", "The ferry Elbow ran aground near Denby on Monday."),
        ("Passengers safe after night on sandbank", "All who were on a ship off Denby are well, the coastguard said."),
    ),
    "a name that opens the sentence in one of them": (
        ("Arlow buys rival", "Arlow will take over its rival. The price was kept secret by Jo Lind."),
        ("Takeover agreed", "The maker of lamps agreed to be bought by Arlow, which is based in Denby."),
    ),
    "a number": (
        ("Bridge costs more", "The bridge in Harwick will cost 48.3 million, the treasurer said."),
        ("Costs climb again", "Ms Prowse put the price of the crossing at 48.3 million."),
    ),
    "an adjective": (
        ("Talks fail", "Ministers of Ruritania left the table in Denby."),
        ("No deal", "The Ruritanian side went home, Anna Prowse said."),
    ),
    "no capitals at all": (
        ("bridge closed", "the bridge is closed until spring, the office said."),
        ("bridge closed", "In Harwick a bridge is closed."),
    ),
    "no text": (("Bridge closed in Harwick", ""), ("Council shuts bridge", "")),
    "a script without capitals": (("橋が閉鎖", "橋は春まで閉鎖される。"), ("橋が閉鎖", "町の橋が閉鎖された。")),
}


@pytest.mark.parametrize("name", _PAIRS_OF_REPORTS)
def test_reports_with_something_in_common_or_without_names_may_be_one_event(name: str) -> None:
    first, second = (_article(*each) for each in _PAIRS_OF_REPORTS[name])
    assert not are_two_events(first, second)


@pytest.mark.parametrize(
    "title",
    [
        "Weather forecast",
        "Letters to the editor",
        "Your letters: Thursday, 19 November",
        "Horoscope for the week",
        "Today's weather",
        "Obituaries",
        "Leserbriefe",
        "Das Wetter am Freitag",
        "Courrier des lecteurs",
        "Cartas al director",
        "Погода на завтра",
        "天気予報",
    ],
)
def test_names_of_columns_are_rubrics(title: str) -> None:
    assert is_rubric(title)


@pytest.mark.parametrize(
    "title",
    [
        "Weather office opens in Denby",
        "Storm Ida closes harbour",
        "Letters of a queen sold",
        "2026",
        "",
        "Today",
        "Wetterstation brennt",
    ],
)
def test_headlines_are_no_rubrics(title: str) -> None:
    assert not is_rubric(title)


def test_rubrics_and_patterns_never_join_two_outlets() -> None:
    letters = [
        _article("Letters to the editor", "Why is there no bench at the mill in Harwick?" * 9, host="one.example"),
        _article("Letters to the editor", "Who mended the gate of the upper farm at Denby?" * 9, host="two.example"),
    ]
    councils = [
        _article(*each, host=host)
        for each, host in zip(_PAIRS_OF_EVENTS["two councils"], ("a.example", "b.example"), strict=True)
    ]
    assert len(separate_stories([letters])) == 2
    assert len(separate_stories([councils])) == 2


def test_one_text_in_two_outlets_stays_one_story_under_a_rubric() -> None:
    text = "Frost tonight, then snow above three hundred metres, and two degrees at most on the coast, and wind."
    papers = [_article("Weather forecast", text, host=host) for host in ("one.example", "two.example")]
    assert len(separate_stories(group_articles(papers))) == 1
