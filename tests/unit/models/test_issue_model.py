from __future__ import annotations

from datetime import datetime

import pytest

from digest.models import NEW_SECTION, Article, Issue, Section, Story


def test_new_stories_are_not_sent_until_the_editor_moves_them():
    lead, late = Story(url="https://example.org/a", headline="A"), Story(url="https://example.org/b", headline="B")
    issue = Issue(
        id="2026-W47", sections=(Section(title="World", stories=(lead,)), Section(title=NEW_SECTION, stories=(late,)))
    )
    assert issue.stories == (lead,)
    assert issue.waiting == (late,)


def test_an_article_refuses_a_date_without_a_time_zone():
    with pytest.raises(ValueError, match="aware"):
        Article(url="https://example.org/a", title="A", text="", published=datetime(2026, 1, 1))  # noqa: DTZ001 - the point
