"""`subscribers export --all`: everybody in an audience's lists and in its suppressions, with a status."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from digest.delivery.stores.person_history import REMOVED
from digest.subscribers import inert_cell
from digest.subscribers.list_records import read_records
from digest.subscribers.lists import MAILABLE
from digest.workflow.people.person_lookup import read_list_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.project import Session

__all__ = ["export_everybody"]

_OWN_COLUMNS = frozenset({"email", "name", "status"})
#: The status for these reasons, in a word that an import understands.
_STATUSES = {"manual": "suppressed", REMOVED: "suppressed"}
#: Of two rows about one person, the later of these decides.
_GRAVITY = ("active", "pending", "unsubscribed")


def export_everybody(session: Session, name: str | None = None) -> tuple[str, int, int]:
    """Everybody as CSV text: email, name, status, and all other columns.

    The status is ``active``, ``pending``, ``unsubscribed``, another word of the list, or the reason of a suppression.
    ``where`` selects nobody here. `subscribers import` reads the text back with every status.

    Returns:
        The text, the number of people, and the number of rows without an address, which are left out.

    Raises:
        ConfigError: There is no such audience.
        ListError: A list cannot be read.
    """
    project = session.project
    name = name or project.config.delivery.audience
    session.audience(name)  # refuses an unknown audience, and reads the lists with all their rules
    people: dict[str, dict[str, str]] = {}
    columns: dict[str, str] = {}
    left_out = 0
    for file in project.config.audiences[name].files:
        text = read_list_of(project, file)
        for record in read_records(text, file=file) if text.strip() else ():
            if not record.email:
                left_out += 1
                continue
            fields = {column.casefold(): cell for column, cell in record.fields.items()}
            for column in record.fields:
                if column.casefold() not in _OWN_COLUMNS:
                    columns.setdefault(column.casefold(), column)
            status = "active" if record.status in MAILABLE else record.status
            person = people.setdefault(record.email.casefold(), {**fields, "email": record.email, "status": status})
            person["status"] = max(person["status"], status, key=_gravity)
    for folded, (email, reason) in _suppressions(session, name, people).items():
        people.setdefault(folded, {"email": email})["status"] = reason
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(inert_cell, ("email", "name", "status", *columns.values())))
    for folded in sorted(people):
        person = people[folded]
        writer.writerow([inert_cell(person.get(column, "")) for column in ("email", "name", "status", *columns)])
    return buffer.getvalue(), len(people), left_out


def _gravity(status: str) -> int:
    return _GRAVITY.index(status) if status in _GRAVITY else len(_GRAVITY)


def _suppressions(session: Session, audience: str, people: Mapping[str, object]) -> dict[str, tuple[str, str]]:
    """Address and reason of each suppression, by casefolded address: the newsletter's own, and the ledger's."""
    reasons = {
        each.email.casefold(): (each.email, _STATUSES.get(each.reason.value, each.reason.value))
        for each in session.suppressions
        if each.audience in {"", audience}
    }
    if not session.project.ledger_out_of_reach and session.ledger is not None:
        for folded in people:
            reason = session.ledger.suppressions.get(session.ledger.keys_of((folded,)))
            if reason is not None and folded not in reasons:
                reasons[folded] = (folded, _STATUSES.get(reason, reason))
    return reasons
