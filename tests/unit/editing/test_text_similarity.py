"""Finding articles that carry the same text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from digest import Article, group_articles
from digest.editing.text_similarity import find_copies

DAY = datetime(2026, 11, 18, 8, tzinfo=UTC)
FOOTER = (
    "Sign up for our morning letter and never miss a story from the valley again. Our reporters depend on readers "
    "like you; a gift of any size keeps the presses running and the lamps in the newsroom lit through the winter."
)


def prose(seed: int, count: int) -> str:
    random = Random(seed)  # noqa: S311 - invented articles are no secret
    return " ".join(f"w{random.randrange(3000)}" for _ in range(count))


def article(host: str, text: str, *, number: int = 0, days: int = 0, title: str = "") -> Article:
    return Article(
        url=f"https://{host}.example/{number}",
        title=title or text[:40],
        text=text,
        published=DAY + timedelta(days=days),
    )


def test_finds_edited_copies():
    whole = prose(1, 300)
    words = whole.split()
    edits = {
        "cut": " ".join(words[:60]),
        "middle": " ".join(words[100:170]),
        "dateline": f"SPRINGFIELD (AP) - {whole} {FOOTER}",
        "dropped": " ".join(words[:90] + words[120:200] + words[230:]),
        "capitals": whole.upper(),
    }
    for text in edits.values():
        assert list(find_copies([article("a", whole), article("b", text), article("c", prose(2, 300))])) == [(0, 1)]


def test_reports_that_quote_one_speech_are_not_copies():
    speech = prose(3, 40)
    first, second = prose(4, 80) + " " + speech, speech + " " + prose(5, 120)
    assert list(find_copies([article("a", first), article("b", second)])) == []


def test_teasers_are_too_short_to_be_copies():
    teaser = "Read the whole story on our site today and tomorrow too."
    assert list(find_copies([article("a", teaser), article("b", teaser)])) == []


def test_the_footer_of_an_outlet_does_not_make_its_articles_copies():
    posts = [article("valley", f"{prose(seed, 25)} {FOOTER}", number=seed) for seed in range(40)]
    assert list(find_copies(posts)) == []
    assert [len(group) for group in group_articles(posts)] == [1] * len(posts)


def test_text_above_a_footer_is_still_compared():
    posts = [article("valley", f"{prose(seed, 60)} {FOOTER}", number=seed) for seed in range(10, 16)]
    assert list(find_copies([*posts, article("elsewhere", prose(12, 60))])) == [(2, 6)]


def test_a_text_that_one_outlet_carries_often_is_not_a_footer():
    text = prose(20, 100)
    same = [article("wire", text, number=number) for number in range(5)]
    pairs = set(find_copies([*same, article("paper", text)]))
    assert {(number, 5) for number in range(5)} <= pairs


def test_a_url_reused_weeks_later_for_another_text_has_two_articles():
    first = article("radio", prose(30, 60), title="This week: trams")
    later = article("radio", prose(31, 60), title="This week: bees", days=7)
    assert group_articles([first, later]) == [[first], [later]]


def test_a_url_rewritten_the_same_day_or_mostly_kept_has_one_article():
    first = article("live", prose(40, 60))
    rewritten = article("live", prose(41, 70))
    grown = article("live", f"{prose(40, 60)} {prose(42, 20)}", days=9)
    assert group_articles([first, rewritten]) == [[rewritten, first]]
    assert group_articles([first, grown]) == [[grown, first]]


def test_compares_texts_of_any_characters():
    odd = "\ud800 it\u2019s 東京 " * 40
    assert list(find_copies([article("a", odd, title="x"), article("b", odd, title="x")])) == []
    assert list(find_copies([])) == []
