from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.rendering.localisation import first_direction, format_day, format_week, is_rtl_language

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
def test_formats_the_week_of_an_issue(issue, language, expected):
    assert format_week(issue, timezone="Europe/Berlin", language=language) == expected


def test_formats_a_day_in_the_newsletters_time_zone():
    moment = datetime(2026, 11, 16, 23, 30, tzinfo=UTC)
    assert format_day(moment, timezone="Europe/Berlin", language="en", year=2026) == "17 November"
    assert format_day(moment, timezone="UTC", language="en", year=2025) == "16 November 2026"
    assert format_day(moment, timezone="UTC", language="fr", year=2026) == "2026-11-16"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12 towns", "ltr"), ("«مدينة» one", "rtl"), ("חיפה", "rtl"), ("100 % 👩", ""), ("हर", "ltr"), ("", "")],
)
def test_the_first_strong_character_decides_the_direction(text, expected):
    assert first_direction(text) == expected


@pytest.mark.parametrize(
    ("tag", "expected"), [("ar-EG", True), ("he", True), ("ku-Arab", True), ("en", False), ("az-Latn", False)]
)
def test_recognises_languages_written_from_right_to_left(tag, expected):
    assert is_rtl_language(tag) is expected
