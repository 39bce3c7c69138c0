from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.project.issue_choice import is_abandoned, issue_to_collect, open_issue

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)  # in 2026-W47


@pytest.mark.parametrize(
    ("existing", "ended", "sent", "expected"),
    [
        ((), (), (), None),
        (("2026-W46", "2026-W47"), (), (), "2026-W47"),
        (("2026-W46", "2026-W47"), ("2026-W47",), (), "2026-W46"),  # W47 was cancelled
        (("2026-W46", "2026-W47"), ("2026-W47",), ("2026-W47",), None),
        (("2026-W46",), ("2026-W46",), ("2026-W46",), None),
        (("2026-W46", "2026-W47"), (), ("2026-W47",), "2026-W47"),  # the send of W47 is held
        (("2026-W47", "2026-W47b"), ("2026-W47",), ("2026-W47",), "2026-W47b"),
    ],
)
def test_the_open_issue_is_the_newest_that_is_neither_ended_nor_abandoned(existing, ended, sent, expected):
    assert open_issue(existing, ended, sent=sent) == expected


def test_an_issue_is_abandoned_once_a_newer_one_is_sent():
    assert is_abandoned("2026-W46", {"2026-W45", "2026-W47"})
    assert is_abandoned("2026-W47", {"2026-W47b"})
    assert not is_abandoned("2026-W47", {"2026-W47"})
    assert not is_abandoned("2026-W47", set())


@pytest.mark.parametrize(
    ("existing", "sent", "expected"),
    [
        ((), (), "2026-W47"),
        (("2026-W46",), (), "2026-W46"),
        (("2026-W46",), ("2026-W46",), "2026-W47"),
        (("2026-W47",), ("2026-W47",), "2026-W48"),
        (("2026-W48",), ("2026-W48",), "2026-W49"),
        (("2026-W47", "2026-W47b"), ("2026-W47",), "2026-W47b"),
        (("2026-W47", "2026-W47b"), ("2026-W47", "2026-W47b"), "2026-W48"),
    ],
)
def test_collecting_continues_the_open_issue_or_starts_the_next_one_due(existing, sent, expected):
    assert issue_to_collect(existing, sent, sent=sent, now=MONDAY, timezone="UTC") == expected


def test_collecting_never_chooses_an_issue_older_than_the_newest_sent_one():
    existing, sent = ("2026-W45", "2026-W46"), ("2026-W46",)
    assert issue_to_collect(existing, sent, sent=sent, now=MONDAY, timezone="UTC") == "2026-W47"
    next_week = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert (
        issue_to_collect(("2026-W46",), ("2026-W47",), sent=("2026-W47",), now=next_week, timezone="UTC") == "2026-W48"
    )


def test_collecting_continues_an_issue_older_than_a_cancelled_one():
    existing, started = ("2026-W46", "2026-W47"), ("2026-W47",)
    assert issue_to_collect(existing, started, sent=(), now=MONDAY, timezone="UTC") == "2026-W46"


def test_the_week_after_the_last_of_a_year_is_the_first_of_the_next_year():
    year_end = datetime(2026, 12, 30, tzinfo=UTC)
    ids = ("2026-W53",)
    assert issue_to_collect(ids, ids, sent=ids, now=year_end, timezone="UTC") == "2027-W01"
