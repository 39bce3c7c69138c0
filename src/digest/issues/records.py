"""What the tool keeps beside issue.md, as text: articles.jsonl, base.json and approval.toml. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from digest.config.toml_text import toml_string
from digest.errors import IssueError, Place
from digest.issues.jsontext import (
    SCHEMA_VERSION,
    as_moment,
    as_number,
    as_text,
    as_texts,
    checked,
    decode,
    json_bytes,
    moment_text,
    parse_json,
    parse_versioned,
)
from digest.models import Approval, Article, Bullet, Candidate, Issue, Mention, Origin, Section, Story

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Base",
    "dump_approval",
    "dump_articles",
    "dump_base",
    "load_approval",
    "load_articles",
    "load_base",
]


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
    return b"".join(json_bytes(_article_row(article)) + b"\n" for article in articles)


def load_articles(data: bytes, *, file: str) -> tuple[Article, ...]:
    """Read what `dump_articles` wrote.

    Raises:
        IssueError: A line is no article.
    """
    articles: list[Article] = []
    for number, line in enumerate(decode(data, file).split("\n"), start=1):
        if line.strip():
            row = parse_json(line, Place(file, number))
            articles.append(checked(row, Place(file, number), _article))
    return tuple(articles)


def dump_base(base: Base) -> bytes:
    """JSON with sorted keys, indented so that a change shows as few lines in a diff."""
    issue = base.issue
    row = {
        "schema_version": SCHEMA_VERSION,
        "written_sha256": base.written_sha256,
        "collected_at": moment_text(base.collected_at),
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
    return json_bytes(row, indent=1) + b"\n"


def load_base(data: bytes, *, file: str) -> Base:
    """Read what `dump_base` wrote.

    Raises:
        IssueError: It is broken, or a newer version of digest wrote it.
    """
    row = parse_versioned(data, file=file)
    return checked(row, Place(file), _base)


def dump_approval(approval: Approval) -> bytes:
    """TOML with the token, who approved it and when."""
    at = moment_text(approval.at)
    return f"token = {toml_string(approval.token)}\nby = {toml_string(approval.by)}\nat = {at}\n".encode()


def load_approval(data: bytes, *, file: str) -> Approval:
    """Read what `dump_approval` wrote, or a person.

    Raises:
        IssueError: It is not TOML, or one of the three is missing.
    """
    hint = "Run `digest approve` again."
    text = decode(data, file, hint)
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


def _article_row(article: Article) -> dict[str, Any]:
    return {
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "authors": list(article.authors),
        "published": None if article.published is None else moment_text(article.published),
        "source": article.source,
        "image": article.image,
        "key_points": list(article.key_points),
        "language": article.language,
    }


def _article(row: Any) -> Article:
    return Article(
        url=as_text(row["url"]),
        title=as_text(row["title"]),
        text=as_text(row["text"]),
        authors=as_texts(row.get("authors", [])),
        published=None if row.get("published") is None else as_moment(row["published"]),
        source=as_text(row.get("source", "")),
        image=None if row.get("image") is None else as_text(row["image"]),
        key_points=as_texts(row.get("key_points", [])),
        language=None if row.get("language") is None else as_text(row["language"]),
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
            id=as_text(issue["id"]),
            subject=as_text(issue["subject"]),
            preheader=as_text(issue["preheader"]),
            intro=as_text(issue["intro"]),
            sections=tuple(map(_section, issue["sections"])),
        ),
        written_sha256=as_text(row["written_sha256"]),
        collected_at=as_moment(row["collected_at"]),
    )


def _section(row: Any) -> Section:
    return Section(title=as_text(row["title"]), text=as_text(row["text"]), stories=tuple(map(_story, row["stories"])))


def _story(row: Any) -> Story:
    return Story(
        url=as_text(row["url"]),
        headline=as_text(row["headline"]),
        note=as_text(row["note"]),
        candidates=tuple(map(_candidate, row["candidates"])),
        also=tuple(
            Mention(name=as_text(mention["name"]), url=as_text(mention["url"])) for mention in row.get("also", [])
        ),
    )


def _candidate(row: Any) -> Candidate:
    origin: Origin = row["origin"]
    if origin not in get_args(Origin) or not isinstance(row["ticked"], bool):
        raise ValueError(row)
    bullet = Bullet(text=as_text(row["text"]), start=as_number(row["start"]), end=as_number(row["end"]), origin=origin)
    return Candidate(bullet=bullet, ticked=row["ticked"])
