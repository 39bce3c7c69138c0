from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from digest.fetching.response_body import LARGE_BYTES
from digest.fetching.work_turns import WorkTurns


class Busy:
    """Counts how many work at the same time."""

    def __init__(self):
        self.lock = threading.Lock()
        self.now = self.most = 0

    def __enter__(self):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_):
        with self.lock:
            self.now -= 1


def test_a_few_threads_work_at_a_time_and_one_of_them_on_large_content():
    turns, all_at_work, on_large = WorkTurns(), Busy(), Busy()

    def work(number):
        size = LARGE_BYTES + 1 if number % 2 else 10
        with turns.taken(at_once=False):
            for _ in range(2):
                turns.take(size)
                with all_at_work, on_large if size > LARGE_BYTES else threading.Lock():
                    time.sleep(0.002)
                turns.leave()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert 1 <= all_at_work.most <= 4
    assert on_large.most == 1


def fail_at(turns, size):
    with turns.taken(at_once=True):
        turns.leave()
        turns.take(size)
        raise ZeroDivisionError


def test_gives_up_the_turn_if_the_work_fails():
    turns = WorkTurns()
    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            fail_at(turns, LARGE_BYTES + 1)


def test_threads_outside_need_no_turn():
    turns = WorkTurns()
    for _ in range(10):
        turns.take(LARGE_BYTES + 1)
