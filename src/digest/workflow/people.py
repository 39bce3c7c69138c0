"""The verbs of `subscribers`: check, import, export, suppress, sync, encrypt and edit."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from digest.errors import (
    ConfigError,
    ListError,
    NothingToDoError,
    Place,
    ProviderError,
    UsageError,
)
from digest.mail import normalise_address
from digest.models import Suppression, SuppressionReason
from digest.providers import NotSent
from digest.subscribers import (
    AGE_KEY,
    ENCRYPTED,
    SUPPRESSIONS,
    append_suppressions,
    holds_suppressions,
    merge_list,
    new_age_key,
    read_csv_table,
    read_export,
    read_list,
    read_suppressions,
    read_token,
    suppressions_file,
)
from digest.workflow.listfiles import alone, keep_copy, replace_list, text_of, write_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from digest.models import Audience, ListProblem
    from digest.project import Project, Session
    from digest.subscribers import ListReading

__all__ = [
    "Import",
    "check_lists",
    "edit_list",
    "encrypt",
    "export_audience",
    "import_list",
    "list_to_write",
    "suppress",
    "suppress_events",
    "suppress_token",
    "sync_suppressions",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """What an import did. ``undo`` is the copy of the list as it was; empty for a new one."""

    file: str
    added: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[ListProblem, ...] = ()
    undo: str = ""


def check_lists(session: Session) -> tuple[Audience, ...]:
    """Every configured audience as it would be frozen now, by what the provider said last, without asking it.

    Raises:
        ConfigError: No audience is configured.
        ListError: A list cannot be read at all.
    """
    audiences = session.project.config.audiences
    if not audiences:
        raise ConfigError(
            "no audience is configured", hint='Add [audiences.weekly] with files = ["subscribers/weekly.csv"].'
        )
    select = session.audience if session.project.ledger_out_of_reach else session.audience_to_mail
    return tuple(select(name) for name in sorted(audiences))


def import_list(project: Project, export: Path, *, to: str | None = None, write: bool = True) -> Import:
    """Add the people of another tool's export to a list. Who is in it, has left or is suppressed is not added again.

    Whom the export says to have left is suppressed, so that they are not mailed through another list either.

    Args:
        to: The list's file, from the newsletter's folder; the first one of the audience when it is not given.
        write: False to look only.

    Raises:
        ListError: The export or the list cannot be read or written.
        UsageError: The audience has no file to write to.
    """
    name = to or list_to_write(project)
    _require_list(project, name)
    with read_csv_table(export, file=export.name) as table:
        imported = read_export(table.header, table.rows, file=export.name)
    with alone(project):
        text, header, delimiter, known, gone = _list_as_it_is(project, name)
        merged, added, left_out = merge_list(text, header, known, gone, imported, delimiter=delimiter)
        undo = replace_list(project, name, merged) if write and added else ""
    if write:
        gone_there = (row["email"] for row in imported.rows if row["status"] == "unsubscribed")
        _append(project, _left(project, gone_there, source=f"import of {export.name}"))
    return Import(file=name, added=added, left_out=left_out, problems=imported.problems, undo=undo)


def export_audience(session: Session, name: str | None = None) -> tuple[str, int]:
    """An audience as it would be mailed now, as CSV, and how many people it has.

    Raises:
        ConfigError: There is no such audience.
        ListError: A list cannot be read.
    """
    audience = session.audience(name or session.project.config.delivery.audience)
    columns: dict[str, str] = {}  # lists may write one column in several ways
    for person in audience.subscribers:
        for column in person.fields:
            columns.setdefault(column.casefold(), column)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("email", "name", *columns.values()))
    for person in audience.subscribers:
        fields = {column.casefold(): value for column, value in person.fields.items()}
        writer.writerow((person.email, person.name, *(fields.get(column, "") for column in columns)))
    return buffer.getvalue(), len(audience.subscribers)


def suppress(project: Project, addresses: Sequence[str], *, reason: str = "manual") -> int:
    """Never mail these addresses again. Returns how many were not suppressed yet.

    Raises:
        UsageError: One is no address, or the reason is none.
    """
    try:
        why = SuppressionReason(reason)
    except ValueError:
        raise UsageError(f"{reason!r} is no reason", hint=f"One of: {', '.join(SuppressionReason)}.") from None
    people = []
    for number, text in enumerate(addresses, start=1):
        try:
            email = normalise_address(text)
        except ValueError:
            raise UsageError(
                f"the {number}. address is none", hint="digest subscribers suppress ana@example.com"
            ) from None
        people.append(Suppression(email=email, reason=why, at=project.now(), source="digest subscribers suppress"))
    return _append(project, people)


def suppress_token(project: Project, token: str) -> int:
    """Let the reader of an unsubscribe link leave the audience that it names. Again is no fault.

    Returns: 1, or 0 where the reader had left already.

    Raises:
        UsageError: It is no token of this newsletter.
        CredentialsError: No secret is set.
        NothingToDoError: Nobody in the audience's lists has it.
    """
    reading = read_token(_secrets(project), token)
    config = project.config.audiences.get(reading.list)
    # The audience may have been renamed since: then its reader leaves all.
    configs = [config] if config is not None else list(project.config.audiences.values())
    files = dict.fromkeys(file for each in configs for file in each.files)
    people = (person for file in files for person in project.read_list(file).subscribers)
    found = [person.email for person in people if reading.is_for(person.email)]
    if not found:
        raise NothingToDoError("nobody in the lists has this link", hint="They may have been taken out already.")
    return _append(project, _left(project, found, source="unsubscribe link", audience=reading.list if config else ""))


def _left(project: Project, addresses: Iterable[str], *, source: str, audience: str = "") -> list[Suppression]:
    reason, at = SuppressionReason.UNSUBSCRIBED, project.now()
    return [
        Suppression(email=email, reason=reason, at=at, source=source, audience=audience)
        for email in dict.fromkeys(addresses)
    ]


def suppress_events(project: Project, body: bytes, *, signature: str, timestamp: str) -> int:
    """Suppress everyone named in a signed request of the provider's webhook. Returns how many are new.

    Raises:
        CredentialsError: The webhook's key is not set.
        RefusedError: The provider did not sign the request.
        ProviderError: The provider has no webhook, or the request cannot be read.
    """
    provider = project.open_provider()
    return _append(project, provider.read_events(body, signature=signature, timestamp=timestamp))


def sync_suppressions(project: Project) -> Mapping[str, int]:
    """Ask the provider whom it does not mail, and write that down. Returns how many are new, by reason.

    Raises:
        ProviderError, CredentialsError: It cannot be asked.
    """
    provider = project.open_provider()
    try:
        people = tuple(provider.suppressions())
    except NotSent as error:
        raise ProviderError(f"{provider.name} could not be asked: {error.reason}", hint="Try again later.") from None
    finally:
        provider.close()
    known = {one.email.casefold() for one in project.own_suppressions() if not one.audience}
    fresh = {one.email.casefold(): one for one in people if _is_address(one.email)}
    fresh = {email: one for email, one in fresh.items() if email not in known}
    _append(project, fresh.values())
    return dict(sorted(Counter(one.reason.value for one in fresh.values()).items()))


def _is_address(text: str) -> bool:
    """Whether a list can hold it. Providers also keep texts that never were addresses."""
    try:
        return bool(normalise_address(text))
    except ValueError:
        return False


def encrypt(project: Project, name: str) -> tuple[str, bool]:
    """Encrypt a list, so that it may lie in the repository. A key is made where there is none.

    The plain list stays. Suppressions are moved: the plain file goes to .digest/undo/.

    Returns: The encrypted file's name, and whether the key is new.

    Raises:
        ListError: The list cannot be read.
        UsageError: It is encrypted already, or is that of the suppressions and names nobody.
    """
    name = PurePosixPath(name).as_posix()
    if name.endswith(ENCRYPTED):
        raise UsageError(f"{name} is encrypted already", hint=f"Change it with: digest subscribers edit {name}")
    with read_csv_table(project.root / name, file=name):
        text = (project.root / name).read_text(encoding="utf-8-sig")
    fresh = AGE_KEY not in project.list_environ
    if fresh:
        write_list(project.age_key_file, f"{new_age_key()}\n".encode(), file=f".digest/{project.age_key_file.name}")
    target = f"{name}{ENCRYPTED}"
    with alone(project):
        if name == SUPPRESSIONS:
            _seal_suppressions(project, target)
        else:
            replace_list(project, target, text)
    return target, fresh


def _seal_suppressions(project: Project, target: str) -> None:
    """Take the plain rows into the encrypted file, which may have others, and put the plain file away.

    Two files would tell two stories: a runner has the encrypted one alone.
    """
    path = project.root / SUPPRESSIONS
    people = read_suppressions(path)
    if not people:
        raise UsageError(f"{SUPPRESSIONS} names nobody", hint="digest subscribers suppress ana@example.com")
    append_suppressions(project.root / target, people, file=target, environ=project.list_environ)
    keep_copy(project, path)
    path.unlink()


def edit_list(project: Project, name: str, edit: Callable[[str], str]) -> ListReading | None:
    """Change a list, encrypted or not. It is written when it can be read as one; the earlier one is kept.

    Args:
        edit: Given the text, returns the new one.

    Returns: What the list says now; None where nothing was changed.

    Raises:
        ListError: It cannot be read, before or afterwards; the file stays as it is.
        CredentialsError: The key is missing, or another one.
    """
    with alone(project):
        before = text_of(project, name)
        after = edit(before)
        if after == before:
            return None
        reading = read_list(project.root, file="env:LIST", environ={"LIST": after})
        if holds_suppressions(name):
            read_suppressions(project.root, file="env:LIST", environ={"LIST": after})
        replace_list(project, name, after)
        return reading


def list_to_write(project: Project) -> str:
    """The file of the audience that people are added to.

    Raises:
        UsageError: It has none.
    """
    files = [file for file in project.audience_config().files if not file.startswith("env:")]
    if not files:
        raise UsageError("the audience has no file to write to", hint="Name one: --to subscribers/weekly.csv")
    return files[0]


def _require_list(project: Project, name: str) -> None:
    """Refuse to add people where no list of theirs can be."""
    inside = (project.root / name).resolve().is_relative_to(project.root.resolve())
    if name.startswith("env:") or not inside or holds_suppressions(name):
        hint = "Name a file of the newsletter, such as subscribers/weekly.csv."
        raise UsageError(f"{name} is no list that people can be added to", hint=hint)


def _list_as_it_is(project: Project, name: str) -> tuple[str, list[str], str, set[str], set[str]]:
    """A list's text, columns, delimiter and addresses, and the addresses that must not be mailed."""
    gone = {one.email.casefold() for one in project.own_suppressions()}
    text = text_of(project, name)
    if not text.strip():
        return "", [], ",", set(), gone
    known = set()
    with read_csv_table(text, file=name) as table:
        names = [column.casefold() for column in table.header]
        if "email" not in names:
            hint = "Name another list with --to."
            raise ListError("there is no column called email", place=Place(name, 1), hint=hint)
        at = names.index("email")
        for row in table.rows:
            try:
                known.add(normalise_address(row.cells[at] if len(row.cells) > at else "").casefold())
            except ValueError:
                continue
        return text, table.header, table.delimiter, known, gone


def _secrets(project: Project) -> list[bytes]:
    delivery = project.config.delivery
    older = [project.environ[name].encode() for name in delivery.old_secret_envs if project.environ.get(name)]
    return [project.secret(), *older]


def _append(project: Project, people: Iterable[Suppression]) -> int:
    with alone(project):
        file = suppressions_file(project.root)
        return append_suppressions(project.root / file, people, file=file, environ=project.list_environ)
