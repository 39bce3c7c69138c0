from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import UsageError
from digest.project import clock_of


def test_digest_now_fixes_the_clock():
    assert clock_of({"DIGEST_NOW": "2026-11-20T09:00:00+01:00"})() == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_uses_the_system_clock_without_digest_now():
    assert abs((clock_of({})() - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize("text", ["yesterday", "2026-11-20", "2026-11-20T09:00:00"])
def test_a_time_without_an_offset_is_refused(text):
    with pytest.raises(UsageError, match="DIGEST_NOW"):
        clock_of({"DIGEST_NOW": text})
