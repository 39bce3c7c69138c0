"""When a source counts as dead: the rule that `check` and the alerts share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.config import SourceConfig
from digest.issues import SourceState, SourceTrouble, source_health

FEED = "https://world.example/feed"
SOURCE = SourceConfig(id="world", feed=FEED)
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def state(**values):
    return {"world": SourceState(**({"source": "world", "addresses": (FEED,), "counted": 1} | values))}


def failed(days: int, **values):
    return state(counted=0, error="503", failing_since=NOW - timedelta(days=days), **values)


def trouble(*history, source=SOURCE, now=None):
    health = source_health(source, history, least=3, now=now)
    assert health is not None
    return health.trouble


def test_a_source_that_brings_news_is_alive():
    assert trouble(state(), state(counted=0), state(counted=0)) is None


def test_a_source_that_is_gone_is_dead_at_once():
    assert trouble(failed(0, gone=True)) is SourceTrouble.GONE


def test_a_source_is_failing_after_several_issues_or_with_a_clock_after_a_week():
    assert trouble(*[failed(2)] * 3) is SourceTrouble.FAILING
    assert trouble(failed(7)) is None
    assert trouble(failed(7), now=NOW) is SourceTrouble.FAILING
    assert trouble(failed(6), now=NOW) is None


def test_a_source_is_silent_after_several_issues_without_news():
    assert trouble(*[state(counted=0)] * 3) is SourceTrouble.SILENT
    assert trouble(*[state(counted=0)] * 2, state()) is None
    page = SourceConfig(id="world", page=FEED)
    assert trouble(*[state(counted=0)] * 3, source=page) is None


def test_what_happened_at_a_former_address_does_not_count():
    moved = SourceConfig(id="world", feed="https://world.example/new")
    assert source_health(moved, [failed(9)] * 5, least=3, now=NOW) is None
