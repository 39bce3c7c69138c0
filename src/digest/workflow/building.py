"""`build`, `check` and `approve`: from issue.md to bytes that a person has approved."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.checks import check_issue, links_of
from digest.config import source_places
from digest.errors import DigestError, IssueError, NothingToDoError, RefusedError
from digest.issues import parse_issue
from digest.models import Approval, canonical_url
from digest.rendering import dump_manifest, load_build, render_issue, shown_subject
from digest.workflow.tracked import read_tracked_lists

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from digest.checks import Finding, LinkAnswer
    from digest.issues import Build, IssueFolder
    from digest.models import Article, Issue, RenderedIssue, Subscriber
    from digest.project import Project

__all__ = [
    "Built",
    "Checked",
    "approve",
    "articles_of",
    "build",
    "check",
    "check_rendered",
    "read_build",
    "render",
    "sample_values",
    "sent_stories",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What `build` made. Sizes in bytes of UTF-8. ``approved``: an approval of exactly this build exists."""

    issue: str
    folder: str
    token: str
    subject: str
    stories: int
    bytes_html: int
    bytes_text: int
    approved: bool
    changed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What `check` found, worst first, and what it looked at: the issue as it would be built now."""

    issue: str
    file: str
    findings: tuple[Finding, ...]
    rendered: RenderedIssue

    def count(self, severity: str) -> int:
        """How many findings have this severity."""
        return sum(finding.severity == severity for finding in self.findings)


def render(project: Project, folder: IssueFolder, issue: Issue | None = None) -> RenderedIssue:
    """Render the issue as issue.md says now, without writing anything."""
    return render_issue(
        issue or folder.read_issue(),
        articles=articles_of(folder),
        config=project.config,
        templates=project.template_folders,
        now=project.now(),
    )


def articles_of(folder: IssueFolder) -> Mapping[str, Article]:
    """The collected articles by canonical URL."""
    return {canonical_url(article.url): article for article in folder.read_articles()}


def build(project: Project, id: str | None = None) -> Built:
    """Render the issue and write email.html, email.txt and manifest.json. Building again gives the same bytes.

    Raises:
        NothingToDoError: The issue has fewer than ``selection.min_stories`` stories, or it was sent; nothing is built.
        IssueError, RenderError: issue.md or a template is wrong; the earlier build stays.
    """
    folder = project.issue(id)
    project.require_open(folder.id)
    issue = folder.read_issue()
    least = project.config.selection.min_stories
    if len(issue.stories) < least:
        waiting = f", and {len(issue.waiting)} wait under “New since you last looked”" if issue.waiting else ""
        raise NothingToDoError(
            f"{folder.id} has {_stories(len(issue.stories))}, fewer than selection.min_stories = {least}{waiting}; "
            "nothing was built",
            hint=f"Add stories to {folder.file}, wait for more, or lower min_stories.",
        )
    rendered = render(project, folder, issue)
    html, text = rendered.html.encode(), rendered.text.encode()
    manifest = dump_manifest(rendered.manifest)
    before = folder.read_build()
    folder.write_build(html=html, text=text, manifest=manifest)
    approval = folder.read_approval()
    return Built(
        issue=folder.id,
        folder=folder.file.removesuffix("issue.md") + "build",
        token=rendered.token,
        subject=shown_subject(rendered.manifest),
        stories=len(issue.stories),
        bytes_html=len(html),
        bytes_text=len(text),
        approved=approval is not None and approval.token == rendered.token,
        changed=before is None or before.manifest != manifest,
    )


def check(
    project: Project,
    id: str | None = None,
    *,
    online: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Checked:
    """Run every rule on the issue as it would be built now.

    Args:
        online: Ask the servers of the links as well, each once a day.
        progress: Told how many of how many links are done.
    """
    folder = project.issue(id)
    issue = folder.read_issue()
    rendered = render(project, folder, issue)
    answers: Mapping[str, LinkAnswer] = {}
    if online:
        from digest.workflow.linkchecking import ask_links

        links = links_of(issue, sponsor=project.config.newsletter.sponsor)
        answers = ask_links(project, links, progress=progress)
    findings = check_rendered(
        project,
        folder,
        issue,
        rendered,
        answers=answers,
        tracked_lists=read_tracked_lists(project),
        build=None if folder.id in project.ended_issues() else folder.read_build(),
    )
    return Checked(issue=folder.id, file=folder.file, findings=findings, rendered=rendered)


def check_rendered(
    project: Project,
    folder: IssueFolder,
    issue: Issue,
    rendered: RenderedIssue,
    *,
    answers: Mapping[str, LinkAnswer] = MappingProxyType({}),
    tracked_lists: Mapping[str, Sequence[Subscriber]] = MappingProxyType({}),
    build: Build | None = None,
) -> tuple[Finding, ...]:
    """Run every rule on one rendering of an issue; see `check_issue` for what the keyword arguments add."""
    return check_issue(
        issue,
        rendered,
        config=project.config,
        file=folder.file,
        root=project.root,
        articles=articles_of(folder),
        sent=sent_stories(project),
        source_states=project.source_states(until=folder.id),
        source_places=source_places(project.root),
        answers=answers,
        columns=_columns(project),
        tracked_lists=tracked_lists,
        build=build,
    )


def _columns(project: Project) -> frozenset[str] | None:
    """The columns of the audience's lists; None where one cannot be read, as on a machine without the lists."""
    try:
        return project.list_columns()
    except DigestError:
        return None


def sent_stories(project: Project) -> dict[str, str]:
    """The canonical URL of every story that readers have had, and the issue in which it went out.

    An issue that was interrupted for good has reached readers too.
    """
    existing = project.issue_ids()
    return {
        url: campaign.issue
        for campaign in project.campaigns()
        if campaign.issue in existing and (campaign.report.accepted or campaign.report.unknown)
        for url in _stories_of(project.issue(campaign.issue))
    }


def _stories_of(folder: IssueFolder) -> Sequence[str]:
    try:
        return read_build(folder).manifest.stories
    except IssueError:  # the build of an old issue may be gone, or its line ends changed by a checkout
        text = folder.read_text() or ""
        return [canonical_url(story.url) for story in parse_issue(text, id=folder.id, file=folder.file).stories]


def read_build(folder: IssueFolder) -> RenderedIssue:
    """The build as it lies on disk.

    Raises:
        IssueError: There is none, or one of its files was changed by hand.
    """
    found = folder.read_build()
    if found is None:
        raise IssueError(f"{folder.id} is not built", hint=f"Build it: digest build {folder.id}")
    return load_build(found.html, found.text, found.manifest)


def approve(project: Project, id: str | None = None, *, token: str | None = None, by: str) -> Approval:
    """Record that a person approved the current build.

    Raises:
        NothingToDoError: It was sent.
        RefusedError: ``token`` is not the current build's, or issue.md has changed since it was built.
    """
    folder = project.issue(id)
    project.require_open(folder.id)
    built = read_build(folder)
    if token is not None and token != built.token:
        raise RefusedError(
            f"this token is not the current build's, which is {built.token}",
            hint="Look at the build again, then approve its own token.",
        )
    if render(project, folder).token != built.token:
        raise RefusedError(
            f"{folder.file} has changed since it was built", hint=f"Build it again: digest build {folder.id}"
        )
    approval = Approval(token=built.token, by=by, at=project.now())
    folder.write_approval(approval)
    return approval


def _stories(count: int) -> str:
    return f"{count} story" if count == 1 else f"{count} stories"


def sample_values(rendered: RenderedIssue) -> dict[str, str]:
    """Values for the personal places that lead nowhere, by name: for previews and tests."""
    return {
        tag.name: "https://example.com/unsubscribe" if tag.name.endswith("url") else "Reader"
        for tag in rendered.manifest.tags
    }
