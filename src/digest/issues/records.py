"""What the tool keeps beside issue.md, as text: articles.jsonl, base.json and approval.toml. Pure."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from digest.errors import IssueError, Place
from digest.issues.frontmatter import toml_string
from digest.models import Approval, Article, Bullet, Candidate, Issue, Mention, Origin, Section, Story

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "SCHEMA_VERSION",
    "Base",
    "dump_approval",
    "dump_articles",
    "dump_base",
    "load_approval",
    "load_articles",
    "load_base",
]

SCHEMA_VERSION = 1
_T = TypeVar("_T")
_COLLECT_AGAIN = "Move it away and run `digest collect` again."


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """What the tool proposed last.

    Attributes:
        issue: Everything it ever proposed for this issue, with the origin of each bullet.
        written_sha256: Of issue.md's UTF-8 bytes as the tool wrote it as a whole, in hex; empty once it was touched.
        collected_at: Aware, in UTC.
    """

    issue: Issue
    written_sha256: str
    collected_at: datetime


def dump_articles(articles: Sequence[Article]) -> bytes:
    """One JSON object a line, keys sorted; the same articles give the same bytes."""
    return b"".join(_json(_article_row(article)) + b"\n" for article in articles)


def load_articles(data: bytes, *, file: str) -> tuple[Article, ...]:
    """Read what `dump_articles` wrote.

    Raises:
        IssueError: A line is no article.
    """
    articles: list[Article] = []
    for number, line in enumerate(_decode(data, file, _COLLECT_AGAIN).split("\n"), start=1):
        if line.strip():
            row = _parse_json(line, Place(file, number))
            articles.append(_checked(row, Place(file, number), _article))
    return tuple(articles)


def dump_base(base: Base) -> bytes:
    """JSON with sorted keys, indented so that a change shows as few lines in a diff."""
    issue = base.issue
    row = {
        "schema_version": SCHEMA_VERSION,
        "written_sha256": base.written_sha256,
        "collected_at": _moment_text(base.collected_at),
        "issue": {
            "id": issue.id,
            "subject": issue.subject,
            "preheader": issue.preheader,
            "intro": issue.intro,
            "sections": [
                {
                    "title": section.title,
                    "text": section.text,
                    "stories": [_story_row(story) for story in section.stories],
                }
                for section in issue.sections
            ],
        },
    }
    return _json(row, indent=1) + b"\n"


def load_base(data: bytes, *, file: str) -> Base:
    """Read what `dump_base` wrote.

    Raises:
        IssueError: It is broken, or a newer version of digest wrote it.
    """
    place = Place(file)
    row = _parse_json(_decode(data, file, _COLLECT_AGAIN), place)
    version = row.get("schema_version") if isinstance(row, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise IssueError(
            f"a newer digest wrote this (schema_version {version}, known here: {SCHEMA_VERSION})",
            place=place,
            hint="Update digest: pip install --upgrade newsletter-digest",
        )
    return _checked(row, place, _base)


def dump_approval(approval: Approval) -> bytes:
    """TOML with the token, who approved it and when."""
    at = _moment_text(approval.at)
    return f"token = {toml_string(approval.token)}\nby = {toml_string(approval.by)}\nat = {at}\n".encode()


def load_approval(data: bytes, *, file: str) -> Approval:
    """Read what `dump_approval` wrote, or a person.

    Raises:
        IssueError: It is not TOML, or one of the three is missing.
    """
    hint = "Run `digest approve` again."
    text = _decode(data, file, hint)
    try:
        row = tomllib.loads(text)
    except ValueError as error:
        words, _, position = str(error).partition(" (at line ")
        number = position.split(",")[0]
        place = Place(file, int(number) if number.isdecimal() else text.count("\n") + 1)
        raise IssueError(f"this is not TOML: {words}", place=place, hint=hint) from None
    at, token, by = row.get("at"), row.get("token"), row.get("by", "")
    if not (isinstance(at, datetime) and at.tzinfo and isinstance(token, str) and isinstance(by, str)):
        raise IssueError("it needs a token, by and an at with a time zone", place=Place(file), hint=hint)
    return Approval(token=token, by=by, at=at.astimezone(UTC))


def _json(row: Any, *, indent: int | None = None) -> bytes:
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, indent=indent)
    # A lone surrogate, which bad JSON on a page can hold, has no UTF-8 form.
    return text.encode("utf-8", "replace")


def _decode(data: bytes, file: str, hint: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise IssueError("this is not UTF-8", place=Place(file, line), hint=hint) from None


def _parse_json(text: str, place: Place) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = (place.line or 1) + error.lineno - 1
        raise IssueError(f"this is not JSON: {error.msg}", place=Place(place.file, line), hint=_COLLECT_AGAIN) from None
    except (RecursionError, ValueError):
        raise IssueError("this is not JSON", place=place, hint=_COLLECT_AGAIN) from None


def _checked(row: Any, place: Place, read: Callable[[Any], _T]) -> _T:
    try:
        return read(row)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        missing = f": {error} is missing" if isinstance(error, KeyError) else ""
        raise IssueError(f"this is not what digest wrote{missing}", place=place, hint=_COLLECT_AGAIN) from None


def _moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment.astimezone(UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise TypeError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_text, value))


def _article_row(article: Article) -> dict[str, Any]:
    return {
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "authors": list(article.authors),
        "published": None if article.published is None else _moment_text(article.published),
        "source": article.source,
        "image": article.image,
        "key_points": list(article.key_points),
        "language": article.language,
    }


def _article(row: Any) -> Article:
    return Article(
        url=_text(row["url"]),
        title=_text(row["title"]),
        text=_text(row["text"]),
        authors=_texts(row.get("authors", [])),
        published=None if row.get("published") is None else _moment(row["published"]),
        source=_text(row.get("source", "")),
        image=None if row.get("image") is None else _text(row["image"]),
        key_points=_texts(row.get("key_points", [])),
        language=None if row.get("language") is None else _text(row["language"]),
    )


def _story_row(story: Story) -> dict[str, Any]:
    row: dict[str, Any] = {
        "url": story.url,
        "headline": story.headline,
        "note": story.note,
        "candidates": [
            {
                "text": item.bullet.text,
                "start": item.bullet.start,
                "end": item.bullet.end,
                "origin": item.bullet.origin,
                "ticked": item.ticked,
            }
            for item in story.candidates
        ],
    }
    if story.also:  # a base without any is written as it was before there were any
        row["also"] = [{"name": mention.name, "url": mention.url} for mention in story.also]
    return row


def _base(row: Any) -> Base:
    issue = row["issue"]
    return Base(
        issue=Issue(
            id=_text(issue["id"]),
            subject=_text(issue["subject"]),
            preheader=_text(issue["preheader"]),
            intro=_text(issue["intro"]),
            sections=tuple(map(_section, issue["sections"])),
        ),
        written_sha256=_text(row["written_sha256"]),
        collected_at=_moment(row["collected_at"]),
    )


def _section(row: Any) -> Section:
    return Section(title=_text(row["title"]), text=_text(row["text"]), stories=tuple(map(_story, row["stories"])))


def _story(row: Any) -> Story:
    return Story(
        url=_text(row["url"]),
        headline=_text(row["headline"]),
        note=_text(row["note"]),
        candidates=tuple(map(_candidate, row["candidates"])),
        also=tuple(Mention(name=_text(mention["name"]), url=_text(mention["url"])) for mention in row.get("also", [])),
    )


def _candidate(row: Any) -> Candidate:
    origin: Origin = row["origin"]
    if origin not in get_args(Origin) or not isinstance(row["ticked"], bool):
        raise ValueError(row)
    bullet = Bullet(text=_text(row["text"]), start=_number(row["start"]), end=_number(row["end"]), origin=origin)
    return Candidate(bullet=bullet, ticked=row["ticked"])
