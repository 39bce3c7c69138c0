"""The panel People: the commands on lists; those about one person are in `person_commands`."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.commands import PanelGroup, RunOptions, register
from digest.cli.editor import edit_text
from digest.cli.people_commands.person_commands import remove, show, unsuppress
from digest.cli.result_lines import count
from digest.errors import ChecksFailedError, ListError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["add_people_commands"]

_ListFile = Annotated[str | None, typer.Argument(metavar="LIST", help="The list. Default: the audience's first list.")]


def add_people_commands(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    people = typer.Typer(
        cls=PanelGroup, no_args_is_help=True, rich_markup_mode=None, help="Manage the subscriber lists."
    )
    register(people, "check", example="digest subscribers check")(check)
    register(people, "import", example="digest subscribers import mailchimp.csv")(import_)
    register(people, "export", example="digest subscribers export weekly-backup.csv")(export)
    register(people, "suppress", example="digest subscribers suppress ana@example.com")(suppress)
    register(people, "unsuppress", example="digest subscribers unsuppress ana@example.com")(unsuppress)
    register(people, "show", example="digest subscribers show ana@example.com")(show)
    register(people, "remove", example="digest subscribers remove ana@example.com --dry-run")(remove)
    register(people, "sync", example="digest subscribers sync")(sync)
    register(people, "encrypt", example="digest subscribers encrypt subscribers/weekly.csv")(encrypt)
    register(people, "edit", example="digest subscribers edit subscribers/weekly.csv.age")(edit)
    app.add_typer(people, name="subscribers", rich_help_panel="People")


def check(options: RunOptions) -> None:
    """Read every list, and show who would be mailed, who is left out, and why.

    Exits with code 5 if a row needs to be fixed.
    """
    from digest.cli.json_objects import SubscribersAudience, SubscribersCheckResult, list_rows
    from digest.workflow.people.subscriber_lists import check_lists

    output, session = options.output, options.session()
    audiences = check_lists(session)
    if session.project.ledger_out_of_reach:
        output.say("The ledger was not read because of --offline. It may suppress more people.")
    lines = [f"{problem.place}  {problem.message}" for audience in audiences for problem in audience.problems]
    for audience in audiences:
        lines.append(f"Audience “{audience.name}”: {count(len(audience.subscribers), 'person', 'people')}")
        lines += _left_out_lines(audience.left_out)
    result = SubscribersCheckResult(
        audiences=[
            SubscribersAudience(
                name=audience.name,
                people=len(audience.subscribers),
                left_out=dict(audience.left_out),
                problems=list_rows(audience.problems),
            )
            for audience in audiences
        ]
    )
    output.result(result, lines)
    if any(audience.problems for audience in audiences):
        raise typer.Exit(ChecksFailedError.exit_code)
    output.next("digest send")


def import_(
    options: RunOptions,
    export: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Another tool's export: a CSV file, an Excel workbook, or a zip of CSV files."
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="LIST", help="The list to add people to. Default: the audience's first list."),
    ] = None,
    whole_file: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="STATUS", help="What all people in the file are: active, unsubscribed or bounced."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be added, without writing anything.")
    ] = False,
) -> None:
    """Add the people of another tool's export to a list.

    People who left, bounced or complained according to the export are suppressed, and people who never confirmed are
    added as pending. People who are in the list already are updated. If it is unclear who may be mailed, the command
    asks, and with --no-input it exits with code 3. Copies of the earlier files are kept.
    """
    from digest.cli.people_commands.import_lines import column_lines, import_result, report_import_lines
    from digest.workflow.people.list_import import plan_list_import, write_list_import

    output, project = options.output, options.project() if dry_run else options.project_to_write_lists()
    planned = plan_list_import(project, export, to=to, whole_file=whole_file)
    output.say(*column_lines(planned.plan))
    if planned.plan.question:
        answer = _ask_status(planned.plan.question) if options.interactive else ""
        if not answer:
            command = f"digest subscribers import {shlex.quote(str(export))} --as unsubscribed"
            raise ListError(
                f"it is unclear who may be mailed: {planned.plan.question}",
                hint=f"Say what all people in the file are: {command} (or bounced, or active)",
            )
        planned = plan_list_import(project, export, to=to, whole_file=answer)
    report = write_list_import(project, planned, write=not dry_run)
    output.result(
        import_result(planned.plan, report),
        list(report_import_lines(report, options.shown(report.file), dry_run=dry_run)),
    )
    commands = [
        shlex.join(("cp", options.shown(copy), options.shown(file)) if copy else ("rm", options.shown(file)))
        for file, copy in report.replaced.items()
    ]
    if commands:
        output.say("To undo all of it, before anything else changes these files:", *(f"  {line}" for line in commands))
    again = f"digest subscribers import {shlex.quote(str(export))} --to {report.file}"
    again += f" --as {whole_file}" if whole_file else ""
    output.next(again if dry_run else "digest subscribers check")


def _ask_status(question: str) -> str:
    """What all people in a file are, according to the user; empty to stop."""
    from digest.subscribers.imports import WHOLE_FILE

    typer.echo(f"It is unclear who may be mailed: {question}.", err=True)
    while True:
        answer = typer.prompt(
            "All people in the file are: active, unsubscribed or bounced (empty to stop)",
            err=True,
            default="",
            show_default=False,
        )
        status = str(answer).strip().casefold()
        if not status or status in WHOLE_FILE:
            return status


def export(
    options: RunOptions,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CSV file to write, or - for standard output.")],
    audience: Annotated[
        str | None,
        typer.Option("--audience", metavar="NAME", help="The audience. Default: the one that issues are sent to."),
    ] = None,
    everybody: Annotated[
        bool,
        typer.Option("--all", help="Everybody in its lists and suppressions, with a status, also those not mailed."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write the file even where git would take it up.")] = False,
) -> None:
    """Write an audience, as it would be mailed now, to a CSV file that only you can read.

    A file that git would take up is refused (exit code 6).

    A cell that a spreadsheet would take for a formula gets an apostrophe before it, which an import removes again.
    """
    from digest.cli.json_objects import ExportResult
    from digest.workflow.people.export_file import require_private_place, write_export
    from digest.workflow.people.full_export import export_everybody
    from digest.workflow.people.subscriber_lists import export_audience

    if str(file) == "-" and options.as_json:
        raise UsageError("the output of --json never contains addresses", hint="Name a file to export to.")
    if str(file) != "-" and not force:
        require_private_place(file)
    left_out = 0
    if everybody:
        text, people, left_out = export_everybody(options.session(), audience)
    else:
        text, people = export_audience(options.session(), audience)
    if left_out:
        rows = count(left_out, "row without an address is", "rows without an address are")
        options.output.say(f"{rows} left out: digest subscribers check")
    if str(file) == "-":
        sys.stdout.write(text)
        options.output.next("digest subscribers check")
        return
    if write_export(file, text):
        options.output.say(f"Other users of this machine could read {file}. Now only you can.")
    result = ExportResult(file=str(file), people=people, **({"left_out": left_out} if everybody else {}))
    options.output.result(result, [f"{count(people, 'person', 'people')}: {file}"])
    options.output.next("keep the file private, and delete it when you no longer need it")


def suppress(
    options: RunOptions,
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="ADDRESS", help="The addresses that must not be mailed again.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="TOKEN", help="The token of an unsubscribe link, whose reader then leaves."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", metavar="FILE", help="A file of bounces or complaints, as providers let you download it."
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", help="manual, unsubscribed, hard_bounce, complaint or invalid. Default: manual."),
    ] = None,
) -> None:
    """Never mail somebody again.

    With --file, rows count by their status codes and words: only permanent failures of an address suppress it.

    With --token, a small web endpoint of your own can serve the unsubscribe links.
    """
    from digest.cli.json_objects import SuppressResult
    from digest.workflow.people.person_lookup import addresses_in_no_list
    from digest.workflow.people.subscriber_lists import suppress_addresses, suppress_token

    if [bool(addresses), bool(token), file is not None].count(True) != 1:
        raise UsageError(
            "name either addresses, one --token or one --file", hint="digest subscribers suppress ana@example.com"
        )
    if file is not None:
        _suppress_file(options, file, reason)
        return
    project, output = options.project_to_write_lists(), options.output
    suppressed = (
        suppress_token(project, token)
        if token
        else suppress_addresses(project, addresses or (), reason=reason or "manual")
    )
    people = f"{count(suppressed, 'person is', 'people are')} now suppressed."
    strangers = [] if token else addresses_in_no_list(project, addresses or ())
    output.result(
        SuppressResult(suppressed=suppressed, in_no_list=len(strangers)),
        [
            people if suppressed else "Nothing changed: already suppressed.",
            *(
                f"{address} is in no list; check its spelling. It stays suppressed, also if it is imported."
                for address in strangers
            ),
        ],
    )
    if suppressed:
        output.say("To undo it: digest subscribers unsuppress ADDRESS")
    output.next("digest subscribers check")


def _suppress_file(options: RunOptions, file: Path, reason: str | None) -> None:
    from digest.cli.json_objects import SuppressFileResult, list_rows
    from digest.subscribers import suppressions_file
    from digest.workflow.people.bounce_file import suppress_file

    project, output = options.project_to_write_lists(), options.output
    report = suppress_file(project, file, reason=reason)
    number = sum(report.reasons.values())
    result = SuppressFileResult(
        suppressed=number,
        reasons=dict(report.reasons),
        left_out=dict(report.left_out),
        problems=list_rows(report.problems),
    )
    output.result(
        result,
        [
            *(f"{problem.place}  {problem.message}" for problem in report.problems),
            f"{count(number, 'person is', 'people are')} now suppressed.",
            *(f"  {number:>7,} {reason}" for reason, number in report.reasons.items()),
            *_left_out_lines(report.left_out),
        ],
    )
    if number:
        output.say(f"To undo it, remove the rows: digest subscribers edit {suppressions_file(project.root)}")
    output.next("digest subscribers check")


def sync(
    options: RunOptions,
    events: Annotated[
        Path | None,
        typer.Option(
            "--events", metavar="FILE", help="Read one webhook request of the provider from this file, byte for byte."
        ),
    ] = None,
    signature: Annotated[
        str, typer.Option("--signature", help="With --events: the signature in the request's headers.")
    ] = "",
    timestamp: Annotated[
        str, typer.Option("--timestamp", help="With --events: the timestamp in the request's headers.")
    ] = "",
) -> None:
    """Fetch bounces, complaints and unsubscribes from the provider, and suppress those people.

    A live send does this on its own.
    """
    from digest.cli.json_objects import SyncResult
    from digest.workflow.people.subscriber_lists import suppress_events, sync_suppressions

    project = options.project_to_write_lists()
    if events is not None:
        try:
            body = events.read_bytes()
        except OSError as error:
            raise UsageError(
                f"cannot read {events}: {error.strerror}", hint="Name the file with the request's body."
            ) from error
        reasons = {"events": suppress_events(project, body, signature=signature, timestamp=timestamp)}
    else:
        reasons = dict(sync_suppressions(project))
    lines = [f"{number:>7,} {reason}" for reason, number in reasons.items() if number]
    options.output.result(SyncResult(new=sum(reasons.values()), reasons=reasons), lines or ["Nothing new."])
    options.output.next("digest subscribers check")


def encrypt(
    options: RunOptions,
    file: _ListFile = None,
) -> None:
    """Encrypt a list with age, so that it can be committed. If there is no key yet, one is made."""
    from digest.cli.json_objects import EncryptResult
    from digest.subscribers import holds_suppressions
    from digest.workflow.people.subscriber_lists import encrypt_list_file, list_to_write

    output, project = options.output, options.project_to_write_lists()
    plain = file or list_to_write(project)
    encrypted = encrypt_list_file(project, plain)
    target, is_new_key, still = encrypted.file, encrypted.new_key, options.shown(encrypted.plain)
    key = project.age_key_file.relative_to(project.root).as_posix()
    output.result(
        EncryptResult(file=target, new_key=is_new_key, plain=encrypted.plain),
        [
            f"Encrypted: {options.shown(target)}",
            *([f"A new key: {key}. Without it nobody can read the list."] if is_new_key else []),
            f"The plain suppressions were moved to {still}: delete them once you have checked the new file."
            if holds_suppressions(target)
            else f"{still} is still there, in plain text: delete it once digest.toml names the encrypted list.",
        ],
    )
    output.next(
        *([f"gh secret set DIGEST_AGE_KEY < {key}"] if is_new_key else []),
        *([] if holds_suppressions(target) else [f'in digest.toml: files = ["{target}"]']),
        f"digest subscribers edit {target}",
    )


def edit(
    options: RunOptions,
    file: _ListFile = None,
) -> None:
    """Open a list in $VISUAL or $EDITOR, and save it if it is still a valid list. It may be encrypted."""
    from digest.cli.json_objects import EditListResult
    from digest.subscribers import holds_suppressions
    from digest.workflow.people.subscriber_lists import edit_list, list_to_write

    output, project = options.output, options.project_to_write_lists()
    name = file or list_to_write(project)
    edit_in_editor = partial(edit_text, environ=project.secrets.child_environ, quiet=options.as_json)
    reading = edit_list(project, name, edit_in_editor)
    if reading is None:
        output.result(EditListResult(file=name, changed=False), ["Nothing was changed."])
        return
    number, left_out = len(reading.subscribers), dict(reading.left_out)
    people = count(number, "person", "people")
    purpose = "never to mail" if holds_suppressions(name) else "to mail"
    output.result(
        EditListResult(file=name, changed=True, people=number, left_out=left_out),
        [f"{options.shown(name)}: {people} {purpose}", *_left_out_lines(left_out)],
    )
    output.next("digest subscribers check")


def _left_out_lines(reasons: Mapping[str, int]) -> list[str]:
    return [f"  {number:>7,} left out: {reason}" for reason, number in sorted(reasons.items()) if number]
