from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from digest.config import IgnoredFinding
from digest.errors import ConfigError


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
