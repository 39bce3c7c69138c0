from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.providers.two_phase_record import TwoPhaseRecord, hash_code, key_fingerprint, two_phase_passed

LEDGER, HOST, KEY = b"k" * 32, "https://api.sendgrid.com", "SG.key"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PRINT = key_fingerprint(KEY, ledger_key=LEDGER)


def proof(**changes):
    values = {
        "state": "passed",
        "at": NOON,
        "due": NOON,
        "host": HOST,
        "fingerprint": PRINT,
        "cancelled": hash_code("AAAAAA", ledger_key=LEDGER),
        "released": hash_code("BBBBBB", ledger_key=LEDGER),
    }
    return TwoPhaseRecord.model_validate({**values, **changes})


def test_a_pass_counts_only_for_its_host_and_key():
    recorded = proof().model_dump_json()
    assert two_phase_passed(recorded, host=HOST, fingerprint=PRINT)
    assert not two_phase_passed(recorded, host="https://api.eu.sendgrid.com", fingerprint=PRINT)
    for other in (key_fingerprint("SG.other", ledger_key=LEDGER), key_fingerprint(KEY, ledger_key=b"o" * 32)):
        assert not two_phase_passed(recorded, host=HOST, fingerprint=other)


@pytest.mark.parametrize("state", ["begun", "failed"])
def test_a_started_or_failed_test_is_not_a_pass(state):
    assert not two_phase_passed(proof(state=state).model_dump_json(), host=HOST, fingerprint=PRINT)


@pytest.mark.parametrize("recorded", [None, "", "passed", "{}", '{"state": "passed"}', "[]", "\x00"])
def test_an_unreadable_record_is_not_a_pass(recorded):
    assert not two_phase_passed(recorded, host=HOST, fingerprint=PRINT)


def test_a_code_is_recognised_in_any_case_and_spacing():
    made = proof()
    assert made.which(" bbb bbb", ledger_key=LEDGER) == "released"
    assert made.which("aaaaaa", ledger_key=LEDGER) == "cancelled"
    assert made.which("CCCCCC", ledger_key=LEDGER) == ""
    assert made.which("é", ledger_key=LEDGER) == ""
    assert made.which("BBBBBB", ledger_key=b"o" * 32) == ""
