from __future__ import annotations

import pytest

from digest.fetching import UnreachableError
from digest.fetching.politeness import HostQueues, host_of


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def hosts(time):
    return HostQueues(sleep=time.sleep, monotonic=time)


def visit(hosts, url, pause=1.0, took=0.0, time=None):
    with hosts.turn(url, lambda: pause):
        if took:
            time.now += took


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://News.Example/a", "news.example"),
        ("http://news.example:80/a", "news.example"),
        ("https://news.example:443/a", "news.example"),
        ("https://news.example./a", "news.example"),
        ("http://news.example:8080/a", "news.example:8080"),
    ],
)
def test_http_and_https_share_a_host_but_other_ports_do_not(url, host):
    assert host_of(url) == host


def test_the_pause_starts_at_the_end_of_the_last_response(hosts, time):
    visit(hosts, "https://news.example/a", took=5.0, time=time)
    time.now += 0.25
    visit(hosts, "http://news.example/b")
    assert time.slept == [0.75]


def test_does_not_pause_before_the_first_visit_or_after_a_long_time(hosts, time):
    visit(hosts, "https://news.example/a", pause=10.0)
    time.now += 11.0
    visit(hosts, "https://news.example/b", pause=10.0)
    visit(hosts, "https://other.example/a", pause=10.0)
    assert time.slept == []


def test_releases_the_host_after_a_failed_visit(hosts, time):
    with pytest.raises(ZeroDivisionError), hosts.turn("https://news.example/a", lambda: 1.0):
        raise ZeroDivisionError
    visit(hosts, "https://news.example/b")
    assert time.slept == [1.0]


def test_a_host_is_dead_after_no_answer_or_two_timeouts(hosts):
    slow = UnreachableError("…", reason="did not answer in time", answers_slowly=True)
    hosts.count_failure("https://slow.example/a", slow)
    hosts.require_alive("https://slow.example/b")
    hosts.count_failure("https://slow.example/b", slow)
    hosts.count_failure("https://dead.example/a", UnreachableError("…", reason="has no address"))
    hosts.require_alive("https://other.example/")
    with pytest.raises(UnreachableError, match=r"slow\.example/c did not answer in time"):
        hosts.require_alive("https://slow.example/c")
    with pytest.raises(UnreachableError, match=r"dead\.example/b has no address"):
        hosts.require_alive("http://dead.example/b")
