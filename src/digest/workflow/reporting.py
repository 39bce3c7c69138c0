"""What a person wants to see of an issue before it is approved: the facts behind a job's summary or a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.errors import DigestError
from digest.rendering import personal_parts, shown_subject
from digest.workflow.building import sample_values
from digest.workflow.comparing import last_difference

if TYPE_CHECKING:
    from digest.checks import Finding
    from digest.project import Session
    from digest.workflow.building import Checked
    from digest.workflow.comparing import Difference

__all__ = ["IssueReport", "report_issue"]


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueReport:
    """An issue as it would be built now. Sizes in bytes of UTF-8.

    Attributes:
        recipients: How many people would be mailed; None where the list cannot be read, as on a runner without it.
        token: What an approval of exactly these bytes names.
        text: The text part, as an invented reader gets it.
        troubles: Sources that could not be read, as pairs of the source and why.
        difference: Beside the issue before; None where there is none.
    """

    issue: str
    sender: str
    subject: str
    preheader: str
    stories: int
    bytes_html: int
    recipients: int | None
    token: str
    text: str
    findings: tuple[Finding, ...] = ()
    troubles: tuple[tuple[str, str], ...] = ()
    difference: Difference | None = None

    def count(self, severity: str) -> int:
        """How many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)


def report_issue(session: Session, checked: Checked) -> IssueReport:
    """All that there is to tell of an issue that was checked.

    Raises:
        IssueError: issue.md cannot be read any more.
    """
    issue, rendered = session.issue(checked.issue), checked.rendered
    states = issue.folder.read_source_states()
    return IssueReport(
        issue=issue.id,
        sender=rendered.manifest.sender,
        subject=shown_subject(rendered.manifest),
        preheader=rendered.manifest.preheader,
        stories=len(rendered.manifest.stories),
        bytes_html=len(rendered.html.encode()),
        recipients=_recipients(session),
        token=rendered.token,
        text=personal_parts(rendered, sample_values(rendered))[2],
        findings=checked.findings,
        troubles=tuple((id, state.error) for id, state in states.items() if state.error),
        difference=last_difference(session, issue.id),
    )


def _recipients(session: Session) -> int | None:
    try:
        return len(session.audience().subscribers)
    except DigestError:
        return None
