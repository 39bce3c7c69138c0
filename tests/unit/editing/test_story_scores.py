"""The score of a story, and its explanation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.config import Config
from digest.editing import Score, score_story
from digest.models import Article

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
CONFIG = Config.model_validate(
    {
        "newsletter": {"name": "N", "sender": "n@example.org", "timezone": "Europe/Berlin"},
        "sources": [{"feed": "https://a.example/feed", "id": "world"}, {"folder": "articles", "id": "own"}],
    }
)


def article(published: datetime | None, *, source: str = "world") -> Article:
    return Article(url="https://a.example/1", title="Bridge shut", text="", source=source, published=published)


def recency(published: datetime | None, *, source: str = "world") -> float:
    return score_story([article(published, source=source)], config=CONFIG, now=NOW).parts["recency"]


def test_a_date_far_in_the_future_scores_like_no_date():
    undated = recency(None)
    assert recency(NOW + timedelta(days=2, seconds=1)) == undated
    assert recency(NOW + timedelta(days=400)) == undated
    assert undated < recency(NOW)


def test_a_slightly_fast_clock_does_not_lower_the_score():
    assert recency(NOW + timedelta(hours=14)) == recency(NOW + timedelta(days=2)) == recency(NOW)


def test_an_article_from_a_folder_counts_as_new_whatever_its_date():
    assert recency(NOW + timedelta(days=400), source="own") == recency(NOW)


def test_the_explanation_names_a_date_in_the_future():
    ahead, today = article(NOW + timedelta(days=400)), article(NOW)
    assert str(score_story([ahead], config=CONFIG, now=NOW)) == (
        "dated in the future: 1 x (1 + recency 0.50 + coverage 0.00 + substance 0.00) = 1.50"
    )
    assert "future" not in str(score_story([today], config=CONFIG, now=NOW))
    assert "future" not in str(score_story([article(ahead.published, source="own")], config=CONFIG, now=NOW))


def test_the_explanation_names_every_number():
    parts = {"weight": 1.5, "recency": 0.794, "coverage": 0.8, "substance": 0.25}
    score = Score(total=1.5 * (1 + 0.794 + 0.8 + 0.25), parts=parts)
    assert str(score) == "1.5 x (1 + recency 0.79 + coverage 0.80 + substance 0.25) = 4.27"


def test_the_explanation_names_the_penalties_for_variety():
    parts = {"weight": 1.5, "recency": 0.794, "coverage": 0.8, "substance": 0.25}
    score = Score(total=1.5 * (1 + 0.794 + 0.8 + 0.25) / 1.12, parts=parts, variety={"same section": 0.12})
    assert str(score) == ("1.5 x (1 + recency 0.79 + coverage 0.80 + substance 0.25) / (1 + same section 0.12) = 3.81")
