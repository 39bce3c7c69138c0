from __future__ import annotations

import pytest

from digest.delivery.calls.retry import CallPace, Stop, delay_before, retry_query
from digest.providers import NotSent


class Clock:
    """A clock that moves on only during waits and calls."""

    def __init__(self):
        self.now = 1000.0

    def sleep(self, seconds):
        self.now += seconds

    def calls(self, pace, count, *, took=0.0):
        """The times of ``count`` calls."""
        times = []
        for _ in range(count):
            pace.wait(Stop(), self.sleep)
            times.append(self.now - 1000)
            self.now += took
        return times


@pytest.mark.parametrize(
    ("per_minute", "took", "times"),
    [
        (30, 0.0, [0, 2, 4, 6]),
        (30, 0.5, [0, 2, 4, 6]),  # what a call takes is part of the wait
        (30, 3.0, [0, 3, 6, 9]),  # slow calls wait for nothing, and are not made up for
        (1, 0.0, [0, 60, 120, 180]),
        (None, 0.0, [0, 0, 0, 0]),
    ],
)
def test_calls_are_spread_over_the_minute(per_minute, took, times):
    clock = Clock()
    assert clock.calls(CallPace(per_minute, now=lambda: clock.now), 4, took=took) == times


def test_a_slow_call_is_not_followed_by_a_burst():
    clock = Clock()
    pace = CallPace(60, now=lambda: clock.now)
    clock.calls(pace, 1, took=10.0)
    times = clock.calls(pace, 3)
    assert times == [10, 11, 12]


def test_a_request_to_stop_ends_the_wait():
    clock, stop = Clock(), Stop()
    pace = CallPace(1, now=lambda: clock.now)
    pace.wait(stop, clock.sleep)
    stop.requested = True
    pace.wait(stop, clock.sleep)
    assert clock.now == 1000


def test_the_wait_before_an_attempt_doubles_unless_the_provider_names_one():
    assert [delay_before(attempt, None) for attempt in (2, 3, 4)] == [1, 2, 4]
    assert delay_before(2, 17.0) == 17.0


def test_a_query_is_repeated_until_it_has_an_answer():
    clock, answers = Clock(), [NotSent("429", retry_after=5.0), NotSent("down"), "yes"]

    def query():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert retry_query(query, stop=Stop(), sleep=clock.sleep) == "yes"
    assert clock.now == 1007
