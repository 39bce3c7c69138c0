"""What each command does: one function per command, written in terms of the packages below this one.

::

                    ┌───────────────────────── History: earlier issues, the ledger ◀──────────────────────┐
                    ▼                                                                                     │
    sources ──collect──▶ articles.jsonl ──plan──▶ issue.md ──build──▶ build/ ──approve──▶ approval.toml   │
      feeds            group, rank, bullets,       ▲  ▲ │    render   email.html                │         │
      pages            merge with the editor's     │  │ │             email.txt                 ▼         │
      files            edits                     add  │ └──check──▶   manifest.json ──────────▶ send ─────┤
                                                 edit─┘      findings    │                      │         │
                                                                         └─send_test─▶ yourself ▼         │
                          lists ──▶ audience, without suppressions ──▶ batches ──▶ ledger ──▶ provider ──▶ inboxes

    status, report, diff, sources,
    doctor                  look at all of this and change nothing
    initialise, run_demo    write a new newsletter's folder

Each function takes a `digest.project.Session`, in which everything is read once; functions that only write lists or
workflows take a `digest.project.Project`. It returns a frozen dataclass and prints nothing. The names below are
imported on first use, because each module imports different libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.workflow.alerts import find_alerts
    from digest.workflow.building import approve, build, check
    from digest.workflow.campaign_report import report
    from digest.workflow.collecting import collect
    from digest.workflow.curation.adding import add
    from digest.workflow.curation.editing_session import edit
    from digest.workflow.curation.source_overview import source_overviews
    from digest.workflow.doctor import diagnose
    from digest.workflow.issue_report import last_difference, report_issue
    from digest.workflow.issue_status import status
    from digest.workflow.new_newsletter import initialise, refresh_workflows, run_demo
    from digest.workflow.sending import cancel, plan_send, send, send_test

__all__ = [
    "add",
    "approve",
    "build",
    "cancel",
    "check",
    "collect",
    "diagnose",
    "edit",
    "find_alerts",
    "initialise",
    "last_difference",
    "plan_send",
    "refresh_workflows",
    "report",
    "report_issue",
    "run_demo",
    "send",
    "send_test",
    "source_overviews",
    "status",
]

_HOMES = {
    "add": "curation.adding",
    "approve": "building",
    "build": "building",
    "cancel": "sending",
    "check": "building",
    "collect": "collecting",
    "diagnose": "doctor",
    "edit": "curation.editing_session",
    "find_alerts": "alerts",
    "initialise": "new_newsletter",
    "last_difference": "issue_report",
    "plan_send": "sending",
    "refresh_workflows": "new_newsletter",
    "report": "campaign_report",
    "report_issue": "issue_report",
    "run_demo": "new_newsletter",
    "send": "sending",
    "send_test": "sending",
    "source_overviews": "curation.source_overview",
    "status": "issue_status",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'digest.workflow' has no attribute {name!r}")
    value = getattr(import_module(f"digest.workflow.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
