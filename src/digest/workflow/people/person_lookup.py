"""`subscribers show`: what this newsletter knows of one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from digest.delivery.stores.person_history import PersonHistory
from digest.errors import DigestError, UsageError
from digest.mail import normalise_address
from digest.project.list_files import read_list_text
from digest.subscribers import ENCRYPTED, SUPPRESSIONS, holds_suppressions
from digest.subscribers.list_records import records_of
from digest.subscribers.lists import MAILABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from digest.models import Suppression
    from digest.project import Project, Session
    from digest.subscribers.list_records import ListRecord

__all__ = [
    "AudienceAnswer",
    "ListEntry",
    "PersonRecord",
    "addresses_in_no_list",
    "find_rows",
    "list_files",
    "look_up",
    "parse_address",
    "read_list_of",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class ListEntry:
    """A row about the person.

    Attributes:
        file: The list, from the newsletter's root.
        line: The row's line, counted from 1.
        status: The status as written; empty if the list has none.
        fields: The other cells that are not empty, by column.
    """

    file: str
    line: int
    status: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class AudienceAnswer:
    """Whether the next issue to an audience would go to the person.

    Attributes:
        reason: Why not; empty if it would.
    """

    name: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRecord:
    """What is known of one person.

    Attributes:
        entries: The rows of lists.
        suppressions: The newsletter's own suppressions.
        audiences: Whether each audience includes the person.
        history: What the ledger knows.
        unknown: What could not be looked at, one sentence each.
    """

    email: str
    entries: tuple[ListEntry, ...]
    suppressions: tuple[Suppression, ...]
    audiences: tuple[AudienceAnswer, ...]
    history: PersonHistory
    unknown: tuple[str, ...]

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        return bool(self.entries or self.suppressions or self.history.issues or self.history.suppression)


def parse_address(text: str) -> str:
    """The normalised address that a user typed.

    Raises:
        UsageError: It is not an email address. The message does not repeat it.
    """
    try:
        return normalise_address(text)
    except ValueError:
        raise UsageError("this is not an email address", hint="digest subscribers show ana@example.com") from None


def list_files(project: Project) -> tuple[str, ...]:
    """Every list: those of the audiences, and the others in subscribers/. Suppressions are not among them.

    Lists in environment variables (``env:NAME``) come as they are written in the configuration.
    """
    named = [file for audience in project.config.audiences.values() for file in audience.files]
    folder = (project.root / SUPPRESSIONS).parent
    beside = [
        path.relative_to(project.root).as_posix()
        for pattern in ("*.csv", f"*.csv{ENCRYPTED}")
        for path in sorted(folder.glob(pattern))
        if path.is_file()
    ]
    names = (file if file.startswith("env:") else PurePosixPath(file).as_posix() for file in (*named, *beside))
    return tuple(file for file in dict.fromkeys(names) if not holds_suppressions(file))


def read_list_of(project: Project, file: str) -> str:
    """The text of a list; empty if there is none. Raises as `read_list_text`."""
    if file.startswith("env:"):
        return project.environ.get(file.removeprefix("env:"), "")
    return read_list_text(project, file)


def find_rows(project: Project, email: str, file: str) -> tuple[ListRecord, ...]:
    """The rows of a list about one person. Raises as `read_list_text`."""
    text = read_list_of(project, file)
    # Most lists do not hold the address at all. An encoded domain may be written in its own letters.
    if text.isascii() and email.casefold() not in text.casefold():
        return ()
    return records_of(email, text, file=file)


def addresses_in_no_list(project: Project, addresses: Iterable[str]) -> tuple[str, ...]:
    """Those of these addresses that are in no list, normalised. Lists that cannot be read are passed over."""
    missing = dict.fromkeys(map(parse_address, addresses))
    for file in list_files(project):
        try:
            for email in [email for email in missing if find_rows(project, email, file)]:
                del missing[email]
        except DigestError:
            continue
    return tuple(missing)


def look_up(session: Session, address: str) -> PersonRecord:
    """Find everything about one person: in all lists, in the suppressions, and in the ledger by hash.

    Raises:
        UsageError: It is not an email address.
        ListError: The suppressions cannot be read.
        LedgerError: The ledger cannot be read.
    """
    project, email = session.project, parse_address(address)
    entries: list[ListEntry] = []
    unknown: list[str] = []
    for file in list_files(project):
        try:
            entries += _entries(find_rows(project, email, file), file)
        except DigestError as error:
            unknown.append(f"{file} was not read: {error.message}.")
    suppressions = tuple(each for each in session.suppressions if each.email.casefold() == email.casefold())
    history = PersonHistory()
    if project.ledger_out_of_reach:
        unknown.append("The ledger was not read because of --offline: issues and the provider's reports are unknown.")
    else:
        ledger = project.ledger_address.find()
        if ledger is not None:
            with ledger:
                history = ledger.person(email)
    provider = project.config.delivery.provider
    unknown.append(
        f"What happened outside this ledger is not known: test mails, forwarded mail, and what {provider} keeps."
    )
    return PersonRecord(
        email=email,
        entries=tuple(entries),
        suppressions=suppressions,
        audiences=tuple(_audiences(session, email, entries, suppressions, history, unknown)),
        history=history,
        unknown=tuple(unknown),
    )


def _entries(records: Collection[ListRecord], file: str) -> Iterator[ListEntry]:
    for record in records:
        fields = {
            name: cell for name, cell in record.fields.items() if cell and name.casefold() not in {"email", "status"}
        }
        yield ListEntry(file=file, line=record.line, status=record.status, fields=fields)


def _audiences(
    session: Session,
    email: str,
    entries: list[ListEntry],
    suppressions: Collection[Suppression],
    history: PersonHistory,
    unknown: list[str],
) -> Iterator[AudienceAnswer]:
    for name, config in sorted(session.project.config.audiences.items()):
        files = {file if file.startswith("env:") else PurePosixPath(file).as_posix() for file in config.files}
        own = [entry for entry in entries if entry.file in files]
        reason = next((f"suppressed: {each.reason}" for each in suppressions if each.audience in {"", name}), "")
        if not reason and history.suppression is not None:
            reason = f"suppressed: {history.suppression.reason}"
        if not own:
            yield AudienceAnswer(name=name, reason="in none of its lists")
        elif reason:
            yield AudienceAnswer(name=name, reason=reason)
        else:
            try:
                people = session.audience(name).subscribers
            except DigestError as error:
                unknown.append(f"Whether “{name}” includes the person is unknown: {error.message}.")
                continue
            if any(person.email.casefold() == email.casefold() for person in people):
                yield AudienceAnswer(name=name)
            else:
                left_out = next((entry.status for entry in own if entry.status not in MAILABLE), "")
                yield AudienceAnswer(name=name, reason=f"status {left_out}" if left_out else "not selected by where")
