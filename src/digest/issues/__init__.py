"""One issue on disk: issue.md, which the editor edits, and the machine-readable files beside it."""

from digest.issues.bench import bench_of, without_outlets
from digest.issues.issue_document import format_issue, parse_issue, trace_origins
from digest.issues.issue_folder import Build, IssueFolder, list_issues, list_weeks
from digest.issues.issue_merge import Conflict, Merge, is_untouched, merge_issue
from digest.issues.records import Base, Window
from digest.issues.sent_record import SentRecord
from digest.issues.source_state import SourceHealth, SourceState, SourceTrouble, source_health
from digest.issues.story_placement import append_story

__all__ = [
    "Base",
    "Build",
    "Conflict",
    "IssueFolder",
    "Merge",
    "SentRecord",
    "SourceHealth",
    "SourceState",
    "SourceTrouble",
    "Window",
    "append_story",
    "bench_of",
    "format_issue",
    "is_untouched",
    "list_issues",
    "list_weeks",
    "merge_issue",
    "parse_issue",
    "source_health",
    "trace_origins",
    "without_outlets",
]
