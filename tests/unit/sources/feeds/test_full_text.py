from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.models import Article
from digest.sources.feeds.full_text import keep_full_text, pages_to_read, with_page

MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
SNIPPET = "The council shut the old bridge on Monday after engineers found cracks in its stones."
WHOLE = SNIPPET + " A ferry runs every quarter of an hour from the fish steps until the spring." * 10


def article(number=1, *, text=SNIPPET, days=1, **more):
    published = None if days is None else MONDAY + timedelta(days=days)
    return Article(url=f"https://a.example/{number}", title="Old bridge shut", text=text, published=published, **more)


def is_new(article):
    return article.published is None or article.published > MONDAY


def chosen(*articles, full_text="auto"):
    return [article.url[-1] for article in pages_to_read(articles, full_text=full_text, counts=is_new)]


def test_reads_the_pages_of_snippets_only():
    assert chosen(article(1), article(2, text=WHOLE)) == ["1"]


@pytest.mark.parametrize("end", ["…", " [...]", "... ", " Read more »", " Continue reading"])
def test_treats_a_text_that_breaks_off_as_a_snippet(end):
    assert chosen(article(1, text=WHOLE + end)) == ["1"]


def test_the_setting_selects_all_pages_or_none():
    both = article(1), article(2, text=WHOLE)
    assert chosen(*both, full_text="always") == ["1", "2"]
    assert chosen(*both, full_text="never") == []


def test_skips_the_pages_of_articles_too_old_for_the_issue():
    assert chosen(article(1, days=-1), article(2, days=0), article(3, days=1), article(4, days=None)) == ["4", "3"]


def test_reads_at_most_25_pages_the_newest_first():
    many = [article(number, days=number) for number in range(1, 40)]
    newest = pages_to_read(tuple(many), full_text="auto", counts=is_new)
    assert [article.url for article in newest] == [f"https://a.example/{number}" for number in range(39, 14, -1)]


def test_skips_local_articles():
    local = Article(url="articles/bridge.txt", title="Old bridge shut", text=SNIPPET)
    assert pages_to_read((local,), full_text="always", counts=is_new) == ()


def test_takes_from_the_page_only_what_the_item_lacks():
    page = Article(
        url="https://a.example/amp/1",
        title="Old bridge shut | The Courier",
        text=WHOLE,
        authors=("Ana",),
        published=MONDAY,
        image="https://a.example/bridge.jpg",
        key_points=("The bridge is shut.",),
        language="en",
    )
    item = article(1, days=1, source="courier")
    completed = with_page(item, page)
    assert (completed.url, completed.title, completed.published, completed.source) == (
        item.url,
        item.title,
        item.published,
        "courier",
    )
    assert (completed.text, completed.authors, completed.key_points) == (WHOLE, ("Ana",), ("The bridge is shut.",))
    assert (completed.image, completed.language) == ("https://a.example/bridge.jpg", "en")


def test_ignores_a_consent_wall():
    wall = Article(
        url="https://a.example/1",
        title="Before you continue",
        text="We use cookies and data to deliver and maintain services, to track outages and to protect. " * 5,
    )
    assert with_page(article(1), wall) is None


def test_ignores_a_page_with_less_text_than_the_item():
    assert with_page(article(1), article(1, text="The council shut the old bridge.")) is None


def test_keeps_the_full_text_when_only_a_snippet_comes_again():
    assert keep_full_text(article(1), article(1, text=WHOLE)).text == WHOLE


def test_replaces_the_full_text_when_it_was_rewritten():
    rewritten = article(1, text="A quite different report says nothing was found after all. " * 12)
    assert keep_full_text(rewritten, article(1, text=WHOLE)) == rewritten
    short = article(1, text="The town rejoices: fireworks, music, dancing everywhere tonight!")
    assert keep_full_text(short, article(1, text=WHOLE)) == short
    assert keep_full_text(short, article(1)) == short
