"""The rules that ``digest check`` applies, and the findings that they report.

Each rule has a code, a severity, a title and an explanation, all written in ``rules.toml``. The code of a rule begins
with the letter of its family: T text, L links, M images, A accessibility, C email clients, D delivery, S safety,
F sources.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from digest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.errors import Place

__all__ = ["Finding", "Rule", "Severity", "all_rules", "fault", "find_rule"]


class Severity(StrEnum):
    """How serious a finding is, most serious first."""

    #: The issue is not fit to send.
    ERROR = "error"
    #: The issue can be sent, but someone should look at this first.
    WARNING = "warning"
    #: Worth knowing; nothing has to change.
    INFO = "info"

    @property
    def rank(self) -> int:
        """The position in the order of seriousness; 0 is the most serious."""
        return list(Severity).index(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One problem that a rule found.

    Attributes:
        code: The rule's code, such as ``T101``.
        message: What is wrong, in one sentence.
        place: The line of issue.md to look at, or a file of the build when the problem is only there.
        hint: What to change, if that is not obvious from the message.
    """

    code: str
    severity: Severity
    message: str
    place: Place
    hint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        severity: The usual severity; a finding may have another one.
        explanation: Why the rule exists and how to fix a finding, in a few sentences.
    """

    code: str
    severity: Severity
    title: str
    explanation: str


def all_rules() -> tuple[Rule, ...]:
    """Every rule, ordered by code."""
    return tuple(_rules().values())


def find_rule(code: str) -> Rule:
    """The rule with this code; case does not matter.

    Raises:
        UsageError: No rule has this code.
    """
    rule = _rules().get(code.strip().upper())
    if rule is None:
        raise UsageError(f"unknown rule {code!r}", hint=f"The rules are {', '.join(_rules())}.")
    return rule


def fault(code: str, message: str, place: Place, *, hint: str = "", severity: Severity | None = None) -> Finding:
    """A finding of the rule ``code``, with the rule's usual severity unless another one is given."""
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
