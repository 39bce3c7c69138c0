"""issue.md as an `Issue`, and back (the design, section 5). Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from digest.config.toml_text import toml_string
from digest.errors import IssueError, Place
from digest.issues.frontmatter import FIELDS
from digest.issues.notation import one_line, write_link, write_mentions, write_note, write_title
from digest.issues.outline import Outline, SectionBlock, StoryBlock, read_outline
from digest.models import Bullet, Candidate, Issue, Section, Story, canonical_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.issues.lines import Line
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
    """Read issue.md. Every bullet's origin is "editor", since text alone cannot tell; see `trace_origins`.

    Raises:
        IssueError: It cannot be read; with the line, and what to write instead. Nothing else is ever raised.
    """
    return issue_of(read_outline(text, file=file), id=id, file=file)


def issue_of(outline: Outline, *, id: str, file: str) -> Issue:
    """The issue that an outline holds.

    Raises:
        IssueError: A story stands in it twice.
    """
    lines: dict[str, int] = dict(outline.front.lines)
    intro, intro_line = _block(outline.intro)
    if intro_line is not None:
        lines["intro"] = intro_line
    seen: dict[str, int] = {}
    for story in outline.stories:
        first = seen.setdefault(canonical_url(story.url), story.line)
        if first != story.line:
            raise IssueError(
                f"{story.url} is a story twice, in line {first} and in line {story.line}",
                place=Place(file, story.line),
                hint="Keep one of the two; their addresses mean the same page.",
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
        note=block.note,
        candidates=tuple(
            Candidate(bullet=Bullet(text=item.text), ticked=item.ticked, line=item.line) for item in block.candidates
        ),
        also=block.mentions,
        line=block.line,
        note_line=next((one.line for one in block.paragraphs if not one.mentions), None),
        also_line=next((one.line for one in block.also), None),
    )


def _block(lines: Sequence[Line]) -> tuple[str, int | None]:
    """Block Markdown without comments and without blank lines around it, and the line where it begins."""
    kept = [line for line in lines if not (line.commented and line.blank)]
    while kept and kept[0].blank:
        kept.pop(0)
    while kept and kept[-1].blank:
        kept.pop()
    words = [line.text.rstrip() if line.commented else line.text for line in kept]
    return "\n".join(words), kept[0].number if kept else None


def format_issue(issue: Issue) -> str:
    """Write an issue as issue.md; its lines end with a line feed.

    ``parse_issue(format_issue(issue)) == issue`` holds for every issue that the file can express: what is plain text is
    one line without white space around it; headlines, addresses, titles, names and bullets are not empty; notes have no
    blank lines, and are not what `format_also` writes; intro and section texts hold no heading of levels one to three
    outside code, no comment, and no blank lines around them; only the first section may be untitled, and it has stories
    and no text.

    Raises:
        ValueError: A section other than the first has no title.
    """
    front = {name: getattr(issue, name) for name in (*FIELDS, "sponsor")}
    given = (f"{name} = {toml_string(one_line(words))}" for name, words in front.items() if words is not None)
    head = "\n".join(("+++", *given, "+++"))
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
    """A story's lines, from its heading to who else reported it, without a line break at the end."""
    note = write_note(story.note)
    # A line right after a paragraph would belong to it.
    gap = [""] if note and story.candidates and not note[-1].endswith("_") else []
    also = format_also(story.also)
    end = ["", also] if also else []
    return "\n".join((write_link(story.headline, story.url), *note, *gap, *format_candidates(story.candidates), *end))


def format_candidates(candidates: Sequence[Candidate]) -> list[str]:
    """One line for each candidate, ticked or not."""
    return [f"- [{'x' if item.ticked else ' '}] {one_line(item.bullet.text)}" for item in candidates]


def format_also(mentions: Sequence[Mention]) -> str:
    """The line under the bullets that says who else reported it; empty where nobody did."""
    links = write_mentions(mentions)
    return f"Also reported by {links}" if links else ""


def trace_origins(issue: Issue, base: Issue) -> Issue:
    """Give each candidate that still says what ``base`` proposed for its story the origin and the place it had there.

    What the editor wrote or changed stays "editor".
    """
    known = {
        canonical_url(story.url): {item.bullet.text: item.bullet for item in story.candidates}
        for section in base.sections
        for story in section.stories
    }

    def traced(story: Story) -> Story:
        bullets = known.get(canonical_url(story.url), {})
        return replace(
            story,
            candidates=tuple(
                replace(item, bullet=bullets.get(item.bullet.text, item.bullet)) for item in story.candidates
            ),
        )

    sections = (replace(section, stories=tuple(map(traced, section.stories))) for section in issue.sections)
    return replace(issue, sections=tuple(sections))
