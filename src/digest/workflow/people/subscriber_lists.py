"""`subscribers`: check, import, export, encrypt and edit lists, and suppress addresses."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from digest.errors import (
    ConfigError,
    NothingToDoError,
    ProviderError,
    UsageError,
)
from digest.mail import normalise_address
from digest.models import Suppression, SuppressionReason
from digest.project.list_files import back_up_list, lock_lists, read_list_text, replace_list, write_list
from digest.providers import NotSent
from digest.subscribers import (
    AGE_KEY,
    ENCRYPTED,
    SUPPRESSIONS,
    append_suppressions,
    holds_suppressions,
    inert_cell,
    new_age_key,
    read_csv_table,
    read_list,
    read_suppressions,
    read_token,
    suppressions_file,
)
from digest.workflow.people.removed_people import without_removed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from digest.models import Audience
    from digest.project import Project, Session
    from digest.subscribers import ListReading

__all__ = [
    "EncryptedList",
    "check_lists",
    "edit_list",
    "encrypt_list_file",
    "export_audience",
    "list_to_write",
    "parse_reason",
    "suppress_addresses",
    "suppress_events",
    "suppress_token",
    "sync_suppressions",
]


def check_lists(session: Session) -> tuple[Audience, ...]:
    """Every configured audience as a send would mail it now, with the suppressions that the ledger already has.

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


def export_audience(session: Session, name: str | None = None) -> tuple[str, int]:
    """An audience without suppressed people, as CSV text, and the number of people in it.

    Raises:
        ConfigError: There is no such audience.
        ListError: A list cannot be read.
    """
    audience = session.audience(name or session.project.config.delivery.audience)
    columns: dict[str, str] = {}  # lists may spell the name of a column differently
    for person in audience.subscribers:
        for column in person.fields:
            columns.setdefault(column.casefold(), column)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(inert_cell, ("email", "name", *columns.values())))
    for person in audience.subscribers:
        fields = {column.casefold(): value for column, value in person.fields.items()}
        cells = (person.email, person.name, *(fields.get(column, "") for column in columns))
        writer.writerow(map(inert_cell, cells))
    return buffer.getvalue(), len(audience.subscribers)


def suppress_addresses(project: Project, addresses: Sequence[str], *, reason: str = "manual") -> int:
    """Never mail these addresses again. Returns how many of them were not suppressed before.

    Raises:
        UsageError: An address or the reason is invalid.
    """
    suppression_reason = parse_reason(reason)
    people = []
    for number, text in enumerate(addresses, start=1):
        try:
            email = normalise_address(text)
        except ValueError:
            raise UsageError(
                f"address {number} is not an email address", hint="digest subscribers suppress ana@example.com"
            ) from None
        people.append(
            Suppression(email=email, reason=suppression_reason, at=project.now(), source="digest subscribers suppress")
        )
    return _append(project, people)


def parse_reason(text: str) -> SuppressionReason:
    """The reason for a suppression that a user typed.

    Raises:
        UsageError: There is no such reason.
    """
    try:
        return SuppressionReason(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a reason", hint=f"Use one of: {', '.join(SuppressionReason)}.") from None


def suppress_token(project: Project, token: str) -> int:
    """Unsubscribe the reader of an unsubscribe link from the audience that it names. Repeating it is harmless.

    Returns:
        1, or 0 when the reader had unsubscribed before.

    Raises:
        UsageError: The token was not made by this newsletter.
        CredentialsError: No secret is set.
        NothingToDoError: No reader in the audience's lists has this link.
    """
    reading = read_token(_secrets(project), token)
    config = project.config.audiences.get(reading.list)
    # If the audience was renamed or removed since, the reader leaves all audiences.
    configs = [config] if config is not None else list(project.config.audiences.values())
    files = dict.fromkeys(file for each in configs for file in each.files)
    people = (person for file in files for person in project.read_list(file).subscribers)
    addresses = [person.email for person in people if reading.is_for(person.email)]
    if not addresses:
        raise NothingToDoError("nobody in the lists has this link", hint="The reader may have been removed already.")
    return _append(
        project, _unsubscribed(project, addresses, source="unsubscribe link", audience=reading.list if config else "")
    )


def _unsubscribed(project: Project, addresses: Iterable[str], *, source: str, audience: str = "") -> list[Suppression]:
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
    """Add the provider's suppression lists to the newsletter's own. Returns how many addresses are new, by reason.

    Raises:
        ProviderError: The lists cannot be fetched.
        CredentialsError: The provider's key is missing or was refused.
    """
    provider = project.open_provider()
    try:
        people = tuple(provider.suppressions())
    except NotSent as error:
        message = f"could not fetch the suppression lists of {provider.name}: {error.reason}"
        raise ProviderError(message, hint="Try again later.") from None
    finally:
        provider.close()
    known = {suppression.email.casefold() for suppression in project.own_suppressions() if not suppression.audience}
    valid = {suppression.email.casefold(): suppression for suppression in people if _is_address(suppression.email)}
    new = {email: suppression for email, suppression in valid.items() if email not in known}
    _append(project, new.values())
    return dict(sorted(Counter(suppression.reason.value for suppression in new.values()).items()))


def _is_address(text: str) -> bool:
    """Whether a text is an email address. Providers' lists also contain texts that never were addresses."""
    try:
        return bool(normalise_address(text))
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class EncryptedList:
    """A list that was encrypted.

    Attributes:
        file: The encrypted file.
        new_key: Whether a key was made for it.
        plain: Where the people are still in plain text: the list, or the copy of the suppressions in .digest/undo/.
    """

    file: str
    new_key: bool
    plain: str


def encrypt_list_file(project: Project, name: str) -> EncryptedList:
    """Encrypt a list, so that it can be committed. Creates a key if there is none.

    The plain list stays where it is. Suppressions are moved: their plain file goes to .digest/undo/.

    Raises:
        ListError: The list cannot be read.
        UsageError: The list is encrypted already, or is the file of suppressions and names nobody.
    """
    name = PurePosixPath(name).as_posix()
    if name.endswith(ENCRYPTED):
        raise UsageError(f"{name} is already encrypted", hint=f"Change it with: digest subscribers edit {name}")
    with read_csv_table(project.root / name, file=name):
        text = (project.root / name).read_text(encoding="utf-8-sig")
    fresh = AGE_KEY not in project.list_environ
    if fresh:
        write_list(project.age_key_file, f"{new_age_key()}\n".encode(), file=f".digest/{project.age_key_file.name}")
    target = f"{name}{ENCRYPTED}"
    with lock_lists(project):
        if name == SUPPRESSIONS:
            plain = _seal_suppressions(project, target)
        else:
            plain = name
            replace_list(project, target, text)
    return EncryptedList(file=target, new_key=fresh, plain=plain)


def _seal_suppressions(project: Project, target: str) -> str:
    """Add the plain suppressions to the encrypted file, and move the plain file away. Returns where it is now.

    A runner only has the encrypted file, so nothing may be suppressed in the plain one alone.
    """
    path = project.root / SUPPRESSIONS
    people = read_suppressions(path)
    if not people:
        raise UsageError(f"{SUPPRESSIONS} names nobody", hint="digest subscribers suppress ana@example.com")
    append_suppressions(project.root / target, people, file=target, environ=project.list_environ)
    copy = back_up_list(project, path)
    path.unlink()
    return copy


def edit_list(project: Project, name: str, edit: Callable[[str], str]) -> ListReading | None:
    """Change a list, encrypted or not. The new text is written only if it can be read as a list.

    Args:
        name: The list's file, relative to the newsletter's root.
        edit: Takes the text of the list, and returns the new one.

    Returns:
        The new list; None when nothing was changed.

    Raises:
        ListError: The list cannot be read, before or after the change; the file stays as it is.
        CredentialsError: The key is missing, or does not fit the list.
    """
    with lock_lists(project):
        before = read_list_text(project, name)
        after = edit(before)
        if after == before:
            return None
        reading = read_list(project.root, file="env:LIST", environ={"LIST": after})
        if holds_suppressions(name):
            read_suppressions(project.root, file="env:LIST", environ={"LIST": after})
        replace_list(project, name, after)
        return reading


def list_to_write(project: Project) -> str:
    """The first file of the audience, to which people are added.

    Raises:
        UsageError: The audience has no file.
    """
    files = [file for file in project.audience_config().files if not file.startswith("env:")]
    if not files:
        raise UsageError("the audience has no file to write to", hint="Name a file: --to subscribers/weekly.csv")
    return files[0]


def _secrets(project: Project) -> list[bytes]:
    return [project.secret(), *project.secrets.earlier()]


def _append(project: Project, people: Iterable[Suppression]) -> int:
    with lock_lists(project):
        file = suppressions_file(project.root)
        remaining = without_removed(project, people)
        return append_suppressions(project.root / file, remaining, file=file, environ=project.list_environ)
