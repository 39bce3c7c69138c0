from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.checks.source_rules import source_findings
from digest.config import SourceConfig
from digest.errors import Place
from digest.issues import SourceState

FEED = "https://world.example/feed"
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
PLACE = Place("digest.toml", 12)


def state(**values):
    return SourceState(**({"source": "world", "addresses": (FEED,), "counted": 1} | values))


def failed(**values):
    return state(counted=0, error="it answered 500", failing_since=MONDAY, **values)


def codes(*history, source=None, least=3):
    sources = [source or SourceConfig(id="world", feed=FEED)]
    issues = [{source_state.source: source_state} if source_state else {} for source_state in history]
    findings = list(source_findings(sources, issues, places={"world": PLACE}, least=least))
    assert {finding.place for finding in findings} <= {PLACE}
    return [finding.code for finding in findings]


def test_a_source_with_new_articles_has_no_finding():
    assert codes(state(), state(counted=0), state(counted=0)) == []
    assert codes() == []
    assert codes(None, None) == []


def test_f801_reports_a_source_that_is_gone_at_once():
    assert codes(failed(gone=True)) == ["F801"]


@pytest.mark.parametrize(("issues", "expected"), [(2, []), (3, ["F802"]), (5, ["F802"])])
def test_f802_reports_a_source_that_failed_for_several_issues(issues, expected):
    assert codes(*[failed()] * issues, state()) == expected


@pytest.mark.parametrize(("issues", "expected"), [(2, []), (3, ["F803"])])
def test_f803_reports_a_feed_without_new_articles_for_several_issues(issues, expected):
    assert codes(*[state(counted=0, newest=MONDAY)] * issues, state()) == expected


def test_f803_names_the_date_of_the_newest_article():
    silent = state(counted=0, newest=MONDAY)
    source = SourceConfig(id="world", feed=FEED)
    (finding,) = source_findings([source], [{"world": silent}] * 3, places={}, least=3)
    assert finding.message.endswith("for 3 issues; its newest article is from 16 Nov 2026")


def test_f803_counts_failures_as_silence():
    assert codes(failed(), state(counted=0), failed()) == ["F803"]


def test_f803_ignores_a_page():
    page = SourceConfig(id="world", page=FEED)
    assert codes(*[state(counted=0)] * 5, source=page) == []


def test_f804_reports_a_source_that_has_moved():
    assert codes(state(moved_to="https://new.example/feed")) == ["F804"]


def test_ignores_what_happened_at_a_former_address():
    source = SourceConfig(id="world", feed="https://new.example/feed")
    assert codes(*[failed()] * 5, source=source) == []


def test_skips_an_issue_without_a_state_of_the_source():
    assert codes(failed(), None, failed(), failed()) == ["F802"]
