from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.config import SourceConfig
from digest.fetching import Fetcher
from digest.testing.feeds_server import FeedsServer
from digest.testing.hostile_server import HostileServer, rss_feed
from digest.workflow.reading_sources import read_sources

EVER = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def read(tmp_path):
    """Reads feeds, each from a host of its own, and returns the readings and the order in which they finished."""

    def read_all(addresses, *, deadline):
        sources = [SourceConfig(id=f"s{number}", feed=address) for number, address in enumerate(addresses)]
        order = []
        with Fetcher(
            user_agent="digest/1",
            cache=None,
            allow_hosts=[f"site-{number}.example" for number in range(len(sources))],
            now=lambda: datetime.now(UTC),
            deadline=deadline,
            resolve=lambda *_: ("127.0.0.1",),
        ) as fetcher:
            readings = list(
                read_sources(
                    sources,
                    root=tmp_path,
                    fetcher=fetcher,
                    after=EVER,
                    finished=lambda reading: order.append(reading.source),
                )
            )
        return readings, order

    return read_all


def at(server, number, path):
    return f"http://site-{number}.example:{server.host.partition(':')[2]}{path}"


def test_returns_readings_in_order_and_reports_them_as_they_finish(read):
    with FeedsServer() as server:
        server.put("/feed", rss_feed("A story"))
        server.put("/slow", rss_feed("Another story"), delay=0.5)
        readings, order = read([at(server, 0, "/slow"), at(server, 1, "/feed")], deadline=20.0)
    assert [reading.source for reading in readings] == ["s0", "s1"]
    assert order == ["s1", "s0"]


def test_forty_silent_hosts_do_not_delay_the_others(read):
    with FeedsServer() as good, HostileServer() as bad:
        good.put("/feed", rss_feed("A story"))
        bad_addresses = [at(bad, number, "/silent") for number in range(40)]
        readings, order = read([*bad_addresses, *(at(good, number, "/feed") for number in range(40, 60))], deadline=2.0)
    assert [bool(reading.error) for reading in readings] == [True] * 40 + [False] * 20
    assert {int(source[1:]) for source in order[:20]} == set(range(40, 60))
