"""The panel Edit: collect, add, sources, edit, preview and diff."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.commands import IssueArgument, RunOptions, register
from digest.cli.output import clean
from digest.errors import NothingToDoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.cli.output import Output
    from digest.sources import FeedAddress, SourceReading

__all__ = ["add_edit_commands", "run_preview"]

_PANEL = "Edit"
#: A source that takes this long is named in a log. A server that never answers is given up after half a minute.
_SLOW_SECONDS = 10


def add_edit_commands(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    register(app, "collect", panel=_PANEL, example="digest collect")(collect)
    register(app, "add", panel=_PANEL, example="digest add https://example.org/story feeds.opml")(add)
    register(app, "sources", panel=_PANEL, example="digest sources")(sources)
    register(app, "edit", panel=_PANEL, example="digest edit")(edit)
    register(app, "preview", panel=_PANEL, example="digest preview --open")(preview)
    register(app, "diff", panel=_PANEL, example="digest diff")(diff)


def collect(
    options: RunOptions,
    issue: IssueArgument = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Show how each story was ranked, why articles were left out, and where bullets come from.",
        ),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="DATE",
            help='Count articles published since then, such as 2026-11-01 or "30 days", instead of those since the '
            "last sent issue. Later runs for the same issue keep it.",
        ),
    ] = None,
    refresh: Annotated[
        bool,
        typer.Option("--refresh", help="Read every source again, even one that is gone or was read a moment ago."),
    ] = False,
    schedule: Annotated[
        str | None,
        typer.Option(
            "--schedule",
            metavar="CRON",
            help="If ISSUE is not given, collect the issue of the week in which this cron expression was last due. "
            "A scheduled run that starts late then still collects the right week.",
        ),
    ] = None,
    which: Annotated[bool, typer.Option("--which", help="Only print the issue that would be collected.")] = False,
) -> None:
    """Read the sources and merge new stories into the issue. Your edits are kept.

    An issue of a past week, such as `digest collect 2026-W45`, gets the articles of that week.
    """
    from digest.cli.collect_lines import collect_lines, explain_lines, period_words, too_few_words
    from digest.cli.json_objects import CollectWhichResult, collect_result
    from digest.workflow.collecting import collect as run
    from digest.workflow.scheduling import parse_since, scheduled_issue

    output, session = options.output, options.session()
    project = session.project
    if issue is None and schedule is not None:
        issue = scheduled_issue(schedule, zone=project.config.newsletter.zone, now=project.now())
    if which:
        id = session.issue_to_collect(issue).id
        output.result(CollectWhichResult(issue=id), [id])
        return

    zone = project.config.newsletter.zone
    start = parse_since(since, zone=zone, now=project.now()) if since else None
    progress = _Progress(output, len(project.config.sources))
    collected = run(session, issue, since=start, refresh=refresh, progress=progress.finished, slow=progress.slow)
    output.status("")
    output.say(f"{collected.issue}: articles {period_words(collected, zone)}", *collect_lines(collected, output))
    explained = explain_lines(collected, output) if explain or options.verbose else []
    result = collect_result(collected, explain=explain)
    if collected.stories < collected.min_stories:
        message, hint = too_few_words(collected, zone)
        error = NothingToDoError(message, hint=hint)
        error.data = result.printed()
        output.say(*explained)
        raise error
    output.result(result, explained)
    if collected.waiting:
        verb = "waits" if collected.waiting == 1 else "wait"
        output.say(f"{collected.waiting} {verb} under “New since you last looked”: move them up to send them.")
    output.next(
        f"digest preview {collected.issue}", f"digest edit {collected.issue}", f"digest check {collected.issue}"
    )


class _Progress:
    """Shows how many sources have been read, on a terminal, and names a source that takes long."""

    def __init__(self, output: Output, count: int) -> None:
        self._output = output
        self._count = count
        self._read = self._failed = 0
        self._named: set[str] = set()

    def finished(self, reading: SourceReading) -> None:
        """Count a source that was read."""
        self._read += 1
        self._failed += reading.error is not None
        self._output.status(self._line())

    def slow(self, source: str, seconds: float) -> None:
        """Name the source that has been read for longest; without a terminal only once."""
        if self._output.shows_status:
            self._output.status(f"{self._line()}; waiting for {source} ({seconds:.0f} s)")
        elif seconds >= _SLOW_SECONDS and source not in self._named:
            self._named.add(source)
            self._output.say(f"Still waiting for {source} after {seconds:.0f} seconds")

    def _line(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        return f"Reading sources: {self._read} of {self._count}{failed}"


def add(
    options: RunOptions,
    addresses: Annotated[
        list[str],
        typer.Argument(
            metavar="URL...",
            help="Articles, as web addresses or paths of local files; feeds; or an OPML file that lists feeds.",
        ),
    ],
    issue: Annotated[
        str | None,
        typer.Option("--issue", metavar="ISSUE", help="The issue that articles are added to. Default: the open one."),
    ] = None,
    section: Annotated[str, typer.Option("--section", help="The section for stories from the new sources.")] = "",
) -> None:
    """Add articles to the issue, or feeds to the sources. The front page of a site stands for its feed.

    Every feed is read before it is written. With --offline it is written without a check.
    """
    from digest.cli.json_objects import AddResult
    from digest.cli.result_lines import count, secret_source_line
    from digest.workflow.curation.adding import add as run
    from digest.workflow.curation.typed_addresses import refuse_choice

    output = options.output
    read = 0

    def progress(_reading: SourceReading) -> None:
        nonlocal read
        read += 1
        output.status(f"Checking feeds: {read}")

    choose = _choose_feeds if options.interactive else refuse_choice
    added = run(
        options.session(), addresses, id=issue, section=section, cwd=Path.cwd(), choose=choose, progress=progress
    )
    output.status("")
    lines = [f"Added to {added.file}: {headline}" for headline in added.headlines]
    if added.sources:
        lines.append(f"Added to {added.config}: {count(len(added.sources), 'source', 'sources')}")
        lines += [f"  {source}" for source in added.sources]
    output.result(
        AddResult(
            issue=added.issue or None,
            file=added.file or None,
            added=list(added.headlines),
            sources=list(added.sources),
            config=added.config or None,
            known=added.known,
            left_out=list(added.left_out),
            unread=list(added.unread),
            failed=dict(added.failed),
            unchecked=list(added.unchecked),
            undo=added.undo or None,
        ),
        lines,
    )
    if added.known:
        output.say(f"{count(added.known, 'feed is a source', 'feeds are sources')} already.")
    output.say(*(f"Not added, {outline}" for outline in added.unread))
    output.say(*(f"Added, but it could not be read: {reason}" for reason in added.failed.values()))
    output.say(*(f"Added, but not checked, because the network is not used: {url}" for url in added.unchecked))
    for address in added.left_out:
        output.say(f"Left out, because its address is private: {address}. If you trust it: digest add {address}")
    output.say(*(secret_source_line(address, options.shown(added.config)) for address in added.secret_sources))
    for address in added.secret_links:
        output.say(f"Warning: this link holds a key, and readers get it as it is: {address}")
    if added.undo:
        output.say(f"To undo it: cp {options.shown(added.undo)} {options.shown(added.config)}")
    if added.headlines:
        output.next(f"digest preview {added.issue}", f"digest edit {added.issue}")
    else:
        output.next("digest collect")


def _choose_feeds(address: str, feeds: Sequence[FeedAddress]) -> Sequence[FeedAddress]:
    """Ask which feeds of a site to add."""
    typer.echo(f"{clean(address)} has {len(feeds)} feeds:", err=True)
    for number, feed in enumerate(feeds, 1):
        typer.echo(clean(f"  {number}  {feed.url}" + (f"  ({feed.title})" if feed.title else "")), err=True)
    while True:
        answer = typer.prompt('Which ones? Numbers such as "1 3", or "all"', default="1", err=True).strip()
        numbers = range(1, len(feeds) + 1) if answer.lower() == "all" else re.findall(r"\d+", answer)
        chosen = [feeds[int(number) - 1] for number in numbers if 1 <= int(number) <= len(feeds)]
        if chosen:
            return chosen


def sources(options: RunOptions) -> None:
    """Show when each source was read last, its newest article, its share in issues, and what to do about it."""
    from digest.cli.collect_lines import overview_lines
    from digest.cli.json_objects import sources_result
    from digest.workflow.curation.source_overview import source_overviews

    session, output = options.read_only_session(no_ledger=True), options.output
    overviews, now = source_overviews(session), session.project.now()
    zone = session.project.config.newsletter.zone
    output.result(sources_result(overviews, now=now), overview_lines(overviews, output, now=now, zone=zone))
    output.next("digest collect", "digest add URL")


def preview(
    options: RunOptions,
    issue: IssueArgument = None,
    port: Annotated[
        int,
        typer.Option(
            "--port", min=1, max=65535, help="The port to listen on. If it is busy, the next free one is used."
        ),
    ] = 8025,
    host: Annotated[
        str,
        typer.Option("--host", help="The address to listen on. By default only this machine can open the preview."),
    ] = "127.0.0.1",
    open_browser: Annotated[bool, typer.Option("--open", help="Open the preview in the browser.")] = False,
) -> None:
    """Show the issue as it will arrive. The preview follows every edit."""
    run_preview(options, issue, port=port, host=host, open_browser=open_browser)


def run_preview(
    options: RunOptions, issue: str | None, *, port: int = 8025, host: str = "127.0.0.1", open_browser: bool = False
) -> None:
    """Serve the preview until Ctrl-C."""
    from digest.preview import serve
    from digest.preview.preview_source import NewsletterPreview

    announce = replace(options, quiet=False).output.say  # without the secret in this address, nobody could open it
    source = NewsletterPreview(options.read_only_session, options.read_only_session().issue(issue).id)
    environ = options.project().secrets.child_environ if open_browser else None
    serve(source, host=host, port=port, open_browser=open_browser, environ=environ, announce=announce)


def edit(options: RunOptions, issue: IssueArgument = None) -> None:
    """Open issue.md in $VISUAL or $EDITOR, then check it."""
    from digest.cli.editor import open_in_editor
    from digest.cli.json_objects import EditResult, check_findings
    from digest.cli.result_lines import finding_lines
    from digest.workflow.building import check
    from digest.workflow.curation.editing_session import edit as run

    session, output = options.session(), options.output
    open_in = partial(open_in_editor, environ=session.project.secrets.child_environ, quiet=options.as_json)
    edited = run(session, issue, editor=open_in)
    if edited.undo:
        output.say(f"To undo it: cp {options.shown(edited.undo)} {options.shown(edited.file)}")
    if edited.again:
        output.say(
            "Meanwhile digest collect found more stories, which are not in the version that you saved. Collect again."
        )
    checked = check(session, edited.issue)
    result = EditResult(
        file=edited.file,
        changed=bool(edited.undo),
        undo=edited.undo or None,
        issue=checked.issue,
        errors=checked.count("error"),
        warnings=checked.count("warning"),
        findings=check_findings(checked.findings),
    )
    output.result(result, finding_lines(checked, output) if edited.undo else ["Nothing was changed."])
    if not edited.undo:
        output.say("If your editor opens a window, it must wait until the file is closed: EDITOR='code --wait'")
    output.next(
        *([f"digest collect {edited.issue}"] if edited.again else []),
        f"digest {'edit' if checked.count('error') else 'preview'} {edited.issue}",
        f"digest build {edited.issue}",
    )


def diff(options: RunOptions, issue: IssueArgument = None) -> None:
    """Show what changed since the previous issue: repeated stories, length, sections and linked sites."""
    from digest.cli.json_objects import diff_result
    from digest.workflow.issue_report import difference_lines, last_difference

    session, output = options.read_only_session(), options.output
    name = session.issue(issue).id
    difference = last_difference(session, name)
    if difference is None:
        raise NothingToDoError(f"there is no issue before {name}", hint=f"Look at it: digest preview {name}")
    rows = difference_lines(difference)
    width = max(len(label) for label, _ in rows)
    output.result(
        diff_result(difference),
        [
            f"{difference.issue}, compared with {difference.before}",
            *(f"  {label.ljust(width)}  {text}" for label, text in rows),
        ],
    )
    output.next(f"digest preview {name}", f"digest check {name}")
