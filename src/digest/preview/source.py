"""What the preview shows, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from digest.checks import Finding
    from digest.editing import Trace

__all__ = ["Page", "PreviewSource"]


@dataclass(frozen=True, kw_only=True)
class Page:
    """One issue as it would be sent now.

    Attributes:
        issue: Its id, such as ``2026-W47``.
        file: The issue's file as shown to people, such as ``issues/2026-W47/issue.md``.
        html: The HTML part.
        text: The text part.
        sender: ``Name <address>``.
        findings: What the checks found, worst first.
        token: What an approval of exactly this would name; empty when there is none yet.
        state: Draft, Built, Approved or Stale.
        bytes_html: The size of the HTML part in UTF-8 bytes.
        bullets: Those in the email, with the sentences that they come from.
    """

    issue: str
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


class PreviewSource(Protocol):
    """Renders the issue. Called from worker threads, but never twice at a time to render."""

    def render(self) -> Page:
        """The issue as it is on disk now.

        Raises:
            DigestError: issue.md, a template or the configuration is broken.
        """
        ...

    def watched(self) -> Sequence[Path]:
        """The files and folders (with all that is below them) whose change means: render again.

        They need not exist yet. Nothing that `render` writes may be among them. Never raises.
        """
        ...

    def image(self, url: str) -> Path | None:
        """The local file behind an image address of the email, if it is one of the newsletter's own."""
        ...
