"""The front matter of a local article: ``---`` around simple lines, or ``+++`` around TOML.

The simple lines are deliberately not YAML: a headline with a colon or a quotation mark breaks YAML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from digest.config.toml_reading import MAX_TOML_BYTES, TomlError, read_toml, require_flat
from digest.errors import Place, SourceError
from digest.models import is_web_address
from digest.sources.author_names import clean_names, split_names
from digest.sources.date_parsing import parse_date
from digest.sources.files.markdown_dialects import read_title_block
from digest.sources.files.not_for_print import DraftError, draft_mark, draft_mark_in_lines
from digest.sources.files.wire_copy import read_wire_head

if TYPE_CHECKING:
    from digest.sources.files.article_blocks import Block

__all__ = ["ArticleFrontMatter", "front_of_blocks", "front_of_head", "read_article_front_matter", "require_final"]

_KEY = re.compile(r"[A-Za-z][\w -]*")
_KEYS = frozenset({"title", "url", "date", "author", "authors"})
_DASHES = re.compile(r"(?:- +)*")
_MAX_INDENTS = 50
_QUOTES = str.maketrans("", "", "\"'#")
_LONGEST_DATE, _LONGEST_SHOWN = 100, 200


@dataclass(frozen=True, kw_only=True, slots=True)
class ArticleFrontMatter:
    """The front matter of a file, with empty values for what it does not say. ``published`` is aware, in UTC.

    ``draft`` is the mark that keeps the file out of print, such as ``draft: true``.
    """

    title: str = ""
    url: str = ""
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    draft: str = ""


def read_article_front_matter(text: str, *, path: str) -> tuple[ArticleFrontMatter, str]:
    """Split a file into its front matter and the rest. Keys other than title, url, date and author are ignored.

    Args:
        text: The file.
        path: Its path, for error messages.

    Raises:
        SourceError: The front matter never ends, is not TOML, or has a value that cannot be read.
    """
    lines = text.splitlines()
    mark = lines[0].rstrip() if lines else ""
    if mark not in {"---", "+++"}:
        return ArticleFrontMatter(), text
    end = next((number for number, line in enumerate(lines[1:], start=1) if line.rstrip() == mark), None)
    if end is None:
        if mark == "---" and not _begins_with_key(lines[1:]):  # a horizontal rule, not front matter
            return ArticleFrontMatter(), text
        raise SourceError(
            "the front matter begins here and never ends", place=Place(path, 1), hint=f"Close it with a line {mark}."
        )
    head, rest = lines[1:end], "\n".join(lines[end + 1 :])
    if mark == "---" and not any(_pair(line.strip()) for line in head):
        return ArticleFrontMatter(), text
    if sum(map(len, head)) > MAX_TOML_BYTES:
        raise SourceError(
            f"the front matter is too large: more than {MAX_TOML_BYTES // 1024} kB",
            place=Place(path, 1),
            hint=f"End it with a line {mark} before the text.",
        )
    values = _simple(head, path) if mark == "---" else _toml(head, path)
    if draft := draft_mark_in_lines(head) if mark == "---" else draft_mark(values):
        return ArticleFrontMatter(draft=draft), rest
    return _checked(values, path, head), rest


def _begins_with_key(lines: list[str]) -> bool:
    """Whether the line under the mark is one of the keys that are read here."""
    pair = _pair(lines[0].strip()) if lines else None
    return pair is not None and pair[0] in _KEYS


def _pair(line: str) -> tuple[str, str] | None:
    """The key, in lower case, and the value of a line such as "Title: The mill closes"; None for another line."""
    key, colon, value = line.partition(":")
    key = key.rstrip()
    return (key.lower(), value.strip()) if colon and _KEY.fullmatch(key) else None


def _require_flat(lines: list[str], path: str) -> None:
    """Refuse nested values. They are not read, but nobody writes front matter that is nested so deeply by hand."""
    columns: list[int] = []
    for number, line in enumerate(lines, start=2):
        text = line.lstrip()
        column = len(line) - len(text)
        while columns and columns[-1] >= column:
            columns.pop()
        columns.append(column)
        if len(columns) + _DASHES.match(text)[0].count("-") > _MAX_INDENTS:  # type: ignore[index] # it matches nothing, too
            raise SourceError(f"the front matter is nested more than {_MAX_INDENTS} deep", place=Place(path, number))
    try:
        require_flat("\n".join(map(_structure, lines)))
    except TomlError as error:
        raise SourceError(f"the front matter is {error}", place=Place(path, error.line + 1)) from None


def _structure(line: str) -> str:
    """The brackets of a line, and the dots of its key. The dots of a text and unpaired quotation marks do not count."""
    key, colon, value = line.partition(":")
    brackets = "".join(letter for letter in (value if colon else line) if letter in "[]{}")
    return f"{key.translate(_QUOTES) if colon else ''}{brackets}"


def _simple(lines: list[str], path: str) -> dict[str, Any]:
    _require_flat(lines, path)
    values: dict[str, Any] = {}
    key = ""
    for raw in lines:
        line = raw.strip()
        if line.startswith("- ") and key:
            values[key] = _listed(values[key])
            values[key].append(_unquoted(line[2:]))
        elif pair := _pair(line):
            key, inner = pair
            listed = inner.startswith("[") and inner.endswith("]")
            values[key] = [_unquoted(part) for part in inner[1:-1].split(",")] if listed else _unquoted(inner)
    return values


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _unquoted(value: str) -> str:
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1].replace(f"\\{value[0]}", value[0]).strip() if quoted else value


def _toml(lines: list[str], path: str) -> dict[str, Any]:
    try:
        values = read_toml("\n".join(lines))
    except TomlError as error:
        raise SourceError(
            f"the front matter is {error}",
            place=Place(path, error.line + 1),
            hint="Put text in double quotes, or use --- instead of +++, which needs no quotes.",
        ) from None
    return {key.lower(): value for key, value in values.items()}


def _checked(values: dict[str, Any], path: str, head: list[str]) -> ArticleFrontMatter:
    url = str(values.get("url") or "").strip()
    if url and not is_web_address(url):
        raise SourceError(
            f"url {url[:_LONGEST_SHOWN]!r} is not a web address",
            place=_place(path, head, "url"),
            hint="It must begin with https:// or http://.",
        )
    authors = [name for key in ("author", "authors") for name in _listed(values.get(key))]
    names = authors if len(authors) > 1 else [name for author in authors for name in split_names(str(author))]
    return ArticleFrontMatter(
        title=" ".join(str(values.get("title") or "").split()),
        url=url,
        published=_moment(values.get("date"), path, head),
        authors=clean_names(str(name) for name in names),
    )


def _moment(value: Any, path: str, head: list[str]) -> datetime | None:
    """Read a date, which TOML may have parsed already. Without a zone it is in UTC."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    text = str(value or "").strip()
    moment = parse_date(text) if len(text) <= _LONGEST_DATE else None
    if text and moment is None:
        raise SourceError(
            f"date {text[:_LONGEST_DATE]!r} cannot be read",
            place=_place(path, head, "date"),
            hint="Write it as 2026-11-16.",
        )
    return moment


def _place(path: str, head: list[str], key: str) -> Place:
    """Return the line of a key. The mark above the front matter is line 1."""
    lines = (number for number, line in enumerate(head, start=2) if re.match(rf"{key}\s*[:=]", line.strip().lower()))
    return Place(path, next(lines, None))


def require_final(front: ArticleFrontMatter, path: str) -> None:
    """Refuse a file that is not for print.

    Raises:
        DraftError: It is marked so.
    """
    if front.draft:
        raise DraftError(
            f"the file is marked as not for print ({front.draft})",
            place=Place(path),
            hint="Remove that line to take the file into an issue.",
        )


def front_of_head(text: str, *, path: str, markdown: bool) -> tuple[ArticleFrontMatter, str]:
    """What the head of a mail, of an editorial system or of Pandoc says, and the text below it.

    Raises:
        DraftError: The head says that the text is not for print.
    """
    fields, text = read_title_block(text) if markdown else ([], text)
    if fields:
        title, authors, date = (*fields, "", "")[:3]
        names = tuple(name for part in authors.split(";") for name in split_names(part))
        return ArticleFrontMatter(title=title, authors=names, published=parse_date(date)), text
    head, text = read_wire_head(text)
    front = ArticleFrontMatter(title=head.title, authors=head.authors, published=head.published, draft=head.draft)
    require_final(front, path)
    return front, text


def front_of_blocks(blocks: list[Block], *, path: str) -> tuple[ArticleFrontMatter, list[Block]]:
    """What `front_of_head` does, for the paragraphs at the top of a formatted document.

    Raises:
        DraftError: The head says that the text is not for print.
    """
    top = list(takewhile(lambda block: block[0] != "list", blocks))
    lines = [" ".join(line) for _, line in top]
    front, rest = front_of_head("\n".join(lines), path=path, markdown=False)
    return front, blocks if front == ArticleFrontMatter() else blocks[len(lines) - len(rest.splitlines()) :]
