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


def codes(*past, source=None, least=3):
    sources = [source or SourceConfig(id="world", feed=FEED)]
    issues = [{one.source: one} if one else {} for one in past]
    found = list(source_findings(sources, issues, places={"world": PLACE}, least=least))
    assert {finding.place for finding in found} <= {PLACE}
    return [finding.code for finding in found]


def test_a_source_that_brings_news_is_no_finding():
    assert codes(state(), state(counted=0), state(counted=0)) == []
    assert codes() == []
    assert codes(None, None) == []


def test_f801_a_source_that_is_gone_is_said_at_once():
    assert codes(failed(gone=True)) == ["F801"]


@pytest.mark.parametrize(("issues", "found"), [(2, []), (3, ["F802"]), (5, ["F802"])])
def test_f802_a_source_that_fails_again_and_again(issues, found):
    assert codes(*[failed()] * issues, state()) == found


@pytest.mark.parametrize(("issues", "found"), [(2, []), (3, ["F803"])])
def test_f803_a_feed_that_has_nothing_new(issues, found):
    assert codes(*[state(counted=0, newest=MONDAY)] * issues, state()) == found


def test_f803_says_of_when_the_newest_article_is():
    silent = state(counted=0, newest=MONDAY)
    source = SourceConfig(id="world", feed=FEED)
    (finding,) = source_findings([source], [{"world": silent}] * 3, places={}, least=3)
    assert finding.message.endswith("for 3 issues; its newest article is of 16 Nov 2026")


def test_a_failure_and_a_silence_together_count_as_silence():
    assert codes(failed(), state(counted=0), failed()) == ["F803"]


def test_a_page_may_be_silent():
    page = SourceConfig(id="world", page=FEED)
    assert codes(*[state(counted=0)] * 5, source=page) == []


def test_f804_a_source_that_has_moved():
    assert codes(state(moved_to="https://new.example/feed")) == ["F804"]


def test_a_source_with_another_address_begins_anew():
    source = SourceConfig(id="world", feed="https://new.example/feed")
    assert codes(*[failed()] * 5, source=source) == []


def test_an_issue_that_knows_nothing_of_the_source_is_passed_over():
    assert codes(failed(), None, failed(), failed()) == ["F802"]
