"""The commands of the panel People that are about one person: show, remove and unsuppress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.commands import RunOptions
from digest.cli.result_lines import count
from digest.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from digest.cli.json_objects import PersonSuppression
    from digest.delivery.stores.person_history import LedgerSuppression
    from digest.models import Suppression

__all__ = ["remove", "show", "unsuppress"]

_Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's email address.")]


def show(options: RunOptions, address: _Address) -> None:
    """Show what this newsletter knows of one person.

    The rows in lists, the suppressions, whether each audience includes the person, and which issues were sent to them.
    """
    from digest.cli.json_objects import PersonAudience, PersonIssue, PersonRow, ShowResult
    from digest.mail import redact_addresses
    from digest.workflow.people.person_lookup import look_up

    output, session = options.output, options.session()
    record = look_up(session, address)
    suppressions = _suppression_objects(record.suppressions, record.history.suppression)
    result = ShowResult(
        rows=[
            PersonRow(file=entry.file, line=entry.line, status=entry.status, columns=list(entry.fields))
            for entry in record.entries
        ],
        suppressions=suppressions,
        audiences=[
            PersonAudience(name=answer.name, mailed=not answer.reason, reason=answer.reason)
            for answer in record.audiences
        ],
        issues=[
            PersonIssue(
                issue=mailed.issue,
                audience=mailed.audience,
                provider=mailed.provider,
                outcome=mailed.outcome,
                reason=redact_addresses(mailed.reason),
                at=_text_of(mailed.at),
            )
            for mailed in record.history.issues
        ],
        unknown=list(record.unknown),
    )
    lines = [output.style(record.email, "bold")]
    for entry in record.entries:
        cells = [f"status {entry.status}" if entry.status else "", *(f"{k} {v}" for k, v in entry.fields.items())]
        lines.append(f"  List       {entry.file}:{entry.line}  {' · '.join(filter(None, cells))}".rstrip())
    if not record.entries:
        lines.append("  List       in no list")
    lines += [f"  Suppressed {_suppression_text(each)}" for each in suppressions]
    lines += [
        f"  Audience   “{answer.name}”: {f'not mailed ({answer.reason})' if answer.reason else 'mailed'}"
        for answer in record.audiences
    ]
    for mailed in result.issues:
        outcome = f"{mailed.outcome} by {mailed.provider}{f' {mailed.at}' if mailed.at else ''}"
        lines.append(
            f"  Issue      {mailed.issue} “{mailed.audience}”  {outcome}{f': {mailed.reason}' if mailed.reason else ''}"
        )
    if not result.issues:
        lines.append("  Issue      the ledger knows of none")
    output.result(result, lines)
    output.say(*record.unknown)
    name = record.email
    steps = [f"digest subscribers unsuppress {name}"] if suppressions else []
    steps += [f"digest subscribers suppress {name}"] if record.entries and not suppressions else []
    output.next(*steps, *([f"digest subscribers remove {name}"] if record.is_known else ["digest subscribers check"]))


def remove(
    options: RunOptions,
    address: _Address,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be removed, without writing anything.")
    ] = False,
    new_ledger: Annotated[
        bool,
        typer.Option("--new-ledger", help="Create the ledger's git branch. Use it only if nothing has been sent yet."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove without asking.")] = False,
) -> None:
    """Remove everything about one person, as for a deletion request. This cannot be undone.

    The person is removed from all lists, the suppressions, the copies under .digest/undo and the outbox. Only a keyed
    hash stays, in the ledger: it keeps the person suppressed, also if a later import has the address. What cannot be
    reached, such as the history of git, is named.
    """
    from digest.cli.json_objects import RemoveResult
    from digest.workflow.people.person_removal import remove_person

    output, project = options.output, options.project() if dry_run else options.project_to_write_lists()
    removal = remove_person(project, address, write=False, new_ledger=new_ledger)
    lines = [
        f"  {number:>7,} {'row' if number == 1 else 'rows'}: {options.shown(file)}"
        for file, number in removal.rows.items()
    ]
    lines += [f"  {removal.undo_copies:>7,} under .digest/undo"] if removal.undo_copies else []
    lines += [f"  {removal.mails:>7,} in the outbox"] if removal.mails else []
    if removal.issues:
        lines.append(
            f"  {removal.issues:>7,} {'issue' if removal.issues == 1 else 'issues'} in the ledger, by hash only: stays"
        )
    if not dry_run:
        if options.interactive and not yes:
            output.say("This will be removed, without a copy:", *lines)
            if typer.prompt("Type “remove” to go on", err=True, default="", show_default=False).strip() != "remove":
                raise UsageError("not confirmed; nothing was removed")
        removal = remove_person(project, address, new_ledger=new_ledger)
    result = RemoveResult(
        rows=dict(removal.rows),
        undo_copies=removal.undo_copies,
        mails=removal.mails,
        issues=removal.issues,
        out_of_reach=list(removal.out_of_reach),
    )
    head = (
        "Would be removed:" if dry_run else "Removed. The ledger keeps a keyed hash, so the address stays suppressed:"
    )
    output.result(result, [head, *lines, "Out of reach:", *(f"  {sentence}" for sentence in removal.out_of_reach)])
    if dry_run:
        output.next(f"digest subscribers remove {address}")
        return
    output.say("There is no undo. If the person subscribes again: digest subscribers unsuppress ADDRESS")
    output.next("digest subscribers check")


def unsuppress(options: RunOptions, address: _Address) -> None:
    """Undo a suppression, so that the person may be mailed again. Do so only with the person's consent."""
    from digest.cli.json_objects import UnsuppressResult
    from digest.workflow.people.person_removal import unsuppress_person

    output = options.output
    undone = unsuppress_person(options.project_to_write_lists().open_session(), address)
    lifted = _suppression_objects(undone.lifted, undone.ledger)
    output.result(
        UnsuppressResult(lifted=lifted, notes=list(undone.notes), undo=dict(undone.undo)),
        [
            f"{count(len(lifted), 'suppression is', 'suppressions are')} undone:",
            *(f"  {_suppression_text(each)}" for each in lifted),
        ],
    )
    output.say(*undone.notes)
    output.say(*(f"To undo it: cp {options.shown(copy)} {options.shown(file)}" for file, copy in undone.undo.items()))
    if undone.ledger is not None:
        output.say(f"To suppress the address again: digest subscribers suppress {address}")
    output.next(f"digest subscribers show {address}")


def _suppression_objects(own: tuple[Suppression, ...], ledger: LedgerSuppression | None) -> list[PersonSuppression]:
    from digest.cli.json_objects import PersonSuppression
    from digest.mail import redact_addresses

    objects = [
        PersonSuppression(
            reason=each.reason.value,
            source=redact_addresses(each.source),
            at=_text_of(each.at),
            audience=each.audience,
            in_ledger=False,
        )
        for each in own
    ]
    if ledger is not None:
        objects.append(
            PersonSuppression(
                reason=ledger.reason, source=ledger.source, at=_text_of(ledger.at), audience="", in_ledger=True
            )
        )
    return objects


def _suppression_text(each: PersonSuppression) -> str:
    parts = [
        each.reason,
        f"since {each.at}" if each.at else "",
        f"from {each.source}" if each.source else "",
        f"audience “{each.audience}”" if each.audience else "all audiences",
        "in the ledger, by hash" if each.in_ledger else "",
    ]
    return " · ".join(filter(None, parts))


def _text_of(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
