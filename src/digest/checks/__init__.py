"""The checks that decide whether an issue is fit to send.

Each ``*_rules`` module holds one family of rules. To add a rule, describe it in ``rules.toml``, report it with `fault`
from the module of its family, and add a test that plants it. Register a new family in ``runner``.
"""

from digest.checks.check_context import GMAIL_CLIP_BYTES, LinkAnswer, PeopleInGit
from digest.checks.delivery_rules import people_in_git_findings
from digest.checks.link_rules import links_of
from digest.checks.rule_registry import Finding, Rule, Severity, all_rules, fault, find_rule
from digest.checks.runner import check_issue

__all__ = [
    "GMAIL_CLIP_BYTES",
    "Finding",
    "LinkAnswer",
    "PeopleInGit",
    "Rule",
    "Severity",
    "all_rules",
    "check_issue",
    "fault",
    "find_rule",
    "links_of",
    "people_in_git_findings",
]
