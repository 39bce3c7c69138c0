from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import UsageError
from digest.models import NEW_SECTION, Article, Issue, Section, Story, issue_id, issue_week


def test_an_issue_is_the_iso_week_of_the_newsletters_zone():
    late_sunday = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert issue_id(late_sunday, "UTC") == "2026-W47"
    assert issue_id(late_sunday, "Europe/Berlin") == "2026-W48"
    assert issue_id(datetime(2027, 1, 1, tzinfo=UTC), "UTC") == "2026-W53"


def test_a_week_begins_at_local_midnight_also_when_the_clock_changes():
    first, after = issue_week("2026-W43", "Europe/Berlin")  # summer time ends on Sunday of this week
    assert first == datetime(2026, 10, 18, 22, tzinfo=UTC)
    assert after == datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize("id", ["", "latest", "2026-47", "2026-W54", "2026-W00", "2026-W477"])
def test_what_is_no_week_is_no_issue(id):
    with pytest.raises(UsageError):
        issue_week(id, "UTC")


def test_what_is_new_is_not_sent_until_it_is_moved():
    lead, late = Story(url="https://example.org/a", headline="A"), Story(url="https://example.org/b", headline="B")
    issue = Issue(
        id="2026-W47", sections=(Section(title="World", stories=(lead,)), Section(title=NEW_SECTION, stories=(late,)))
    )
    assert issue.stories == (lead,)
    assert issue.waiting == (late,)


def test_a_date_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        Article(url="https://example.org/a", title="A", text="", published=datetime(2026, 1, 1))  # noqa: DTZ001 - the point
