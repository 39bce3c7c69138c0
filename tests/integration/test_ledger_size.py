"""What a ledger with many issues costs: `digest status` and every rail read all of its campaigns at once."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from digest.delivery import PlannedBatch


@contextmanager
def counted_queries():
    queries = []

    def note(_connection, _cursor, statement, *_):
        queries.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield queries
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def send(ledger, week):
    """Start the campaign of a week. Its outcomes differ from week to week."""
    keys = [bytes([week, number]) * 8 for number in range(6)]
    plan = [PlannedBatch(no=number, keys=b"".join(keys[number * 2 - 2 : number * 2])) for number in (1, 2, 3)]
    batches = ledger.start(
        issue=f"2026-W{week:02}", audience="weekly", token="t", provider="p", skipped=week, batches=lambda: plan
    )
    for number, outcome in enumerate(("accepted", "rejected", "unknown")[: week % 4], start=1):
        own = {keys[number * 2 - 1]: ("rejected", "550 no such user")} if week % 3 else {}
        batches.settle(number, batches.claim(number), outcome=outcome, exceptions=own, reason=f"reason {week % 2}")
    batches.finish()


@pytest.mark.parametrize("open_harness", ["sqlite", "postgres", "git"], indirect=True)
def test_reading_many_campaigns_takes_no_more_queries_than_reading_few(open_harness):
    with open_harness() as harness:
        ledger, needed = harness.ledger, []
        for weeks in (range(1, 5), range(5, 13)):
            for week in weeks:
                send(ledger, week)
            with counted_queries() as queries:
                snapshot = ledger.snapshot()
            needed.append(len(queries))
        assert needed[0] == needed[1]
        assert len(snapshot.campaigns) == 12
        assert all(ledger.campaign(each.issue, each.audience) == each for each in snapshot.campaigns)
        assert [each.issue for each in snapshot.campaigns if each.replaceable] == ["2026-W04", "2026-W08", "2026-W12"]
