"""`subscribers remove`: a deletion request (GDPR, article 17), and `subscribers unsuppress`.

A removed person is suppressed by the keyed hash of the address, which is all that stays. No copy is kept for an undo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email import policy
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import TYPE_CHECKING

from digest.errors import DigestError, NothingToDoError
from digest.mail import normalise_address
from digest.project.list_files import lock_lists, read_list_text, replace_list, write_list
from digest.project.work_tree import was_committed
from digest.subscribers import ENCRYPTED, SUPPRESSION_FILES, decrypt_list, encrypt_list
from digest.subscribers.list_records import without_person
from digest.subscribers.lists import MAILABLE
from digest.workflow.people.person_lookup import find_rows, list_files, parse_address, read_list_of
from digest.workflow.people.suppression_record import suppressed_audiences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from digest.delivery.stores.person_history import LedgerSuppression
    from digest.models import Suppression
    from digest.project import Project, Session

__all__ = ["Removal", "Unsuppression", "remove_person", "unsuppress_person"]

_SOURCE = "digest subscribers remove"
_AGE_MARKS = (b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """What was removed, or would be.

    Attributes:
        rows: The number of rows, by list and by file of suppressions.
        undo_copies: How many copies under .digest/undo/ held the person.
        mails: How many mails in the outbox were to the person.
        issues: In how many issues the ledger knows the person by hash.
        out_of_reach: What may still hold the address, one sentence each; none of them repeats it.
    """

    rows: Mapping[str, int]
    undo_copies: int
    mails: int
    issues: int
    out_of_reach: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsuppression:
    """What was undone.

    Attributes:
        lifted: The suppressions that are gone.
        ledger: The suppression that the ledger had; None if it had none.
        undo: The copy of each file of suppressions before the change.
        notes: What still keeps the person from being mailed, or will again, one sentence each.
    """

    lifted: tuple[Suppression, ...]
    ledger: LedgerSuppression | None
    undo: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def remove_person(project: Project, address: str, *, write: bool = True, new_ledger: bool = False) -> Removal:
    """Remove a person from all lists and suppressions, the undo copies and the outbox. Running it again is harmless.

    The hash is written first: from then on nobody mails the person, whatever happens to the rest.

    Args:
        write: False to change nothing, as for --dry-run.
        new_ledger: Create the ledger's branch if it is missing, as for a first live send.

    Raises:
        UsageError: It is not an email address, or the ledger cannot be reached with --offline.
        NothingToDoError: Nothing is known of the address.
        ListError, CredentialsError: A list cannot be read or written.
        LedgerError: The ledger cannot be read or written.
    """
    email = parse_address(address)
    with lock_lists(project):
        audiences = suppressed_audiences(project, email)
        changes, mentions = _changed_lists(project, email)
        copies, unreadable = _changed_copies(project, email)
        mails = list(_mails_to(project, email))
        ledger = project.ledger_address.find()
        issues = 0
        if ledger is not None:
            with ledger:
                history = ledger.person(email)
            issues = len({mailed.issue for mailed in history.issues})
        if not (changes or copies or mails or issues):
            raise NothingToDoError(
                "nothing is known of this address here",
                hint="Check its spelling. To keep it out of all lists: digest subscribers suppress ana@example.com",
            )
        if write:
            with project.ledger_address.open(new=new_ledger) as opened:
                opened.keep_removed(email, source=_SOURCE, audiences=audiences)
            for name, (text, _) in changes.items():
                data = encrypt_list(text, environ=project.list_environ) if name.endswith(ENCRYPTED) else text.encode()
                write_list(project.root / name, data, file=name)
            for path, data in copies.items():
                write_list(path, data, file=f".digest/undo/{path.name}")
            for path in mails:
                path.unlink(missing_ok=True)
    return Removal(
        rows={name: count for name, (_, count) in changes.items()},
        undo_copies=len(copies),
        mails=len(mails),
        issues=issues,
        out_of_reach=(*mentions, *unreadable, *_out_of_reach(project)),
    )


def _changed_lists(project: Project, email: str) -> tuple[dict[str, tuple[str, int]], list[str]]:
    """The new text of each list that holds the person, and where else the address is mentioned."""
    changes, mentions = {}, []
    for name in (*list_files(project), *SUPPRESSION_FILES):
        text, count, lines = without_person(email, read_list_of(project, name), file=name)
        if name.startswith("env:"):
            if count or lines:
                mentions.append(f"{name} holds the person: change the variable, or the secret that it comes from.")
            continue
        mentions += [f"{name}:{line} mentions the address in another person's row." for line in lines]
        if count:
            changes[name] = (text, count)
    return changes, mentions


def _changed_copies(project: Project, email: str) -> tuple[dict[Path, bytes], list[str]]:
    """The new content of each copy under .digest/undo/ that holds the person, and the copies that cannot be changed."""
    changes, unreadable = {}, []
    folder = project.state / "undo"
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if not path.is_file():
            continue
        shown = path.relative_to(project.root).as_posix()
        data = path.read_bytes()
        encrypted = data.startswith(_AGE_MARKS)
        try:
            text = (
                decrypt_list(data, file=shown, environ=project.list_environ) if encrypted else data.decode("utf-8-sig")
            )
        except (DigestError, UnicodeDecodeError):
            if encrypted or email.casefold().encode() in data.lower():
                unreadable.append(f"{shown} cannot be read; delete it if it may hold the person.")
            continue
        if ".csv" in path.name:
            changed, count, _ = without_person(email, text, file=shown)
            if count:
                changes[path] = encrypt_list(changed, environ=project.list_environ) if encrypted else changed.encode()
        elif email.casefold() in text.casefold():
            unreadable.append(f"{shown} mentions the address; it is not a list.")
    return changes, unreadable


def _mails_to(project: Project, email: str) -> Iterator[Path]:
    """The mails to this person in the outbox."""
    folder = project.state / "outbox"
    parser = BytesHeaderParser(policy=policy.compat32)
    for path in sorted(folder.rglob("*.eml")) if folder.is_dir() else ():
        with path.open("rb") as file:
            headers = parser.parse(file)
        for _, recipient in getaddresses([str(value) for value in headers.get_all("To", [])]):
            try:
                is_theirs = normalise_address(recipient).casefold() == email.casefold()
            except ValueError:
                continue
            if is_theirs:
                yield path
                break


def _out_of_reach(project: Project) -> Iterator[str]:
    files = [name for name in (*list_files(project), *SUPPRESSION_FILES) if not name.startswith("env:")]
    committed = [name for name in files if was_committed(project.root / name)]
    for name in committed:
        where = "readable with the key" if name.endswith(ENCRYPTED) else "readable for everyone with a clone"
        yield f"Git's history keeps earlier versions of {name} ({where}). Rewrite it with git filter-repo, and push."
    provider = project.config.delivery.provider
    if not project.config.delivery_settings.local:
        yield f"{provider} keeps records of its own (logs, suppression lists, contacts): delete the person there too."
    yield "Copies on other machines, exports, backups, and mail that was delivered stay as they are."


def unsuppress_person(session: Session, address: str) -> Unsuppression:
    """Undo the suppressions of one person. The former files are kept in .digest/undo/.

    Raises:
        UsageError: It is not an email address.
        NothingToDoError: The address is not suppressed.
        ListError, CredentialsError: The suppressions cannot be read or written.
        LedgerError: The ledger cannot be read or written.
    """
    project, email = session.project, parse_address(address)
    undo: dict[str, str] = {}
    notes: list[str] = []
    with lock_lists(project):
        lifted = tuple(each for each in project.own_suppressions() if each.email.casefold() == email.casefold())
        reported = None
        if project.ledger_out_of_reach:
            notes.append("The ledger was not read because of --offline; it may hold another suppression.")
        elif (ledger := project.ledger_address.find()) is not None:
            with ledger:
                reported = ledger.unsuppress(email, audiences=suppressed_audiences(project, email))
        if not lifted and reported is None:
            raise NothingToDoError(
                "this address is not suppressed", hint="See: digest subscribers show ana@example.com"
            )
        for name in SUPPRESSION_FILES if lifted else ():
            text, count, _ = without_person(email, read_list_text(project, name), file=name)
            if count:
                undo[name] = replace_list(project, name, text)
    sources = [each.source for each in lifted] + ([reported.source] if reported else [])
    notes += _what_still_stops(project, email, sources)
    return Unsuppression(lifted=lifted, ledger=reported, undo=undo, notes=tuple(notes))


def _what_still_stops(project: Project, email: str, sources: Iterable[str]) -> Iterator[str]:
    """What keeps the person from being mailed all the same.

    Args:
        sources: Who suppressed the person.
    """
    provider = project.config.delivery.provider
    if any(source.startswith(f"{provider} ") for source in sources):
        yield f"{provider} reported this, and while it does, a live send suppresses the address again: lift it there."
    rows = [(file, row) for file in list_files(project) for row in find_rows(project, email, file)]
    if not rows:
        yield "The address is in no list: add it to one before it is mailed."
    for file, row in rows:
        if row.status not in MAILABLE:
            yield f"{file}:{row.line} still has the status {row.status}: digest subscribers edit {file}"
