"""The structure of issue.md: sections, stories, notes and candidates, each with its place in the text.

`parse_issue` makes an `Issue` of it; `merge_issue` changes a field in its place without touching what is
around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import IssueError, Place
from digest.issues.frontmatter import FrontMatter, read_front_matter
from digest.issues.lines import Line, split_lines
from digest.issues.notation import one_line, read_link, read_mentions, read_title, unwrap_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.models import Mention

__all__ = ["CandidateBlock", "Outline", "ParagraphBlock", "SectionBlock", "StoryBlock", "read_outline"]

_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)[ \t]*(.*)$", re.DOTALL)
_GLUED = re.compile(r" {0,3}(#{2,3})(?=[^#\s])")
_CONFLICT = re.compile(r"(?:<{7}|>{7}) ")  # a line of ======= alone may underline a heading
_BAD_TICK = re.compile(r"\[[^\]\s]?\](?!\()\s")
_ITEM = re.compile(r"[ \t]*[-*+][ \t]+(?:\[(?P<tick>[ xX])\](?=[ \t]|$)[ \t]*)?(?P<text>.*)$", re.DOTALL)
_EMPTY_ITEM = re.compile(r"[ \t]*[-*+][ \t]*$")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_STORY_FORM = "Write a story as ### [Headline](https://address), and a section as ## Title."


@dataclass(kw_only=True, slots=True)
class CandidateBlock:
    """A bullet, its lines as a span of the text, and whether a comment stands in them."""

    text: str
    ticked: bool
    line: int
    start: int
    end: int
    commented: bool


@dataclass(kw_only=True, slots=True)
class ParagraphBlock:
    """A paragraph under a story. ``above`` is where the blank line over it begins, or ``start`` where there is none."""

    lines: list[str]
    line: int
    above: int
    start: int
    end: int
    commented: bool

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """What it lists, if it says "Also reported by" and nothing else."""
        return read_mentions(self.lines)


@dataclass(kw_only=True, slots=True)
class StoryBlock:
    """A story from its heading to the next one.

    ``headline_span`` is what stands between the brackets; ``listed`` is where the last list item ends, with the
    comments that begin in it, and None where there is none.
    """

    headline: str
    url: str
    line: int
    headline_span: tuple[int, int]
    start: int
    end: int
    filled: int
    listed: int | None = None
    paragraphs: list[ParagraphBlock] = field(default_factory=list)
    items: list[CandidateBlock] = field(default_factory=list)

    @property
    def candidates(self) -> list[CandidateBlock]:
        """The list items that say something."""
        return [item for item in self.items if item.text]

    @property
    def note(self) -> str:
        """The editor's words under the headline, a line for each line, without the underscores around them."""
        return "\n".join(unwrap_note(paragraph.lines) for paragraph in self.paragraphs if not paragraph.mentions)

    @property
    def also(self) -> list[ParagraphBlock]:
        """The paragraphs that say who else reported it."""
        return [paragraph for paragraph in self.paragraphs if paragraph.mentions]

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Who else reported it."""
        return tuple(mention for paragraph in self.also for mention in paragraph.mentions)


@dataclass(kw_only=True, slots=True)
class SectionBlock:
    """A section from its heading to the next one. ``filled`` is where its last line that is not blank ends."""

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

    front: FrontMatter
    intro: list[Line] = field(default_factory=list)
    sections: list[SectionBlock] = field(default_factory=list)

    @property
    def stories(self) -> list[StoryBlock]:
        """All stories in the order of the file."""
        return [story for section in self.sections for story in section.stories]


def read_outline(text: str, *, file: str) -> Outline:
    """Find the structure of issue.md.

    Raises:
        IssueError: It has none: a heading of another form, a code block under a story, something that never ends.
    """
    front = read_front_matter(text, file=file)
    lines = split_lines(text, start=front.body, number=front.body_line, file=file)
    return _Reader(Outline(front=front), file=file).read(lines)


class _Reader:
    """Goes through the lines once; what a line means depends on the section and the story that are open."""

    def __init__(self, outline: Outline, *, file: str) -> None:
        self._outline = outline
        self._file = file
        self._section: SectionBlock | None = None
        self._story: StoryBlock | None = None
        #: What an indented line, or any further line, belongs to.
        self._item: CandidateBlock | None = None
        self._paragraph: ParagraphBlock | None = None
        self._before: Line | None = None

    def read(self, lines: Sequence[Line]) -> Outline:
        for line in lines:
            self._read(line)
            # What is put at the end of a block must not get into a comment.
            says = (not line.blank or line.commented) and not line.open
            self._stretch(line.next, line.next if says else None)
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
                line, "this is the mark of a merge that git left unfinished", "Keep one of the two versions below it."
            )
        heading = None if line.code else _HEADING.match(line.text)
        if heading and (len(heading[1]) <= 3 or self._story):
            self._read_heading(line, len(heading[1]), heading[2])
        elif not line.code and _GLUED.match(line.text):
            raise self._error(line, "this heading has no space after its marks", _STORY_FORM)
        elif self._story:
            self._read_under_story(line, self._story)
        elif self._section:
            self._section.text.append(line)
        else:
            self._outline.intro.append(line)

    def _read_heading(self, line: Line, level: int, words: str) -> None:
        self._item = self._paragraph = None
        if level == 2:
            title = read_title(words)
            if not title:
                raise self._error(line, "this section has no title", "Write it as ## Title, or take the line out.")
            self._open_section(line, title, line.number)
            self._story = None
        elif level == 3:
            self._open_story(line)
        else:
            raise self._error(line, f"a heading with {'#' * level} has no meaning here", _STORY_FORM)

    def _open_section(self, line: Line, title: str, number: int | None) -> SectionBlock:
        self._section = SectionBlock(title=title, line=number, start=line.start, end=line.next, filled=line.next)
        self._outline.sections.append(self._section)
        return self._section

    def _open_story(self, line: Line) -> None:
        link = read_link(line.text)
        if link is None:
            raise self._error(
                line, "this heading is not a link, so it is no story", "Write it as ### [Headline](https://address)."
            )
        headline, url, (start, end) = link
        if not headline or not url:
            missing = "an address" if headline else "a headline"
            raise self._error(line, f"this story has no {missing[missing.index(' ') + 1 :]}", _STORY_FORM)
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
                "a code block cannot stand under a story",
                "Put it in the text of a section, before its first story, or write it in the line `like this`.",
            )
        if self._before and self._before.open and story.listed == line.start:
            story.listed = line.next
        item = None if _RULE.match(line.text) else _ITEM.match(line.text)
        if line.blank or _RULE.match(line.text) or _EMPTY_ITEM.match(line.text):
            self._item = self._paragraph = None
        elif item:
            if _BAD_TICK.match(item["text"]):
                raise self._error(line, "this tick is neither [x] nor [ ]", "Write - [x] for a bullet that is sent.")
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
