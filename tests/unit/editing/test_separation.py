from __future__ import annotations

from digest.editing.separation import separate_stories
from digest.models import Article

REWORDED = "After deep cracks were found in the second arch by engineers, the old bridge was shut by the council. " * 4
LONG = "The council shut the old bridge on Monday after engineers found deep cracks in its second arch. " * 4


def article(slug: str, title: str, *, source: str = "courier", text: str = LONG) -> Article:
    return Article(url=f"https://{source}.example/{slug}", title=title, text=text, source=source)


def test_two_articles_of_one_outlet_are_two_stories_however_alike_their_words():
    one, other = article("a", "The tram comes back"), article("b", "The last lamplighter", text=REWORDED)
    assert separate_stories([[one, other]]) == [[one], [other]]


def test_a_text_that_an_outlet_prints_again_under_another_headline_is_one_story():
    one, again = article("a", "Old bridge shut"), article("b", "Cracks close crossing", text=f"Springfield. {LONG}")
    cut = article("c", "Mind the gap", text=LONG[:100])
    assert separate_stories([[one, again, cut]]) == [[one, again, cut]]


def test_a_source_may_gather_what_several_outlets_publish():
    one = article("a", "Old bridge shut")
    other = Article(url="https://gazette.example/b", title="Cracks close crossing", text=REWORDED, source="courier")
    assert separate_stories([[one, other]]) == [[one, other]]
    same_host = Article(url="https://courier.example/c", title="Engineers worry", text=REWORDED, source="courier-uk")
    assert separate_stories([[one, same_host]]) == [[one], [same_host]]


def test_the_same_headline_or_address_is_the_same_article():
    one, again = article("a", "Bridge shut"), article("b", "bridge  SHUT")
    updated = article("a", "Bridge shut: an update")
    assert separate_stories([[one, again]]) == [[one, again]]
    assert separate_stories([[one, updated]]) == [[one, updated]]


def test_full_reports_of_two_outlets_stay_one_story():
    one, other = article("a", "Old bridge shut"), article("b", "Cracks close crossing", source="gazette")
    assert separate_stories([[one, other]]) == [[one, other]]


def test_short_texts_need_a_headline_in_common():
    one = article("a", "Bridge shut after cracks", text="The bridge is shut.")
    same = article("b", "Cracks: bridge is shut", source="gazette", text="It is shut.")
    other = article("c", "Library sails away", source="herald", text="The library is at sea.")
    assert separate_stories([[one, same, other]]) == [[one, same], [other]]


def test_a_short_report_stays_where_one_headline_is_like_its_own():
    first = article("a", "Riot: council creates committee to investigate bridge")
    second = article("b", "Council votes to create committee for the bridge", source="gazette", text=REWORDED)
    short = article("c", "Council votes for a probe of its bridge", source="herald", text="The council voted.")
    assert separate_stories([[first, second, short]]) == [[first, second, short]]


def test_every_article_stays_exactly_once():
    story = [article(str(number), f"Title {number % 3}", source=f"s{number % 2}") for number in range(9)]
    parts = separate_stories([story])
    assert sorted(one.url for part in parts for one in part) == sorted(one.url for one in story)
