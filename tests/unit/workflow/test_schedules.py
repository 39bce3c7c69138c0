"""The week that a late run was meant for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.workflow.schedules import scheduled_issue, scheduled_moment

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 5, 17, tzinfo=BERLIN)


def issue(line: str, now: datetime, zone: ZoneInfo = BERLIN) -> str:
    return scheduled_issue(line, zone=zone, now=now)


@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=30), timedelta(hours=7), timedelta(days=6, hours=23)])
def test_a_run_is_of_the_week_that_it_was_meant_for_however_late(late):
    assert scheduled_moment("17 5 * * 1", zone=BERLIN, now=MONDAY + late) == MONDAY
    assert issue("17 5 * * 1", MONDAY + late) == "2026-W48"


def test_a_run_that_is_late_over_the_weeks_end_keeps_its_week():
    sunday = datetime(2026, 11, 29, 22, 17, tzinfo=BERLIN)
    assert issue("17 22 * * 0", sunday + timedelta(hours=6)) == "2026-W48"
    assert issue("17 22 * * SUN", sunday + timedelta(hours=30)) == "2026-W48"


def test_the_latest_of_several_tries_counts():
    assert scheduled_moment("17 5,9,13 * * 1-3", zone=BERLIN, now=MONDAY + timedelta(hours=6)) == MONDAY + timedelta(
        hours=4
    )


def test_the_week_is_that_of_the_newsletters_zone():
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # Monday in Berlin, Sunday in New York
    assert issue("0 0 * * *", now) == "2026-W48"
    assert issue("0 0 * * *", now, ZoneInfo("America/New_York")) == "2026-W47"


def test_years_of_53_weeks_and_the_turn_of_the_year():
    assert issue("17 5 * * 1", datetime(2027, 1, 3, 23, 0, tzinfo=BERLIN)) == "2026-W53"


def test_an_hour_that_the_clocks_leave_out_is_the_next_that_there_is():
    now = datetime(2027, 3, 28, 12, 0, tzinfo=BERLIN)
    assert scheduled_moment("30 2 * * 0", zone=BERLIN, now=now) == datetime(2027, 3, 28, 3, 0, tzinfo=BERLIN)


@pytest.mark.parametrize("line", ["", "17 5 * *", "61 5 * * 1", "every monday", "0 0 31 2 *"])
def test_what_is_no_cron_line_is_told(line):
    with pytest.raises(UsageError, match="no cron line"):
        issue(line, MONDAY)


@given(st.integers(0, 5 * 365 * 24 * 60))
def test_the_moment_is_at_or_before_now_and_less_than_a_week_ago(minutes):
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    moment = scheduled_moment("17 5 * * 1", zone=BERLIN, now=now)
    assert now - timedelta(days=7, hours=1) < moment <= now
