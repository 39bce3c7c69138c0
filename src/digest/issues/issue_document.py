"""Converts issue.md to an `Issue` and back. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from digest.config.toml_text import toml_string
from digest.errors import IssueError, Place
from digest.issues.issue_front_matter import FIELDS
from digest.issues.issue_outline import Outline, SectionBlock, StoryBlock, read_outline
from digest.issues.story_notation import one_line, write_id, write_link, write_mentions, write_note, write_title
from digest.models import Bullet, Candidate, Issue, Section, Story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.issues.markdown_source import Line
    from digest.models import Mention

__all__ = [
    "format_also",
    "format_candidates",
    "format_issue",
    "format_story",
    "issue_of",
    "parse_issue",
    "trace_origins",
]


def parse_issue(text: str, *, id: str = "", file: str = "issue.md") -> Issue:
    """Parse issue.md. The text does not record origins, so every bullet's is "editor"; see `trace_origins`.

    Raises:
        IssueError: It cannot be parsed. The error has the line and a fix. No other error is raised.
    """
    return issue_of(read_outline(text, file=file), id=id, file=file)


def issue_of(outline: Outline, *, id: str, file: str) -> Issue:
    """Turn an outline into an issue.

    Raises:
        IssueError: A story occurs twice.
    """
    lines: dict[str, int] = dict(outline.front.lines)
    intro, intro_line = _block(outline.intro)
    if intro_line is not None:
        lines["intro"] = intro_line
    seen: dict[str, int] = {}
    for story in outline.stories:
        first = seen.setdefault(story.key, story.line)
        if first != story.line:
            raise IssueError(
                f"{story.url} occurs twice, on line {first} and on line {story.line}",
                place=Place(file, story.line),
                hint="Delete one of the two; their addresses lead to the same page.",
            )
    return Issue(
        id=id,
        subject=outline.front.values["subject"],
        preheader=outline.front.values["preheader"],
        sponsor=outline.front.sponsor,
        intro=intro,
        sections=tuple(map(_section, outline.sections)),
        lines=lines,
    )


def _section(block: SectionBlock) -> Section:
    text, text_line = _block(block.text)
    stories = tuple(map(_story, block.stories))
    return Section(title=block.title, text=text, stories=stories, line=block.line, text_line=text_line)


def _story(block: StoryBlock) -> Story:
    return Story(
        url=block.url,
        headline=block.headline,
        id=block.id,
        note=block.note,
        candidates=tuple(
            Candidate(bullet=Bullet(text=item.text), ticked=item.ticked, line=item.line) for item in block.candidates
        ),
        also=block.mentions,
        line=block.line,
        note_line=next((paragraph.line for paragraph in block.paragraphs if not paragraph.mentions), None),
        also_line=next((paragraph.line for paragraph in block.also), None),
    )


def _block(lines: Sequence[Line]) -> tuple[str, int | None]:
    """Block Markdown without comments and surrounding blank lines, and the line where it begins."""
    visible = [line for line in lines if not (line.commented and line.blank)]
    while visible and visible[0].blank:
        visible.pop(0)
    while visible and visible[-1].blank:
        visible.pop()
    text = "\n".join(line.text.rstrip() if line.commented else line.text for line in visible)
    return text, visible[0].number if visible else None


def format_issue(issue: Issue) -> str:
    """Write an issue as issue.md, with line feeds as line breaks.

    ``parse_issue(format_issue(issue)) == issue`` holds for every issue that the file can express. That means: plain
    text is one line without surrounding white space; headlines, addresses, titles, names and bullets are not empty; a
    note has no blank lines and is not what `format_also` writes; intro and section texts contain no comment, no heading
    of level one to three outside code, and no surrounding blank lines; only the first section may be untitled, and then
    it has stories and no text.

    Raises:
        ValueError: A section other than the first has no title.
    """
    front = {name: getattr(issue, name) for name in (*FIELDS, "sponsor")}
    fields = (f"{name} = {toml_string(one_line(text))}" for name, text in front.items() if text is not None)
    head = "\n".join(("+++", *fields, "+++"))
    parts = [head, *([issue.intro] if issue.intro else [])]
    for number, section in enumerate(issue.sections):
        if section.title:
            parts.append(f"## {write_title(section.title)}")
        elif number:
            raise ValueError("only the first section may be untitled")
        if section.text:
            parts.append(section.text)
        parts.extend(map(format_story, section.stories))
    return "\n\n".join(parts) + "\n"


def format_story(story: Story) -> str:
    """A story's lines, from its heading to "Also reported by", without a final line break."""
    note = write_note(story.note)
    # A list item right after a paragraph line would be read as part of the paragraph.
    gap = [""] if note and story.candidates and not note[-1].endswith("_") else []
    also = format_also(story.also)
    end = ["", also] if also else []
    heading = (write_link(story.headline, story.url), *write_id(story.id))
    return "\n".join((*heading, *note, *gap, *format_candidates(story.candidates), *end))


def format_candidates(candidates: Sequence[Candidate]) -> list[str]:
    """One line per candidate, ticked or not."""
    return [f"- [{'x' if item.ticked else ' '}] {one_line(item.bullet.text)}" for item in candidates]


def format_also(mentions: Sequence[Mention]) -> str:
    """The "Also reported by" line under the bullets; empty if there are no other reports."""
    links = write_mentions(mentions)
    return f"Also reported by {links}" if links else ""


def trace_origins(issue: Issue, base: Issue) -> Issue:
    """Restore the origin and span of each candidate whose text is still what ``base`` proposed for its story.

    Bullets that the editor wrote or changed keep the origin "editor".
    """
    proposed = {
        story.key: {item.bullet.text: item.bullet for item in story.candidates}
        for section in base.sections
        for story in section.stories
    }

    def traced(story: Story) -> Story:
        bullets = proposed.get(story.key, {})
        return replace(
            story,
            candidates=tuple(
                replace(item, bullet=bullets.get(item.bullet.text, item.bullet)) for item in story.candidates
            ),
        )

    sections = (replace(section, stories=tuple(map(traced, section.stories))) for section in issue.sections)
    return replace(issue, sections=tuple(sections))
