"""The front matter of a local article: ``---`` around lines of keys, ``+++`` around TOML, or an object of JSON.

The lines are deliberately not all of YAML: a headline with a colon or a quotation mark breaks YAML.
"""

from __future__ import annotations

import json
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
from digest.sources.files.front_matter_lines import key_of_line, read_front_matter_lines
from digest.sources.files.markdown_dialects import read_title_block
from digest.sources.files.not_for_print import DraftError, draft_mark, draft_mark_in_lines
from digest.sources.files.wire_copy import read_wire_head

if TYPE_CHECKING:
    from digest.sources.files.article_blocks import Block

__all__ = ["ArticleFrontMatter", "front_of_blocks", "front_of_head", "read_article_front_matter", "require_final"]

#: Keys by what they mean, the usual ones first: Hugo, Jekyll, Astro, Eleventy, Ghost, Obsidian, Pelican, and newsrooms.
_TITLES = ("title", "headline", "head line", "titel", "titre", "título", "titolo")
_AUTHORS = (
    "author",
    "byline",
    "by",
    "writer",
    "writers",
    "written_by",
    "creator",
    "reporter",
    "autor",
    "autorin",
    "auteur",
)
_LINKS = (
    "canonical_url", "canonicalurl", "canonical", "link", "external_url", "externalurl", "source_url", "original_url",
    "permalink", "web", "source",
)  # fmt: skip
_DATES = (
    "published", "pubdate", "pub_date", "pub date", "publishdate", "publish_date", "publisheddate", "published_date",
    "published_at", "publishedat", "published_on", "date_published", "datepublished", "publication_date", "posted",
    "datum", "created", "created_at", "createdat", "date_created",
)  # fmt: skip
_KEYS = frozenset({"authors", "date", "url", *_TITLES, *_AUTHORS, *_LINKS, *_DATES})
_NAMES = ("name", "title", "display_name", "displayname", "full_name")
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
    """Split a file into its front matter and the rest. Only titles, addresses, dates, authors and drafts are read.

    Args:
        text: The file.
        path: Its path, for error messages.

    Raises:
        SourceError: The front matter never ends, is not TOML, or has a value that cannot be read.
    """
    if text.startswith("{"):
        return _json(text, path)
    lines = text.splitlines()
    mark = lines[0].rstrip() if lines else ""
    if mark not in {"---", "+++"}:
        return ArticleFrontMatter(), text
    ends = {mark, "..."} if mark == "---" else {mark}  # https://yaml.org/spec/1.2.2/#912-document-markers
    end = next((number for number, line in enumerate(lines[1:], start=1) if line.rstrip() in ends), None)
    if end is None:
        if mark == "---" and not _begins_with_key(lines[1:]):  # a horizontal rule, not front matter
            return ArticleFrontMatter(), text
        raise SourceError(
            "the front matter begins here and never ends", place=Place(path, 1), hint=f"Close it with a line {mark}."
        )
    head, rest = lines[1:end], "\n".join(lines[end + 1 :])
    if mark == "---" and not any(key_of_line(line.strip()) for line in head):
        return ArticleFrontMatter(), text
    if sum(map(len, head)) > MAX_TOML_BYTES:
        raise SourceError(
            f"the front matter is too large: more than {MAX_TOML_BYTES // 1024} kB",
            place=Place(path, 1),
            hint=f"End it with a line {mark} before the text.",
        )
    values = _toml(head, path) if mark == "+++" else _lines(head, path)
    if draft := draft_mark_in_lines(head) if mark == "---" else draft_mark(values):
        return ArticleFrontMatter(draft=draft), rest
    return _checked(values, path, head), rest


def _begins_with_key(lines: list[str]) -> bool:
    """Whether the line under the mark is one of the keys that are read here."""
    pair = key_of_line(lines[0].strip()) if lines else None
    return pair is not None and pair[0] in _KEYS


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


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _json(text: str, path: str) -> tuple[ArticleFrontMatter, str]:
    """Front matter in JSON, as Hugo reads it; or no front matter, because a text may begin with a brace."""
    try:
        values, end = json.JSONDecoder().raw_decode(text[:MAX_TOML_BYTES])
    except (ValueError, RecursionError):
        return ArticleFrontMatter(), text
    values = {str(key).lower(): value for key, value in values.items()}
    if not _KEYS.intersection(values):
        return ArticleFrontMatter(), text
    if draft := draft_mark(values):
        return ArticleFrontMatter(draft=draft), text[end:]
    return _checked(values, path, []), text[end:]


def _lines(lines: list[str], path: str) -> dict[str, Any]:
    _require_flat(lines, path)
    return read_front_matter_lines(lines)


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
    own = values.get("url")
    url = own.strip() if isinstance(own, str) else ""
    if url and not is_web_address(url) and not url.startswith("/"):  # a path, as in Hugo
        raise SourceError(
            f"url {url[:_LONGEST_SHOWN]!r} is not a web address",
            place=_place(path, head, "url"),
            hint="It must begin with https:// or http://.",
        )
    links = (url, *(str(values.get(key) or "").strip() for key in _LINKS))
    people = next((found for key in _AUTHORS if (found := _people(values, key))), [])
    names = people if len(people) > 1 else [name for person in people for name in split_names(person)]
    title = next((title for key in _TITLES if (title := " ".join(_text(values.get(key)).split()))), "")
    dates = (_other_date(values.get(key)) for key in _DATES)
    return ArticleFrontMatter(
        title=title,
        url=next(filter(is_web_address, links), ""),
        published=_moment(values.get("date"), path, head) or next(filter(None, dates), None),
        authors=clean_names(names),
    )


def _people(values: dict[str, Any], key: str) -> list[str]:
    keys = ("author", "authors") if key == "author" else (key,)
    return [name for each in keys for value in _listed(values.get(each)) if (name := _text(value))]


def _text(value: Any) -> str:
    """A value as text. A table, such as that of an author, gives its name."""
    if isinstance(value, dict):
        named = {str(key).lower(): text for key, text in value.items()}
        value = next((named[key] for key in _NAMES if named.get(key)), "")
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _other_date(value: Any) -> datetime | None:
    """A date under another key than `date`, where anything else may stand as well, such as `published: true`."""
    if isinstance(value, datetime | date):
        return _moment(value, "", [])
    text = _text(value)
    return parse_date(text) if text[:1].isdigit() or "," in text[:_LONGEST_DATE] else None


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
