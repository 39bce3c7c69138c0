"""`diff`: an issue beside the one before it, as its readers will see the two."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.errors import DigestError, IssueError
from digest.models import canonical_url, host_name
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
    """What is other than the last time. Pairs hold the earlier value first.

    Attributes:
        before: The id of the issue before.
        words: How many words of headlines, bullets and the editor's own text there are.
        again: Headlines of stories that the issue before had too.
        sections_new: Titles that the issue before did not have; ``sections_gone`` those that only it had.
        sites_new: Hosts that are linked to now and were not; ``sites_gone`` the other way round.
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
    """What readers of both will notice. Pure."""
    told = {canonical_url(story.url) for story in before.stories}
    again = tuple(story.headline for story in after.stories if canonical_url(story.url) in told)
    sections, sites = [_sections(one) for one in (before, after)], [_sites(one) for one in (before, after)]
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
    """The named issue, or the open one, beside the newest issue before it; None when there is none.

    An earlier issue that cannot be read, or has no story, is passed over.

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


def difference_lines(found: Difference) -> list[tuple[str, str]]:
    """The same for a person, as pairs of a word and what is said of it."""
    rows = [
        ("Subject", f"“{found.subjects[1]}”, after “{found.subjects[0]}”"),
        ("Stories", f"{found.stories[1]}, after {found.stories[0]}"),
        ("Words", f"{found.words[1]:,}, after {found.words[0]:,}"),
        *(("Again", headline) for headline in found.again),
    ]
    named = (
        ("New sections", found.sections_new),
        ("No more", found.sections_gone),
        ("New sites", found.sites_new),
        ("Not this time", found.sites_gone),
    )
    return rows + [(name, ", ".join(values)) for name, values in named if values]


def _sections(issue: Issue) -> tuple[str, ...]:
    return tuple(section.title for section in issue.sent_sections if section.title)


def _sites(issue: Issue) -> tuple[str, ...]:
    """The hosts of the stories, the most frequent first."""
    return tuple(host for host, _ in Counter(host_name(story.url) for story in issue.stories).most_common() if host)


def _words(issue: Issue) -> int:
    texts = [issue.intro, *(section.text for section in issue.sent_sections)]
    for story in issue.stories:
        texts += [story.headline, story.note, *(bullet.text for bullet in story.bullets)]
    return sum(len(text.split()) for text in texts)


def _only(these: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in these if one not in others))


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
