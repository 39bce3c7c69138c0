"""TOML as text (https://toml.io/en/v1.0.0): where a key is, and how a value is written.

The standard library only reads TOML, and keeps no positions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["toml_line", "toml_problem", "toml_string"]

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t"}


def toml_string(value: str) -> str:
    """``value`` as a basic string."""
    escaped = "".join(
        _ESCAPES.get(letter) or (letter if letter >= " " and letter != "\x7f" else f"\\u{ord(letter):04x}")
        for letter in value
    )
    return f'"{escaped}"'


def toml_problem(error: ValueError, text: str) -> tuple[str, int]:
    """What `tomllib` says is wrong with ``text``, without its position, and the line, counted from 1."""
    message = str(error)
    position = _POSITION.search(message)
    line = int(position[1]) if position and position[1] else text.count("\n") + 1
    return _POSITION.sub("", message), line


def toml_line(text: str, path: Sequence[int | str]) -> int | None:
    """The line of a key, found by reading headers and keys; tomllib keeps no positions."""
    names = [str(part) for part in path if isinstance(part, str)]
    index = next((part for part in path if isinstance(part, int)), None)
    best: int | None = None
    table: list[str] = []
    seen: dict[str, int] = {}
    matched = 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if header := re.match(r"\[\[?\s*([^\]]+?)\s*\]", line):
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            if line.startswith("[["):
                seen[header[1]] = seen.get(header[1], -1) + 1
            if index is not None and seen.get(header[1], index) != index:
                table = ["\0"]  # another element of the same list
            here = table
        elif key := re.match(r"([A-Za-z0-9_\"'.-]+)\s*=", line):
            here = [*table, *(part.strip("\"'") for part in key[1].split("."))]
        else:
            continue
        if here == names[: len(here)] and len(here) > matched:
            best, matched = number, len(here)
    return best
