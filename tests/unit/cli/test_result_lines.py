from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.cli.collect_lines import age, collect_lines, explain_lines
from digest.cli.output import Output
from digest.cli.result_lines import status_lines
from digest.editing import Dropped, Ranked, Score
from digest.issues import Merge
from digest.models import Article, Issue
from digest.workflow.collecting import Collected
from digest.workflow.issue_status import IssueState, IssueStatus
from digest.workflow.reading_sources import SourceResult

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
OUTPUT = Output()


def article(url, title, source):
    return Article(url=url, title=title, text="", source=source)


DONE = Collected(
    issue="2026-W47",
    file="issues/2026-W47/issue.md",
    at=NOW,
    since=None,
    sources=(
        SourceResult(source="courier", kind="feed", fetched=25, new=8, pages=12, newest=NOW - timedelta(hours=3)),
        SourceResult(source="gazette", kind="feed", fetched=12, unchanged=True, newest=NOW - timedelta(days=5)),
        SourceResult(source="moved", kind="feed", fetched=1, new=1, moved_to="https://new.example/feed"),
        SourceResult(
            source="dead",
            kind="feed",
            newest=NOW - timedelta(days=40),
            failing_since=NOW - timedelta(days=21),
            error="https://dead.example/feed answered 500",
            hint="Try again later.",
        ),
        SourceResult(
            source="partly", kind="pages", fetched=1, problems=("https://p.example/2 answered 404 Not Found",)
        ),
    ),
    merge=Merge(text="", base=Issue(id="2026-W47"), written_sha256="", added=("https://c.example/1",)),
    stories=1,
    waiting=0,
    min_stories=1,
    dropped=(
        Dropped(
            url="https://c.example/2",
            title="A ferry",
            source="courier",
            reason="not among the 1 best",
            key="https://c.example/2",
        ),
        Dropped(url="https://c.example/3", title="Old news", source="gazette", reason="older than 7 days (Mon 9 Nov)"),
    ),
    ranking=(
        Ranked(
            story=(
                article("https://c.example/1", "Bridge shut", "courier"),
                article("https://g.example/1", "", "gazette"),
            ),
            score=Score(total=3.0, parts={"weight": 1.5, "recency": 0.5, "coverage": 0.5, "substance": 0.0}),
            chosen=True,
            update_of=article("https://c.example/0", "Bridge cracked", "courier"),
        ),
        Ranked(
            story=(article("https://c.example/2", "A ferry", "courier"),),
            score=Score(total=1.0, parts={"weight": 1.0, "recency": 0.0, "coverage": 0.0, "substance": 0.0}),
            chosen=False,
            reason="not among the 1 best",
        ),
    ),
)


def test_every_source_has_a_row():
    assert collect_lines(DONE, OUTPUT) == [
        "    source   read   new  newest",
        "  ✓ courier    25     8  3 hours ago   12 pages read",
        "  ✓ gazette    12     0  5 days ago    unchanged",
        "  ✓ moved       1     1  -",
        "      ! moved permanently to https://new.example/feed: put that address into the configuration",
        "  ✗ dead        -     -  40 days ago   https://dead.example/feed answered 500 (failing for 21 days)",
        "      Try again later.",
        "  ✓ partly      1     0  -",
        "      ! https://p.example/2 answered 404 Not Found",
        "  1 source of 5 failed; the others were read",
        "  Wrote issues/2026-W47/issue.md: 1 story (1 new)",
        "  2 articles left out; digest collect --explain shows which and why",
    ]


def test_without_a_source_the_next_step_is_shown():
    assert "digest add" in collect_lines(replace(DONE, sources=()), OUTPUT)[0]


def test_every_number_is_explained_and_every_article_accounted_for():
    assert explain_lines(DONE, OUTPUT) == [
        "Ranking: weight x (1 + recency + coverage + substance), minus repetition",
        "  ✓   1  1.5 x (1 + recency 0.50 + coverage 0.50 + substance 0.00) = 3.00",
        "         Bridge shut (courier; also gazette)",
        "         continues: Bridge cracked",
        "  ·   2  1 x (1 + recency 0.00 + coverage 0.00 + substance 0.00) = 1.00",
        "         A ferry (courier)",
        "         left out: not among the 1 best",
        "Not ranked",
        "  · Old news (gazette): older than 7 days (Mon 9 Nov)",
    ]


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(minutes=5), "minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=60), "60 days ago"),
        (timedelta(days=800), "26 months ago"),
        (-timedelta(hours=1), "just now"),
    ],
)
def test_describes_an_age_in_words(time, words):
    assert age(NOW - time, NOW) == words


def test_an_age_may_be_unknown():
    assert age(None, NOW) == "-"


def test_the_columns_of_status_are_as_wide_as_the_longest_id():
    week = IssueStatus(issue="2026-W47", state=IssueState.SENT, description="sent")
    further = IssueStatus(issue="2026-W47b", state=IssueState.CANCELLED, description="cancelled")
    assert status_lines([week, further]) == ["2026-W47   sent      sent", "2026-W47b  cancelled cancelled"]
    assert status_lines([week]) == ["2026-W47  sent      sent"]
    assert status_lines([]) == []
