from __future__ import annotations

import pytest

from digest.fetching import UnreachableError
from digest.fetching.hosts import Hosts, host_of


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
    return Hosts(sleep=time.sleep, monotonic=time)


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
def test_http_and_https_are_one_host_and_another_port_is_another(url, host):
    assert host_of(url) == host


def test_the_pause_counts_from_the_end_of_the_last_answer(hosts, time):
    visit(hosts, "https://news.example/a", took=5.0, time=time)
    time.now += 0.25
    visit(hosts, "http://news.example/b")
    assert time.slept == [0.75]


def test_the_first_visit_and_one_after_a_long_time_need_no_pause(hosts, time):
    visit(hosts, "https://news.example/a", pause=10.0)
    time.now += 11.0
    visit(hosts, "https://news.example/b", pause=10.0)
    visit(hosts, "https://other.example/a", pause=10.0)
    assert time.slept == []


def test_a_host_is_free_again_after_a_visit_that_failed(hosts, time):
    with pytest.raises(ZeroDivisionError), hosts.turn("https://news.example/a", lambda: 1.0):
        raise ZeroDivisionError
    visit(hosts, "https://news.example/b")
    assert time.slept == [1.0]


def test_a_host_is_dead_when_nobody_answers_or_when_two_answers_took_too_long(hosts):
    slow = UnreachableError("…", reason="gave no sign", answers_slowly=True)
    hosts.count_failure("https://slow.example/a", slow)
    hosts.require_alive("https://slow.example/b")
    hosts.count_failure("https://slow.example/b", slow)
    hosts.count_failure("https://dead.example/a", UnreachableError("…", reason="has no address"))
    hosts.require_alive("https://other.example/")
    with pytest.raises(UnreachableError, match=r"slow\.example/c gave no sign"):
        hosts.require_alive("https://slow.example/c")
    with pytest.raises(UnreachableError, match=r"dead\.example/b has no address"):
        hosts.require_alive("http://dead.example/b")
