"""How parts of a story are written in issue.md: the linked headline, the title, the note, and "Also reported by". Pure.

Headlines, titles and names are plain text. They are written with a backslash before characters that would end them;
when they are read, a backslash before any ASCII punctuation is removed (CommonMark 0.31, section 2.4).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes, unquote

from digest.models import BenchLine, Mention, unescape_inline

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "one_line",
    "read_bench_line",
    "read_id",
    "read_link",
    "read_mentions",
    "read_title",
    "unwrap_note",
    "write_bench_line",
    "write_headline",
    "write_id",
    "write_link",
    "write_mentions",
    "write_note",
    "write_title",
]

_OPENING = re.compile(r" {0,3}###[ \t]+\[")
_CLOSING_MARKS = re.compile(r"(?:^|(?<![ \t])[ \t]+)#+[ \t]*$")
_ADDRESS_END = re.compile(r"\)[ \t]*(?:[ \t]#+[ \t]*)?$")
_ANGLE = re.compile(r"<((?:[^<>\\]|\\.)*)>[ \t]*+(?:\"[^\"]*\"|'[^']*')?[ \t]*$", re.DOTALL)
_LINK_TITLE = re.compile(r"(?<![ \t])[ \t]+(?:\"[^\"]*\"|'[^']*')[ \t]*$")
_NEEDS_ANGLES = re.compile(r"[\s<>()\\\"']")
_BREAKS = re.compile(r"[\r\n]+")
#: An underscore that can begin or end emphasis in CommonMark, because it is not inside a word.
_FLANKING = re.compile(r"(?<!\w)_|_(?!\w)")
_ALSO = re.compile(r"also\s+reported\s+by(?:\s*:)?\s*(?=\[)", re.IGNORECASE)
#: A link target: an address in angle brackets, or one without white space and with balanced parentheses; then a title.
_TARGET = re.compile(
    r"\([ \t]*(?:<(?P<angle>[^<>\\]*+(?:\\.[^<>\\]*+)*)>"
    r"|(?P<bare>(?!<)(?:[^\s()\\]++|\\.|\((?:[^\s()\\]++|\\.|\([^\s()]*+\))*\))+))"
    r"(?:[ \t]++(?:\"[^\"]*\"|'[^']*')?)?[ \t]*+\)"
)
#: The beginning of a list item that is a link, with or without a box.
_BENCH_ITEM = re.compile(r"[ \t]*[-*+][ \t]+(?:\[[ xX]\][ \t]+)?\[(?=\S)")
_COMMENT_START = re.compile(r"(?<!\\)<!--")
_BETWEEN = re.compile(r"\s*[·,;]\s*(?:and\s+)?(?=\[)|\s+and\s+(?=\[)")


#: The comment under a heading that holds a story's id.
_ID = re.compile(r"[ \t]*<!--[ \t]*id:[ \t]*(\S.*?)[ \t]*-->[ \t]*")
#: What an id may not contain in a comment of one line (https://spec.commonmark.org/0.31.2/#html-comment).
_NOT_IN_COMMENT = re.compile(r"[%<>]|--|-$|[^\S ]|\A\s|\s\Z|[\x00-\x1f\x7f]")


def one_line(text: str) -> str:
    """``text`` on one line, with runs of white space collapsed."""
    return " ".join(text.split())


def read_title(text: str) -> str:
    """The title in a ``##`` heading, without the optional closing marks."""
    return one_line(unescape_inline(_CLOSING_MARKS.sub("", text)))


def write_title(title: str) -> str:
    """A title as written after ``## ``."""
    text = one_line(title).replace("\\", "\\\\").replace("<!--", "\\<!--")
    return f"{text[:-1]}\\#" if text.endswith("#") else text


def read_link(line: str) -> tuple[str, str, tuple[int, int]] | None:
    """Headline, address and headline span of a ``### [Headline](address)`` line; None for any other line."""
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
    """The offset of the ``](`` that ends the headline, which may contain balanced and escaped brackets."""
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
    """A headline as written between the brackets."""
    return re.sub(r"[\[\]\\]", r"\\\g<0>", one_line(headline)).replace("<!--", "\\<!--")


def write_link(headline: str, url: str) -> str:
    """A story's heading. An address with spaces, brackets or quotes is written in ``<…>``."""
    return f"### {_inline_link(headline, url)}"


def write_id(id: str) -> list[str]:
    """The comment under the heading that holds a story's id, which moves with the story; no line without an id."""
    escaped = _NOT_IN_COMMENT.sub(lambda match: quote_from_bytes(match[0].encode(), safe="").replace("-", "%2D"), id)
    return [f"<!-- id: {escaped} -->"] if escaped else []


def read_id(line: str) -> str:
    """The id in a line that `write_id` wrote; empty for any other line."""
    match = _ID.fullmatch(line)
    return unquote(match[1]) if match else ""


def _inline_link(text: str, url: str) -> str:
    address = _BREAKS.sub("", url).strip()
    if _NEEDS_ANGLES.search(address):
        address = "<" + re.sub(r"[<>\\]", r"\\\g<0>", address) + ">"
    return f"[{write_headline(text)}]({address})"


def read_mentions(lines: Sequence[str]) -> tuple[Mention, ...]:
    """The links of a paragraph that only says "Also reported by …", with or without underscores around it."""
    whole = " ".join(lines)
    return _mentions(whole) or _mentions(_bare(whole)) or _mentions(" ".join(map(_bare, lines)))


def _bare(text: str) -> str:
    """Strip one pair of underscores. Unlike a note, the text may contain more of them, in addresses."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "_" else text


def _mentions(text: str) -> tuple[Mention, ...]:
    opening = _ALSO.match(text)
    mentions: list[Mention] = []
    at = opening.end() if opening else None
    while at is not None:
        end = _headline_end(text, at + 1)
        target = _TARGET.match(text, end + 1) if end is not None else None
        if target is None:
            return ()
        address = target["bare"] if target["angle"] is None else target["angle"]
        mentions.append(
            Mention(name=one_line(unescape_inline(text[at + 1 : end])), url=unescape_inline(address).strip())
        )
        between = _BETWEEN.match(text, target.end())
        if between is None and text[target.end() :].strip() not in {"", "."}:
            return ()
        at = between.end() if between else None
    return tuple(mentions) if all(mention.name and mention.url for mention in mentions) else ()


def write_mentions(mentions: Sequence[Mention]) -> str:
    """The links after "Also reported by"; empty if there are none."""
    return " · ".join(
        _inline_link(mention.name, mention.url) for mention in mentions if mention.name.strip() and mention.url.strip()
    )


def write_bench_line(line: BenchLine) -> str:
    """A story that is not in the issue, as a list item: ``- [Headline](https://a.example), The Paper``."""
    outlet = write_title(line.outlet)
    parts = (
        f"- {_inline_link(line.headline, line.url)}",
        f", {outlet}" if outlet else "",
        *map(" ".__add__, write_id(line.id)),
    )
    return "".join(parts)


def read_bench_line(text: str) -> BenchLine | None:
    """The story of a list item that `write_bench_line` wrote; None for any other text."""
    match = _BENCH_ITEM.match(text)
    end = _headline_end(text, match.end()) if match else None
    target = _TARGET.match(text, end + 1) if end is not None else None
    if match is None or target is None:
        return None
    address = target["bare"] if target["angle"] is None else target["angle"]
    outlet, *comment = _COMMENT_START.split(text[target.end() :], maxsplit=1)
    return BenchLine(
        url=unescape_inline(address).strip(),
        headline=one_line(unescape_inline(text[match.end() : end])),
        outlet=read_title(outlet.strip().removeprefix(",")),
        id=read_id(f"<!--{comment[0]}") if comment else "",
    )


def _wraps(text: str) -> bool:
    return bool(text) and text == text.strip() and not text.endswith("\\") and not _FLANKING.search(text)


def _unwrap(text: str) -> str:
    if len(text) > 2 and text[0] == text[-1] == "_" and _wraps(text[1:-1]):
        return text[1:-1]
    return text


def unwrap_note(lines: list[str]) -> str:
    """The text of a note paragraph without its underscores, which may surround all of it or each line."""
    whole = "\n".join(lines)
    unwrapped = _unwrap(whole)
    return unwrapped if unwrapped != whole else "\n".join(map(_unwrap, lines))


def write_note(note: str) -> list[str]:
    """The lines of a note in underscores. Lines with emphasis of their own are written without, as paragraphs."""
    lines = [line.strip() for line in note.splitlines() if line.strip()]
    written = [f"_{line}_" if _wraps(line) else line for line in lines]
    if all(map(_wraps, lines)) and not read_mentions(written):
        return written
    spaced: list[str] = []
    paragraph: list[str] = []
    for line in written:
        # A line that would be read as "Also reported by" on its own stays next to its neighbour.
        if paragraph and not (read_mentions(paragraph) or read_mentions([line])):
            spaced.append("")
            paragraph = []
        spaced.append(line)
        paragraph.append(line)
    return spaced
