"""Facts about the newsletter in the ledger, in every store."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.parametrize("open_harness", ["sqlite", "postgres", "git"], indirect=True)


def test_a_fact_is_remembered_and_replaced(open_harness):
    with open_harness() as harness:
        assert harness.ledger.recall("two_phase") is None
        for value in ("begun", "passed: ü"):
            harness.ledger.remember("two_phase", value)
            assert harness.ledger.recall("two_phase") == value
        assert harness.ledger.recall("other") is None


def test_the_names_of_the_ledgers_own_facts_are_reserved(open_harness):
    with open_harness() as harness:
        with pytest.raises(ValueError, match="reserved for the ledger"):
            harness.ledger.remember("key", "x")
        assert harness.ledger.recall("key")
