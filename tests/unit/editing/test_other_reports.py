"""The other outlets that reported a story."""

from __future__ import annotations

from digest.config import Config
from digest.editing.proposal import other_reports
from digest.models import Article, Mention

CONFIG = Config.model_validate(
    {
        "newsletter": {"name": "N", "sender": "n@example.org"},
        "sources": [
            {"id": "courier", "name": "The Courier", "feed": "https://courier.example/feed"},
            {"id": "gazette", "feed": "https://gazette.example/feed"},
            {"id": "desk", "folder": "articles"},
        ],
    }
)


def article(url: str, source: str = "") -> Article:
    return Article(url=url, title="Old bridge shut", text="The old bridge is shut.", source=source)


def named(*articles: Article) -> list[tuple[str, str]]:
    return [(mention.name, mention.url) for mention in other_reports(articles, config=CONFIG)]


def test_names_an_outlet_as_configured_or_by_its_host():
    story = (
        article("https://herald.example/1"),
        article("https://courier.example/a", "courier"),
        article("https://www.gazette.example/b", "gazette"),
    )
    assert other_reports(story, config=CONFIG) == (
        Mention(name="The Courier", url="https://courier.example/a"),
        Mention(name="gazette.example", url="https://www.gazette.example/b"),
    )


def test_lists_each_outlet_once_and_never_the_leading_one():
    assert named(
        article("https://courier.example/a", "courier"),
        article("https://courier.example/a?utm_source=feed", "courier"),
        article("https://amp.courier.example/b", "courier"),
        article("https://letters.courier.example/b"),
        article("https://herald.example/1"),
        article("https://www.herald.example/2"),
        article("https://elsewhere.example/courier", "courier"),
    ) == [("herald.example", "https://herald.example/1")]


def test_a_host_that_only_ends_like_another_is_a_different_outlet():
    assert named(article("https://times.example/1"), article("https://newtimes.example/2")) == [
        ("newtimes.example", "https://newtimes.example/2")
    ]


def test_an_article_without_a_web_address_is_not_listed_but_can_lead():
    assert named(article("articles/bridge.md", "desk"), article("articles/other.md", "desk")) == []
    assert named(article("articles/bridge.md", "desk"), article("https://herald.example/1")) == [
        ("herald.example", "https://herald.example/1")
    ]


def test_lists_at_most_five_reports_the_best_first():
    story = [article(f"https://outlet{number}.example/") for number in range(9)]
    assert [name for name, _ in named(*story)] == [f"outlet{number}.example" for number in range(1, 6)]


def test_names_and_urls_are_cleaned():
    assert named(article("https://a.example/"), article(" https://b.example/x\n")) == [
        ("b.example", "https://b.example/x")
    ]
