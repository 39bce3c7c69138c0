"""Facts about the newsletter in the ledger, in every store."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.parametrize("open_desk", ["sqlite", "postgres", "git"], indirect=True)


def test_a_fact_is_remembered_and_replaced(open_desk):
    with open_desk() as desk:
        assert desk.ledger.recall("two_phase") is None
        for value in ("begun", "passed: ü"):
            desk.ledger.remember("two_phase", value)
            assert desk.ledger.recall("two_phase") == value
        assert desk.ledger.recall("other") is None


def test_the_names_of_the_ledgers_own_facts_are_reserved(open_desk):
    with open_desk() as desk:
        with pytest.raises(ValueError, match="reserved for the ledger"):
            desk.ledger.remember("key", "x")
        assert desk.ledger.recall("key")
