"""What the ledger has of the newsletter's own suppressions, so that an older copy of their file is noticed.

The file can be encrypted and committed, and whoever may push can put an earlier version back, without any key. Each
live send therefore records the suppressions by keyed hash. Whoever is missing from the file later is left out all the
same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.delivery.recipients import AudienceIndex, remove_suppressed, split_keys
from digest.subscribers import SUPPRESSION_FILES, read_suppressions, suppression_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from digest.delivery import Ledger
    from digest.models import Audience, Suppression
    from digest.project import Project, Session

__all__ = ["forgotten_suppressions", "record_suppressions", "suppressed_audiences", "without_forgotten"]


def record_suppressions(project: Project, ledger: Ledger) -> None:
    """Record the newsletter's own suppressions in the ledger. Raises as `Project.own_suppressions`, and LedgerError."""
    ledger.keep_own(_own_reasons(project, ledger.keys_of))


def forgotten_suppressions(session: Session) -> Mapping[bytes, str]:
    """The suppressions of an earlier send that the newsletter's file no longer has: the reason, by keyed hash."""
    if session.ledger is None or not session.ledger.own_suppressions:
        return {}
    own = _own_reasons(session.project, session.ledger.keys_of)
    return {key: reason for key, reason in session.ledger.own_suppressions.items() if key not in own}


def without_forgotten(session: Session, audience: Audience, forgotten: Mapping[bytes, str]) -> Audience:
    """An audience without those who left this audience alone, and are missing from the file.

    Who left all audiences is left out by the ledger's own suppressions.

    Args:
        forgotten: As `forgotten_suppressions` returns it.
    """
    ledger = session.ledger
    if ledger is None or not forgotten:
        return audience

    def keys_of(folded: Iterable[str]) -> bytes:
        return ledger.keys_of(suppression_identity(address, audience.name) for address in folded)

    return remove_suppressed(audience, AudienceIndex(audience.subscribers, keys_of), forgotten)[0]


def suppressed_audiences(project: Project, email: str) -> set[str]:
    """The audiences for which an address may be suppressed alone: today's, and those that its rows name."""
    rows = {each.audience for each in _written(project) if each.email.casefold() == email.casefold()}
    return {*project.config.audiences, *rows} - {""}


def _own_reasons(project: Project, keys_of: Callable[[Iterable[str]], bytes]) -> dict[bytes, str]:
    rows = _written(project)
    keys = split_keys(keys_of(suppression_identity(each.email, each.audience) for each in rows))
    return {key: each.reason.value for key, each in zip(keys, rows, strict=True)}


def _written(project: Project) -> list[Suppression]:
    """The rows as they are written: with audiences that no longer exist."""
    return [
        suppression
        for file in SUPPRESSION_FILES
        for suppression in read_suppressions(project.root / file, file=file, environ=project.list_environ)
    ]
