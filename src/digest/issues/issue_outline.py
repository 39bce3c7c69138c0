"""The structure of issue.md: sections, stories, notes and candidates, each with its offsets in the text. Pure.

`parse_issue` turns the outline into an `Issue`; `merge_issue` uses the offsets to change single fields and leave the
rest of the file alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import IssueError, Place
from digest.issues.issue_front_matter import IssueFrontMatter, read_issue_front_matter
from digest.issues.markdown_source import Line, split_lines
from digest.issues.story_notation import one_line, read_id, read_link, read_mentions, read_title, unwrap_note
from digest.models import BENCH_SECTION, article_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.models import Mention

__all__ = ["CandidateBlock", "Outline", "ParagraphBlock", "SectionBlock", "StoryBlock", "read_outline"]

_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)[ \t]*(.*)$", re.DOTALL)
_GLUED = re.compile(r" {0,3}(#{2,3})(?=[^#\s])")
_CONFLICT = re.compile(r"(?:<{7}|>{7}) ")  # ======= is not checked: it may underline a heading
_BAD_TICK = re.compile(r"\[[^\]\s]?\](?!\()\s")
_ITEM = re.compile(r"[ \t]*[-*+][ \t]+(?:\[(?P<tick>[ xX])\](?=[ \t]|$)[ \t]*)?(?P<text>.*)$", re.DOTALL)
_EMPTY_ITEM = re.compile(r"[ \t]*[-*+][ \t]*$")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_STORY_FORM = "Write a story as ### [Headline](https://address), and a section as ## Title."


@dataclass(kw_only=True, slots=True)
class CandidateBlock:
    """A bullet, the span of its lines, and whether they contain a comment."""

    text: str
    ticked: bool
    line: int
    start: int
    end: int
    commented: bool


@dataclass(kw_only=True, slots=True)
class ParagraphBlock:
    """A paragraph under a story. ``above`` is where the blank line above it begins; ``start`` if there is none."""

    lines: list[str]
    line: int
    above: int
    start: int
    end: int
    commented: bool

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """The reports it lists, if it only says "Also reported by …"."""
        return read_mentions(self.lines)


@dataclass(kw_only=True, slots=True)
class StoryBlock:
    """A story, from its heading to the next heading.

    ``id`` is read from a comment on a line of its own. ``headline_span`` covers the text between the brackets.
    ``filled`` is where the last line that is not blank ends.
    ``listed`` is where the last list item ends, including comments that begin in it; None if there is no list.
    """

    headline: str
    url: str
    line: int
    headline_span: tuple[int, int]
    start: int
    end: int
    filled: int
    id: str = ""
    listed: int | None = None
    paragraphs: list[ParagraphBlock] = field(default_factory=list)
    items: list[CandidateBlock] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What the story is matched by."""
        return article_key(self.url, self.id)

    @property
    def candidates(self) -> list[CandidateBlock]:
        """The list items that are not empty."""
        return [item for item in self.items if item.text]

    @property
    def note(self) -> str:
        """The editor's note under the headline, line by line, without the surrounding underscores."""
        return "\n".join(unwrap_note(paragraph.lines) for paragraph in self.paragraphs if not paragraph.mentions)

    @property
    def also(self) -> list[ParagraphBlock]:
        """The "Also reported by" paragraphs."""
        return [paragraph for paragraph in self.paragraphs if paragraph.mentions]

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """All other reports of the event."""
        return tuple(mention for paragraph in self.also for mention in paragraph.mentions)


@dataclass(kw_only=True, slots=True)
class SectionBlock:
    """A section, from its heading to the next one. ``filled`` is where its last line that is not blank ends."""

    title: str
    line: int | None
    start: int
    end: int
    filled: int
    text: list[Line] = field(default_factory=list)
    stories: list[StoryBlock] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Outline:
    """The whole file."""

    front: IssueFrontMatter
    intro: list[Line] = field(default_factory=list)
    sections: list[SectionBlock] = field(default_factory=list)

    @property
    def stories(self) -> list[StoryBlock]:
        """The stories in the order of the file, without those that the editor put under "Not in this issue"."""
        return [story for section in self.sections if section.title != BENCH_SECTION for story in section.stories]


def read_outline(text: str, *, file: str) -> Outline:
    """Parse the structure of issue.md.

    Raises:
        IssueError: A heading is malformed, a story contains a code block, or a block is never closed.
    """
    front = read_issue_front_matter(text, file=file)
    lines = split_lines(text, start=front.body, number=front.body_line, file=file)
    return _Reader(Outline(front=front), text=text, file=file).read(lines)


class _Reader:
    """Reads the lines once. The meaning of a line depends on the section and story that are open."""

    def __init__(self, outline: Outline, *, text: str, file: str) -> None:
        self._outline = outline
        self._text = text
        self._file = file
        self._section: SectionBlock | None = None
        self._story: StoryBlock | None = None
        #: The open list item or paragraph, which the next line may continue.
        self._item: CandidateBlock | None = None
        self._paragraph: ParagraphBlock | None = None
        self._before: Line | None = None

    def read(self, lines: Sequence[Line]) -> Outline:
        for line in lines:
            self._read(line)
            # Text appended to a block must not end up inside a comment.
            counts = (not line.blank or line.commented) and not line.open
            self._stretch(line.next, line.next if counts else None)
            self._before = line
        return self._outline

    def _stretch(self, end: int, filled: int | None) -> None:
        for block in (self._section, self._story):
            if block is not None:
                block.end = end
                block.filled = block.filled if filled is None else filled

    def _read(self, line: Line) -> None:
        if not line.code and _CONFLICT.match(line.text):
            raise self._error(
                line,
                "this is a conflict marker of an unfinished git merge",
                "Keep one of the two versions and delete the markers.",
            )
        heading = None if line.code else _HEADING.match(line.text)
        if heading and (len(heading[1]) <= 3 or self._story):
            self._read_heading(line, len(heading[1]), heading[2])
        elif not line.code and _GLUED.match(line.text):
            raise self._error(line, "this heading needs a space after its # signs", _STORY_FORM)
        elif self._story:
            self._read_under_story(line, self._story)
        elif self._section:
            self._section.text.append(line)
        else:
            self._outline.intro.append(line)

    def _read_heading(self, line: Line, level: int, text: str) -> None:
        self._item = self._paragraph = None
        if level == 2:
            title = read_title(text)
            if not title:
                raise self._error(line, "this section has no title", "Write it as ## Title, or delete the line.")
            self._open_section(line, title, line.number)
            self._story = None
        elif level == 3:
            self._open_story(line)
        else:
            raise self._error(line, f"a heading with {'#' * level} is not allowed here", _STORY_FORM)

    def _open_section(self, line: Line, title: str, number: int | None) -> SectionBlock:
        self._section = SectionBlock(title=title, line=number, start=line.start, end=line.next, filled=line.next)
        self._outline.sections.append(self._section)
        return self._section

    def _open_story(self, line: Line) -> None:
        link = read_link(line.text)
        if link is None:
            raise self._error(
                line, "this story's heading is not a link", "Write it as ### [Headline](https://address)."
            )
        headline, url, (start, end) = link
        if not headline or not url:
            missing = "address" if headline else "headline"
            raise self._error(line, f"this story has no {missing}", _STORY_FORM)
        section = self._section or self._open_section(line, "", None)
        self._story = StoryBlock(
            headline=headline,
            url=url,
            line=line.number,
            headline_span=(line.start + start, line.start + end),
            start=line.start,
            end=line.next,
            filled=line.next,
        )
        section.stories.append(self._story)

    def _read_under_story(self, line: Line, story: StoryBlock) -> None:
        if line.code:
            raise self._error(
                line,
                "a story cannot contain a code block",
                "Put it in the section's text, before its first story, or use inline code: `like this`.",
            )
        if line.commented and not story.id:
            story.id = read_id(self._text[line.start : line.end])
        if self._before and self._before.open and story.listed == line.start:
            story.listed = line.next
        item = None if _RULE.match(line.text) else _ITEM.match(line.text)
        if line.blank or _RULE.match(line.text) or _EMPTY_ITEM.match(line.text):
            self._item = self._paragraph = None
        elif item:
            if _BAD_TICK.match(item["text"]):
                raise self._error(
                    line, "this box is neither [x] nor [ ]", "Write - [x] for a bullet that goes in the email."
                )
            self._paragraph = None
            self._item = CandidateBlock(
                text=one_line(item["text"]),
                ticked=item["tick"] != " ",
                line=line.number,
                start=line.start,
                end=line.next,
                commented=line.commented,
            )
            story.items.append(self._item)
            story.listed = line.next
        elif self._item and line.text[:1] in " \t":
            story.listed = line.next
            self._item.text = one_line(f"{self._item.text} {line.text}")
            self._item.end = line.next
            self._item.commented |= line.commented
        else:
            self._item = None
            self._read_paragraph(line, story)

    def _read_paragraph(self, line: Line, story: StoryBlock) -> None:
        if self._paragraph is None:
            before = self._before
            above = before.start if before and before.blank and not before.commented else line.start
            self._paragraph = ParagraphBlock(
                lines=[], line=line.number, above=above, start=line.start, end=line.next, commented=False
            )
            story.paragraphs.append(self._paragraph)
        self._paragraph.lines.append(line.text.strip())
        self._paragraph.end = line.next
        self._paragraph.commented |= line.commented

    def _error(self, line: Line, message: str, hint: str) -> IssueError:
        return IssueError(message, place=Place(self._file, line.number), hint=hint)
