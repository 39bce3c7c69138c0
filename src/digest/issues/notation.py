"""The small notations of issue.md: a heading that is a link, a title, a note in underscores, and how each is escaped.

Headlines and titles are plain text. In the file a backslash stands before what would end them; when they are read, a
backslash before any ASCII punctuation is taken off (CommonMark 0.31, section 2.4).
"""

from __future__ import annotations

import re

__all__ = [
    "one_line",
    "read_link",
    "read_title",
    "unwrap_note",
    "write_headline",
    "write_link",
    "write_note",
    "write_title",
]

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_OPENING = re.compile(r" {0,3}###[ \t]+\[")
_CLOSING_MARKS = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_ADDRESS_END = re.compile(r"\)[ \t]*(?:[ \t]#+[ \t]*)?$")
_ANGLE = re.compile(r"<((?:[^<>\\]|\\.)*)>[ \t]*(?:\"[^\"]*\"|'[^']*')?[ \t]*$", re.DOTALL)
_LINK_TITLE = re.compile(r"[ \t]+(?:\"[^\"]*\"|'[^']*')[ \t]*$")
_NEEDS_ANGLES = re.compile(r"[\s<>()\\\"']")
_BREAKS = re.compile(r"[\r\n]+")
#: An underscore that CommonMark can read as the beginning or the end of emphasis: one that is not inside a word.
_FLANKING = re.compile(r"(?<!\w)_|_(?!\w)")


def one_line(text: str) -> str:
    """``text`` on one line, spaces run together."""
    return " ".join(text.split())


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def read_title(words: str) -> str:
    """The title in a ``##`` heading, without the closing marks that Markdown allows."""
    return one_line(_unescape(_CLOSING_MARKS.sub("", words)))


def write_title(title: str) -> str:
    """A title as it stands after ``## ``."""
    text = one_line(title).replace("\\", "\\\\").replace("<!--", "\\<!--")
    return f"{text[:-1]}\\#" if text.endswith("#") else text


def read_link(line: str) -> tuple[str, str, tuple[int, int]] | None:
    """Headline and address of a ``### [Headline](address)`` line, and the span of the headline; None if it is none."""
    opening = _OPENING.match(line)
    if opening is None:
        return None
    end = _headline_end(line, opening.end())
    closing = _ADDRESS_END.search(line, end + 2) if end is not None else None
    if end is None or closing is None:
        return None
    address = line[end + 2 : closing.start()].strip(" \t")
    if address.startswith("<"):
        angle = _ANGLE.match(address)
        if angle is None:
            return None
        address = angle[1]
    else:
        address = _LINK_TITLE.sub("", address)
    return one_line(_unescape(line[opening.end() : end])), _unescape(address).strip(), (opening.end(), end)


def _headline_end(line: str, start: int) -> int | None:
    """The offset of the ``](`` that ends the headline: brackets in pairs belong to it, and so do escaped ones."""
    depth, at = 0, start
    while at < len(line):
        if line[at] == "\\":
            at += 1
        elif line[at] == "[":
            depth += 1
        elif line[at] == "]":
            if depth == 0:
                return at if line[at + 1 : at + 2] == "(" else None
            depth -= 1
        at += 1
    return None


def write_headline(headline: str) -> str:
    """A headline as it stands between the brackets."""
    return re.sub(r"[\[\]\\]", r"\\\g<0>", one_line(headline)).replace("<!--", "\\<!--")


def write_link(headline: str, url: str) -> str:
    """A story's heading. An address with spaces, brackets or quotes stands in ``<…>``."""
    address = _BREAKS.sub("", url).strip()
    if _NEEDS_ANGLES.search(address):
        address = "<" + re.sub(r"[<>\\]", r"\\\g<0>", address) + ">"
    return f"### [{write_headline(headline)}]({address})"


def _wraps(text: str) -> bool:
    return bool(text) and text == text.strip() and not text.endswith("\\") and not _FLANKING.search(text)


def _unwrap(text: str) -> str:
    if len(text) > 2 and text[0] == text[-1] == "_" and _wraps(text[1:-1]):
        return text[1:-1]
    return text


def unwrap_note(lines: list[str]) -> str:
    """The words of a paragraph that may stand in underscores, as a whole or line by line."""
    whole = "\n".join(lines)
    unwrapped = _unwrap(whole)
    return unwrapped if unwrapped != whole else "\n".join(map(_unwrap, lines))


def write_note(note: str) -> list[str]:
    """The lines of a note in underscores; words with emphasis of their own stand without them, in paragraphs."""
    lines = [line.strip() for line in note.splitlines() if line.strip()]
    if all(map(_wraps, lines)):
        return [f"_{line}_" for line in lines]
    spaced: list[str] = []
    for line in lines:
        spaced += [*([""] if spaced else []), f"_{line}_" if _wraps(line) else line]
    return spaced
