"""After any sequence of claims, outcomes, divisions and crashes, the numbers add up and nobody is mailed twice."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from digest.delivery import PlannedBatch, open_ledger

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def key(number):
    return number.to_bytes(16, "big")


class LedgerStates(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.ledger = open_ledger("sqlite:///ledger.db", root=self.folder, environ={}, now=lambda: NOW)
        self.in_flight = None
        self.accepted = set()
        self.rejected = set()

    def teardown(self):
        self.ledger.close()
        shutil.rmtree(self.folder)

    @initialize(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3))
    def start(self, sizes):
        self.total = sum(sizes)
        batches, first = [], 0
        for no, size in enumerate(sizes, start=1):
            batches.append(PlannedBatch(no=no, keys=b"".join(key(n) for n in range(first, first + size))))
            first += size
        self.batches = self.ledger.start(
            issue="2026-W47", audience="a", token="t", provider="p", skipped=0, batches=lambda: batches
        )

    @precondition(lambda self: self.in_flight is None)
    @rule()
    def claim(self):
        for batch, settled in self.batches.pending(after=0, limit=1):
            live = set(batch.recipients) - settled
            assert not live & self.accepted
            self.in_flight = (batch.no, self.batches.claim(batch.no), live)

    @precondition(lambda self: self.in_flight is not None)
    @rule(
        outcome=st.sampled_from(["accepted", "rejected", "unknown"]),
        odd=st.sampled_from(["", "accepted", "rejected", "unknown"]),
    )
    def settle(self, outcome, odd):
        no, claim, live = self.in_flight
        exceptions = {min(live): (odd, "an outcome of its own")} if odd and live else {}
        self.batches.settle(no, claim, outcome=outcome, exceptions=exceptions)
        for recipient in live:
            own, _ = exceptions.get(recipient, (outcome, ""))
            {"accepted": self.accepted, "rejected": self.rejected, "unknown": set()}[own].add(recipient)
        self.in_flight = None

    @precondition(lambda self: self.in_flight is not None)
    @rule()
    def release(self):
        no, claim, _ = self.in_flight
        self.batches.release(no, claim, reason="429")
        self.in_flight = None

    @precondition(lambda self: self.in_flight is not None and len(self.in_flight[2]) > 1)
    @rule()
    def divide(self):
        no, claim, _ = self.in_flight
        self.batches.divide(no, claim, reason="400")
        self.in_flight = None

    @rule()
    def die(self):
        self.ledger.close()
        self.ledger = open_ledger("sqlite:///ledger.db", root=self.folder, environ={}, now=lambda: NOW)
        self.batches = self.ledger.open_campaign("2026-W47", "a")
        self.batches.recover()
        self.in_flight = None

    @precondition(lambda self: self.in_flight is None)
    @rule(some=st.sets(st.integers(0, 14)))
    def confirm(self, some):
        batch = self.batches.next_unknown(after=0)
        if batch is not None:
            assert not set(batch.recipients) & (self.accepted | self.rejected)
            proven = frozenset(key(number) for number in some)
            self.batches.confirm(batch.no, accepted=proven)
            self.accepted |= set(batch.recipients) & proven

    @precondition(lambda self: self.in_flight is None)
    @rule()
    def resend(self):
        batch = self.batches.next_unknown(after=0)
        if batch is not None:
            before = self.batches.campaign().report
            self.batches.resend(batch.no, reason="the user decided so")
            after = self.batches.campaign().report
            assert before.unknown - after.unknown == after.pending - before.pending == len(batch.recipients)

    @invariant()
    def the_numbers_add_up(self):
        if not hasattr(self, "batches"):
            return
        report = self.batches.campaign().report
        counted = report.accepted + report.rejected + report.unknown + report.skipped + report.pending
        assert counted == self.total
        assert report.accepted == len(self.accepted)
        assert report.rejected == len(self.rejected)


TestLedgerStates = LedgerStates.TestCase
TestLedgerStates.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
