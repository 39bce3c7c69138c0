from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from digest.config import Config
from digest.delivery.campaign import (
    Campaign,
    CampaignDoneError,
    CampaignIncompleteError,
    CampaignRefusedError,
    CampaignState,
    SendReport,
    describe_progress,
)
from digest.delivery.campaign_rails import (
    delivery_time,
    is_in_window,
    require_cancellable,
    require_expected_size,
    require_in_time,
    require_in_window,
    require_resumable,
    require_same_phases,
    require_schedulable,
    require_startable,
    require_unknown_to_provider,
)
from digest.delivery.group_ledger import CallGroup
from digest.testing.campaigns import NOON, ScriptedProvider, make_audience, make_rendered

PLANNED = SendReport(state=CampaignState.PLANNED, pending=25)
SENDING = SendReport(state=CampaignState.SENDING, accepted=10, pending=15)
HOUR = timedelta(hours=1)


def config(**delivery):
    newsletter = {"name": "Weekly", "sender": "Weekly <news@example.org>", "timezone": "Europe/Berlin"}
    return Config.model_validate({"newsletter": newsletter, "delivery": delivery})


def campaign(report=SENDING, **changes):
    values = {
        "issue": "2026-W47",
        "audience": "weekly",
        "token": "t",
        "provider": "scripted",
        "state": report.state,
        "started_at": NOON,
        "finished_at": None,
        "report": report,
    }
    return Campaign(**{**values, **changes})


def group(**changes):
    values = {
        "no": 1,
        "schedule": "s",
        "state": "committed",
        "made_at": NOON,
        "send_at": NOON + HOUR,
        "open": 0,
        "untouched": False,
        "mine": True,
    }
    return CallGroup(**{**values, **changes})


def two_phase_provider():
    provider = ScriptedProvider()
    provider.holds = SimpleNamespace()
    return provider


@pytest.mark.parametrize("state", [CampaignState.SENT, CampaignState.SCHEDULED, CampaignState.CANCELLED])
def test_a_finished_campaign_is_done_whatever_else_differs(state):
    finished = campaign(SendReport(state=state, accepted=25), provider="other", token="other")
    with pytest.raises(CampaignDoneError, match=f"was {state}; nothing is ever sent twice") as caught:
        require_resumable(finished, token="t", provider="scripted", resume=True)
    assert caught.value.report is finished.report


@pytest.mark.parametrize("state", [CampaignState.SENDING, CampaignState.HELD])
def test_an_unfinished_campaign_resumes_with_its_own_build_and_provider_only(state):
    started = campaign(SendReport(state=state, accepted=10, unknown=15))
    require_resumable(started, token="t", provider="scripted", resume=True)
    with pytest.raises(CampaignRefusedError, match="started with the build t, and the current build is u"):
        require_resumable(started, token="u", provider="scripted", resume=True)
    with pytest.raises(CampaignRefusedError, match="is now other") as caught:
        require_resumable(started, token="t", provider="other", resume=True)
    assert 'provider = "scripted"' in caught.value.hint
    with pytest.raises(CampaignIncompleteError, match="10 accepted, 0 not yet sent, 15 unknown"):
        require_resumable(started, token="t", provider="scripted", resume=False)


def test_a_two_phase_send_does_not_go_on_in_one_phase():
    settled = SendReport(state=CampaignState.SENT, accepted=25)
    one_phase = ScriptedProvider()
    for groups, report in (([group()], SENDING), ([group(open=1)], settled)):
        with pytest.raises(CampaignRefusedError, match="started in two phases"):
            require_same_phases(groups, provider=one_phase, report=report)
        require_same_phases(groups, provider=two_phase_provider(), report=report)
    require_same_phases([group()], provider=one_phase, report=settled)
    require_same_phases([], provider=one_phase, report=SENDING)


def test_an_issue_is_not_sent_after_its_last_moment():
    manifest = make_rendered(not_after=NOON).manifest
    require_in_time(manifest, now=NOON, report=PLANNED)
    late = NOON + timedelta(seconds=1)
    with pytest.raises(CampaignRefusedError, match="must not be sent after 2026-11-20 12:00 UTC") as new:
        require_in_time(manifest, now=late, report=PLANNED)
    assert "digest build" in new.value.hint
    unknown = replace(SENDING, unknown=3)
    with pytest.raises(CampaignRefusedError) as started:
        require_in_time(manifest, now=late, report=unknown)
    assert "15 people will not receive this issue" in started.value.hint
    assert "3 whose outcome is unknown are not mailed again" in started.value.hint
    assert "digest build" not in started.value.hint


@pytest.mark.parametrize(
    ("window", "days", "clock", "is_open"),
    [
        ("", [], "03:00", True),
        ("07:00-19:00", [], "07:00", True),
        ("07:00-19:00", [], "06:59", False),
        ("07:00-19:00", [], "19:00", False),
        ("22:00-02:00", [], "23:30", True),
        ("22:00-02:00", [], "01:59", True),
        ("22:00-02:00", [], "02:00", False),
        ("", ["fri"], "12:00", True),
        ("", ["mon", "tue"], "12:00", False),
        ("07:00-19:00", ["mon"], "12:00", False),
    ],
)
def test_the_send_window_is_in_the_newsletter_s_time_zone(window, days, clock, is_open):
    hour, minute = map(int, clock.split(":"))
    time = datetime(2026, 11, 20, hour, minute, tzinfo=UTC) - HOUR  # a Friday; Berlin is one hour ahead of UTC
    settings = config(send_window=window, send_days=days)
    assert is_in_window(time, config=settings) is is_open
    if is_open:
        require_in_window(time, config=settings, report=PLANNED)
    else:
        with pytest.raises(CampaignRefusedError, match=rf"fri {clock} is outside .*\(Europe/Berlin\)"):
            require_in_window(time, config=settings, report=PLANNED)


def test_a_two_phase_delivery_waits_for_the_time_to_undo():
    settings = config(undo_minutes=20)
    assert delivery_time(ScriptedProvider(), settings, at=None, now=NOON) == NOON
    assert delivery_time(two_phase_provider(), settings, at=None, now=NOON) == NOON + timedelta(minutes=30)
    assert delivery_time(two_phase_provider(), settings, at=NOON + HOUR, now=NOON) == NOON + HOUR


def test_a_campaign_starts_in_time_in_its_window_and_for_somebody():
    rendered = make_rendered(not_after=NOON)
    audience = make_audience(1)
    require_startable(rendered, audience, config=config(), due=NOON, report=PLANNED)
    with pytest.raises(CampaignRefusedError, match="must not be sent after"):
        require_startable(rendered, audience, config=config(), due=NOON + HOUR, report=PLANNED)
    with pytest.raises(CampaignRefusedError, match="is outside"):
        require_startable(rendered, audience, config=config(send_days=["mon"]), due=NOON, report=PLANNED)
    with pytest.raises(CampaignDoneError, match="nobody to mail"):
        require_startable(rendered, make_audience(0), config=config(), due=NOON, report=PLANNED)


@pytest.mark.parametrize(("limit", "count", "is_refused"), [(None, 99, False), (25, 25, False), (25, 26, True)])
def test_max_recipients_is_inclusive(limit, count, is_refused):
    arguments = {"config": config(max_recipients=limit), "previous": None, "report": PLANNED}
    if is_refused:
        with pytest.raises(CampaignRefusedError, match="26 people would be mailed"):
            require_expected_size(make_audience(count), **arguments)
    else:
        require_expected_size(make_audience(count), **arguments)


@pytest.mark.parametrize(
    ("previous", "count", "is_refused"),
    [(100, 110, False), (100, 111, True), (100, 90, False), (100, 89, True), (None, 999, False), (0, 999, False)],
)
def test_the_audience_may_change_by_max_change_percent(previous, count, is_refused):
    arguments = {"config": config(max_change_percent=10), "previous": previous, "report": PLANNED}
    if is_refused:
        with pytest.raises(CampaignRefusedError, match="max_change_percent = 10"):
            require_expected_size(make_audience(count), **arguments)
    else:
        require_expected_size(make_audience(count), **arguments)


def test_a_delivery_is_scheduled_in_the_future_and_as_far_as_the_provider_can():
    provider = ScriptedProvider(schedules=timedelta(hours=71))
    for at in (None, NOON + HOUR, NOON + timedelta(hours=71)):
        require_schedulable(at, provider=provider, now=NOON, report=PLANNED)
    with pytest.raises(CampaignRefusedError, match="2026-11-20 12:00 UTC has already passed"):
        require_schedulable(NOON, provider=provider, now=NOON, report=PLANNED)
    with pytest.raises(CampaignRefusedError, match="scripted schedules at most 71 hours ahead"):
        require_schedulable(NOON + timedelta(hours=72), provider=provider, now=NOON, report=PLANNED)
    at_once = ScriptedProvider(schedules=timedelta(0))
    with pytest.raises(CampaignRefusedError, match="scripted cannot schedule a delivery"):
        require_schedulable(NOON + HOUR, provider=at_once, now=NOON, report=PLANNED)


def test_a_scheduled_campaign_is_cancelled_until_the_provider_s_limit():
    provider = ScriptedProvider()  # which cancels until ten minutes before
    scheduled = campaign(send_at=NOON + HOUR, schedule="s")
    require_cancellable(scheduled, [], provider=provider, now=NOON + timedelta(minutes=50))
    with pytest.raises(CampaignRefusedError, match="too late: scripted cancels until 10 minutes before"):
        require_cancellable(scheduled, [], provider=provider, now=NOON + timedelta(minutes=51))
    with pytest.raises(CampaignRefusedError, match="delivered at once and cannot be cancelled"):
        require_cancellable(campaign(), [], provider=provider, now=NOON)
    provider.name = "other"
    with pytest.raises(CampaignRefusedError, match=r"delivered by scripted, and .* is now other"):
        require_cancellable(scheduled, [], provider=provider, now=NOON)


def test_groups_are_cancelled_until_the_first_released_one_is_due():
    provider = two_phase_provider()
    groups = [group(send_at=NOON + HOUR), group(no=2, send_at=NOON + 2 * HOUR), group(no=3, state="prepared")]
    require_cancellable(campaign(), groups, provider=provider, now=NOON + timedelta(minutes=50))
    with pytest.raises(CampaignRefusedError, match="too late"):
        require_cancellable(campaign(), groups, provider=provider, now=NOON + timedelta(minutes=51))
    held = [group(state="prepared", send_at=NOON)]
    require_cancellable(campaign(), held, provider=provider, now=NOON + HOUR)
    not_begun = campaign(SendReport(state=CampaignState.SENDING, pending=25))
    require_cancellable(not_begun, [], provider=provider, now=NOON)


def test_an_issue_that_only_the_provider_has_a_record_of_is_refused():
    require_unknown_to_provider(False, issue="2026-W47", provider="scripted", report=PLANNED)
    with pytest.raises(CampaignRefusedError, match="scripted has already mailed 2026-W47") as caught:
        require_unknown_to_provider(True, issue="2026-W47", provider="scripted", report=PLANNED)
    assert "Restore the ledger" in caught.value.hint


def test_progress_names_only_the_troubles_that_there_are():
    assert describe_progress(SENDING) == "10 accepted, 15 not yet sent"
    troubled = replace(SENDING, unknown=2, rejected=1)
    assert describe_progress(troubled) == "10 accepted, 15 not yet sent, 2 unknown, 1 rejected"
