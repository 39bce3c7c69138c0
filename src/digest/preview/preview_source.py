"""What the preview shows: an issue of a newsletter, rendered from issue.md as it is on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from digest.config import CONFIG_FILE
from digest.editing import trace_bullets
from digest.errors import IssueError
from digest.preview.web_pictures import WebPictures
from digest.rendering import personal_parts
from digest.workflow.building import check_rendered, render, sample_values
from digest.workflow.issue_status import IssueState, issue_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from digest.checks import Finding
    from digest.editing import Trace
    from digest.errors import DigestError
    from digest.models import RenderedIssue
    from digest.preview.web_pictures import WebPicture
    from digest.project import IssueReading, Session

__all__ = ["NewsletterPreview", "PreviewSource", "PreviewedIssue"]

#: Seconds for one picture. A browser has few connections to the preview, so slow pictures would delay everything else.
_PICTURE_TIME = 5.0


@dataclass(frozen=True, kw_only=True)
class PreviewedIssue:
    """One issue, rendered as it would be sent now.

    Attributes:
        id: The issue's id, such as ``2026-W47``.
        file: The path of issue.md as shown to users, such as ``issues/2026-W47/issue.md``.
        html: The HTML part.
        text: The text part.
        sender: ``Name <address>``.
        findings: The findings of the checks, most serious first.
        token: The token that would approve exactly this.
        state: The issue's state, capitalised; see `digest.workflow.issue_status.IssueState`.
        bytes_html: The size of the HTML part in UTF-8 bytes.
        bullets: The bullets of the email, each with the sentence that it comes from.
        problem: A problem outside the email, such as a damaged approval.toml; None if there is no problem.
    """

    id: str
    file: str
    html: str
    text: str
    subject: str
    preheader: str
    sender: str
    findings: tuple[Finding, ...]
    token: str
    state: str
    bytes_html: int
    bullets: tuple[Trace, ...] = ()
    problem: DigestError | None = None


class PreviewSource(Protocol):
    """Renders an issue. Its methods are called from worker threads, but `render` never runs twice at the same time."""

    def render(self) -> PreviewedIssue:
        """The issue as it is on disk now.

        Raises:
            DigestError: issue.md, a template or the configuration is broken.
        """
        ...

    def watched(self) -> Sequence[Path]:
        """The files and folders to watch. A change to one of them, or to anything below it, causes a new render.

        They need not exist yet. Nothing that `render` writes may be among them. Never raises.
        """
        ...

    def image(self, url: str) -> Path | None:
        """The local file of an image in the email, or None if it is not one of the newsletter's."""
        ...

    def web_picture(self, url: str) -> WebPicture | None:
        """A picture in the email that is on the web, or None if it cannot be shown."""
        ...


class NewsletterPreview:
    """Renders one issue of a newsletter.

    Args:
        reopen: Opens the newsletter again, which picks up changes to its configuration.
        id: The id of the issue.
    """

    def __init__(self, reopen: Callable[[], Session], id: str) -> None:
        self._reopen = reopen
        self._id = id
        self._session = reopen()
        self._web_pictures = WebPictures(
            lambda: self._session.project.open_fetcher(sources=False, deadline=_PICTURE_TIME)
        )

    def render(self) -> PreviewedIssue:
        """The issue as it is on disk now, with sample values for its personal parts.

        Raises:
            DigestError: issue.md, a template or the configuration is broken.
        """
        self._session = session = self._reopen()
        issue = session.issue(self._id)
        rendered = render(session, issue)
        findings = check_rendered(session, issue, rendered)
        state, problem = _state_of(session, issue, rendered)
        subject, html, text = personal_parts(rendered, sample_values(rendered))
        return PreviewedIssue(
            id=issue.id,
            file=issue.file,
            html=html,
            text=text,
            subject=subject,
            preheader=rendered.manifest.preheader,
            sender=rendered.manifest.sender,
            findings=findings,
            token=rendered.token,
            state=state.capitalize(),
            bytes_html=len(rendered.html.encode()),
            bullets=trace_bullets(issue.issue, issue.articles),
            problem=problem,
        )

    def watched(self) -> Sequence[Path]:
        """The files and folders to watch for changes."""
        project = self._session.project
        own = (
            project.root / CONFIG_FILE,
            project.root / "pyproject.toml",
            project.root / "images",
            *project.template_folders,
        )
        # In the issue's folder, build/ and approval.toml change the state; render() writes neither.
        return (self._session.issue(self._id).folder.path, *own)

    def image(self, url: str) -> Path | None:
        """The local file of an image in the email, or None if it is not one of the newsletter's."""
        base = self._session.project.config.images.base_url.rstrip("/")
        images = (self._session.project.root / "images").resolve()
        if not base or not url.startswith(f"{base}/"):
            return None
        try:
            path = (images / url.removeprefix(f"{base}/")).resolve()
            return path if path.is_relative_to(images) and path.is_file() else None
        except (OSError, ValueError):  # too long for a name, or a NUL in it: there is no such file
            return None

    def web_picture(self, url: str) -> WebPicture | None:
        """A picture in the email that is on the web, or None if it cannot be shown."""
        return self._web_pictures.get(url)


def _state_of(session: Session, issue: IssueReading, rendered: RenderedIssue) -> tuple[IssueState, IssueError | None]:
    """The issue's state, and what is wrong with approval.toml. A damaged file approves nothing, and hides no email."""
    try:
        return issue_state(session, issue, rendered), None
    except IssueError as error:
        return IssueState.BUILT, error
