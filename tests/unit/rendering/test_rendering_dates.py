from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.rendering.dates import day_words, week_words

TO = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("issue", "language", "expected"),
    [
        ("2026-W47", "en", f"16{TO}22 November 2026 · Week 47"),
        ("2026-W49", "en-GB", f"30 November {TO} 6 December 2026 · Week 49"),
        ("2026-W53", "en", f"28 December 2026 {TO} 3 January 2027 · Week 53"),
        ("2026-W47", "de", f"2026-11-16 {TO} 2026-11-22 · 2026-W47"),
    ],
)
def test_the_week_in_words(issue, language, expected):
    assert week_words(issue, timezone="Europe/Berlin", language=language) == expected


def test_a_day_is_that_of_the_newsletters_zone():
    moment = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    assert day_words(moment, timezone="Europe/Berlin", language="en", year=2026) == "17 November"
    assert day_words(moment, timezone="UTC", language="en", year=2025) == "16 November 2026"
    assert day_words(moment, timezone="UTC", language="fr", year=2026) == "2026-11-16"
