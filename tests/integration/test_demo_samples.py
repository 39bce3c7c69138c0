"""The demo's samples contain the problems that were planted in them, and name only invented places."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.config import load_config
from digest.config.resources import shipped
from digest.editing import group_articles, pick_bullets
from digest.fetching import Fetcher
from digest.models import Article, canonical_url
from digest.sources import SourceReading, read_source
from digest.workflow.new_newsletter import make_demo_newsletter

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
#: These name formats; nothing is ever fetched from them.
NAMESPACES = {"jsonfeed.org", "purl.org", "schema.org", "search.yahoo.com", "www.w3.org"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_demo_newsletter(folder, now=NOW)
    return folder


@pytest.fixture(scope="module")
def readings(root: Path) -> dict[str, SourceReading]:
    with Fetcher(user_agent="digest tests", cache=None, offline=True, now=lambda: NOW) as fetcher:
        config = load_config(root)
        return {source.id: read_source(source, root=root, fetcher=fetcher) for source in config.sources}


@pytest.fixture(scope="module")
def articles(readings: dict[str, SourceReading]) -> list[Article]:
    return [article for reading in readings.values() for article in reading.articles]


def pictures(articles: list[Article]) -> set[str]:
    """Return the names of the pictures that the newsletter would publish itself."""
    own = "https://harbour-letter.example/images/"
    return {article.image.removeprefix(own) for article in articles if article.image and article.image.startswith(own)}


def test_only_the_source_with_the_planted_dead_link_fails(readings):
    assert {name: reading.error for name, reading in readings.items() if reading.error} == {}
    problems = [str(problem) for reading in readings.values() for problem in reading.problems]
    assert len(problems) == 1
    assert "rope-walk.html" in problems[0]
    assert {name: len(reading.articles) for name, reading in readings.items()} == {
        "courier": 3,
        "notebook": 4,
        "slow-machines": 3,
        "long-shelf": 2,
        "desk": 3,
    }


def test_all_articles_are_from_the_last_six_days(articles):
    assert [article.title for article in articles if article.published is None] == []
    assert min(article.published for article in articles) > NOW - timedelta(days=6)
    assert max(article.published for article in articles) <= NOW


def test_the_samples_contain_the_planted_problems(articles, root):
    assert max(len(article.title) for article in articles) > 75
    assert any(re.search(r"[\u0590-\u05ff]", article.title) and article.language == "he" for article in articles)
    assert any("🥐" in article.title for article in articles)
    assert [name for name in sorted(pictures(articles)) if not (root / "images" / name).exists()] == ["great-count.jpg"]


def test_groups_the_repeat_and_the_shared_event_into_one_story_each(articles):
    groups = [group for group in group_articles(articles) if len(group) > 1]
    assert sorted(len(group) for group in groups) == [2, 2]
    assert [
        len({canonical_url(article.url) for article in group}) for group in groups if "ferry" in group[0].title
    ] == [1]
    (event,) = (group for group in groups if "fish market" in group[0].title)
    assert {article.source for article in event} == {"courier", "notebook"}


def test_the_plain_text_article_has_its_own_key_points_and_no_advertisement(articles):
    (bus,) = (article for article in articles if article.title.startswith("Night Bus"))
    assert [bullet.text for bullet in pick_bullets(bus)] == [
        "Two night buses a week connect Tidewell with seven valley villages",
        "The trial runs for eighteen months and needs fourteen passengers a trip",
        "Drivers may stop between villages on request after eleven at night",
    ]
    assert "Also Read" not in bus.text


def test_the_lead_image_comes_with_the_demo(articles, root):
    picture = root / "images/harbour.jpg"
    assert picture.name in pictures(articles)
    assert picture.read_bytes().startswith(b"\xff\xd8\xff")
    assert picture.stat().st_size < 120_000


def test_every_host_in_the_samples_is_invented():
    hosts = set()
    for path in shipped("demo").rglob("*"):
        if path.suffix in {".toml", ".j2"}:
            hosts |= set(re.findall(r"https?://([^/\s\"'<>{]+)", path.read_text(encoding="utf-8")))
    assert {host for host in hosts - NAMESPACES if not host.endswith(".example")} == set()
