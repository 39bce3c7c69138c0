"""The shape of every object that ``--json`` prints: the commands build what they print from these models.

`json_schema_files` describes the same models as JSON Schema; the files are in the folder ``schemas``, one for each
command, and come with the installed package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli.json_objects.after_objects import ReportCampaign, ReportPerson, ReportResult, report_result
from digest.cli.json_objects.edit_objects import (
    AddResult,
    CollectResult,
    CollectWhichResult,
    DiffResult,
    EditResult,
    collect_result,
    diff_result,
)
from digest.cli.json_objects.json_object import SCHEMA_VERSION, Failure, FailureDetails, JsonObject
from digest.cli.json_objects.people_objects import (
    EditListResult,
    EncryptResult,
    ExportResult,
    ImportColumns,
    ImportResult,
    SubscribersAudience,
    SubscribersCheckResult,
    SuppressFileResult,
    SuppressResult,
    SyncResult,
    list_rows,
)
from digest.cli.json_objects.person_objects import (
    PersonAudience,
    PersonIssue,
    PersonRow,
    PersonSuppression,
    RemoveResult,
    ShowResult,
    UnsuppressResult,
)
from digest.cli.json_objects.ship_objects import (
    ApproveResult,
    BuildResult,
    CampaignResult,
    CheckResult,
    CheckRule,
    RulesResult,
    SendResult,
    SendTestResult,
    StatusResult,
    campaign_result,
    check_findings,
    check_result,
    send_result,
    status_result,
)
from digest.cli.json_objects.source_objects import SourcesResult, sources_result
from digest.cli.json_objects.start_objects import (
    DemoResult,
    DoctorResult,
    DoctorResultItem,
    InitResult,
    TwoPhaseFailed,
    TwoPhasePassed,
    TwoPhaseStarted,
    TwoPhaseStep,
    WorkflowsResult,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "RESULTS",
    "SCHEMA_VERSION",
    "AddResult",
    "ApproveResult",
    "BuildResult",
    "CampaignFailure",
    "CampaignResult",
    "CheckResult",
    "CheckRule",
    "CollectFailure",
    "CollectResult",
    "CollectWhichResult",
    "DemoResult",
    "DiffResult",
    "DoctorResult",
    "DoctorResultItem",
    "EditListResult",
    "EditResult",
    "EncryptResult",
    "ExportResult",
    "Failure",
    "FailureDetails",
    "ImportColumns",
    "ImportResult",
    "InitResult",
    "JsonObject",
    "PersonAudience",
    "PersonIssue",
    "PersonRow",
    "PersonSuppression",
    "RemoveResult",
    "ReportCampaign",
    "ReportPerson",
    "ReportResult",
    "RulesResult",
    "SendFailure",
    "SendResult",
    "SendTestResult",
    "ShowResult",
    "SourcesResult",
    "StatusResult",
    "SubscribersAudience",
    "SubscribersCheckResult",
    "SuppressFileResult",
    "SuppressResult",
    "SyncResult",
    "TwoPhaseFailed",
    "TwoPhaseFailure",
    "TwoPhasePassed",
    "TwoPhaseStarted",
    "TwoPhaseStep",
    "UnsuppressResult",
    "WorkflowsResult",
    "campaign_result",
    "check_findings",
    "check_result",
    "collect_result",
    "diff_result",
    "failure_with",
    "list_rows",
    "report_result",
    "send_result",
    "sources_result",
    "status_result",
]


class CollectFailure(CollectResult, Failure):
    """What `digest collect` prints when it found fewer stories than ``selection.min_stories`` (exit code 8)."""


class CampaignFailure(CampaignResult, Failure):
    """What `digest send` and `digest cancel` print when a campaign stopped or was refused."""


class SendFailure(SendResult, Failure):
    """What `digest send` prints when a live send stopped after its plan had passed the rails."""


class TwoPhaseFailure(TwoPhaseFailed, Failure):
    """What `digest doctor --two-phase --received` prints when the test failed (exit code 5)."""


#: What each command prints, by its name; every command may print a plain `Failure` as well. `preview` prints nothing.
RESULTS: dict[str, tuple[type[JsonObject], ...]] = {
    "demo": (DemoResult,),
    "init": (InitResult, WorkflowsResult),
    "doctor": (DoctorResult, TwoPhaseStarted, TwoPhasePassed, TwoPhaseFailure),
    "collect": (CollectResult, CollectWhichResult, CollectFailure),
    "add": (AddResult,),
    "sources": (SourcesResult,),
    "edit": (EditResult,),
    "preview": (),
    "diff": (DiffResult,),
    "check": (CheckResult,),
    "rules": (RulesResult,),
    "build": (BuildResult,),
    "send-test": (SendTestResult,),
    "approve": (ApproveResult,),
    "send": (SendResult, CampaignFailure, SendFailure),
    "cancel": (CampaignResult, CampaignFailure),
    "status": (StatusResult,),
    "report": (ReportResult,),
    "subscribers check": (SubscribersCheckResult,),
    "subscribers import": (ImportResult,),
    "subscribers export": (ExportResult,),
    "subscribers suppress": (SuppressResult, SuppressFileResult),
    "subscribers unsuppress": (UnsuppressResult,),
    "subscribers show": (ShowResult,),
    "subscribers remove": (RemoveResult,),
    "subscribers sync": (SyncResult,),
    "subscribers encrypt": (EncryptResult,),
    "subscribers edit": (EditListResult,),
}


def failure_with(failure: Failure, data: Mapping[str, object]) -> Failure:
    """A failure with what the command had done before, which an error or an interrupt may carry."""
    models = [model for model in RESULTS.get(failure.command, ()) if issubclass(model, Failure)]
    for model in models:
        if data and data.keys() <= model.model_fields.keys():
            return model.model_validate({"command": failure.command, **data, "error": failure.error})
    return failure
