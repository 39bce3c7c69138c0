"""The newsletter's own suppressions as a ledger keeps them, in every store."""

from __future__ import annotations

import pytest

from digest.delivery.stores.person_history import REMOVED
from digest.models import Suppression, SuppressionReason
from digest.subscribers import suppression_identity

pytestmark = pytest.mark.parametrize("open_harness", ["sqlite", "postgres", "git"], indirect=True)


def keys(ledger, *people):
    return [ledger.keys_of((suppression_identity(*person),)) for person in people]


def test_they_are_kept_once_and_lifted_with_all_audiences_of_a_person(open_harness):
    with open_harness() as harness:
        ledger = harness.ledger
        ana, ben, weekly = keys(ledger, ("Ana@reader.example",), ("ben@reader.example",), ("ana@reader.example", "W"))
        for _ in range(2):
            ledger.keep_own({ana: "unsubscribed", ben: "manual", weekly: "unsubscribed"})
        assert ledger.snapshot().own_suppressions == {ana: "unsubscribed", ben: "manual", weekly: "unsubscribed"}
        assert ledger.unsuppress("ana@reader.example", audiences=["w", ""]).reason == "unsubscribed"
        assert ledger.snapshot().own_suppressions == {ben: "manual"}


def test_they_replace_a_providers_and_are_replaced_by_a_removal(open_harness):
    with open_harness() as harness:
        ledger = harness.ledger
        ana, ben, weekly = keys(ledger, ("ana@reader.example",), ("ben@reader.example",), ("ben@reader.example", "w"))
        complaint = Suppression(email="ana@reader.example", reason=SuppressionReason.COMPLAINT, source="p x")
        ledger.suppress([complaint], provider="p")
        ledger.keep_own({ana: "unsubscribed", ben: "manual", weekly: "manual"})
        ledger.suppress([], provider="p")
        ledger.keep_removed("ben@reader.example", source="digest subscribers remove", audiences=["w"])
        ledger.keep_own({ana: "unsubscribed", ben: "manual"})
        assert ledger.suppressions() == {ana: "unsubscribed", ben: REMOVED}
        assert ledger.snapshot().own_suppressions == {ana: "unsubscribed"}
