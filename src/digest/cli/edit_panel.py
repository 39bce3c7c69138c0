"""Edit: collect, add, edit, preview and diff."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.commands import IssueArgument, register
from digest.cli.session import Session
from digest.errors import NothingToDoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.cli.output import Output
    from digest.sources import SourceReading
    from digest.workflow.collecting import Collected

__all__ = ["add_edit_commands", "run_preview"]

_PANEL = "Edit"


def add_edit_commands(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    register(app, "collect", panel=_PANEL, example="digest collect")(collect)
    register(app, "add", panel=_PANEL, example="digest add https://example.org/story feeds.opml")(add)
    register(app, "edit", panel=_PANEL, example="digest edit")(edit)
    register(app, "preview", panel=_PANEL, example="digest preview --open")(preview)
    register(app, "diff", panel=_PANEL, example="digest diff")(diff)


def collect(
    session: Session,
    issue: IssueArgument = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Show how every story was ranked, why articles were left out, and where bullets come from.",
        ),
    ] = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask every source again, also one that is gone or answered just now.")
    ] = False,
    schedule: Annotated[
        str | None,
        typer.Option(
            "--schedule",
            metavar="CRON",
            help="Without ISSUE: that of the week in which this cron line was last due, as for a run that is late.",
        ),
    ] = None,
    which: Annotated[bool, typer.Option("--which", help="Only say which issue it would be.")] = False,
) -> None:
    """Read the sources and merge what is new into the issue, keeping every edit."""
    output, newsletter = session.output, session.newsletter()
    project = newsletter.project
    if issue is None and schedule is not None:
        from digest.workflow.scheduling import scheduled_issue

        issue = scheduled_issue(schedule, zone=project.config.newsletter.zone, now=project.now())
    if which:
        id = newsletter.issue_to_collect(issue).id
        output.result({"issue": id}, [id])
        return
    from digest.cli.result_lines import collect_lines, explain_lines
    from digest.workflow.collecting import collect as run

    done = run(newsletter, issue, refresh=refresh, progress=_reading(output, len(project.config.sources)))
    output.status("")
    since = (
        f"since {done.since.astimezone(project.config.newsletter.zone):%a %d %b %H:%M}"
        if done.since
        else "of the last 7 days"
    )
    output.say(f"{done.issue}: what is new {since}", *collect_lines(done, output))
    explained = explain_lines(done, output) if explain or session.verbose else []
    data = _as_data(done, explain=explain)
    if done.stories < done.min_stories:
        error = NothingToDoError(
            f"{done.issue} has {done.stories} of the {done.min_stories} stories that selection.min_stories asks for",
            hint="Add one by hand (digest add URL), wait for more, or lower min_stories.",
        )
        error.data = data
        output.say(*explained)
        raise error
    output.result(data, explained)
    if done.waiting:
        output.say(f"{done.waiting} wait under “New since you last looked”: move them up to send them.")
    output.next(f"digest preview {done.issue}", f"digest edit {done.issue}", f"digest check {done.issue}")


def _reading(output: Output, count: int) -> Callable[[SourceReading], None]:
    """Show how far the reading is, on a terminal."""
    read = failed = 0

    def progress(reading: SourceReading) -> None:
        nonlocal read, failed
        read += 1
        failed += reading.error is not None
        output.status(f"Reading sources: {read} of {count}" + (f", {failed} failed" if failed else ""))

    return progress


def _as_data(done: Collected, *, explain: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "issue": done.issue,
        "file": done.file,
        "since": done.since.isoformat() if done.since else None,
        "stories": done.stories,
        "waiting": done.waiting,
        "new": len(done.merge.added),
        "refreshed": len(done.merge.refreshed),
        "stay_dropped": len(done.merge.kept_out),
        "conflicts": [
            {"field": conflict.field, "line": conflict.line, "yours": conflict.yours, "fresh": conflict.fresh}
            for conflict in done.merge.conflicts
        ],
        "sources": [
            {
                "id": line.source,
                "kind": line.kind,
                "state": line.state,
                "fetched": line.fetched,
                "new": line.new,
                "pages": line.pages,
                "newest": line.newest and line.newest.isoformat(),
                "silent_days": None if line.newest is None else max(0, (done.at - line.newest).days),
                "failing_since": line.failing_since and line.failing_since.isoformat(),
                "moved_to": line.moved_to or None,
                "error": line.error or None,
                "hint": line.hint or None,
                "problems": list(line.problems),
            }
            for line in done.sources
        ],
        "dropped": [
            {"url": drop.url, "title": drop.title, "source": drop.source, "reason": drop.reason}
            for drop in done.dropped
        ],
    }
    if explain:
        data["ranking"] = [
            {
                "url": ranked.story[0].url,
                "title": ranked.story[0].title,
                "source": ranked.story[0].source,
                "also": [article.url for article in ranked.story[1:]],
                "chosen": ranked.chosen,
                "reason": ranked.reason or None,
                "update_of": ranked.update_of and ranked.update_of.url,
                "score": ranked.score.total,
                "parts": dict(ranked.score.parts),
                "variety": dict(ranked.score.variety),
            }
            for ranked in done.ranking
        ]
        data["bullets"] = [
            {
                "headline": trace.headline,
                "text": trace.text,
                "origin": trace.origin,
                "sentence": trace.source or None,
                "line": trace.line,
            }
            for trace in done.bullets
        ]
    return data


def add(
    session: Session,
    addresses: Annotated[
        list[str],
        typer.Argument(
            metavar="URL...",
            help="Articles, as web addresses or paths of local files; feeds; or an OPML file of feeds.",
        ),
    ],
    issue: Annotated[str | None, typer.Option("--issue", metavar="ISSUE", help="Default: the open issue.")] = None,
    section: Annotated[str, typer.Option("--section", help="The section of the new sources.")] = "",
) -> None:
    """Put articles in the issue by hand, or add feeds to the sources."""
    from digest.cli.result_lines import count
    from digest.workflow.adding import add as run

    done = run(session.newsletter(), addresses, id=issue, section=section, cwd=Path.cwd())
    output = session.output
    lines = [f"Added to {done.file}: {headline}" for headline in done.headlines]
    if done.sources:
        lines.append(f"Added to {done.config}: {count(len(done.sources), 'source', 'sources')}")
        lines += [f"  {source}" for source in done.sources]
    output.result(
        {
            "issue": done.issue or None,
            "file": done.file or None,
            "added": list(done.headlines),
            "sources": list(done.sources),
            "config": done.config or None,
            "known": done.known,
            "undo": done.undo or None,
        },
        lines,
    )
    if done.known:
        output.say(f"{count(done.known, 'feed is', 'feeds are')} among the sources already.")
    if done.undo:
        output.say(f"To undo it: cp {session.shown(done.undo)} {session.shown(done.config)}")
    if done.headlines:
        output.next(f"digest preview {done.issue}", f"digest edit {done.issue}")
    else:
        output.next("digest collect")


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
    from digest.preview.preview_source import NewsletterPreview

    output = session.output
    source = NewsletterPreview(session.newsletter_at_hand, session.newsletter_at_hand().issue(issue).id)
    serve(source, host=host, port=port, open_browser=open_browser, announce=output.say)


def edit(session: Session, issue: IssueArgument = None) -> None:
    """Open issue.md in $EDITOR, then tell what is wrong with it."""
    from digest.cli.checking import findings_data
    from digest.cli.editor import open_in_editor
    from digest.cli.result_lines import finding_lines
    from digest.workflow.building import check
    from digest.workflow.editing_session import edit as run

    newsletter, output = session.newsletter(), session.output
    done = run(newsletter, issue, editor=partial(open_in_editor, quiet=session.as_json))
    if done.undo:
        output.say(f"To undo it: cp {session.shown(done.undo)} {session.shown(done.file)}")
    if done.again:
        output.say("Meanwhile digest collect found more, which is not in what you saved: collect again.")
    checked = check(newsletter, done.issue)
    data = {"file": done.file, "changed": bool(done.undo), "undo": done.undo or None}
    output.result(
        {**data, **findings_data(checked)},
        finding_lines(checked, output) if done.undo else ["Nothing was changed."],
    )
    if not done.undo:
        output.say("An editor with windows must wait until the file is closed: EDITOR='code --wait'")
    output.next(
        *([f"digest collect {done.issue}"] if done.again else []),
        f"digest {'edit' if checked.count('error') else 'preview'} {done.issue}",
        f"digest build {done.issue}",
    )


def diff(session: Session, issue: IssueArgument = None) -> None:
    """Show what is other than in the issue before: stories that come again, length, sections, sites."""
    from digest.workflow.issue_report import difference_lines, last_difference

    newsletter, output = session.newsletter_at_hand(), session.output
    name = newsletter.issue(issue).id
    found = last_difference(newsletter, name)
    if found is None:
        raise NothingToDoError(f"there is no issue before {name}", hint=f"Look at it: digest preview {name}")
    rows = difference_lines(found)
    width = max(len(word) for word, _ in rows)
    output.result(
        found.as_data(),
        [f"{found.issue} beside {found.before}", *(f"  {word.ljust(width)}  {what}" for word, what in rows)],
    )
    output.next(f"digest preview {name}", f"digest check {name}")
