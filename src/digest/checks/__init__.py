"""What makes an issue unfit to send, or less good than it could be, each with a code and the line to look at."""

from digest.checks.finding import Finding, Severity
from digest.checks.registry import Rule, all_rules, fault, find_rule
from digest.checks.run import check_issue

__all__ = ["Finding", "Rule", "Severity", "all_rules", "check_issue", "fault", "find_rule"]
