from __future__ import annotations

import pytest

from digest.checks import Severity, all_rules, find_rule
from digest.errors import UsageError


def test_every_rule_has_a_title_and_an_explanation():
    rules = all_rules()
    assert [rule.code for rule in rules] == sorted(rule.code for rule in rules)
    assert all(rule.title and not rule.title.endswith(".") and len(rule.explanation) > 60 for rule in rules)
    assert all("\n" not in rule.explanation for rule in rules)


def test_finds_a_rule_by_its_code_in_any_case():
    assert find_rule(" t101 ").severity == Severity.ERROR


def test_an_unknown_code_lists_the_rules():
    with pytest.raises(UsageError) as caught:
        find_rule("T999")
    assert "T101" in caught.value.hint
