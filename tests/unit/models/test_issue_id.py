from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.models import IssueId, is_issue_id

LETTERS = ("", *"bcdefghijklmnopqrstuvwxyz")
MONDAYS = st.dates(date(1000, 1, 6), date(9999, 12, 13)).map(lambda day: day - timedelta(days=day.weekday()))


@st.composite
def published(draw):
    """The Monday of a week, a letter, and the id that they make."""
    monday, letter = draw(MONDAYS), draw(st.sampled_from(LETTERS))
    year, week, _ = monday.isocalendar()
    assume(year >= 1000)
    return monday, letter, f"{year}-W{week:02}{letter}"


@given(published())
def test_an_id_gives_back_its_parts_and_its_text(case):
    monday, letter, text = case
    id = IssueId.parse(text)
    assert (str(id), f"{id}", json.dumps(id)) == (text, text, json.dumps(text))
    assert (id.week, id.letter) == (monday.isocalendar()[:2], letter)
    assert is_issue_id(text)
    assert IssueId.of(datetime(monday.year, monday.month, monday.day, tzinfo=UTC), "UTC") == text[:8]
    assert id == text
    assert hash(id) == hash(text)


@given(published(), published())
def test_ids_sort_by_week_and_then_by_letter(first, second):
    assert (IssueId.parse(first[2]) < IssueId.parse(second[2])) == (first[:2] < second[:2])


def test_a_second_issue_sorts_after_the_first_and_before_the_next_week():
    ids = ["2027-W01", "2026-W53b", "2026-W48", "2026-W47c", "2026-W47", "2026-W53", "2026-W47b"]
    in_order = ["2026-W47", "2026-W47b", "2026-W47c", "2026-W48", "2026-W53", "2026-W53b", "2027-W01"]
    assert sorted(map(IssueId.parse, ids)) == in_order


@given(published())
def test_the_next_week_begins_when_this_one_ends(case):
    id = IssueId.parse(case[2])
    assert id.week_bounds("Europe/Berlin")[1] == id.next_week().week_bounds("Europe/Berlin")[0]
    assert id < id.next_week()
    assert id.next_week().letter == ""


def test_an_id_is_the_iso_week_in_the_time_zone_of_the_newsletter():
    late_sunday = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert IssueId.of(late_sunday, "UTC") == "2026-W47"
    assert IssueId.of(late_sunday, "Europe/Berlin") == "2026-W48"
    assert IssueId.of(datetime(2027, 1, 1, tzinfo=UTC), "UTC") == "2026-W53"


@pytest.mark.parametrize("text", ["2026-W43", "2026-W43b"])
def test_a_week_begins_at_local_midnight_even_when_the_clocks_change(text):
    first, after = IssueId.parse(text).week_bounds("Europe/Berlin")  # summer time ends on the Sunday of this week
    assert first == datetime(2026, 10, 18, 22, tzinfo=UTC)
    assert after == datetime(2026, 10, 25, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "latest",
        "2026-47",
        "2026-W54",
        "2026-W00",
        "2026-W477",
        "2025-W53",  # 2025 has 52 weeks
        "2026-W47a",  # the first issue of a week has no letter
        "2026-W47B",
        "2026-w47",
        "2026-W47bc",
        "2026-W47é",
        "2026-W47\n",
        " 2026-W47",
        "٢٠٢٦-W47",
        "0026-W47",
        "9999-W52",  # its last day is past the end of the calendar of Python
    ],
)
def test_refuses_what_is_not_an_issue_id(text):
    assert not is_issue_id(text)
    with pytest.raises(UsageError, match="is not an issue") as refusal:
        IssueId.parse(text)
    assert "2026-W47b" in refusal.value.hint


@given(st.text() | st.from_regex(r"\d{4}-W\d{2}\w?"))
def test_any_text_is_either_an_id_or_refused(text):
    if is_issue_id(text):
        assert IssueId.parse(text) == text
    else:
        with pytest.raises(UsageError):
            IssueId.parse(text)


def test_a_copy_is_still_an_issue_id():
    id = IssueId.parse("2026-W47b")
    for twin in (copy.deepcopy(id), pickle.loads(pickle.dumps(id))):  # noqa: S301 - our own bytes
        assert (twin, type(twin)) == (id, IssueId)
