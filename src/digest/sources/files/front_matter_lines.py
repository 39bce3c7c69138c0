"""Read the lines of front matter: as much of YAML as people write there, and headlines that would break YAML. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["key_of_line", "read_front_matter_lines", "value_of_text"]

_PAIR = re.compile(r"(?P<quote>[\"']?)(?P<key>[^\W\d_][\w .-]{0,60}?)(?P=quote)[ \t]*:(?P<value>.*)")
#: The beginning of a block scalar: https://yaml.org/spec/1.2.2/#81-block-scalar-styles
_BLOCK = re.compile(r"(?P<style>[|>])(?:[+-]?\d?|\d[+-])[ \t]*(?:#.*)?")
_NODE = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t]+)+")  # an anchor or a type before a value
#: A comment. "We are #1" has none, though YAML says so.
_COMMENT = re.compile(r"[ \t]#(?=[ \t]|$).*$")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"[ \t]*(?:#.*)?')
_SINGLE = re.compile(r"'((?:[^']|'')*)'[ \t]*(?:#.*)?")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")
_BREAKS = {"n": " ", "t": " ", "r": " ", "_": "\u00a0", "N": " "}


def read_front_matter_lines(lines: Sequence[str]) -> dict[str, Any]:
    """Return the values by key, in lower case: a text, a list of texts, or a table of them.

    What is nested deeper is not read. Lines that are neither a key nor part of a value are passed over.
    """
    values: dict[str, Any] = {}
    outer = next((_indent(line) for line in lines if line.strip()), 0)
    number = 0
    while number < len(lines):
        line = lines[number]
        pair = key_of_line(line.strip()) if _indent(line) <= outer else None
        number += 1
        if pair is None:
            continue
        key, value = pair
        end = number
        while end < len(lines) and _continues(lines[end], outer, listed=not value):
            end += 1
        values[key] = _value(value, [each for each in lines[number:end] if each.strip()], lines[number:end])
        number = end
    return values


def key_of_line(line: str) -> tuple[str, str] | None:
    """Return the key, in lower case, and the value of a line such as "Title: The mill closes"; None for any other."""
    pair = _PAIR.fullmatch(line)
    return (pair["key"].strip().lower(), pair["value"].strip()) if pair else None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _continues(line: str, outer: int, *, listed: bool) -> bool:
    return not line.strip() or _indent(line) > outer or (listed and line.lstrip().startswith("- "))


def _value(first: str, below: Sequence[str], raw: Sequence[str]) -> Any:
    """Read a value: what stands behind its key, and the lines below it."""
    first = _NODE.sub("", f"{first} ", count=1).strip() if first[:1] in {"&", "!"} else first
    if first and (block := _BLOCK.fullmatch(first)):
        return ("\n" if block["style"] == "|" else " ").join(line.strip() for line in raw).strip()
    if first and not first.startswith("#"):
        return value_of_text(" ".join((first, *(line.strip() for line in below))))
    if any(line.lstrip().startswith("- ") for line in below):
        return _items(below)
    pairs = [pair for line in below if _indent(line) == _indent(below[0]) and (pair := key_of_line(line.strip()))]
    return {key: value_of_text(value) for key, value in pairs} or value_of_text(" ".join(map(str.strip, below)))


def _items(lines: Sequence[str]) -> list[Any]:
    """The items of a list. One that is a table gives its name."""
    items: list[Any] = []
    for line in lines:
        text = line.strip()
        if text.startswith("- "):
            text = text[2:].strip()
            pair = key_of_line(text)
            items.append({pair[0]: value_of_text(pair[1])} if pair and pair[1] else value_of_text(text))
        elif items and isinstance(items[-1], dict) and (pair := key_of_line(text)):
            items[-1].setdefault(pair[0], value_of_text(pair[1]))
    return items


def value_of_text(text: str) -> Any:
    """Return a list that is written in brackets as a list, and any other value as a text without quotation marks."""
    text = text.strip()
    if text[:1] not in {'"', "'"}:
        text = _COMMENT.sub("", f" {text}").strip()
    if text.startswith("[") and text.endswith("]"):
        return [_unquoted(part) for part in text[1:-1].split(",")]
    return _unquoted(text)


def _unquoted(text: str) -> str:
    text = text.strip()
    mark = text[:1]
    if mark not in {'"', "'"}:
        return text
    whole = (_DOUBLE if mark == '"' else _SINGLE).fullmatch(text)
    if whole is None:  # a headline that begins with a quotation, or has marks inside of its own
        return text[1:-1].replace(f"\\{mark}", mark).strip() if len(text) > 1 and text[-1] == mark else text
    inner = whole[1]
    return (_ESCAPE.sub(_character, inner) if mark == '"' else inner.replace("''", "'").replace("\\'", "'")).strip()


def _character(escape: re.Match[str]) -> str:
    if digits := escape[1] or escape[2]:
        return chr(int(digits, 16))
    return _BREAKS.get(escape[3], escape[3])
