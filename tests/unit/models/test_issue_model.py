from __future__ import annotations

from datetime import datetime

import pytest

from digest.models import NEW_SECTION, Article, Issue, Section, Story


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
