"""`report`: what became of an issue that was sent, as the ledger knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.errors import DigestError, NothingToDoError
from digest.subscribers.list_records import read_records
from digest.workflow.alerts import rejection_alert
from digest.workflow.people.person_lookup import list_files, read_list_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from digest.delivery import Campaign, UnreachedRecipient
    from digest.project import Project, Session
    from digest.workflow.alerts import Alert

__all__ = ["CampaignReport", "UnreachedPerson", "report"]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreachedPerson:
    """Someone who was rejected, or whose outcome is unknown, with a row of today's lists.

    Attributes:
        email: The address.
        file: The list, from the newsletter's root.
        line: The row's line, counted from 1; None for an address among the suppressions.
        audience: The audience of the campaign.
        outcome: ``rejected`` or ``unknown``.
        reason: The provider's reason; may be empty.
    """

    email: str
    file: str
    line: int | None
    audience: str
    outcome: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignReport:
    """What became of an issue.

    Attributes:
        issue: The issue's id.
        campaigns: Its campaigns, one for each audience, oldest first.
        alerts: What needs attention.
        people: Who was not reached, if that was asked for and they are in a list today.
        unlisted: How many more were not reached, and are in no list today.
        notes: What could not be looked at, one sentence each.
    """

    issue: str
    campaigns: tuple[Campaign, ...]
    alerts: tuple[Alert, ...] = ()
    people: tuple[UnreachedPerson, ...] = ()
    unlisted: int = 0
    notes: tuple[str, ...] = ()


def report(session: Session, id: str | None = None, *, people: bool = False) -> CampaignReport:
    """What the ledger knows of an issue.

    Args:
        id: The issue; by default the newest one whose send has started.
        people: Also look in today's lists, by hash, for those who were not reached.

    Raises:
        NothingToDoError: No send of the issue has started (exit code 8).
        UsageError: ``id`` is not an issue id.
        LedgerError: The ledger cannot be read.
    """
    all_campaigns = session.ledger.campaigns if session.ledger is not None else ()
    issue = session.files(id).id if id is not None else max((each.issue for each in all_campaigns), default=None)
    campaigns = tuple(campaign for campaign in all_campaigns if campaign.issue == issue)
    if issue is None or not campaigns:
        which = f"{issue} was not sent" if issue is not None else "nothing was sent"
        raise NothingToDoError(f"{which}, so there is nothing to report", hint="See: digest status")
    alerts = (rejection_alert(issue, campaign.report) for campaign in campaigns)
    unreached = _UnreachedPeople(session)
    if people:
        unreached.look_for(issue, campaigns)
    return CampaignReport(
        issue=issue,
        campaigns=campaigns,
        alerts=tuple(alert for alert in alerts if alert is not None),
        people=tuple(unreached.people),
        unlisted=unreached.unlisted,
        notes=tuple(unreached.notes),
    )


class _UnreachedPeople:
    """Finds recipients in today's lists by their keyed hash: the ledger holds no address."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.people: list[UnreachedPerson] = []
        self.notes: list[str] = []
        self.unlisted = 0

    def look_for(self, issue: str, campaigns: tuple[Campaign, ...]) -> None:
        """Find everybody that these campaigns did not reach."""
        if not any(campaign.report.rejected or campaign.report.unknown for campaign in campaigns):
            return
        with self._session.project.open_ledger() as ledger:
            unreached = {
                campaign.audience: {
                    recipient.key: recipient for recipient in ledger.unreached(issue, campaign.audience)
                }
                for campaign in campaigns
            }
            rows = self._rows()
            keys = ledger.keys_of(email.casefold() for email in rows)
        size = len(keys) // len(rows) if rows else 0
        for audience, recipients in unreached.items():
            listed = set[bytes]()
            for number, (email, (file, line)) in enumerate(rows.items()):
                key = keys[number * size : (number + 1) * size]
                if key in recipients:
                    listed.add(key)
                    self.people.append(_person(email, file, line, audience, recipients[key]))
            self.unlisted += len(recipients.keys() - listed)

    def _rows(self) -> Mapping[str, tuple[str, int | None]]:
        """The first row of each address in all lists, and then the addresses that are only suppressed."""
        rows: dict[str, tuple[str, int | None]] = {}
        project = self._session.project
        for file in list_files(project):
            try:
                for email, line in _addresses(project, file):
                    rows.setdefault(email, (file, line))
            except DigestError as error:
                self.notes.append(f"{file} was not read: {error.message}.")
        for suppression in self._session.suppressions:
            rows.setdefault(suppression.email, ("the suppressions", None))
        return rows


def _addresses(project: Project, file: str) -> Iterator[tuple[str, int]]:
    text = read_list_of(project, file)
    for record in read_records(text, file=file) if text.strip() else ():
        if record.email:
            yield record.email, record.line


def _person(email: str, file: str, line: int | None, audience: str, recipient: UnreachedRecipient) -> UnreachedPerson:
    return UnreachedPerson(
        email=email, file=file, line=line, audience=audience, outcome=recipient.outcome, reason=recipient.reason
    )
