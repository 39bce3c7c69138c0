"""The small notations of issue.md: a heading that is a link, a title, a note in underscores, and who else reported it.

Headlines, titles and names are plain text. In the file a backslash stands before what would end them; when they are
read, a backslash before any ASCII punctuation is taken off (CommonMark 0.31, section 2.4).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from digest.models import Mention, unescape_inline

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "one_line",
    "read_link",
    "read_mentions",
    "read_title",
    "unwrap_note",
    "write_headline",
    "write_link",
    "write_mentions",
    "write_note",
    "write_title",
]

_OPENING = re.compile(r" {0,3}###[ \t]+\[")
_CLOSING_MARKS = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_ADDRESS_END = re.compile(r"\)[ \t]*(?:[ \t]#+[ \t]*)?$")
_ANGLE = re.compile(r"<((?:[^<>\\]|\\.)*)>[ \t]*(?:\"[^\"]*\"|'[^']*')?[ \t]*$", re.DOTALL)
_LINK_TITLE = re.compile(r"[ \t]+(?:\"[^\"]*\"|'[^']*')[ \t]*$")
_NEEDS_ANGLES = re.compile(r"[\s<>()\\\"']")
_BREAKS = re.compile(r"[\r\n]+")
#: An underscore that CommonMark can read as the beginning or the end of emphasis: one that is not inside a word.
_FLANKING = re.compile(r"(?<!\w)_|_(?!\w)")
_ALSO = re.compile(r"also\s+reported\s+by(?:\s*:)?\s*(?=\[)", re.IGNORECASE)
#: What may follow ``](``: an address in angles, or one without white space whose brackets stand in pairs, and a title.
_TARGET = re.compile(
    r"\([ \t]*(?:<(?P<angle>[^<>\\]*+(?:\\.[^<>\\]*+)*)>"
    r"|(?P<bare>(?!<)(?:[^\s()\\]++|\\.|\((?:[^\s()\\]++|\\.|\([^\s()]*+\))*\))+))"
    r"(?:[ \t]++(?:\"[^\"]*\"|'[^']*')?)?[ \t]*+\)"
)
_BETWEEN = re.compile(r"\s*[·,;]\s*(?:and\s+)?(?=\[)|\s+and\s+(?=\[)")


def one_line(text: str) -> str:
    """``text`` on one line, spaces run together."""
    return " ".join(text.split())


def read_title(words: str) -> str:
    """The title in a ``##`` heading, without the closing marks that Markdown allows."""
    return one_line(unescape_inline(_CLOSING_MARKS.sub("", words)))


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
    return one_line(unescape_inline(line[opening.end() : end])), unescape_inline(address).strip(), (opening.end(), end)


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
    return f"### {_inline_link(headline, url)}"


def _inline_link(words: str, url: str) -> str:
    address = _BREAKS.sub("", url).strip()
    if _NEEDS_ANGLES.search(address):
        address = "<" + re.sub(r"[<>\\]", r"\\\g<0>", address) + ">"
    return f"[{write_headline(words)}]({address})"


def read_mentions(lines: Sequence[str]) -> tuple[Mention, ...]:
    """The links of a paragraph that says "Also reported by" and nothing else, in underscores or not; else none."""
    whole = " ".join(lines)
    return _mentions(whole) or _mentions(_bare(whole)) or _mentions(" ".join(map(_bare, lines)))


def _bare(text: str) -> str:
    """Unlike a note's, these words may have further underscores: they are in addresses."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "_" else text


def _mentions(text: str) -> tuple[Mention, ...]:
    opening = _ALSO.match(text)
    found: list[Mention] = []
    at = opening.end() if opening else None
    while at is not None:
        end = _headline_end(text, at + 1)
        target = _TARGET.match(text, end + 1) if end is not None else None
        if target is None:
            return ()
        address = target["bare"] if target["angle"] is None else target["angle"]
        found.append(Mention(name=one_line(unescape_inline(text[at + 1 : end])), url=unescape_inline(address).strip()))
        between = _BETWEEN.match(text, target.end())
        if between is None and text[target.end() :].strip() not in {"", "."}:
            return ()
        at = between.end() if between else None
    return tuple(found) if all(mention.name and mention.url for mention in found) else ()


def write_mentions(mentions: Sequence[Mention]) -> str:
    """The links after "Also reported by"; empty where there are none."""
    return " · ".join(
        _inline_link(mention.name, mention.url) for mention in mentions if mention.name.strip() and mention.url.strip()
    )


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
    written = [f"_{line}_" if _wraps(line) else line for line in lines]
    if all(map(_wraps, lines)) and not read_mentions(written):
        return written
    spaced: list[str] = []
    paragraph: list[str] = []
    for line in written:
        # What would be no note if it stood alone stays beside its neighbour.
        if paragraph and not (read_mentions(paragraph) or read_mentions([line])):
            spaced.append("")
            paragraph = []
        spaced.append(line)
        paragraph.append(line)
    return spaced
