"""Identifies the columns of an export by their headers and their cells. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import ListError, Place
from digest.subscribers.imports.column_statements import (
    ColumnProfile,
    ColumnReader,
    looks_like_statuses,
    read_column,
)
from digest.subscribers.imports.pasted_addresses import address_and_name
from digest.subscribers.imports.vocabulary import HeaderKind, header_kind, header_rank, plain_words, tool_words
from digest.subscribers.inert_cells import restored_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from digest.subscribers.csv_rows import Row

__all__ = ["ExportColumns", "understand_columns"]

#: How many rows are sampled to find the column with the addresses.
_SAMPLE = 500
#: The share of its cells that must be addresses for a column without a clear header.
_MOSTLY = 0.6
#: Headers of addresses that belong to someone else, or are a person's second address.
_OTHER_ADDRESS = frozenset(
    [
        "owner",
        "referrer",
        "referred",
        "sender",
        "manager",
        "agent",
        "secondary",
        "second",
        "additional",
        "alternate",
        "alternative",
        "other",
        "work",
        "2",
        "3",
        "4",
        "5",
        "type",
        "label",
        "domain",
        "cc",
        "bcc",
        "reply",
    ]
)
_ROLES = ("name", "first", "last")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportColumns:
    """The columns of one table, identified.

    Attributes:
        labels: The header; "column 3" for one without a name.
        places: Where email, name, first and last are, counted from 0.
        readers: The columns that say who may be mailed.
        fields: The other columns, kept as they are.
        puzzles: The columns that speak of leaving or of consent in a way that is not understood, with examples.
        codes: Those of them that are called the status; the import asks about them whatever other columns say.
        decides: Whether any column says who may be mailed.
    """

    file: str
    labels: tuple[str, ...]
    has_header: bool
    places: Mapping[str, int]
    readers: tuple[tuple[int, ColumnReader], ...] = ()
    fields: tuple[int, ...] = ()
    puzzles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    decides: bool = False


def understand_columns(file: str, header: Sequence[str], open_rows: Callable[[], Iterator[Row]]) -> ExportColumns:
    """Identify the columns of a table by reading all of it.

    Raises:
        ListError: No column contains addresses, or it is unclear which one does.
    """
    sample = [row.cells for row, _ in zip(open_rows(), range(_SAMPLE), strict=False) if not row.problem]
    width = len(header) or max(map(len, sample), default=0)
    labels = tuple((restored_cell(header[at]) if at < len(header) else "") or f"column {at + 1}" for at in range(width))
    kinds = [header_kind(label) if header else HeaderKind(role="unnamed") for label in labels]
    places = {"email": _email_column(file, labels, kinds, sample, has_header=bool(header))}
    places |= _name_columns(labels, kinds, places["email"])
    kinds = [
        HeaderKind(role="other")
        if at in places.values()
        else HeaderKind(role="maybe")
        if kind.role == "email"
        else kind
        for at, kind in enumerate(kinds)
    ]
    profiles = {at: ColumnProfile() for at, kind in enumerate(kinds) if _may_say_something(kind, sample, at)}
    if profiles:
        _fill(profiles, (row.cells for row in open_rows() if not row.problem))
    tool = tool_words(header)
    readers, puzzles, codes = [], {}, set()
    for at, profile in profiles.items():
        reader = read_column(kinds[at], profile, tool=tool)
        if reader is None:
            continue
        if reader.puzzle:
            puzzles[labels[at]] = profile.examples
            codes |= {labels[at]} if reader.code else set()
        if reader.speaks:
            readers.append((at, reader))
    used = {*places.values(), *(at for at, _ in readers)}
    if not header:
        places |= _unnamed_name(labels, used, sample)
        puzzles |= {labels[at]: () for at in range(width) if at not in {*used, *places.values()}}
    return ExportColumns(
        file=file,
        labels=labels,
        has_header=bool(header),
        places=places,
        readers=tuple(readers),
        fields=tuple(_fields(header, {*used, *places.values()})),
        puzzles=puzzles,
        codes=frozenset(codes),
        decides=any(reader.decides for _, reader in readers),
    )


def _may_say_something(kind: HeaderKind, sample: Sequence[Sequence[str]], at: int) -> bool:
    if kind.role == "unknown":
        return looks_like_statuses(row[at] for row in sample if at < len(row))
    return kind.role != "other"


def _fill(profiles: Mapping[int, ColumnProfile], rows: Iterable[Sequence[str]]) -> None:
    for cells in rows:
        for at, profile in profiles.items():
            profile.add(cells[at] if at < len(cells) else "")


def _email_column(
    file: str, labels: Sequence[str], kinds: Sequence[HeaderKind], sample: Sequence[Sequence[str]], *, has_header: bool
) -> int:
    """The position of the addresses: of the columns that contain addresses, the one with the clearest header."""
    shares = [_share_of_addresses(sample, at) for at in range(len(labels))]
    named = sorted((header_rank("email", labels[at]), at) for at, kind in enumerate(kinds) if kind.role == "email")
    for _, at in named:
        if shares[at] or not sample:
            return at
    candidates = [at for at, share in enumerate(shares) if share >= _MOSTLY]
    if has_header and len(candidates) > 1:
        own = [at for at in candidates if not _OTHER_ADDRESS & set(plain_words(labels[at]).split())]
        telling = [at for at in own if "email" in plain_words(labels[at]).split()]
        candidates = telling or own or candidates
    if len(candidates) == 1:
        return candidates[0]
    if named:
        return named[0][1]
    if candidates:
        places = " and ".join(repr(labels[at]) for at in candidates[:3])
        raise ListError(f"{places} both hold addresses", place=Place(file, 1), hint="Call the right one email.")
    raise ListError(
        "no column looks like addresses", place=Place(file, 1), hint="Rename the column with the addresses to email."
    )


def _share_of_addresses(sample: Sequence[Sequence[str]], at: int) -> float:
    cells = [row[at] for row in sample if at < len(row) and row[at]]
    return sum("@" in cell and bool(address_and_name(cell)[0]) for cell in cells) / len(cells) if cells else 0


def _name_columns(labels: Sequence[str], kinds: Sequence[HeaderKind], email: int) -> dict[str, int]:
    places = {}
    for role in _ROLES:
        named = sorted(
            (header_rank(role, labels[at]), at) for at, kind in enumerate(kinds) if kind.role == role and at != email
        )
        if named:
            places[role] = named[0][1]
    return places


def _unnamed_name(labels: Sequence[str], used: set[int], sample: Sequence[Sequence[str]]) -> dict[str, int]:
    """If there is only one column of words besides the address, it is the name."""
    others = [at for at in range(len(labels)) if at not in used]
    worded = all(
        any(letter.isalpha() for letter in row[others[0]])
        for row in sample
        if others and row[others[0] :][:1] != [""] and len(row) > others[0]
    )
    return {"name": others[0]} if len(others) == 1 and worded else {}


def _fields(header: Sequence[str], used: set[int]) -> Iterator[int]:
    """The columns that are kept unchanged. Of names that differ only in case, the first is kept."""
    seen = {"email", "name", "status", ""}
    for at, column in enumerate(header):
        if at not in used and column.casefold() not in seen:
            seen.add(column.casefold())
            yield at
