"""What the words in other tools' exports mean: headers, status words, flags and file names. The words are data."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from dateutil import parser as date_parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "CellKind",
    "HeaderKind",
    "bounce_kind",
    "cell_date",
    "cell_kind",
    "file_status",
    "header_kind",
    "header_rank",
    "hints_at_leavers",
    "is_generic",
    "is_known",
    "is_list_of_channels",
    "is_schedule",
    "is_whole_status",
    "plain_words",
    "says_nothing_wanted",
    "status_of",
    "tool_words",
]

#: Of the reasons why somebody left, the first that a text names counts: a complaint is the gravest.
_REASONS = ("complaint", "hard_bounce", "invalid", "unsubscribed", "manual")
#: The roles of flags: a "no" in them means that somebody is not mailed.
_FLAGS = frozenset({"valid", "subscribed", "confirmed", "consent", "maybe"})
#: Letters that have no plain letter in Unicode's decomposition.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\N{LATIN SMALL LETTER DOTLESS I}": "i", "æ": "ae", "œ": "oe"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GAP = re.compile(r"[\W_]+")
_SYMBOLS = frozenset("✓✔☑✅○✗✘☐❌\N{MULTIPLICATION SIGN}")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}\b.*|\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b.*|\d{8}|\d{10}|\d{13}")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_WRITTEN_DATE = re.compile(r"(?=.*\d)(?=.*[^\W\d]).{6,40}")
#: RFC 3463: 5.1.x is the address, except 5.1.7 and 5.1.8, which blame the sender's; 5.2.1 is a disabled mailbox.
_DEAD_MAILBOX = re.compile(r"(?:\d{3}[ -])?5\.(?:1\.(?!7\b|8\b)\d{1,2}|2\.1)\b.*")
#: How tools write that there is no date: zeros, or the first day of a calendar.
_ZERO_DATE = re.compile(
    r"(?:0{2,4}\D0{2}\D0{2,4}|(?:1970|1900|0001)[-/.]0?1[-/.]0?1|0?1[-/.]0?1[-/.](?:1970|1900|0001))\b.*"
)
_FIRST_WORD_ENDS = re.compile(r"[,.;:!(-]|\N{EN DASH}|\N{EM DASH}")


class CellKind(Enum):
    """What one cell says by itself."""

    EMPTY = "empty"
    YES = "yes"
    NO = "no"
    DATE = "date"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class HeaderKind:
    """What a column is about, by its header.

    Attributes:
        role: email, name, first or last; status, maybe_status; left; subscribed, consent, confirmed, valid or maybe
            (flags); preference; hint; unknown; or other, for a column that is about something else.
        reason: Why its people left, or are not mailed, for a column about that.
        explains: Any text in it says that somebody left, as in "Unsubscribe reason".
        dated: The column holds dates, or may.
    """

    role: str
    reason: str = ""
    explains: bool = False
    dated: bool = False


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """A text in the form in which words are compared: no case, no accents, no punctuation; words apart by one space.

    ``OptOut``, ``opt-out`` and ``OPT_OUT`` are all "opt out"; "E-Mail" is "email".
    """
    folded = _CAMEL.sub(" ", text).casefold().translate(_LETTERS)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(letter))
    words = " ".join(_GAP.sub(" ", bare.replace("'", " ")).split())
    words = re.sub(r"\be mail", "email", words)
    return re.sub(r"\bopt(in|out|ed)", r"opt \1", words).replace("opt ed ", "opted ").replace("opt ed", "opted")


@lru_cache(maxsize=4096)
def cell_kind(text: str) -> CellKind:
    """What a cell says without its header: nothing, yes, no, a date, a number, or something else."""
    stripped = text.strip()
    if not stripped or _ZERO_DATE.fullmatch(stripped):
        return CellKind.EMPTY
    if stripped[0] in "+-" and _NUMBER.fullmatch(stripped):
        return CellKind.NUMBER  # a code, and no yes or no
    symbols = stripped in _SYMBOLS
    words = stripped if symbols else plain_words(stripped)
    cells = _cells()
    if not symbols and words in cells["empty"]:
        return CellKind.EMPTY
    return _yes_or_no(words) or _date_or_text(stripped)


def _yes_or_no(words: str) -> CellKind | None:
    first, *rest = words.split() or [""]
    if rest and _cells()["polite"].issuperset(rest):  # "Yes please"
        words = first
    return next((kind for kind in (CellKind.YES, CellKind.NO) if words in _cells()[kind.value]), None)


def _date_or_text(stripped: str) -> CellKind:
    if _DATE.fullmatch(stripped):
        return CellKind.DATE
    if _NUMBER.fullmatch(stripped):
        return CellKind.NUMBER
    if _WRITTEN_DATE.fullmatch(stripped) and cell_date(stripped) is not None:
        return CellKind.DATE
    start, *rest = _FIRST_WORD_ENDS.split(stripped, maxsplit=1)
    first = plain_words(start)
    if rest and len(first) > 1:  # "Yes, send me the newsletter"
        return _yes_or_no(first) or CellKind.TEXT
    return CellKind.TEXT


@lru_cache(maxsize=4096)
def cell_date(text: str) -> datetime | None:
    """The moment in a cell, if it is written in one of the usual ways."""
    if text.isdigit() and len(text) in {10, 13}:
        text = f"@{text[:10]}"
    try:
        moment = datetime.fromtimestamp(int(text[1:]), UTC) if text.startswith("@") else date_parser.parse(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def status_of(text: str, tool: tuple[tuple[str, str], ...] = ()) -> str:
    """What a status says: active, pending, the reason why somebody left, or nothing if the text is not understood.

    Args:
        text: The cell.
        tool: What words mean in the export of the tool that wrote it, from `tool_words`.
    """
    words = plain_words(text)
    if words in _cells()["other"]:
        return ""
    known = (meaning for meaning, same in _table("status").items() if words in same)
    meaning = dict(tool).get(words) or next(known, "")
    if not meaning and _DEAD_MAILBOX.fullmatch(text.strip()):
        meaning = "hard_bounce"
    if meaning:
        return meaning
    kind = cell_kind(text)
    if kind in {CellKind.YES, CellKind.NO}:
        return "active" if kind is CellKind.YES else "unsubscribed"
    is_spam = "spam" in words.split() and not set(words.split()) & _cells()["not"]
    return "complaint" if is_spam else _reason(words)


@lru_cache(maxsize=4096)
def header_kind(header: str) -> HeaderKind:
    """What a column is about, by its header."""
    words = plain_words(header)
    headers = _table("headers")
    if words in headers["other"] or _about_other_channel(words):
        return HeaderKind(role="other")
    for role in ("email", "name", "first", "last", "status", "maybe_status"):
        if words in headers[role]:
            return HeaderKind(role=role)
    return _flag_kind(words)


def header_rank(role: str, header: str) -> int:
    """How telling a header is for its role: 0 for the most usual one."""
    same: list[str] = [plain_words(word) for word in _data()["headers"][role]]
    return same.index(plain_words(header))


def bounce_kind(text: str) -> str:
    """What a cell in a file of bounces says: temporary, permanent, or nothing if it is about something else."""
    return next((kind for kind, same in _table("bounces").items() if plain_words(text) in same), "")


def is_known(text: str) -> bool:
    """Whether a text is a header of a subscriber's columns, or a status."""
    return header_kind(text).role in {"email", "name", "first", "last", "status", "maybe_status"} or is_whole_status(
        text
    )


def is_generic(text: str) -> bool:
    """Whether a status word also describes other things: an order can be paid, cancelled or new."""
    return plain_words(text) in _cells()["generic"]


def is_whole_status(text: str, tool: tuple[tuple[str, str], ...] = ()) -> bool:
    """Whether a text is a status and nothing else: "Bounced" is one, "Bounce Media GmbH" only holds one."""
    words = plain_words(text)
    exact = words in dict(tool) or any(words in same for same in _table("status").values())
    return exact or any(_pattern("left", reason).fullmatch(words) for reason in _REASONS)


def is_list_of_channels(text: str) -> str:
    """What a consent such as ``["email", "sms"]`` says: active, declined if email is not among them, or nothing."""
    words = plain_words(text).split()
    channels = _table("headers")["channels"] | {"email", "and"}
    if not words or not channels.issuperset(words):
        return ""
    return "active" if "email" in words else "declined"


def says_nothing_wanted(text: str) -> bool:
    """Whether somebody says that they want no email, where others say how often they do: "never", "none", "no"."""
    words = plain_words(text)
    return words in _cells()["nothing"] or (len(words) > 1 and words in _cells()["no"])


def hints_at_leavers(text: str) -> bool:
    """Whether a text may be about people who left, as "Former members"."""
    return _matches("headers", "hints", plain_words(text))


def is_schedule(text: str) -> bool:
    """Whether a text says how often somebody wants email."""
    return plain_words(text) in _cells()["schedule"]


def _flag_kind(words: str) -> HeaderKind:
    """The kind of a column that is neither part of a subscriber nor a plain status."""
    if _matches("headers", "counts", words) or _matches("headers", "affairs", words):
        return HeaderKind(role="other")
    dated = _matches("headers", "when", words)
    reason = _reason(words)
    if reason:
        return HeaderKind(role="left", reason=reason, explains=_matches("headers", "why", words), dated=dated)
    if _matches("flags", "waiting", words):
        return HeaderKind(role="left", reason="pending", dated=dated)
    affirmed = [word for word in words.split() if word not in _cells()["not"]]
    role = _flag_role(" ".join(affirmed))
    if role in _FLAGS and len(affirmed) < len(words.split()):  # as in "Not subscribed" or "No marketing emails"
        return HeaderKind(role="left", reason="declined", dated=dated)
    if role not in {"maybe", "maybe_status", "preference"} and _matches("headers", "evidence", words):
        role = "other"
    if _matches("flags", "maybe", words) and not _matches("flags", "agreement", words):
        role = "other" if role in _FLAGS and _matches("headers", "activity", words) else role
    return HeaderKind(role=role, dated=dated)


def _flag_role(words: str) -> str:
    if re.search(r"\b(status|state|statut|estado|stato|статус)\b", words):
        dated = _matches("headers", "when", words) or _matches("headers", "why", words)
        return "status" if _matches("headers", "subscription", words) and not dated else "maybe_status"
    for role in ("valid", "subscribed", "confirmed", "consent"):
        if _matches("flags", role, words):
            return role
    if _matches("headers", "preference", words):
        return "preference"
    if _matches("flags", "maybe", words):
        return "maybe"
    return "hint" if _matches("headers", "hints", words) else "unknown"


def tool_words(header: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The words that mean something else in the export of the tool that writes these columns."""
    names = {plain_words(column) for column in header}
    for tool in _data()["tools"]:
        if names.issuperset(tool["columns"]):
            return tuple(sorted(tool["words"].items()))
    return ()


def file_status(name: str) -> tuple[str, bool]:
    """What the name of a file says of all its people.

    Returns:
        A status, a reason why they left, or nothing; and whether a tool gives this name to such files, so that it is
        more than a hint.
    """
    stem = re.sub(r"\.\w{1,5}$", "", name.rpartition("/")[2])
    for entry in _data()["files"]:
        if re.search(entry["pattern"], stem.casefold()):
            return entry["status"], True
    words = plain_words(stem)
    reason = _reason(words)
    hinted = _matches("headers", "hints", words) or _matches("headers", "file_hints", words)
    return reason or ("pending" if hinted else ""), False


def _reason(words: str) -> str:
    """Why somebody left according to words that name it, unless they deny it, as "not unsubscribed" does."""
    for reason in _REASONS:
        match = _pattern("left", reason).search(words)
        if match:
            around = f"{words[: match.start()]} {words[match.end() :]}".split()
            return "" if set(around) & _cells()["not"] else reason
    return ""


def _about_other_channel(words: str) -> bool:
    return "email" not in words.split() and _matches("headers", "channels", words)


def _matches(table: str, key: str, words: str) -> bool:
    return _pattern(table, key).search(words) is not None


@cache
def _pattern(table: str, key: str) -> re.Pattern[str]:
    """One expression for all patterns of a list. The longest comes first, so that a phrase beats its first word."""
    patterns = sorted(_data()[table][key], key=len, reverse=True)
    return re.compile("|".join(_expression(pattern) for pattern in patterns))


def _expression(pattern: str) -> str:
    exact, body = pattern.startswith("="), pattern.removeprefix("=")
    start = r"(?<!\S)" + (r"\S*" if body.startswith("*") else "")
    words = re.escape(plain_words(body.strip("*")))
    end = (r"\S*" if body.endswith("*") else "") + r"(?!\S)"
    return rf"\A{words}\Z" if exact else f"{start}{words}{end}"


@cache
def _table(name: str) -> Mapping[str, frozenset[str]]:
    return {key: frozenset(plain_words(word) for word in words) for key, words in _data()[name].items()}


@cache
def _cells() -> Mapping[str, frozenset[str]]:
    cells = {key: frozenset(plain_words(word) for word in words) for key, words in _data()["cells"].items()}
    return cells | {key: cells[key] | (frozenset(_data()["cells"][key]) & _SYMBOLS) for key in ("yes", "no")}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("vocabulary.toml").read_text("utf-8"))
