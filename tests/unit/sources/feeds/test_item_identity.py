"""Items of one feed with the same address, or without one, are told apart; one item listed twice is one."""

from __future__ import annotations

import pytest

from digest import parse_feed
from digest.models import Article
from digest.sources.feeds.item_identity import item_id, tell_apart

SHOW = "https://radio.example/show"
WINE = "A cellar under the market square holds nine hundred casks, which a cooper has numbered anew this autumn."
GLASS = "The glassworks melts bottles from four towns, and its furnace has not been cold since the spring of 1998."


def article(title="The cellar", text=WINE, *, url=SHOW, id="") -> Article:
    return Article(url=url, title=title, text=text, id=id)


def keys(*articles: Article) -> list[str]:
    return [each.key for each in tell_apart(articles)]


def rss(*items: str, link: str = "https://radio.example/") -> bytes:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0"><channel><title>R</title><link>{link}</link>{inner}</channel></rss>'.encode()


def test_articles_at_one_address_are_known_by_their_ids():
    assert keys(article(id="ep-1"), article("The furnace", GLASS, id="ep-2")) == [f"{SHOW}#ep-1", f"{SHOW}#ep-2"]


def test_articles_without_ids_are_known_by_date_and_title():
    assert keys(article(), article("The furnace", GLASS)) == [f"{SHOW}#The cellar", f"{SHOW}#The furnace"]


def test_one_page_under_two_marks_is_one_article():
    assert keys(article(), article("The cellar of Brill", url=f"{SHOW}?utm_source=rss")) == [SHOW, SHOW]


def test_an_article_alone_at_its_address_is_known_by_it():
    assert keys(article(id="ep-1")) == [SHOW]


@pytest.mark.parametrize(
    "again",
    [
        article(id="ep-1"),
        article(id="moved-1"),
        article("The cellar, corrected", f"{WINE} It has nine hundred and two.", id="ep-1"),
        article(url=f"{SHOW}#comments", id="ep-1"),
    ],
    ids=["twice", "second id", "revision", "mark"],
)
def test_an_article_listed_twice_stays_one(again):
    assert keys(article(id="ep-1"), again) == [SHOW, SHOW]


def test_one_id_for_all_items_tells_nothing():
    assert keys(article(id="x"), article("The furnace", GLASS, id="x")) == [f"{SHOW}#The cellar", f"{SHOW}#The furnace"]


@pytest.mark.parametrize(
    ("identity", "url", "id"),
    [
        ("ep-1", SHOW, "ep-1"),
        (SHOW, SHOW, ""),
        ("", f"{SHOW}#/post/7", "/post/7"),
        (f"{SHOW}#nov-18", f"{SHOW}#nov-18", "nov-18"),
        ("", f"{SHOW}#xtor=RSS-1", ""),
        ("", f"{SHOW}#comments", ""),
        ("", SHOW, ""),
    ],
)
def test_the_id_of_an_item(identity, url, id):
    assert item_id(identity, url) == id


def test_items_without_a_link_lead_to_the_site():
    feed = parse_feed(
        rss(
            f"<title>The cellar</title><guid isPermaLink='false'>n-1</guid><description>{WINE}</description>",
            f"<title>The furnace</title><guid isPermaLink='false'>n-2</guid><description>{GLASS}</description>",
        ),
        url="https://radio.example/feed",
    )
    assert [each.url for each in feed.articles] == ["https://radio.example/"] * 2
    assert [each.id for each in feed.articles if each.shares_url] == ["n-1", "n-2"]


def test_a_feed_without_any_link_leads_to_its_host():
    data = rss(f"<title>The cellar</title><description>{WINE}</description>", link="")
    [only] = parse_feed(data, url="https://radio.example/deep/feed.xml").articles
    assert (only.url, only.shares_url) == ("https://radio.example/", True)
