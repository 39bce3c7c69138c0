"""A consent list: a CSV file with an ``email`` column."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.config.resources import shipped
from digest.errors import ListError, Place
from digest.mail import clean_value, normalise_address
from digest.models import ListProblem
from digest.subscribers.csv_rows import read_csv_table
from digest.subscribers.encryption import ENCRYPTED, decrypt_list
from digest.subscribers.packed_subscribers import PackedSubscribers, pack, pack_columns
from digest.subscribers.usual_rows import UsualRows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from digest.models import Subscriber
    from digest.subscribers.csv_rows import CsvTable, Row

__all__ = ["MAILABLE", "ListReading", "is_sample", "list_columns", "list_source", "read_list"]

#: The status of a row whose person may be mailed.
MAILABLE = frozenset({"", "active", "confirmed", "subscribed"})
_LEFT = frozenset({"pending", "unsubscribed"})
_NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class ListReading:
    """The content of a list.

    Attributes:
        subscribers: The people who can be mailed, in the order of the file. A person may occur twice.
        columns: The header, as written.
        left_out: How many rows are left out, by reason: "bad address", "pending", "unsubscribed", "unknown status",
            "bad row".
        problems: The rows that someone should fix.
        unsubscribed: The casefolded addresses of people who have left, according to this list.
    """

    file: str
    subscribers: Sequence[Subscriber]
    columns: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict, hash=False)
    problems: tuple[ListProblem, ...] = ()
    unsubscribed: frozenset[str] = frozenset()


def read_list(path: Path, *, file: str, environ: Mapping[str, str] = _NO_ENVIRONMENT) -> ListReading:
    """Read a list, row by row.

    Args:
        file: The path as configured, for messages, or ``env:NAME`` for a CSV in an environment variable. A name that
            ends in ``.age`` is an encrypted list.
        environ: The environment, with the key of encrypted lists in DIGEST_AGE_KEY.

    Raises:
        ListError: The file or the variable is missing, is not UTF-8, or has no ``email`` column. A bad row never
            raises.
        CredentialsError: The list is encrypted, and the key is missing or the wrong one.
    """
    with read_csv_table(list_source(path, file, environ), file=file) as table:
        reader = _Reader(file, table.header)
        reader.read(table)
    return reader.reading()


def list_columns(path: Path, *, file: str, environ: Mapping[str, str] = _NO_ENVIRONMENT) -> frozenset[str]:
    """The columns of a list, casefolded.

    Raises:
        ListError: The list is missing or damaged, cannot be read, or has no ``email`` column.
        CredentialsError: The list is encrypted, and the key is missing or the wrong one.
    """
    with read_csv_table(list_source(path, file, environ), file=file) as table:
        return frozenset(filter(None, (column.casefold() for column in table.header)))


def list_source(path: Path, file: str, environ: Mapping[str, str]) -> Path | str:
    """The source of a list for `read_csv_table`: its file, or its text if it is encrypted or in the environment.

    Raises:
        ListError: The list is missing or damaged, or cannot be read.
        CredentialsError: The list is encrypted, and the key is missing or the wrong one.
    """
    if file.endswith(ENCRYPTED):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise ListError(
                "the file does not exist", place=Place(file), hint="Create it: digest subscribers encrypt"
            ) from None
        except OSError as error:
            raise ListError(f"the file cannot be read: {error.strerror}", place=Place(file)) from None
        return decrypt_list(data, file=file, environ=environ)
    if not file.startswith("env:"):
        return path
    name = file.removeprefix("env:")
    if name not in environ:
        raise ListError(f"the variable {name} is not set", place=Place(file), hint=f"Put the CSV's text in {name}.")
    return environ[name]


def is_sample(subscribers: Sequence[Subscriber]) -> bool:
    """Whether these include everyone on the sample list, or are all on it."""
    sample = set(PackedSubscribers.of(read_list(shipped("subscribers/sample.csv"), file="").subscribers).folded())
    people = PackedSubscribers.of(subscribers)
    if len(sample.intersection(people.folded())) == len(sample):
        return True
    return bool(people) and all(address in sample for address in people.folded())


class _Reader:
    def __init__(self, file: str, header: list[str]) -> None:
        self._file = file
        self._header = header
        self._width = len(header)
        names = [column.casefold() for column in header]
        if names.count("email") != 1:
            missing = "there is no column called email" if "email" not in names else "two columns are called email"
            raise ListError(missing, place=Place(file, 1), hint="The first line names the columns: email,name,status")
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice:
            # A variable may hold anything, such as a password, if the configuration names the wrong one.
            twice = "the same" if file.startswith("env:") else twice
            raise ListError(f"two columns are called {twice}", place=Place(file, 1), hint="Rename one of them.")
        self._email = names.index("email")
        self._name = names.index("name") if "name" in names else None
        self._status = names.index("status") if "status" in names else None
        self._fields = [at for at, name in enumerate(names) if name and at not in {self._email, self._name}]
        self._records: list[str] = []
        self._left_out: Counter[str] = Counter()
        self._problems: list[ListProblem] = []
        self._unsubscribed: set[str] = set()

    def read(self, table: CsvTable) -> None:
        """Add all rows of a table."""
        UsualRows(
            table,
            email=self._email,
            name=self._name,
            status=self._status,
            fields=self._fields,
            statuses=MAILABLE,
            take_usual=self.take_usual,
            take=self.take,
        ).read()

    def take_usual(self, emails: Sequence[str], values: Sequence[Sequence[str]]) -> None:
        """Add rows to the subscribers, as `pack_columns` takes them."""
        self._records += pack_columns(emails, values, first=len(self._records))

    def take(self, row: Row) -> None:
        """Add a row to the subscribers, or to those left out, with the reason."""
        cells = row.cells
        width = self._width
        if row.problem or len(cells) != width:
            if row.problem or any(cells[width:]):
                more = (
                    f"it has {len(cells)} cells, but the header has {width}; a cell with a comma needs quotes around it"
                )
                self._refuse(row, "bad row", row.problem or more)
                return
            cells = cells + [""] * (width - len(cells))
        given = cells[self._email]
        if not given and not any(cells):
            return
        try:
            email = normalise_address(given)
        except ValueError:
            self._refuse(row, "bad address", "not an email address" if given else "there is no address")
            return
        status = cells[self._status].lower() if self._status is not None else ""
        if status in MAILABLE:
            if not row.plain:
                cells = [clean_value(cell) for cell in cells]
            name = cells[self._name] if self._name is not None else ""
            self._records.append(pack(email, name, [cells[at] for at in self._fields], row=len(self._records)))
        elif status in _LEFT:
            self._left_out[status] += 1
            if status == "unsubscribed":
                self._unsubscribed.add(email.casefold())
        else:
            known = ", ".join(sorted((MAILABLE | _LEFT) - {""}))
            self._refuse(row, "unknown status", f"the status is not one of {known}")

    def reading(self) -> ListReading:
        """The reading of all rows so far."""
        return ListReading(
            file=self._file,
            subscribers=PackedSubscribers(self._records, [[self._header[at] for at in self._fields]]),
            columns=tuple(self._header),
            left_out=dict(self._left_out),
            problems=tuple(self._problems),
            unsubscribed=frozenset(self._unsubscribed),
        )

    def _refuse(self, row: Row, reason: str, message: str) -> None:
        self._left_out[reason] += 1
        self._problems.append(ListProblem(place=Place(self._file, row.line), message=message))
