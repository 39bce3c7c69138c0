"""Each planted fault gives exactly one finding, with the right code and line."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from digest.checks import all_rules

FILE = "issues/2026-W47/issue.md"
PLACES = {"FILE": FILE, "HTML": "issues/2026-W47/build/email.html", "TEXT": "issues/2026-W47/build/email.txt"}
FAULTS = tomllib.loads((Path(__file__).parent / "planted.toml").read_text(encoding="utf-8"))["fault"]
#: These have tests of their own: they need files, a ledger, a history of sources, a server, or a very long issue.
ELSEWHERE = {
    "C505",
    "D605",
    "D606",
    "F801",
    "F802",
    "F803",
    "F804",
    "L201",
    "L202",
    "L203",
    "M303",
    "S703",
    "S704",
    "T109",
    "T110",
    "T111",
    "T113",
}


def test_the_unchanged_issue_has_no_findings(problems, clean):
    assert problems(clean) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["code"])
def test_finds_each_planted_fault_at_its_place(check, clean, plant, configure, built, fault):
    clean.issue = replace(clean.issue, **fault.get("issue", {}))
    for table, keys in fault.get("config", {}).items():
        configure(clean, table, **keys)
    story = {key: tuple(value) if isinstance(value, list) else value for key, value in fault.get("story", {}).items()}
    if story or "bullet" in fault:
        plant(clean, bullet=fault.get("bullet"), **story)
    parts = {part: fault[part] for part in ("html", "text") if part in fault}
    for part, (old, new) in parts.items():
        before = getattr(built(clean), part)
        assert old in before
        clean.rendered = built(clean, **{part: lambda words, old=old, new=new: words.replace(old, new)})

    findings = [finding for finding in check(clean) if finding.code != "T107" or fault["code"] == "T107"]
    name, _, line = fault["at"].partition(":")
    place = PLACES.get(name, name) + (f":{line}" if line else "")
    assert {(finding.code, str(finding.place)) for finding in findings} == {(fault["code"], place)}


def test_every_rule_has_a_planted_fault_or_tests_of_its_own():
    assert {fault["code"] for fault in FAULTS} | ELSEWHERE == {rule.code for rule in all_rules()}
    assert len(FAULTS) >= 60
