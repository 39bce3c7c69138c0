"""Which problems raise an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.cli.github.report_pages import alerts_page
from digest.config import SourceConfig
from digest.delivery import CampaignState, SendReport
from digest.issues import SourceState
from digest.workflow.alerts import Alert, AlertFacts, decide_alerts, rejection_alert
from digest.workflow.issue_status import IssueState, IssueStatus

BERLIN = ZoneInfo("Europe/Berlin")
WEDNESDAY = datetime(2026, 11, 25, 12, 0, tzinfo=BERLIN)
NOTHING = AlertFacts(
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
    return IssueStatus(
        issue=id, state=IssueState(state), description=f"it is {state}", next_step=f"digest do {id}", **more
    )


def facts(*statuses: IssueStatus, **more) -> AlertFacts:
    return replace(NOTHING, statuses=statuses, weeks=tuple(each.issue for each in statuses), **more)


def codes(alert_facts: AlertFacts, now: datetime = WEDNESDAY) -> list[str]:
    return [alert.code for alert in decide_alerts(alert_facts, now=now)]


def state(weeks_ago: int, **more) -> dict[str, SourceState]:
    return {"world": SourceState(source="world", addresses=SOURCE.addresses, **more)}


def test_raises_nothing_before_the_first_issue_and_while_issues_are_on_time():
    assert codes(NOTHING) == []
    assert codes(facts(issue("2026-W47", "sent"), issue("2026-W48", "built", stories=8))) == []
    assert codes(facts(issue("2026-W47", "sent"), issue("2026-W48", "sent"))) == []
    assert codes(facts(issue("2026-W47", "sent"))) == []  # this week's issue may still come


def test_reports_a_failed_run_with_its_address():
    (alert,) = decide_alerts(facts(failed_run="https://example.org/run/1"), now=WEDNESDAY)
    assert (alert.code, alert.hint) == ("run_failed", "See https://example.org/run/1")


def test_reports_too_few_stories_and_a_week_without_news_at_once():
    assert codes(facts(issue("2026-W47", "sent"), issue("2026-W48", "draft", stories=1))) == ["few_stories"]
    nothing_found = replace(facts(issue("2026-W47", "sent")), weeks=("2026-W47", "2026-W48"))
    assert codes(nothing_found) == ["no_issue"]


def test_reports_a_week_without_an_issue_when_it_is_due_or_over():
    started_facts = facts(issue("2026-W46", "sent"), issue("2026-W47", "sent"))
    assert codes(started_facts) == []
    assert codes(replace(started_facts, due="wed 11:59")) == ["no_issue"]
    assert codes(replace(started_facts, due="wed 12:01")) == []
    (alert,) = decide_alerts(facts(issue("2026-W45", "sent"), issue("2026-W46", "sent")), now=WEDNESDAY)
    assert alert.message == "There is no issue 2026-W47"


@pytest.mark.parametrize("state", ["draft", "built", "stale", "approved"])
def test_reports_an_issue_that_is_not_sent_by_its_deadline(state):
    late = facts(issue("2026-W48", state, stories=8), due="tue 09:00")
    assert codes(late) == ["not_sent"]
    assert codes(replace(late, due="thu 09:00")) == []
    assert codes(replace(late, sent_is_known=False)) == []  # the ledger is on someone's laptop


def test_without_a_deadline_an_issue_is_due_at_the_end_of_its_week():
    alert_facts = facts(issue("2026-W48", "approved", stories=8))
    sunday = datetime(2026, 11, 29, 23, 59, tzinfo=BERLIN)
    assert codes(alert_facts, sunday) == []
    assert codes(alert_facts, sunday + timedelta(minutes=1)) == ["not_sent"]


def test_ignores_an_unsent_issue_when_a_later_one_was_sent():
    assert codes(facts(issue("2026-W47", "built", stories=8), issue("2026-W48", "sent"))) == []
    assert codes(facts(issue("2026-W40", "built", stories=8), issue("2026-W48", "draft", stories=8))) == []


def test_reports_a_held_or_stopped_send_but_not_a_running_one():
    assert codes(facts(issue("2026-W48", "held"))) == ["send_held"]
    ago = WEDNESDAY.astimezone(UTC) - timedelta(hours=5)
    assert codes(facts(issue("2026-W48", "sending", started_at=ago))) == []
    assert codes(facts(issue("2026-W48", "sending", started_at=ago - timedelta(hours=2)))) == ["send_stopped"]


def sent(accepted: int, rejected: int, **more) -> SendReport:
    return SendReport(state=CampaignState.SENT, accepted=accepted, rejected=rejected, **more)


@pytest.mark.parametrize(
    ("accepted", "rejected", "expected"),
    [(90, 10, []), (89, 10, ["many_rejected"]), (9, 1, []), (8, 1, ["many_rejected"]), (40, 0, []), (0, 0, [])],
)
def test_reports_more_than_ten_percent_of_rejections(accepted, rejected, expected):
    statuses = facts(issue("2026-W48", "sent", report=sent(accepted, rejected)))
    assert codes(statuses) == expected
    assert codes(facts(issue("2026-W46", "sent", report=sent(1, 9)), issue("2026-W48", "sent"))) == []


def test_the_alert_about_rejections_names_the_most_frequent_reason_and_what_to_do():
    reasons = {"550 5.1.1 no such user": 2, "552 5.2.2 full": 1}
    assert rejection_alert("2026-W48", sent(20, 3, rejected_by_reason=reasons)) == Alert(
        code="many_rejected",
        message="3 of 23 people were rejected when 2026-W48 was sent, most often with “550 5.1.1 no such user”",
        hint="Find out what they have in common: digest report 2026-W48 --people",
    )
    many = rejection_alert("2026-W48", sent(20, 12, rejected_by_reason={"550 no": 12}))
    assert many is not None
    assert many.message.endswith(" was sent: “550 no”; nobody was suppressed for it")


def test_reports_an_issue_that_cannot_be_rendered():
    (alert,) = decide_alerts(facts(issue("2026-W48", "broken")), now=WEDNESDAY)
    assert (alert.code, alert.message) == ("broken", "2026-W48 cannot be built: it is broken")


def test_reports_a_dead_source_from_the_records_of_earlier_issues():
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


def test_the_page_lists_each_alert_with_its_hint_and_is_empty_without_alerts():
    page = alerts_page([Alert(code="broken", message="<b>@you", hint="digest x")])
    assert page.startswith("<ul>\n<li><b>&lt;b&gt;@\u2060you.</b> digest x</li>\n</ul>\n")
    assert alerts_page([]) == ""
