from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from digest.config import Config
from digest.models import Article, Bullet, Candidate, Issue, Section, Story, canonical_url
from digest.rendering import render_issue

settings.register_profile("busy machine", deadline=None)
settings.load_profile("busy machine")

THEME = Path(__file__).parents[3] / "templates"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def bullets(*texts):
    return tuple(Candidate(bullet=Bullet(text=text)) for text in texts)


@pytest.fixture
def config():
    return Config.model_validate(
        {
            "newsletter": {
                "name": "Harbour Letter",
                "sender": "Harbour Letter <news@example.org>",
                "postal_address": "1 Example Street\n12345 Town",
                "homepage": "https://example.org",
                "timezone": "Europe/Berlin",
            },
            "sources": [{"id": "hn", "name": "Harbour News", "feed": "https://news.example/feed.xml"}],
            "audiences": {"weekly": {"files": ["subscribers/weekly.csv"], "where": "city == 'Bremen'"}},
            "delivery": {"unsubscribe_url": "https://example.org/u/{token}"},
        }
    )


@pytest.fixture
def issue():
    return Issue(
        id="2026-W47",
        subject="Three towns and the tide",
        preheader="Two reads, four minutes",
        intro="Good *morning*.",
        sections=(
            Section(
                title="World",
                stories=(
                    Story(
                        url="https://news.example/tide?utm_source=rss&page=2",
                        headline="Towns make peace with the tide",
                        note="Read this **first**.",
                        candidates=bullets(
                            "Streets may flood twice a year", "Claims fell by 41 %", "Not on steep coasts"
                        ),
                    ),
                    Story(url="https://blog.example/solo", headline="One woman keeps the radio on air 👩‍💻"),
                ),
            ),
        ),
    )


@pytest.fixture
def articles():
    tide = Article(
        url="https://news.example/tide?page=2",
        title="Tide",
        text="…",
        authors=("Mara Lind", "Jon Ek", "Ada Roy"),
        published=datetime(2026, 11, 16, 23, 30, tzinfo=UTC),
        source="hn",
        image="https://images.example/tide.png",
    )
    return {canonical_url(tide.url): tide}


@pytest.fixture
def render(issue, config, articles):
    def call(**changes):
        given = {"articles": articles, "config": config, "templates": [THEME], "now": NOW} | changes
        return render_issue(given.pop("issue", issue), **given)

    return call
