from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.date_parsing import parse_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05T10:00:00Z", "2026-01-05T10:00"),
        ("2026-01-05T10:00:00+01:00", "2026-01-05T09:00"),
        ("2026-01-05 10:00", "2026-01-05T10:00"),
        ("2026-01-05", "2026-01-05T00:00"),
        ("2026/01/05", "2026-01-05T00:00"),
        ("Mon, 05 Jan 2026 10:00:00 EST", "2026-01-05T15:00"),
        ("Mon, 06 Jul 2026 10:00:00 CEST", "2026-07-06T08:00"),
        ("Mon, 05 Jan 2026 10:00:00 -0500", "2026-01-05T15:00"),
        ("Mon, 05 Jan 2026 10:00:00 -03:30", "2026-01-05T13:30"),
        ("Mon, 05 Jan 2026 10:00:00 +0545", "2026-01-05T04:15"),
        ("Mon, 05 Jan 26 10:00 GMT", "2026-01-05T10:00"),
        ("Mon, 05 Jan 98 10:00 GMT", "1998-01-05T10:00"),
        ("Mon Jan  5 10:00:00 2026", "2026-01-05T10:00"),
        ("January 5, 2026 10:00 am", "2026-01-05T10:00"),
        ("Nov. 27, 2025, 3:04 p.m. ET", "2025-11-27T20:04"),
        ("Thursday, 27th November 2025", "2025-11-27T00:00"),
        ("Updated Nov 27, 2025 at 10:00 AM GMT", "2025-11-27T10:00"),
        ("lun., 05 janv. 2026 10:00:00 +0100", "2026-01-05T09:00"),
        ("mar., 06 mai 2025 10:00:00 +0200", "2025-05-06T08:00"),
        ("5 mai 2026 à 10h30", "2026-05-05T10:30"),
        ("5. März 2026, 10.30 Uhr", "2026-03-05T10:30"),
        ("05.01.2026 10:00", "2026-01-05T10:00"),
        ("5 de enero de 2026", "2026-01-05T00:00"),
        ("2026年1月5日", "2026-01-05T00:00"),
        ("2026年1月5日 下午3:00", "2026-01-05T15:00"),
        ("2026년 1월 5일 오후 3시 5분", "2026-01-05T15:05"),
        ("po, 05 led 2026 10:00:00 +0100", "2026-01-05T09:00"),
        ("5 Σεπ 2026 10:00:00 +0200", "2026-09-05T08:00"),
        ("2026. január 5. 10:00", "2026-01-05T10:00"),
        ("5 يناير 2026", "2026-01-05T00:00"),
        ("5 tammikuuta 2026 klo 10.00", "2026-01-05T10:00"),
        ("Mon, 05 Jan 2026 03:00:00 PM EST", "2026-01-05T20:00"),
        ("Mon, 05 Jan 2026 10:00:00 UTC+2", "2026-01-05T08:00"),
        ("Mon, 05 Jan 2026 10:00:00 GMT+0100 (CET)", "2026-01-05T09:00"),
        ("Mon, 05 Jan 2026 10:00:00 America/New_York", "2026-01-05T15:00"),
        ("2026-01-05T10:00:00-05:00[America/New_York]", "2026-01-05T15:00"),
        ("Mon, 05 Jan 2026 24:00:00 GMT", "2026-01-06T00:00"),
        ("2026-01-05T24:00:00Z", "2026-01-06T00:00"),
        ("05/Jan/2026:10:00:00 +0100", "2026-01-05T09:00"),
        ("1767607200", "2026-01-05T10:00"),
    ],
)
def test_reads_the_forms_that_publishers_use(text, expected):
    assert parse_date(text) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "today", "10:00", "2026", "Jan 2026", "5 May", "Mon, 32 Jan 2026", "2026-02-30", "x" * 200]
)
def test_rejects_text_that_does_not_name_a_day(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text", ["Thu, 01 Jan 1970 00:00:00 GMT", "0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 +0000"]
)
def test_rejects_null_dates(text):
    assert parse_date(text) is None


@given(st.datetimes(min_value=datetime(1972, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_reads_back_an_iso_date(moment):
    assert parse_date(moment.isoformat()) == moment


@given(
    st.datetimes(min_value=datetime(1972, 1, 2), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001 - the offset is drawn
    st.integers(-14 * 60, 14 * 60),
)
def test_reads_back_the_date_of_a_mail_header_with_any_offset(moment, offset):
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    assert parse_date(format_datetime(moment)) == moment


@given(st.text(max_size=60))
def test_never_raises(text):
    moment = parse_date(text)
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["", "  ", "\u200f", "\u2067\u2069"])
def test_rejects_text_with_only_marks_of_direction(text):
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "18 нояб. 2026, 09:00",
        "18 лист. 2026, 09:00",
        "2026-11-18T09:00:00Z[UTC]",
        "2026-11-18T04:00:00\u221205:00",
        "Wed, 18 Nov 2026 04:00:00 \u22120500",
        "2026-11-18 10:00:00 +0100 CET",
        "18 November 2026 \u2013 09:00",
    ],
)
def test_reads_short_months_zones_in_brackets_and_typographic_marks(text):
    assert parse_date(text) == datetime(2026, 11, 18, 9, tzinfo=UTC)
