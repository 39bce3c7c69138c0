"""The few lines of TOML at the top of issue.md: subject and preheader, and the editor's own sponsor."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import IssueError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELDS", "FrontMatter", "read_front_matter"]

#: What `collect` proposes.
FIELDS = ("subject", "preheader")
_SPONSOR = "sponsor"
_KNOWN = (*FIELDS, _SPONSOR)
_FENCE = "+++"
_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
_KEY = re.compile(r"""\s*(?P<mark>["']?)(?P<key>[^\s"'=.\[\]]+)(?P=mark)\s*=\s*""")
_VALUE = re.compile(r'"(?!"")(?:[^"\\]|\\.)*"|' + r"'(?!'')[^']*'")
_POSITION = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontMatter:
    """What stands between the two lines of ``+++``.

    Attributes:
        values: ``subject`` and ``preheader``; empty where the file does not give them.
        sponsor: Markdown on one line; None where the file does not give it.
        lines: The line of each that is given, counted from 1.
        spans: Where the value of each stands in the text, quotes included; only for values on one line.
        close: The offset of the closing ``+++``; None when there is no front matter.
        body: The offset of the first line after it, and ``body_line`` its number.
    """

    values: Mapping[str, str]
    sponsor: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    close: int | None = None
    body: int = 0
    body_line: int = 1


def read_front_matter(text: str, *, file: str) -> FrontMatter:
    """Read the top of issue.md. Without ``+++`` on its first line there is none, and all values are empty.

    Raises:
        IssueError: It does not end, is not TOML, or holds an unknown key or something other than one line of text.
    """
    lines = list(_LINE.finditer(text))
    empty = dict.fromkeys(FIELDS, "")
    first = next((number for number, line in enumerate(lines) if line[1].strip("\ufeff \t")), None)
    if first is None or lines[first][1].strip("\ufeff \t") != _FENCE:
        return FrontMatter(values=empty, body=1 if text.startswith("\ufeff") else 0)
    last = next((n for n in range(first + 1, len(lines)) if lines[n][1].strip() == _FENCE), None)
    if last is None:
        raise IssueError(
            "the front matter begins here and never ends", place=Place(file, first + 1), hint="End it with a line +++."
        )
    inner = lines[first + 1 : last]
    values = _values("\n".join(line[1] for line in inner), file=file, before=first + 1)
    found, spans = _places(inner, before=first + 1)
    return FrontMatter(
        sponsor=values.pop(_SPONSOR, None),
        values=empty | values,
        lines=found,
        spans=spans,
        close=lines[last].start(),
        body=lines[last].end(),
        body_line=last + 2,
    )


def _values(source: str, *, file: str, before: int) -> dict[str, str]:
    try:
        table = tomllib.loads(source)
    except ValueError as error:  # also a number with too many digits
        position = _POSITION.search(str(error))
        line = int(position[1]) if position and position[1] else source.count("\n") + 1
        raise IssueError(
            f"this is not TOML: {_POSITION.sub('', str(error))}",
            place=Place(file, before + line),
            hint='Write it as subject = "Some words"; a quotation mark inside is written \\".',
        ) from None
    except RecursionError:
        raise IssueError("this is not a subject and a preheader", place=Place(file, before)) from None
    for key, value in table.items():
        place = Place(file, before + _line_of(source, key))
        if key not in _KNOWN:
            close = difflib.get_close_matches(key, _KNOWN, n=1, cutoff=0.5)
            hint = f"Did you mean {close[0]}?" if close else f"Known here: {', '.join(_KNOWN)}."
            raise IssueError(f"unknown key {key}", place=place, hint=hint)
        if not isinstance(value, str):
            raise IssueError(f"{key} is not text", place=place, hint=f'Write it in quotes: {key} = "Some words"')
        if len(value.splitlines()) > 1:
            raise IssueError(f"{key} has more than one line", place=place, hint="Make it one line.")
    return {key: " ".join(value.split()) for key, value in table.items()}


def _line_of(source: str, key: str) -> int:
    """The line that names ``key`` first, from 1; it may be a table's header."""
    lines = source.split("\n")
    named = re.compile(rf"""[\s\[]*["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((number for number, line in enumerate(lines, start=1) if named.match(line)), 1)


def _places(inner: list[re.Match[str]], *, before: int) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    lines: dict[str, int] = {}
    spans: dict[str, tuple[int, int]] = {}
    for number, line in enumerate(inner, start=before + 1):
        key = _KEY.match(line[1])
        if key is None or key["key"] not in _KNOWN or key["key"] in lines:
            continue
        lines[key["key"]] = number
        value = _VALUE.match(line[1], key.end())
        if value:
            spans[key["key"]] = (line.start() + value.start(), line.start() + value.end())
    return lines, spans
