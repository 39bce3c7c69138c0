"""The rules: a code, a severity, a title and an explanation each. They are written in ``rules.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from digest.checks.finding import Finding, Severity
from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.errors import Place

__all__ = ["Rule", "all_rules", "fault", "find_rule"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule. ``severity`` is the usual one; ``explanation`` says why, and what to do, in a few sentences."""

    code: str
    severity: Severity
    title: str
    explanation: str


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    return tuple(_rules().values())


def find_rule(code: str) -> Rule:
    """The rule with this code, in any case.

    Raises:
        UsageError: There is none.
    """
    rule = _rules().get(code.strip().upper())
    if rule is None:
        raise UsageError(f"there is no rule {code!r}", hint=f"The rules are {', '.join(_rules())}.")
    return rule


def fault(code: str, message: str, place: Place, *, hint: str = "", severity: Severity | None = None) -> Finding:
    """A finding of the rule ``code``, with the rule's severity unless another is given."""
    return Finding(code=code, severity=severity or _rules()[code].severity, message=message, place=place, hint=hint)


@cache
def _rules() -> Mapping[str, Rule]:
    table = tomllib.loads(resources.files("digest.checks").joinpath("rules.toml").read_text(encoding="utf-8"))
    return {
        code: Rule(
            code=code,
            severity=Severity(rule["severity"]),
            title=rule["title"],
            explanation=" ".join(rule["explanation"].split()),
        )
        for code, rule in sorted(table.items())
    }
