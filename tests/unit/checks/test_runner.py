from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from digest.checks import Severity, all_rules, find_rule
from digest.config import IgnoredFinding
from digest.errors import ConfigError, UsageError


def test_a_clean_issue_has_no_findings(check, clean):
    assert check(clean) == ()


def test_orders_findings_by_severity_then_by_line(check, clean, plant):
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


def ignoring(case, **finding):
    check = case.config.check.model_copy(update={"ignore": (IgnoredFinding(**finding),)})
    case.config = case.config.model_copy(update={"check": check})
    return case


def test_leaves_out_ignored_findings(problems, clean, plant):
    plant(clean, url="https://bit.ly/1", headline="TODO")
    assert [code for code, _ in problems(clean)] == ["T104", "L206"]
    assert [code for code, _ in problems(ignoring(clean, code="l206", reason="Ours."))] == ["T104"]
    assert [code for code, _ in problems(ignoring(clean, code="L206", reason="Ours.", contains="BIT.LY/1"))] == ["T104"]
    assert len(problems(ignoring(clean, code="L206", reason="Ours.", contains="t.co"))) == 2


def test_refuses_to_ignore_an_unknown_rule_or_without_a_reason(problems, clean):
    with pytest.raises(ValidationError, match="reason"):
        IgnoredFinding(code="L206", reason=" ")
    with pytest.raises(ConfigError, match="X999"):
        problems(ignoring(clean, code="X999", reason="Why not."))


def test_c501_looks_only_at_the_configured_clients(problems, clean, built):
    clean.rendered = built(clean, html=lambda html: html.replace("tide.png", "tide.svg"))
    assert [code for code, _ in problems(clean)] == ["C501"]
    check = clean.config.check.model_copy(update={"clients": ("outlook", "yahoo")})
    clean.config = clean.config.model_copy(update={"check": check})
    assert problems(clean) == []
