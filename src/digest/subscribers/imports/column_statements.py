"""Interprets the cells of a column: whether a person may be mailed, has left, or never confirmed. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.subscribers.imports.vocabulary import (
    CellKind,
    HeaderKind,
    cell_date,
    cell_kind,
    hints_at_leavers,
    is_generic,
    is_list_of_channels,
    is_schedule,
    is_whole_status,
    plain_words,
    says_nothing_wanted,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

__all__ = [
    "REASONS",
    "ColumnProfile",
    "ColumnReader",
    "ColumnStatement",
    "gravest",
    "looks_like_statuses",
    "read_column",
]

#: Reasons for leaving, the most serious first.
REASONS = ("complaint", "hard_bounce", "invalid", "unsubscribed", "manual")
#: Statuses of a row, the most serious first. An "unconfirmed", which is only a missing date, yields to an explicit
#: "active".
_GRAVITY = (*REASONS, "declined", "pending", "unknown", "active", "unconfirmed", "")
#: What "no" means in a flag.
_NO = {
    "valid": "invalid",
    "subscribed": "unsubscribed",
    "consent": "declined",
    "confirmed": "pending",
    "maybe": "declined",
}
#: Shorter words of the Latin alphabet are as likely abbreviations: OK is also Oklahoma.
_SHORT = 3
_MAJORITY = 0.5
_FEW_WORDS = 12
#: So many different texts of a column are kept; one with more is a date, or free text.
_MOST_TEXTS = 300


@dataclass(slots=True)
class ColumnProfile:
    """Statistics about the cells of one column in the whole file.

    Attributes:
        kinds: How many cells are empty, a yes, a no, a date, a number or text.
        texts: The different cells that are neither empty nor dates, with the number of each; the first few hundred.
        refusals: The different cells such as "never" and "none".
    """

    kinds: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, None] = field(default_factory=dict)

    def add(self, cell: str) -> None:
        """Count one cell."""
        kind = cell_kind(cell).value
        self.kinds[kind] += 1
        if kind not in {"empty", "date"} and (cell in self.texts or len(self.texts) < _MOST_TEXTS):
            self.texts[cell] += 1
        if cell and kind in {"empty", "no", "text"} and says_nothing_wanted(cell):
            self.refusals[cell] = None

    @property
    def examples(self) -> tuple[str, ...]:
        """A few of the cells, for messages."""
        return tuple({**self.refusals, **self.texts})[:3]


@dataclass(frozen=True, slots=True)
class ColumnStatement:
    """The meaning of one cell.

    Attributes:
        status: active, pending, declined, unconfirmed, unknown, a reason for leaving, or empty.
        left_at: When the person left.
        agreed_at: When the person agreed.
    """

    status: str = ""
    left_at: datetime | None = None
    agreed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ColumnReader:
    """How the cells of a column are read.

    Attributes:
        kind: The subject of the column, from its header.
        meanings: The meaning of each cell, by its text.
        empty: The meaning of an empty cell.
        speaks: Whether its cells say anything about their rows.
        decides: Whether it says who may be mailed.
        puzzle: Whether it seems to say who may be mailed, in a way that is not understood.
        code: Whether it is a status in codes, which no other column can replace.
    """

    kind: HeaderKind
    tool: tuple[tuple[str, str], ...] = ()
    empty: str = ""
    flag: bool = False
    speaks: bool = True
    decides: bool = True
    puzzle: bool = False
    code: bool = False
    _cache: dict[str, ColumnStatement] = field(default_factory=dict, compare=False, repr=False)

    def read(self, cell: str) -> ColumnStatement:
        """The meaning of a cell."""
        statement = self._cache.get(cell)
        if statement is None:
            statement = self._read(cell)
            if len(self._cache) < 2000:
                self._cache[cell] = statement
        return statement

    def _read(self, cell: str) -> ColumnStatement:
        kind, role = cell_kind(cell), self.kind.role
        if role in {"preference", "partial"}:
            read = _preference_status if role == "preference" else _leaving_status
            return ColumnStatement(read(cell, self.tool))
        if kind is CellKind.EMPTY:
            return ColumnStatement(self.empty)
        if role == "left":
            return _left_statement(self.kind, kind, cell, self.tool)
        if role == "status":
            return ColumnStatement(status_of(cell, self.tool) or "unknown")
        if kind is CellKind.DATE:
            return ColumnStatement("active" if self.flag else "", agreed_at=cell_date(cell))
        return ColumnStatement(self._flag_status(kind, cell) if self.flag else "")

    def _flag_status(self, kind: CellKind, cell: str) -> str:
        if kind is CellKind.YES:
            return "active"
        if kind is CellKind.NO:
            return _NO[self.kind.role]
        return is_list_of_channels(cell) or status_of(cell, self.tool) or "unknown"


def _left_statement(
    column: HeaderKind, kind: CellKind, cell: str, tool: tuple[tuple[str, str], ...]
) -> ColumnStatement:
    if kind is CellKind.NO:
        return ColumnStatement()
    if kind is CellKind.YES:
        return ColumnStatement(column.reason)
    if kind is CellKind.DATE:
        return ColumnStatement(column.reason, left_at=cell_date(cell))
    status = status_of(cell, tool)
    if column.explains:
        return ColumnStatement(gravest((column.reason, status if status in REASONS else "")))
    return ColumnStatement(status or "unknown")


def _preference_status(cell: str, tool: tuple[tuple[str, str], ...]) -> str:
    """Somebody who wants no email is not mailed. How often the others want it says nothing."""
    status = status_of(cell, tool)
    if status in REASONS and not is_generic(cell):
        return "declined" if cell_kind(cell) is CellKind.NO else status
    return "declined" if says_nothing_wanted(cell) else ""


def _leaving_status(cell: str, tool: tuple[tuple[str, str], ...]) -> str:
    """The status of somebody who is not mailed, in a column of which only some words are understood."""
    if cell_kind(cell) is not CellKind.TEXT or is_generic(cell) or not is_whole_status(cell, tool):
        return ""
    status = status_of(cell, tool)
    return status if status in {*REASONS, "pending"} else ""


def gravest(statuses: Iterable[str]) -> str:
    """The status that counts if there are several: the most serious."""
    return min(statuses, key=_GRAVITY.index, default="")


def read_column(kind: HeaderKind, profile: ColumnProfile, *, tool: tuple[tuple[str, str], ...]) -> ColumnReader | None:
    """How to read a column, by its header and all its cells.

    Returns:
        None for a column that says nothing about who may be mailed.
    """
    if kind.role == "hint":
        filled = sum(profile.kinds.values()) - profile.kinds["empty"] - profile.kinds["no"]
        return ColumnReader(kind=kind, speaks=False, puzzle=filled > 0)
    read = _READERS.get(kind.role)
    if kind.role == "unknown" and profile.refusals and any(map(is_schedule, profile.texts)):
        read = _preference_reader
    return read(kind, profile, tool) if read else None


def _status_reader(kind: HeaderKind, profile: ColumnProfile, tool: tuple[tuple[str, str], ...]) -> ColumnReader:
    if profile.texts and _only_digits(profile):
        # 0, 1, 2 and 3 are states whose meaning only the tool knows. One that all people have tells nobody apart.
        code = len(profile.texts) > 1
        return ColumnReader(kind=kind, speaks=False, decides=False, puzzle=True, code=code)
    if any(_is_letter(text) and not status_of(text, tool) for text in profile.texts):
        # Letters are as little known, even if one of them is short for "yes" somewhere.
        return ColumnReader(kind=kind, speaks=False, decides=False, puzzle=True, code=True)
    puzzle = bool(profile.texts) and not any(status_of(text, tool) for text in profile.texts)
    return ColumnReader(kind=kind, tool=tool, puzzle=puzzle, decides=not puzzle and bool(profile.texts))


def _is_letter(text: str) -> bool:
    return len(text.strip()) == 1 and text.strip().isascii() and text.strip().isalpha()


def _only_digits(profile: ColumnProfile) -> bool:
    return all(text.strip().isdigit() for text in profile.texts)


def _maybe_status_reader(
    kind: HeaderKind, profile: ColumnProfile, tool: tuple[tuple[str, str], ...]
) -> ColumnReader | None:
    texts = [text for text in profile.texts if cell_kind(text) is CellKind.TEXT and not _is_short(text)]
    understood = [text for text in texts if is_whole_status(text, tool)]
    telling = [text for text in understood if not is_generic(text)]
    enough = len(understood) > len(profile.texts) * _MAJORITY
    if kind.role != "maybe_status":
        enough = len(understood) == len(profile.texts)
    if telling and enough and not profile.kinds["date"]:
        return ColumnReader(kind=HeaderKind(role="status"), tool=tool)
    # Notes may say that somebody left, among other things, and a status may be in a language that is not known.
    hinted = any(status_of(text, tool) == "unsubscribed" and not is_generic(text) for text in texts)
    if kind.role == "maybe_status" and (hinted or telling or any(map(hints_at_leavers, texts))):
        return ColumnReader(kind=HeaderKind(role="partial"), tool=tool, decides=False, puzzle=True)
    return ColumnReader(kind=kind, speaks=False, decides=False, puzzle=True) if hinted else None


def _is_short(text: str) -> bool:
    words = plain_words(text)
    return len(words) <= _SHORT and words.isascii()


def _preference_reader(
    kind: HeaderKind, profile: ColumnProfile, tool: tuple[tuple[str, str], ...]
) -> ColumnReader | None:
    if not profile.refusals:
        return _maybe_status_reader(kind, profile, tool)
    return ColumnReader(kind=HeaderKind(role="preference"), tool=tool, decides=False, puzzle=True)


def _left_reader(kind: HeaderKind, profile: ColumnProfile, tool: tuple[tuple[str, str], ...]) -> ColumnReader:
    kinds = profile.kinds
    counts = kinds["number"] and not kind.explains
    texts = [text for text in profile.texts if cell_kind(text) is CellKind.TEXT]
    strange = texts and not kind.explains and not any(status_of(text, tool) for text in texts)
    clear = kinds["yes"] + kinds["no"] + kinds["date"]
    if counts or (strange and not clear):
        return ColumnReader(kind=kind, speaks=False, puzzle=True)
    return ColumnReader(kind=kind, tool=tool, puzzle=bool(strange))


def _flag_reader(kind: HeaderKind, profile: ColumnProfile, tool: tuple[tuple[str, str], ...]) -> ColumnReader | None:
    kinds = profile.kinds
    filled = sum(kinds.values()) - kinds["empty"]
    strong = kind.role != "maybe" and not kind.dated
    if not filled:
        # A consent that nobody has given, unless it is only a missing date.
        puzzle = strong and kind.role == "consent" and bool(kinds["empty"])
        return ColumnReader(kind=kind, speaks=False, puzzle=True) if puzzle else None
    if kinds["date"] == filled:
        missing = "unconfirmed" if kind.role == "confirmed" or (kind.role == "consent" and strong) else ""
        return ColumnReader(kind=kind, empty=missing, decides=bool(missing) and bool(kinds["empty"]))
    texts = [text for text in profile.texts if cell_kind(text) in {CellKind.TEXT, CellKind.NUMBER}]
    # Numbers are codes whose meaning only the tool knows.
    coded = any(cell_kind(text) is CellKind.NUMBER for text in texts)
    understood = [text for text in texts if is_list_of_channels(text) or status_of(text, tool)]
    clear = bool(kinds["yes"] + kinds["no"] + kinds["date"])
    telling = any(not is_generic(text) for text in understood)
    if len(understood) == len(texts) and (clear or telling):
        return ColumnReader(kind=kind, tool=tool, flag=True, empty="pending" if clear or strong else "")
    if not strong:
        return _preference_reader(kind, profile, tool) if profile.refusals and not kind.dated else None
    if (clear or understood) and not coded:
        return ColumnReader(kind=kind, tool=tool, flag=True, empty="pending", puzzle=True)
    return ColumnReader(kind=kind, speaks=False, puzzle=True)


def looks_like_statuses(cells: Iterable[str]) -> bool:
    """Whether a column whose header tells nothing may hold statuses: few different words, and a telling one."""
    texts = set(filter(None, cells))
    if len(texts) > _FEW_WORDS:
        return False
    return (any(map(says_nothing_wanted, texts)) and any(map(is_schedule, texts))) or any(
        cell_kind(text) is CellKind.TEXT and not _is_short(text) and status_of(text) and not is_generic(text)
        for text in texts
    )


_READERS: Mapping[str, Callable[[HeaderKind, ColumnProfile, tuple[tuple[str, str], ...]], ColumnReader | None]] = {
    "status": _status_reader,
    "maybe_status": _maybe_status_reader,
    "unnamed": _maybe_status_reader,
    "unknown": _maybe_status_reader,
    "left": _left_reader,
    "preference": _preference_reader,
    **dict.fromkeys(("valid", "subscribed", "consent", "confirmed", "maybe"), _flag_reader),
}
