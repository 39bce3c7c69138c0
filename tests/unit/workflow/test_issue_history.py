from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.workflow.issue_history import _whole_since

FIRST = datetime(2026, 11, 2, 8, tzinfo=UTC)
BEGAN = {f"2026-W{45 + week}": FIRST + timedelta(weeks=week) for week in range(3)}


@pytest.mark.parametrize(("lost", "weeks"), [((), 0), (("2026-W45",), 1), (("2026-W46",), 2), (("2026-W47",), None)])
def test_collected_articles_are_known_back_to_the_first_issue_without_them(lost, weeks):
    collected = {issue: {"https://a.example/1"} for issue in BEGAN if issue not in lost} | {
        issue: set() for issue in lost
    }
    assert _whole_since(BEGAN, collected) == (None if weeks is None else FIRST + timedelta(weeks=weeks))
