from __future__ import annotations

import pytest

from digest.editing.grouping import separate_stories
from digest.models import Article

REWORDED = "After deep cracks were found in the second arch by engineers, the old bridge was shut by the council. " * 4
LONG = "The council shut the old bridge on Monday after engineers found deep cracks in its second arch. " * 4


def article(slug: str, title: str, *, source: str = "courier", text: str = LONG) -> Article:
    return Article(url=f"https://{source}.example/{slug}", title=title, text=text, source=source)


def test_similar_articles_of_one_outlet_are_separate_stories():
    first, second = article("a", "The tram comes back"), article("b", "The last lamplighter", text=REWORDED)
    assert separate_stories([[first, second]]) == [[first], [second]]


def test_a_text_reprinted_under_another_headline_is_one_story():
    first, again = article("a", "Old bridge shut"), article("b", "Cracks close crossing", text=f"Springfield. {LONG}")
    cut = article("c", "Mind the gap", text=LONG[:100])
    assert separate_stories([[first, again, cut]]) == [[first, again, cut]]


def test_a_source_can_collect_several_outlets():
    first = article("a", "Old bridge shut")
    second = Article(url="https://gazette.example/b", title="Cracks close crossing", text=REWORDED, source="courier")
    assert separate_stories([[first, second]]) == [[first, second]]
    same_host = Article(url="https://courier.example/c", title="Engineers worry", text=REWORDED, source="courier-uk")
    assert separate_stories([[first, same_host]]) == [[first], [same_host]]


def test_articles_with_one_headline_or_url_stay_together():
    first, again = article("a", "Bridge shut"), article("b", "bridge  SHUT")
    updated = article("a", "Bridge shut: an update")
    assert separate_stories([[first, again]]) == [[first, again]]
    assert separate_stories([[first, updated]]) == [[first, updated]]


def test_full_reports_of_two_outlets_stay_together():
    first, second = article("a", "Old bridge shut"), article("b", "Cracks close crossing", source="gazette")
    assert separate_stories([[first, second]]) == [[first, second]]


def test_short_texts_need_similar_headlines():
    first = article("a", "Bridge shut after cracks", text="The bridge is shut.")
    same = article("b", "Cracks: bridge is shut", source="gazette", text="It is shut.")
    second = article("c", "Library sails away", source="herald", text="The library is at sea.")
    assert separate_stories([[first, same, second]]) == [[first, same], [second]]


def test_a_short_report_needs_only_one_similar_headline():
    first = article("a", "Riot: council creates committee to investigate bridge")
    second = article("b", "Council votes to create committee for the bridge", source="gazette", text=REWORDED)
    short = article("c", "Council votes for a probe of its bridge", source="herald", text="The council voted.")
    assert separate_stories([[first, second, short]]) == [[first, second, short]]


def test_separating_keeps_every_article_exactly_once():
    story = [article(str(number), f"Title {number % 3}", source=f"s{number % 2}") for number in range(9)]
    parts = separate_stories([story])
    assert sorted(each.url for part in parts for each in part) == sorted(each.url for each in story)


@pytest.mark.parametrize(
    ("report", "counterpart"),
    [
        (
            ("New library opens", "Children can borrow 12,000 books at the new building beside the station."),
            ("New swimming pool opens", "The 50-metre pool cost nine million and opens to clubs in April."),
        ),
        (
            ("Town council meets on Monday", "The council will vote on the bridge and hear the mayor's report."),
            ("Town council elections postponed", "Ballot papers with a printing error must be replaced by 4 December."),
        ),
        (
            ("Weekly round-up: gardening tips", "Plant tulips before the first frost and mulch the roses."),
            ("Weekly round-up: cinema releases", "Three thrillers and a musical open at the Regal this Friday."),
        ),
        (
            ("School board meets Tuesday", "The board will discuss the budget for next year at 7 pm in the hall."),
            ("School board elects chair", "Maria Green was elected chair of the board by five votes to two."),
        ),
        (
            ("Ferry goes electric", "Click here to see all photographs, maps and comments of our members."),
            ("Chess champion beaten", "Click here to see all photographs, maps and comments of our members."),
        ),
    ],
)
def test_separates_short_articles_that_share_only_a_pattern(report, counterpart):
    first = article("a", report[0], text=report[1])
    second = article("b", counterpart[0], source="gazette", text=counterpart[1])
    assert separate_stories([[first, second]]) == [[first], [second]]


@pytest.mark.parametrize(
    ("report", "counterpart"),
    [
        (
            ("New library opens beside station", "Children can borrow 12,000 books at the building."),
            ("Mayor opens new library", "The library beside the station has 12,000 books for children."),
        ),
        (
            (
                "Fire destroys warehouse in Harbour Street",
                "Flames took a furniture warehouse on Sunday; nobody was hurt.",
            ),
            (
                "Blaze wakes neighbours",
                "A furniture warehouse in Harbour Street burned down. Nobody was hurt in the fire.",
            ),
        ),
    ],
)
def test_keeps_short_reports_on_one_event_together(report, counterpart):
    first = article("a", report[0], text=report[1])
    second = article("b", counterpart[0], source="gazette", text=counterpart[1])
    assert separate_stories([[first, second]]) == [[first, second]]


def test_articles_without_text_need_nearly_the_whole_headline():
    first = article("a", "Storm Kara cuts power to 20,000 homes", text="")
    same = article("b", "Storm Kara: 20,000 homes without power", source="gazette", text="")
    assert separate_stories([[first, same]]) == [[first, same]]
    council = article("c", "Town council meets on Monday", text="")
    vote = article("d", "Town council vote postponed", source="gazette", text=" ")
    assert separate_stories([[council, vote]]) == [[council], [vote]]
    short = article("e", "New library", text="")
    opens = article("f", "Library opens", source="gazette", text="")
    assert separate_stories([[short, opens]]) == [[short], [opens]]
