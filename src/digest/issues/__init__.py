"""The issue's folder: issue.md, which a person edits, and what the tool keeps beside it."""

from digest.issues.document import format_issue, parse_issue, trace_origins
from digest.issues.folder import Build, IssueFolder, list_issues, list_weeks
from digest.issues.merge import Conflict, Merge, append_story, is_untouched, merge_issue
from digest.issues.records import Base
from digest.issues.sourcestate import SourceHealth, SourceState, SourceTrouble, source_health

__all__ = [
    "Base",
    "Build",
    "Conflict",
    "IssueFolder",
    "Merge",
    "SourceHealth",
    "SourceState",
    "SourceTrouble",
    "append_story",
    "format_issue",
    "is_untouched",
    "list_issues",
    "list_weeks",
    "merge_issue",
    "parse_issue",
    "source_health",
    "trace_origins",
]
