"""People: subscribers check, import, export, suppress, sync, encrypt and edit."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.commands import PanelGroup, register
from digest.cli.editor import edit_text
from digest.cli.result_lines import count
from digest.cli.session import Session
from digest.errors import ChecksFailedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from digest.models import ListProblem

__all__ = ["add_people_commands"]


def add_people_commands(app: typer.Typer) -> None:
    """Register the commands of this panel."""
    people = typer.Typer(
        cls=PanelGroup, no_args_is_help=True, rich_markup_mode=None, help="Look after the subscriber lists."
    )
    register(people, "check", example="digest subscribers check")(check)
    register(people, "import", example="digest subscribers import mailchimp.csv")(import_)
    register(people, "export", example="digest subscribers export weekly-backup.csv")(export)
    register(people, "suppress", example="digest subscribers suppress ana@example.com")(suppress)
    register(people, "sync", example="digest subscribers sync")(sync)
    register(people, "encrypt", example="digest subscribers encrypt subscribers/weekly.csv")(encrypt)
    register(people, "edit", example="digest subscribers edit subscribers/weekly.csv.age")(edit)
    app.add_typer(people, name="subscribers", rich_help_panel="People")


def check(session: Session) -> None:
    """Read every list: who would be mailed, who is left out and why. Exit code 5 if a row needs mending."""
    from digest.workflow.people import check_lists

    output, newsletter = session.output, session.newsletter()
    done = check_lists(newsletter)
    if newsletter.project.ledger_out_of_reach:
        output.say("Not asked, because of --offline: the ledger, which knows whom the provider does not mail.")
    lines = [f"{problem.place}  {problem.message}" for audience in done for problem in audience.problems]
    for audience in done:
        lines.append(f"Audience “{audience.name}”: {len(audience.subscribers):,} people")
        lines += _left_out(audience.left_out)
    output.result(
        {
            "audiences": [
                {
                    "name": audience.name,
                    "people": len(audience.subscribers),
                    "left_out": dict(audience.left_out),
                    "problems": _problems(audience.problems),
                }
                for audience in done
            ]
        },
        lines,
    )
    if any(audience.problems for audience in done):
        raise typer.Exit(ChecksFailedError.exit_code)


def import_(
    session: Session,
    export: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, such as another tool's export.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="LIST", help="The list's file. Default: the audience's first.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be added, and write nothing.")] = False,
) -> None:
    """Add the people of a CSV to a list: nobody twice, and nobody who has left. The earlier list is kept."""
    from digest.workflow.people import import_list

    output = session.output
    done = import_list(session.project(), export, to=to, write=not dry_run)
    verb = "would be added" if dry_run else "added"
    output.result(
        {
            "file": done.file,
            "added": done.added,
            "left_out": dict(done.left_out),
            "problems": _problems(done.problems),
            "undo": done.undo or None,
        },
        [
            *(f"{problem.place}  {problem.message}" for problem in done.problems),
            f"{count(done.added, 'person', 'people')} {verb}: {session.shown(done.file)}",
            *_left_out(done.left_out),
            *([f"To take it back: cp {done.undo} {done.file}"] if done.undo else []),
        ],
    )
    output.next(f"digest subscribers import {export} --to {done.file}" if dry_run else "digest subscribers check")


def export(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the CSV; - for standard output.")],
    audience: Annotated[
        str | None, typer.Option("--audience", metavar="NAME", help="Default: the one that issues go to.")
    ] = None,
) -> None:
    """Write an audience, as it would be mailed now, to a CSV file that only you can read."""
    from digest.config.atomic_files import replace_file
    from digest.workflow.people import export_audience

    if str(file) == "-" and session.as_json:
        raise UsageError("--json never holds an address", hint="Name a file.")
    text, people = export_audience(session.newsletter(), audience)
    if str(file) == "-":
        sys.stdout.write(text)
        return
    try:
        replace_file(file, text.encode(), mode=0o600)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}", hint="Name another file.") from error
    session.output.result({"file": str(file), "people": people}, [f"{count(people, 'person', 'people')}: {file}"])


def suppress(
    session: Session,
    addresses: Annotated[list[str] | None, typer.Argument(metavar="ADDRESS", help="Whom never to mail again.")] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", metavar="TOKEN", help="Of an unsubscribe link: its reader leaves that audience."),
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", help="manual, unsubscribed, hard_bounce, complaint or invalid.")
    ] = "manual",
) -> None:
    """Never mail somebody again. With --token any small endpoint can serve the unsubscribe link."""
    from digest.subscribers import suppressions_file
    from digest.workflow.people import suppress as run
    from digest.workflow.people import suppress_token

    if bool(addresses) == bool(token):
        raise UsageError("name addresses, or one --token", hint="digest subscribers suppress ana@example.com")
    project = session.project()
    done = suppress_token(project, token) if token else run(project, addresses or (), reason=reason)
    said = f"{count(done, 'person is', 'people are')} suppressed now" if done else "Nothing new: they had left already"
    session.output.result({"suppressed": done}, [f"{said}."])
    if done:
        session.output.say(
            f"To take it back, remove the row: digest subscribers edit {suppressions_file(project.root)}"
        )


def sync(
    session: Session,
    events: Annotated[
        Path | None,
        typer.Option("--events", metavar="FILE", help="The body of a request of the provider's webhook."),
    ] = None,
    signature: Annotated[
        str, typer.Option("--signature", help="With --events: the signature in the request's headers.")
    ] = "",
    timestamp: Annotated[
        str, typer.Option("--timestamp", help="With --events: the timestamp in the request's headers.")
    ] = "",
) -> None:
    """Ask the provider who bounced, complained or left, and write that down. A live send asks by itself."""
    from digest.workflow.people import suppress_events, sync_suppressions

    project = session.project()
    if events is not None:
        try:
            body = events.read_bytes()
        except OSError as error:
            raise UsageError(f"{events} cannot be read: {error.strerror}", hint="Name the request's body.") from error
        done = {"events": suppress_events(project, body, signature=signature, timestamp=timestamp)}
    else:
        done = dict(sync_suppressions(project))
    lines = [f"{number:>7,} {reason}" for reason, number in done.items() if number]
    session.output.result({"new": sum(done.values()), "reasons": done}, lines or ["Nothing new."])
    session.output.next("digest subscribers check")


def encrypt(
    session: Session,
    file: Annotated[str | None, typer.Argument(metavar="LIST", help="Default: the audience's first.")] = None,
) -> None:
    """Encrypt a list with age, so that it may lie in the repository. A key is made where there is none."""
    from digest.subscribers import holds_suppressions
    from digest.workflow.people import encrypt as run
    from digest.workflow.people import list_to_write

    output, project = session.output, session.project()
    plain = file or list_to_write(project)
    target, fresh = run(project, plain)
    key = project.age_key_file.relative_to(project.root).as_posix()
    output.result(
        {"file": target, "new_key": fresh},
        [
            f"Encrypted: {session.shown(target)}",
            *([f"A new key: {key}. Without it nobody can read the list."] if fresh else []),
        ],
    )
    output.next(
        *([f"gh secret set DIGEST_AGE_KEY < {key}"] if fresh else []),
        *([] if holds_suppressions(target) else [f'in digest.toml: files = ["{target}"]']),
        f"digest subscribers edit {target}",
    )


def edit(
    session: Session,
    file: Annotated[str | None, typer.Argument(metavar="LIST", help="Default: the audience's first.")] = None,
) -> None:
    """Open a list in $EDITOR, encrypted or not, and write it when it can be read as one."""
    from digest.subscribers import holds_suppressions
    from digest.workflow.people import edit_list, list_to_write

    output, project = session.output, session.project()
    name = file or list_to_write(project)
    reading = edit_list(project, name, partial(edit_text, quiet=session.as_json))
    if reading is None:
        output.result({"file": name, "changed": False}, ["Nothing was changed."])
        return
    data = {"file": name, "changed": True, "people": len(reading.subscribers), "left_out": dict(reading.left_out)}
    people = count(len(reading.subscribers), "person", "people")
    what = "never to mail" if holds_suppressions(name) else "to mail"
    output.result(data, [f"{session.shown(name)}: {people} {what}", *_left_out(reading.left_out)])
    output.next("digest subscribers check")


def _left_out(reasons: Mapping[str, int]) -> list[str]:
    return [f"  {number:>7,} left out: {reason}" for reason, number in sorted(reasons.items()) if number]


def _problems(problems: Iterable[ListProblem]) -> list[dict[str, object]]:
    return [{"file": one.place.file, "line": one.place.line, "message": one.message} for one in problems]
