"""Edit: collect, add and preview."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.session import IssueArgument, Session, register
from digest.errors import NothingToDoError

if TYPE_CHECKING:
    from digest.workflow.collecting import Collected

__all__ = ["add_to", "run_preview"]

_PANEL = "Edit"


def add_to(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    register(app, "collect", panel=_PANEL, example="digest collect")(collect)
    register(app, "add", panel=_PANEL, example="digest add https://example.org/story articles/letter.txt")(add)
    register(app, "preview", panel=_PANEL, example="digest preview --open")(preview)


def collect(session: Session, issue: IssueArgument = None) -> None:
    """Read the sources and merge what is new into the issue, keeping every edit."""
    from digest.cli.progress import collect_lines
    from digest.workflow.collecting import collect as run

    output, project = session.output, session.project()
    count = len(project.config.sources)
    read = 0

    def progress(_line: object) -> None:
        nonlocal read
        read += 1
        output.status(f"Reading sources: {read} of {count}")

    done = run(project, issue, progress=progress)
    output.status("")
    since = (
        f"since {done.since.astimezone(project.config.newsletter.zone):%a %d %b %H:%M}"
        if done.since
        else "of the last 7 days"
    )
    output.say(f"{done.issue}: what is new {since}", *collect_lines(done, output))
    if session.verbose:
        output.say(*(f"  left out  {drop.title or drop.url}: {drop.reason}" for drop in done.dropped))
    if done.stories < done.min_stories:
        error = NothingToDoError(
            f"{done.issue} has {done.stories} of the {done.min_stories} stories that selection.min_stories asks for",
            hint="Add one by hand (digest add URL), wait for more, or lower min_stories.",
        )
        error.data = _as_data(done)
        raise error
    output.result(_as_data(done))
    if done.waiting:
        output.say(f"{done.waiting} wait under “New since you last looked”: move them up to send them.")
    output.next(f"digest preview {done.issue}", f"edit {session.shown(done.file)}", f"digest check {done.issue}")


def _as_data(done: Collected) -> dict[str, Any]:
    return {
        "issue": done.issue,
        "file": done.file,
        "since": done.since.isoformat() if done.since else None,
        "stories": done.stories,
        "waiting": done.waiting,
        "new": len(done.merge.added),
        "refreshed": len(done.merge.refreshed),
        "stay_dropped": done.merge.kept_out,
        "conflicts": [
            {"field": conflict.field, "line": conflict.line, "yours": conflict.yours, "fresh": conflict.fresh}
            for conflict in done.merge.conflicts
        ],
        "sources": [
            {
                "id": line.source,
                "kind": line.kind,
                "state": "failed" if line.error else "unchanged" if line.unchanged else "fetched",
                "fetched": line.fetched,
                "new": line.new,
                "error": line.error or None,
                "problems": list(line.problems),
            }
            for line in done.sources
        ],
        "dropped": [
            {"url": drop.url, "title": drop.title, "source": drop.source, "reason": drop.reason}
            for drop in done.dropped
        ],
    }


def add(
    session: Session,
    addresses: Annotated[list[str], typer.Argument(metavar="URL...", help="Web addresses, or paths of local files.")],
    issue: Annotated[str | None, typer.Option("--issue", metavar="ISSUE", help="Default: the open issue.")] = None,
) -> None:
    """Put articles in the issue by hand."""
    from digest.workflow.collecting import add as run

    done = run(session.project(), addresses, id=issue, cwd=Path.cwd())
    output = session.output
    output.result(
        {"issue": done.issue, "file": done.file, "added": list(done.headlines)},
        [f"Added to {done.file}: {headline}" for headline in done.headlines],
    )
    output.next(f"digest preview {done.issue}", f"edit {session.shown(done.file)}")


def preview(
    session: Session,
    issue: IssueArgument = None,
    port: Annotated[
        int, typer.Option("--port", min=1, max=65535, help="Where to listen; a busy one: the next free.")
    ] = 8025,
    host: Annotated[
        str, typer.Option("--host", help="Only this machine sees it unless you say otherwise.")
    ] = "127.0.0.1",
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Show the issue as it will arrive; it follows every edit."""
    run_preview(session, issue, port=port, host=host, open_browser=open_browser)


def run_preview(
    session: Session, issue: str | None, *, port: int = 8025, host: str = "127.0.0.1", open_browser: bool = False
) -> None:
    """Serve the preview until Ctrl-C."""
    from digest.preview import serve
    from digest.preview.newsletter import NewsletterPreview

    output = session.output
    source = NewsletterPreview(session.project, session.project().issue(issue).id)
    serve(source, host=host, port=port, open_browser=open_browser, announce=output.say)
