"""When to deliver, which week a late run was meant for, and when an issue is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.workflow.scheduling import issue_due_at, last_scheduled_run, parse_send_time, parse_since, scheduled_issue

BERLIN = ZoneInfo("Europe/Berlin")
THURSDAY = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 5, 17, tzinfo=BERLIN)


def issue(cron: str, now: datetime, zone: ZoneInfo = BERLIN) -> str:
    return scheduled_issue(cron, zone=zone, now=now)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15:30", datetime(2026, 11, 26, 14, 30, tzinfo=UTC)),
        ("8:00", datetime(2026, 11, 27, 7, 0, tzinfo=UTC)),
        ("15:00", datetime(2026, 11, 27, 14, 0, tzinfo=UTC)),
        ("2026-11-28 09:15", datetime(2026, 11, 28, 8, 15, tzinfo=UTC)),
        ("2026-11-28T09:15:00+00:00", datetime(2026, 11, 28, 9, 15, tzinfo=UTC)),
    ],
)
def test_a_send_time_is_read_in_the_newsletters_zone(text, expected):
    assert parse_send_time(text, zone=BERLIN, now=THURSDAY) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a time"),
        ("soon", "is not a time"),
        ("25:00", "is not a time"),
        ("8", "is not a time"),
        ("2026-11-28", "is a date without a time"),
        (" 2026-11-28 ", "is a date without a time"),
        ("20261128", "is a date without a time"),
        ("2026-W48-6", "is a date without a time"),
        ("2026-11-31", "is not a time"),
        ("2026-11-25 08:00", "has already passed"),
        ("2026-11-26 15:00", "has already passed"),
        ("2027-03-28 02:30", "the clocks go forward"),
        ("9999-12-31 23:59", "is not a time to send at"),
    ],
)
def test_a_send_time_that_is_malformed_past_or_skipped_by_the_clocks_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        parse_send_time(text, zone=BERLIN, now=THURSDAY)


@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=30), timedelta(hours=7), timedelta(days=6, hours=23)])
def test_a_late_run_belongs_to_the_week_it_was_scheduled_for(late):
    assert last_scheduled_run("17 5 * * 1", zone=BERLIN, now=MONDAY + late) == MONDAY
    assert issue("17 5 * * 1", MONDAY + late) == "2026-W48"


def test_a_run_that_is_late_past_the_end_of_the_week_keeps_its_week():
    sunday = datetime(2026, 11, 29, 22, 17, tzinfo=BERLIN)
    assert issue("17 22 * * 0", sunday + timedelta(hours=6)) == "2026-W48"
    assert issue("17 22 * * SUN", sunday + timedelta(hours=30)) == "2026-W48"


def test_the_latest_of_several_scheduled_times_counts():
    latest = MONDAY + timedelta(hours=4)
    assert last_scheduled_run("17 5,9,13 * * 1-3", zone=BERLIN, now=MONDAY + timedelta(hours=6)) == latest


def test_the_week_is_counted_in_the_newsletters_zone():
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # Monday in Berlin, Sunday in New York
    assert issue("0 0 * * *", now) == "2026-W48"
    assert issue("0 0 * * *", now, ZoneInfo("America/New_York")) == "2026-W47"


def test_week_53_at_the_turn_of_the_year():
    assert issue("17 5 * * 1", datetime(2027, 1, 3, 23, 0, tzinfo=BERLIN)) == "2026-W53"


def test_a_time_skipped_by_the_clocks_is_the_next_one_that_exists():
    now = datetime(2027, 3, 28, 12, 0, tzinfo=BERLIN)
    assert last_scheduled_run("30 2 * * 0", zone=BERLIN, now=now) == datetime(2027, 3, 28, 3, 0, tzinfo=BERLIN)


@pytest.mark.parametrize("cron", ["", "17 5 * *", "61 5 * * 1", "every monday", "0 0 31 2 *"])
def test_a_malformed_cron_line_is_refused(cron):
    with pytest.raises(UsageError, match="is not a cron expression"):
        issue(cron, MONDAY)


@given(st.integers(0, 5 * 365 * 24 * 60))
def test_a_weekly_run_is_at_or_before_now_and_less_than_a_week_ago(minutes):
    now = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    moment = last_scheduled_run("17 5 * * 1", zone=BERLIN, now=now)
    assert now - timedelta(days=7, hours=1) < moment <= now


def test_a_deadline_follows_the_newsletters_zone_when_the_clocks_change():
    assert issue_due_at("2026-W43", due="sun 12:00", zone=BERLIN) == datetime(2026, 10, 25, 12, 0, tzinfo=BERLIN)


def test_without_a_deadline_an_issue_is_due_at_the_end_of_its_week():
    assert issue_due_at("2026-W48", due="", zone=BERLIN) == datetime(2026, 11, 30, tzinfo=BERLIN)
    assert issue_due_at("2026-W48b", due="", zone=BERLIN) == datetime(2026, 11, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", "2026-10-31T23:00:00+00:00"),
        ("20261101", "2026-10-31T23:00:00+00:00"),
        (" 2026-11-01 06:30 ", "2026-11-01T05:30:00+00:00"),
        ("2026-11-01T06:30Z", "2026-11-01T06:30:00+00:00"),
        ("30 days", "2026-10-21T09:00:00+00:00"),
        ("1 day", "2026-11-19T09:00:00+00:00"),
        ("30d", "2026-10-21T09:00:00+00:00"),
        ("4 Weeks", "2026-10-23T09:00:00+00:00"),
        ("36 hours", "2026-11-18T21:00:00+00:00"),
    ],
)
def test_since_is_a_date_or_an_age(text, moment):
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert parse_since(text, zone=ZoneInfo("Europe/Berlin"), now=now) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("text", ["", "soon", "30", "30 moons", "-3 days", "2026-13-01", "2027-01-01", "999999 weeks"])
def test_what_is_no_beginning_is_refused(text):
    with pytest.raises(UsageError):
        parse_since(text, zone=ZoneInfo("UTC"), now=datetime(2026, 11, 20, 9, tzinfo=UTC))
