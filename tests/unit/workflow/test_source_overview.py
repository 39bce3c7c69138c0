"""How a source fares over the last issues, and what to do about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from digest.cli.collect_lines import overview_lines
from digest.cli.output import Output
from digest.config import load_config
from digest.issues import SourceState
from digest.workflow.curation.source_overview import IssueFacts, SourceStanding, describe_source

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ADDRESS = "https://courier.example/feed"
CONFIG = f"""[newsletter]
name = "Harbour Letter"
sender = "Harbour Letter <letter@harbour.example>"

[[sources]]
id = "courier"
feed = "{ADDRESS}"
section = "World"
"""


def state(**fields) -> SourceState:
    given = {"counted": 5, "read_on": date(2026, 11, 20), "newest": NOW - timedelta(hours=5)} | fields
    return SourceState(**({"source": "courier", "addresses": (ADDRESS,)} | given))


def describe(tmp_path, *issues: tuple[SourceState, int]):
    (tmp_path / "digest.toml").write_text(CONFIG)
    (source,) = load_config(tmp_path).sources
    facts = [IssueFacts(states={"courier": each}, used={"courier": used}) for each, used in issues]
    return describe_source(source, facts, least=4, now=NOW, config_file="digest.toml")


def test_a_source_that_works_has_its_share_and_nothing_to_do(tmp_path):
    overview = describe(tmp_path, (state(), 2), (state(counted=4), 1), (state(counted=0), 0))
    assert (overview.standing, overview.advice) == (SourceStanding.OK, "")
    assert (overview.used, overview.offered, overview.issues) == (3, 9, 3)
    assert overview.share == pytest.approx(1 / 3)
    assert (overview.read_on, overview.newest) == (date(2026, 11, 20), NOW - timedelta(hours=5))


def test_stories_of_articles_that_left_the_feed_since_count_as_offered(tmp_path):
    assert describe(tmp_path, (state(counted=1), 3)).share == 1.0


def test_a_source_that_was_never_read_says_how_to_read_it(tmp_path):
    overview = describe(tmp_path)
    assert (overview.standing, overview.share, overview.read_on) == (SourceStanding.NEVER_READ, None, None)
    assert overview.advice.endswith("digest collect")
    other = describe(tmp_path, (state(addresses=("https://old.example/feed",)), 3))
    assert other.standing is SourceStanding.NEVER_READ


FAILED = {"error": "it answered 500", "counted": 0, "failing_since": NOW - timedelta(days=9)}


@pytest.mark.parametrize(
    ("issues", "standing", "words"),
    [
        ([state(gone=True, error="it answered 410")], "gone", "remove it from digest.toml"),
        ([state(**FAILED)], "failing", "failed since 11 Nov 2026"),
        ([state(**FAILED | {"failing_since": NOW - timedelta(days=1)})], "failing", "asks again"),
        ([state(moved_to="https://new.example/feed")], "moved", "write https://new.example/feed in digest.toml"),
        ([state(counted=0)] * 4, "silent", "nothing new for 4 issues"),
        ([state(counted=5)] * 4, "unused", "None of its 20 articles"),
        ([state(counted=5)] * 3, "ok", ""),
    ],
)
def test_every_trouble_has_its_advice(tmp_path, issues, standing, words):
    overview = describe(tmp_path, *((each, 0) for each in issues))
    assert overview.standing == standing
    assert words in overview.advice


def test_the_last_success_of_a_failing_source_is_that_before_it_failed(tmp_path):
    overview = describe(tmp_path, (state(**FAILED, read_on=date(2026, 11, 10)), 0), (state(), 2))
    assert overview.read_on == date(2026, 11, 20)


def test_the_table_shows_what_an_editor_decides_by(tmp_path):
    good = describe(tmp_path, (state(), 2))
    bad = describe(tmp_path, (state(**FAILED, read_on=date(2026, 11, 10)), 0))
    assert overview_lines([good, bad], Output(), now=NOW, zone=UTC) == [
        "  source   last read     newest         in issues",
        "  courier  today         5 hours ago    2 of 5 (40%)",
        "! courier  10 days ago   5 hours ago    -",
        "    it answered 500",
        "    It has failed since 11 Nov 2026: correct its address in digest.toml, or remove it",
    ]
