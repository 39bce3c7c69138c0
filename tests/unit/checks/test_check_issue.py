from __future__ import annotations

from dataclasses import replace

import pytest

from digest.checks import Severity, all_rules, find_rule
from digest.errors import UsageError


def test_a_clean_issue_has_no_findings(check, clean):
    assert check(clean) == ()


def test_the_worst_comes_first_then_the_order_of_the_file(check, clean, plant):
    case = plant(clean, headline="TODO", candidates=())
    case.issue = replace(case.issue, subject="", preheader="")
    case.config = case.config.model_copy(
        update={"newsletter": case.config.newsletter.model_copy(update={"postal_address": ""})}
    )
    findings = check(case)
    assert [(finding.severity.value, finding.code, finding.place.line) for finding in findings] == [
        ("error", "T101", 2),
        ("error", "T104", 12),
        ("error", "D603", None),
        ("warning", "T102", 3),
        ("warning", "T106", 12),
    ]


def test_every_rule_is_explained():
    rules = all_rules()
    assert [rule.code for rule in rules] == sorted(rule.code for rule in rules)
    assert all(rule.title and not rule.title.endswith(".") and len(rule.explanation) > 60 for rule in rules)
    assert all("\n" not in rule.explanation for rule in rules)


def test_a_rule_is_found_by_its_code_in_any_case():
    assert find_rule(" t101 ").severity == Severity.ERROR


def test_an_unknown_code_names_the_known_ones():
    with pytest.raises(UsageError) as caught:
        find_rule("T999")
    assert "T101" in caught.value.hint
