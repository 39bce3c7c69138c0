"""What makes an issue unfit to send, or less good than it could be, each with a code and the line to look at."""

from digest.checks.finding import Finding, Severity
from digest.checks.links import links_of
from digest.checks.material import LinkAnswer
from digest.checks.registry import Rule, all_rules, fault, find_rule
from digest.checks.run import check_issue

__all__ = ["Finding", "LinkAnswer", "Rule", "Severity", "all_rules", "check_issue", "fault", "find_rule", "links_of"]
