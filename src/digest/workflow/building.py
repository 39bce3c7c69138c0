"""`build`, `check` and `approve`: from issue.md to the approved bytes that are sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.checks import LinkAnswer, check_issue, links_of
from digest.config import source_places
from digest.errors import DigestError, FetchError, IssueError, NothingToDoError, RefusedError
from digest.issues import Build
from digest.models import Approval
from digest.rendering import dump_manifest, render_issue, shown_subject
from digest.workflow.people.people_in_git import find_people_in_git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from digest.checks import Finding, PeopleInGit
    from digest.fetching import Fetcher
    from digest.models import RenderedIssue
    from digest.project import IssueReading, Project, Session

__all__ = [
    "Built",
    "Checked",
    "approve",
    "ask_links",
    "build",
    "check",
    "check_rendered",
    "render",
    "sample_values",
]

#: How many links are requested at once.
_LINKS_AT_ONCE = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What `build` wrote.

    Attributes:
        issue: The issue's id.
        folder: The folder of the build, relative to the newsletter's root.
        token: The build's token, which an approval names.
        subject: The subject, with personal parts as the editor wrote them.
        stories: How many stories it has.
        bytes_html: The size of the HTML part in bytes of UTF-8.
        bytes_text: The size of the text part in bytes of UTF-8.
        approved: Whether exactly this build is approved.
        changed: Whether it differs from the previous build.
    """

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
    """What `check` found.

    Attributes:
        issue: The issue's id.
        file: Its issue.md, relative to the newsletter's root.
        findings: Most serious first.
        rendered: The issue as it would be built now.
        is_built: Whether the build on disk is exactly this.
    """

    issue: str
    file: str
    findings: tuple[Finding, ...]
    rendered: RenderedIssue
    is_built: bool = False

    def count(self, severity: str) -> int:
        """How many findings are an ``error``, a ``warning`` or an ``info``."""
        return sum(finding.severity == severity for finding in self.findings)


def render(session: Session, issue: IssueReading) -> RenderedIssue:
    """Render an issue from issue.md as it is now, without writing anything.

    Raises:
        IssueError: issue.md is missing or does not parse.
        RenderError: A template, or its output, is invalid.
    """
    project = session.project
    return render_issue(
        issue.issue,
        articles=issue.articles_by_key,
        config=project.config,
        templates=project.template_folders,
        now=project.now(),
    )


def build(session: Session, id: str | None = None) -> Built:
    """Render the issue and write email.html, email.txt and manifest.json. Building again gives the same bytes.

    Raises:
        NothingToDoError: The issue has fewer than ``selection.min_stories`` stories, or it was sent; nothing is built.
        IssueError: issue.md is missing or does not parse. The previous build stays.
        RenderError: A template, or its output, is invalid. The previous build stays.
    """
    opened = session.issue(id)
    session.require_open(opened.id)
    issue = opened.issue
    least = session.project.config.selection.min_stories
    if len(issue.stories) < least:
        waiting = f", and {len(issue.waiting)} wait under “New since you last looked”" if issue.waiting else ""
        raise NothingToDoError(
            f"{opened.id} has {_stories(len(issue.stories))}, fewer than selection.min_stories = {least}{waiting}; "
            "nothing was built",
            hint=f"Add stories to {opened.file}, wait for more, or lower min_stories.",
        )
    rendered = render(session, opened)
    html, text = rendered.html.encode(), rendered.text.encode()
    manifest = dump_manifest(rendered.manifest)
    before, approval = opened.build, opened.approval
    opened.folder.write_build(html=html, text=text, manifest=manifest)
    session.reread_issue(opened.id)
    return Built(
        issue=opened.id,
        folder=opened.file.removesuffix("issue.md") + "build",
        token=rendered.token,
        subject=shown_subject(rendered.manifest),
        stories=len(issue.stories),
        bytes_html=len(html),
        bytes_text=len(text),
        approved=approval is not None and approval.token == rendered.token,
        changed=before is None or before.manifest != manifest,
    )


def check(
    session: Session,
    id: str | None = None,
    *,
    online: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Checked:
    """Apply every rule to the issue as it would be built now.

    Args:
        id: The issue; by default the open one.
        online: Also request every link, each at most once a day.
        progress: Called with the number of links requested so far, and the number of all links.

    Raises:
        IssueError: There is no such issue, or issue.md does not parse.
        RenderError: A template, or its output, is invalid.
    """
    opened, project = session.issue(id), session.project
    issue = opened.issue
    rendered = render(session, opened)
    answers: Mapping[str, LinkAnswer] = {}
    if online:
        links = links_of(issue, sponsor=project.config.newsletter.sponsor)
        answers = ask_links(project, links, progress=progress)
    findings = check_rendered(
        session,
        opened,
        rendered,
        answers=answers,
        people_in_git=find_people_in_git(project),
        build=None if opened.id in session.ended_issues else opened.build,
        approval_error=None if opened.id in session.ended_issues else _approval_error(opened),
    )
    now = Build(html=rendered.html.encode(), text=rendered.text.encode(), manifest=dump_manifest(rendered.manifest))
    return Checked(
        issue=opened.id, file=opened.file, findings=findings, rendered=rendered, is_built=opened.build == now
    )


def check_rendered(
    session: Session,
    issue: IssueReading,
    rendered: RenderedIssue,
    *,
    answers: Mapping[str, LinkAnswer] = MappingProxyType({}),
    people_in_git: Sequence[PeopleInGit] = (),
    build: Build | None = None,
    approval_error: IssueError | None = None,
) -> tuple[Finding, ...]:
    """Apply every rule to an issue that was already rendered; see `check_issue` for the keyword arguments."""
    project = session.project
    return check_issue(
        issue.issue,
        rendered,
        config=project.config,
        file=issue.file,
        root=project.root,
        articles=issue.articles_by_key,
        sent=session.sent_stories(),
        open_elsewhere=session.open_elsewhere(issue.id),
        source_states=session.source_states(until=issue.id),
        source_places=source_places(project.root),
        answers=answers,
        columns=_columns(session),
        people_in_git=people_in_git,
        build=build,
        approval_error=approval_error,
    )


def _approval_error(issue: IssueReading) -> IssueError | None:
    try:
        _ = issue.approval
    except IssueError as error:
        return error
    return None


def _columns(session: Session) -> frozenset[str] | None:
    """The columns of the audience's lists; None when one cannot be read, as on a machine without the lists."""
    try:
        return session.list_columns()
    except DigestError:
        return None


def approve(session: Session, id: str | None = None, *, token: str | None = None, by: str) -> Approval:
    """Record that ``by`` approved the current build.

    Raises:
        NothingToDoError: It was sent.
        RefusedError: ``token`` is not the current build's, or issue.md has changed since it was built.
    """
    issue = session.issue(id)
    session.require_open(issue.id)
    built = issue.built
    if token is not None and token != built.token:
        raise RefusedError(
            f"this token is not the current build's, which is {built.token}",
            hint="Look at the current build, then approve its token.",
        )
    if render(session, issue).token != built.token:
        raise RefusedError(
            f"{issue.file} has changed since it was built", hint=f"Build it again: digest build {issue.id}"
        )
    approval = Approval(token=built.token, by=by, at=session.project.now())
    issue.folder.write_approval(approval)
    session.reread_issue(issue.id)
    return approval


def _stories(count: int) -> str:
    return f"{count} story" if count == 1 else f"{count} stories"


def sample_values(rendered: RenderedIssue) -> dict[str, str]:
    """Example values for the personal parts of an email, by name, for previews and tests. Their links lead nowhere."""
    return {
        tag.name: "https://example.com/unsubscribe" if tag.name.endswith("url") else "Reader"
        for tag in rendered.manifest.tags
    }


def ask_links(
    project: Project, urls: Iterable[str], *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Mapping[str, LinkAnswer]:
    """Request links. A server that fails is recorded as an answer, and raises nothing.

    Args:
        urls: Web addresses; each is requested once.
        progress: Called with the number of links requested so far, and the number of all links.

    Returns:
        The answer for each address.
    """
    distinct = list(dict.fromkeys(urls))
    answers = {}
    with project.open_fetcher() as fetcher, ThreadPoolExecutor(_LINKS_AT_ONCE) as pool:
        for number, (url, answer) in enumerate(pool.map(lambda url: (url, _ask(fetcher, url)), distinct), start=1):
            answers[url] = answer
            progress(number, len(distinct))
    return answers


def _ask(fetcher: Fetcher, url: str) -> LinkAnswer:
    from digest.fetching import StatusError  # only `check --online` needs the HTTP client

    try:
        return LinkAnswer(status=200, url=fetcher.probe(url))
    except StatusError as error:
        return LinkAnswer(status=error.status, reason=f"it answers {error.status}")
    except FetchError as error:
        return LinkAnswer(reason=error.message.removeprefix(url).strip() or "it gives no answer")
