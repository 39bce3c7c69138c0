"""What is told when nobody looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.cli.github_pages import alerts_page
from digest.config import SourceConfig
from digest.issues import SourceState
from digest.workflow.alerts import Alert, Facts, alerts_of
from digest.workflow.issue_status import IssueStatus

BERLIN = ZoneInfo("Europe/Berlin")
WEDNESDAY = datetime(2026, 11, 25, 12, 0, tzinfo=BERLIN)
NOTHING = Facts(
    statuses=(),
    weeks=(),
    sources=(),
    states=(),
    sent_is_known=True,
    zone=BERLIN,
    min_stories=3,
    silent_issues=4,
)
SOURCE = SourceConfig(id="world", feed="https://example.org/world.xml")


def issue(id: str, state: str, **more) -> IssueStatus:
    return IssueStatus(issue=id, state=state, words=f"it is {state}", next_step=f"digest do {id}", **more)


def facts(*statuses: IssueStatus, **more) -> Facts:
    return replace(NOTHING, statuses=statuses, weeks=tuple(each.issue for each in statuses), **more)


def codes(given: Facts, now: datetime = WEDNESDAY) -> list[str]:
    return [alert.code for alert in alerts_of(given, now=now)]


def state(weeks_ago: int, **more) -> dict[str, SourceState]:
    return {"world": SourceState(source="world", addresses=SOURCE.addresses, **more)}


def test_a_newsletter_that_has_not_begun_and_one_on_its_way_are_quiet():
    assert codes(NOTHING) == []
    assert codes(facts(issue("2026-W47", "sent"), issue("2026-W48", "built", stories=8))) == []
    assert codes(facts(issue("2026-W47", "sent"), issue("2026-W48", "sent"))) == []
    assert codes(facts(issue("2026-W47", "sent"))) == []  # this week's may still come


def test_a_run_that_failed_is_told_with_its_address():
    (alert,) = alerts_of(facts(failed_run="https://example.org/run/1"), now=WEDNESDAY)
    assert (alert.code, alert.hint) == ("run_failed", "See https://example.org/run/1")


def test_too_few_stories_are_told_at_once_and_a_week_in_which_nothing_was_found_too():
    assert codes(facts(issue("2026-W47", "sent"), issue("2026-W48", "draft", stories=1))) == ["few_stories"]
    nothing_found = replace(facts(issue("2026-W47", "sent")), weeks=("2026-W47", "2026-W48"))
    assert codes(nothing_found) == ["no_issue"]


def test_a_week_that_nobody_collected_is_told_when_it_is_due_or_over():
    begun = facts(issue("2026-W46", "sent"), issue("2026-W47", "sent"))
    assert codes(begun) == []
    assert codes(replace(begun, due="wed 11:59")) == ["no_issue"]
    assert codes(replace(begun, due="wed 12:01")) == []
    (alert,) = alerts_of(facts(issue("2026-W45", "sent"), issue("2026-W46", "sent")), now=WEDNESDAY)
    assert alert.words == "There is no issue 2026-W47"


@pytest.mark.parametrize("state", ["draft", "built", "stale", "approved"])
def test_an_issue_that_is_not_sent_by_its_deadline_is_told(state):
    late = facts(issue("2026-W48", state, stories=8), due="tue 09:00")
    assert codes(late) == ["not_sent"]
    assert codes(replace(late, due="thu 09:00")) == []
    assert codes(replace(late, sent_is_known=False)) == []  # the ledger is on somebody's laptop


def test_without_a_deadline_an_issue_is_due_when_its_week_is_over():
    given = facts(issue("2026-W48", "approved", stories=8))
    sunday = datetime(2026, 11, 29, 23, 59, tzinfo=BERLIN)
    assert codes(given, sunday) == []
    assert codes(given, sunday + timedelta(minutes=1)) == ["not_sent"]


def test_an_issue_that_was_left_out_for_a_later_one_is_not_told():
    assert codes(facts(issue("2026-W47", "built", stories=8), issue("2026-W48", "sent"))) == []
    assert codes(facts(issue("2026-W40", "built", stories=8), issue("2026-W48", "draft", stories=8))) == []


def test_a_send_that_is_held_or_stopped_is_told_and_one_that_goes_on_is_not():
    assert codes(facts(issue("2026-W48", "held"))) == ["send_held"]
    ago = WEDNESDAY.astimezone(UTC) - timedelta(hours=5)
    assert codes(facts(issue("2026-W48", "sending", started_at=ago))) == []
    assert codes(facts(issue("2026-W48", "sending", started_at=ago - timedelta(hours=2)))) == ["send_stopped"]


def test_an_issue_that_cannot_be_read_is_told():
    (alert,) = alerts_of(facts(issue("2026-W48", "broken")), now=WEDNESDAY)
    assert (alert.code, alert.words) == ("broken", "2026-W48 cannot be built: it is broken")


def test_a_source_that_died_is_told_by_what_the_issues_remember():
    on_time = facts(issue("2026-W48", "sent"), sources=(SOURCE,))
    fresh = WEDNESDAY.astimezone(UTC) - timedelta(days=2)
    cases = {
        "": [state(0, counted=1), state(1)],
        "source_gone": [state(0, gone=True, error="410")],
        "source_failing": [state(0, failing_since=fresh - timedelta(days=6), error="503")],
        "source_silent": [state(number) for number in range(4)],
    }
    for code, states in cases.items():
        assert codes(replace(on_time, states=states)) == ([code] if code else [])
    assert codes(replace(on_time, states=[state(0, failing_since=fresh, error="503")])) == []
    moved = SourceConfig(id="world", feed="https://example.org/new.xml")
    assert codes(replace(on_time, sources=(moved,), states=[state(0, gone=True)])) == []


def test_the_page_says_each_with_what_to_do_and_is_empty_when_there_is_nothing():
    page = alerts_page([Alert(code="broken", words="<b>@you", hint="digest x")])
    assert page.startswith("- **&lt;b&gt;@\u2060you.** digest x\n")
    assert alerts_page([]) == ""
