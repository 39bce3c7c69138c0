"""The machine-readable files beside issue.md, as bytes: articles.jsonl, base.json and approval.toml. Pure.

Pydantic checks records in strict mode. A file damaged by hand, or by merging two branches, is therefore never read in
part: the error names the file and the field. Unknown keys are ignored, because a newer version may have added them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, ValidationError

from digest.config.toml_reading import TomlError, read_toml
from digest.config.toml_text import toml_string
from digest.errors import IssueError, Place
from digest.models import Approval, Article, Bullet, Candidate, Issue, Mention, Origin, Section, Story

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "SCHEMA_VERSION",
    "Base",
    "Moment",
    "Record",
    "Window",
    "decode_utf8",
    "dump_approval",
    "dump_articles",
    "dump_base",
    "dump_record",
    "load_approval",
    "load_articles",
    "load_base",
    "load_record",
]

#: The version of every JSON file in an issue's folder.
SCHEMA_VERSION = 1
_COLLECT_AGAIN = "Move the file away and run `digest collect` again."
_APPROVE_AGAIN = "Run `digest approve` again."
_LINE = re.compile(r" at line (\d+) column \d+$")


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """An aware moment as RFC 3339 text in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


#: An aware moment, read from RFC 3339 text and converted to UTC.
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc), PlainSerializer(moment_text)]


class Record(BaseModel):
    """One object in a machine-readable file."""

    model_config = ConfigDict(strict=True, frozen=True)


_R = TypeVar("_R", bound=Record)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The time that an issue looks at, where that is not the time since the last sent issue. Aware, in UTC.

    Attributes:
        since: The start that the editor chose; None if nobody chose one.
        until: The end of the issue's week, if the issue was begun after it; otherwise None.
    """

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """What `collect` proposed last: the base of the three-way merge.

    Attributes:
        issue: Everything proposed so far for this issue, with the origin of each bullet.
        written_sha256: The SHA-256 of issue.md as `collect` last wrote it as a whole, in hex; empty once the editor has
            changed the file.
        collected_at: Articles published later are not in the issue. Aware, in UTC.
        window: The time that the issue looks at, which later runs keep.
    """

    issue: Issue
    written_sha256: str
    collected_at: datetime
    window: Window = Window()


# --- Reading and writing one record -----------------------------------------------------------------------------------


def dump_record(record: Record, *, indent: int | None = None) -> bytes:
    """The record as JSON with sorted keys. Equal records give equal bytes."""
    text = json.dumps(record.model_dump(), sort_keys=True, ensure_ascii=False, indent=indent)
    # A lone surrogate, which invalid JSON on a page can contain, cannot be encoded as UTF-8.
    return text.encode("utf-8", "replace")


def load_record(kind: type[_R], text: str, place: Place) -> _R:
    """Read a record from JSON.

    Args:
        place: The file, and the line on which ``text`` begins; for error messages.

    Raises:
        IssueError: It is not JSON, a field is missing or wrong, or a newer version of digest wrote it.
    """
    try:
        version = _Versioned.model_validate_json(text).schema_version
        if version > SCHEMA_VERSION:
            raise IssueError(
                f"a newer version of digest wrote this file (schema_version {version}, not {SCHEMA_VERSION})",
                place=place,
                hint="Update digest: pip install --upgrade newsletter-digest",
            )
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise _explain(error, place) from None


def _explain(error: ValidationError, place: Place) -> IssueError:
    first = error.errors(include_url=False)[0]
    message = first["msg"]
    if first["type"] == "json_invalid":
        position = _LINE.search(message)
        line = (place.line or 1) + int(position[1]) - 1 if position else place.line
        message = message.removeprefix("Invalid JSON: ")
        return IssueError(
            f"this is not JSON: {_LINE.sub('', message)}", place=Place(place.file, line), hint=_COLLECT_AGAIN
        )
    field = ".".join(map(str, first["loc"])) or "the file"
    problem = f"{field} is missing" if first["type"] == "missing" else f"{field}: {message}"
    return IssueError(f"this is not what digest wrote: {problem}", place=place, hint=_COLLECT_AGAIN)


def decode_utf8(data: bytes, file: str, hint: str = _COLLECT_AGAIN) -> str:
    """The text of a file.

    Raises:
        IssueError: It is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise IssueError("the file is not UTF-8", place=Place(file, line), hint=hint) from None


class _Versioned(Record):
    schema_version: int = 0


# --- articles.jsonl ---------------------------------------------------------------------------------------------------


class _ArticleRecord(Record):
    url: str
    title: str
    text: str
    authors: tuple[str, ...] = ()
    published: Moment | None = None
    source: str = ""
    image: str | None = None
    key_points: tuple[str, ...] = ()
    language: str | None = None
    #: Absent if empty, as in files written before these keys existed.
    id: str = Field(default="", exclude_if=lambda text: not text)
    shares_url: bool = Field(default=False, exclude_if=lambda shares: not shares)
    outlet: str = Field(default="", exclude_if=lambda text: not text)


def dump_articles(articles: Sequence[Article]) -> bytes:
    """One JSON object per line, with sorted keys. Equal articles give equal bytes."""
    fields = _ArticleRecord.model_fields
    records = (
        _ArticleRecord.model_construct(**{name: getattr(article, name) for name in fields}) for article in articles
    )
    return b"".join(dump_record(record) + b"\n" for record in records)


def load_articles(data: bytes, *, file: str) -> tuple[Article, ...]:
    """Read what `dump_articles` wrote.

    Raises:
        IssueError: A line is not an article.
    """
    lines = decode_utf8(data, file).split("\n")
    records = (
        load_record(_ArticleRecord, line, Place(file, number)) for number, line in enumerate(lines, 1) if line.strip()
    )
    return tuple(Article(**dict(record)) for record in records)


# --- base.json --------------------------------------------------------------------------------------------------------


class _CandidateRecord(Record):
    text: str
    start: int | None
    end: int | None
    origin: Origin
    ticked: bool

    def candidate(self) -> Candidate:
        bullet = Bullet(text=self.text, start=self.start, end=self.end, origin=self.origin)
        return Candidate(bullet=bullet, ticked=self.ticked)


class _MentionRecord(Record):
    name: str
    url: str


class _StoryRecord(Record):
    url: str
    headline: str
    note: str
    candidates: tuple[_CandidateRecord, ...]
    #: Absent if empty, as in files written before this key existed.
    also: tuple[_MentionRecord, ...] = Field(default=(), exclude_if=lambda also: not also)
    id: str = Field(default="", exclude_if=lambda text: not text)

    def story(self) -> Story:
        return Story(
            url=self.url,
            headline=self.headline,
            id=self.id,
            note=self.note,
            candidates=tuple(record.candidate() for record in self.candidates),
            also=tuple(Mention(name=mention.name, url=mention.url) for mention in self.also),
        )


class _SectionRecord(Record):
    title: str
    text: str
    stories: tuple[_StoryRecord, ...]


class _IssueRecord(Record):
    id: str
    subject: str
    preheader: str
    intro: str
    sections: tuple[_SectionRecord, ...]


class _BaseRecord(Record):
    schema_version: int = 0
    written_sha256: str
    collected_at: Moment
    issue: _IssueRecord
    #: Absent if they are not set, as in files written before these keys existed.
    since: Moment | None = Field(default=None, exclude_if=lambda moment: moment is None)
    until: Moment | None = Field(default=None, exclude_if=lambda moment: moment is None)


def dump_base(base: Base) -> bytes:
    """JSON with sorted keys, indented so that a change touches few lines of a diff."""
    issue = base.issue
    record = _BaseRecord(
        schema_version=SCHEMA_VERSION,
        written_sha256=base.written_sha256,
        collected_at=base.collected_at,
        since=base.window.since,
        until=base.window.until,
        issue=_IssueRecord(
            id=str(issue.id),
            subject=issue.subject,
            preheader=issue.preheader,
            intro=issue.intro,
            sections=tuple(
                _SectionRecord(
                    title=section.title, text=section.text, stories=tuple(map(_story_record, section.stories))
                )
                for section in issue.sections
            ),
        ),
    )
    return dump_record(record, indent=1) + b"\n"


def _story_record(story: Story) -> _StoryRecord:
    return _StoryRecord(
        url=story.url,
        headline=story.headline,
        id=story.id,
        note=story.note,
        candidates=tuple(
            _CandidateRecord(
                text=item.bullet.text,
                start=item.bullet.start,
                end=item.bullet.end,
                origin=item.bullet.origin,
                ticked=item.ticked,
            )
            for item in story.candidates
        ),
        also=tuple(_MentionRecord(name=mention.name, url=mention.url) for mention in story.also),
    )


def load_base(data: bytes, *, file: str) -> Base:
    """Read what `dump_base` wrote.

    Raises:
        IssueError: It is damaged, or a newer version of digest wrote it.
    """
    record = load_record(_BaseRecord, decode_utf8(data, file), Place(file))
    issue = record.issue
    sections = tuple(
        Section(title=section.title, text=section.text, stories=tuple(story.story() for story in section.stories))
        for section in issue.sections
    )
    return Base(
        issue=Issue(
            id=issue.id, subject=issue.subject, preheader=issue.preheader, intro=issue.intro, sections=sections
        ),
        written_sha256=record.written_sha256,
        collected_at=record.collected_at,
        window=Window(since=record.since, until=record.until),
    )


# --- approval.toml ----------------------------------------------------------------------------------------------------


def dump_approval(approval: Approval) -> bytes:
    """TOML with the token, the approver and the time."""
    at = moment_text(approval.at)
    return f"token = {toml_string(approval.token)}\nby = {toml_string(approval.by)}\nat = {at}\n".encode()


def load_approval(data: bytes, *, file: str) -> Approval:
    """Read an approval, written by `dump_approval` or by hand.

    Raises:
        IssueError: It is not TOML, or the token, ``by`` or the time is missing or wrong.
    """
    text = decode_utf8(data, file, _APPROVE_AGAIN)
    try:
        table = read_toml(text)
    except TomlError as error:
        raise IssueError(f"this is {error}", place=Place(file, error.line), hint=_APPROVE_AGAIN) from None
    at, token, by = table.get("at"), table.get("token"), table.get("by", "")
    if not (isinstance(at, datetime) and at.tzinfo and isinstance(token, str) and isinstance(by, str)):
        raise IssueError(
            "an approval needs a token, by, and an at with a time zone", place=Place(file), hint=_APPROVE_AGAIN
        )
    return Approval(token=token, by=by, at=at.astimezone(UTC))
