"""`diff`: what changed since the previous issue, and the facts that someone needs before approving an issue."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.errors import DigestError, IssueError
from digest.models import host_name
from digest.rendering import personal_parts, shown_subject
from digest.workflow.building import sample_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.checks import Finding
    from digest.models import Issue
    from digest.project import Session
    from digest.workflow.building import Checked

__all__ = ["Difference", "IssueReport", "compare_issues", "difference_lines", "last_difference", "report_issue"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What changed since the previous issue. In each pair, the previous issue's value comes first.

    Attributes:
        issue: The id of the issue.
        before: The id of the previous issue.
        subjects: The subjects.
        stories: The numbers of stories.
        words: The numbers of words in headlines, bullets and the editor's own text.
        again: The headlines of stories that both issues have.
        sections_new: The titles of sections that only this issue has.
        sections_gone: The titles of sections that only the previous issue had.
        sites_new: The hosts that only this issue links to, most frequent first.
        sites_gone: The hosts that only the previous issue linked to.
    """

    issue: str
    before: str
    subjects: tuple[str, str]
    stories: tuple[int, int]
    words: tuple[int, int]
    again: tuple[str, ...] = ()
    sections_new: tuple[str, ...] = ()
    sections_gone: tuple[str, ...] = ()
    sites_new: tuple[str, ...] = ()
    sites_gone: tuple[str, ...] = ()


def compare_issues(before: Issue, after: Issue) -> Difference:
    """Compare what readers see of two issues. Pure."""
    urls = {story.key for story in before.stories}
    again = tuple(story.headline for story in after.stories if story.key in urls)
    sections = _sections(before), _sections(after)
    sites = _sites(before), _sites(after)
    return Difference(
        issue=after.id,
        before=before.id,
        subjects=(before.subject, after.subject),
        stories=(len(before.stories), len(after.stories)),
        words=(_words(before), _words(after)),
        again=again,
        sections_new=_only(sections[1], sections[0]),
        sections_gone=_only(sections[0], sections[1]),
        sites_new=_only(sites[1], sites[0]),
        sites_gone=_only(sites[0], sites[1]),
    )


def last_difference(session: Session, id: str | None = None) -> Difference | None:
    """Compare the named issue, or the open one, with the previous issue.

    Issues that cannot be read or have no stories are skipped.

    Returns:
        None when there is no previous issue.

    Raises:
        IssueError: There is no such issue, or it cannot be read.
    """
    current = session.issue(id)
    issue = current.issue
    for earlier in sorted((each for each in session.issue_ids if each < current.id), reverse=True):
        with suppress(IssueError):
            before = session.files(earlier).issue
            if before.stories:
                return compare_issues(before, issue)
    return None


def difference_lines(difference: Difference) -> list[tuple[str, str]]:
    """A difference as rows of a table: a label, and what changed."""
    rows = [
        ("Subject", f"“{difference.subjects[1]}”, after “{difference.subjects[0]}”"),
        ("Stories", f"{difference.stories[1]}, after {difference.stories[0]}"),
        ("Words", f"{difference.words[1]:,}, after {difference.words[0]:,}"),
        *(("Again", headline) for headline in difference.again),
    ]
    named = (
        ("New sections", difference.sections_new),
        ("No more", difference.sections_gone),
        ("New sites", difference.sites_new),
        ("Not this time", difference.sites_gone),
    )
    return rows + [(name, ", ".join(values)) for name, values in named if values]


def _sections(issue: Issue) -> tuple[str, ...]:
    return tuple(section.title for section in issue.sent_sections if section.title)


def _sites(issue: Issue) -> tuple[str, ...]:
    """The hosts that the stories link to, most frequent first."""
    return tuple(host for host, _ in Counter(host_name(story.url) for story in issue.stories).most_common() if host)


def _words(issue: Issue) -> int:
    texts = [issue.intro, *(section.text for section in issue.sent_sections)]
    for story in issue.stories:
        texts += [story.headline, story.note, *(bullet.text for bullet in story.bullets)]
    return sum(len(text.split()) for text in texts)


def _only(these: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in these if text not in others))


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueReport:
    """An issue as it would be built now.

    Attributes:
        issue: The issue's id.
        sender: ``Name <address>``.
        subject: The subject, with personal parts as the editor wrote them.
        preheader: The preview line in an inbox.
        stories: How many stories it has.
        bytes_html: The size of the HTML part in bytes of UTF-8.
        recipients: How many people would be mailed; None if a list cannot be read, as on a CI runner without the lists.
        token: The token of exactly these bytes, which an approval names.
        text: The text part with example values in its personal parts.
        findings: What the checks found, most serious first.
        troubles: For each source that could not be read, its id and the reason.
        difference: What changed since the previous issue; None when there is none.
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
        """How many findings are an ``error``, a ``warning`` or an ``info``."""
        return sum(finding.severity == severity for finding in self.findings)


def report_issue(session: Session, checked: Checked) -> IssueReport:
    """Gather the facts about an issue that has just been checked in this session.

    Raises:
        IssueError: sources.json is damaged.
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
