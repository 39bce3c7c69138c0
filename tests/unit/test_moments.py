from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from digest.errors import UsageError
from digest.workflow.moments import read_moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)


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
def test_a_moment_is_in_the_newsletters_zone(text, expected):
    assert read_moment(text, zone=BERLIN, now=NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00", "8", "2026-11-25 08:00", "2026-11-26 15:00", "2027-03-28 02:30"])
def test_what_is_no_moment_to_come_is_refused(text):
    with pytest.raises(UsageError):
        read_moment(text, zone=BERLIN, now=NOW)
