"""Where stories are put in issue.md: under "New since you last looked", or at the end of what is sent. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.errors import IssueError, Place
from digest.issues.bench import bench_block, without_line
from digest.issues.issue_document import format_story, issue_of
from digest.issues.issue_outline import Outline, read_outline
from digest.issues.markdown_source import TextEdit, apply_edits, insert_blocks
from digest.issues.story_notation import write_title
from digest.models import BENCH_SECTION, NEW_SECTION, Story

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["append_new", "append_story", "end_of_stories"]


def append_new(text: str, outline: Outline, stories: Sequence[Story]) -> TextEdit:
    """Append stories under "New since you last looked", which is not sent until the editor moves them."""
    blocks = [format_story(story) for story in stories]
    waiting = [section for section in outline.sections if section.title == NEW_SECTION]
    if waiting:
        return insert_blocks(text, waiting[-1].filled, blocks)
    return insert_blocks(text, end_of_stories(outline), [f"## {write_title(NEW_SECTION)}", *blocks])


def end_of_stories(outline: Outline) -> int:
    """Where the last line that is not blank ends, before the section "Not in this issue" if there is one."""
    bench = bench_block(outline)
    sections = outline.sections[: outline.sections.index(bench)] if bench else outline.sections
    if sections:
        return sections[-1].filled
    last = [line for line in outline.intro if not line.blank or line.commented]
    return last[-1].next if last else outline.front.body


def append_story(text: str, story: Story, *, file: str = "issue.md") -> str:
    """Append a story to the last section that is sent, or insert it before the waiting stories in an issue without one.

    Its line under "Not in this issue" is taken out.

    Raises:
        IssueError: The file cannot be parsed, or already contains the story.
    """
    outline = read_outline(text, file=file)
    issue_of(outline, id="", file=file)
    for block in outline.stories:
        if block.key == story.key:
            raise IssueError(
                f"{story.url} is already in the issue",
                place=Place(file, block.line),
                hint="Move that story to where you want it and edit it there.",
            )
    sent = [section for section in outline.sections if section.title not in {NEW_SECTION, BENCH_SECTION}]
    if sent:
        at = sent[-1].filled
    elif outline.sections:
        at = outline.sections[0].start
    else:
        at = end_of_stories(outline)
    return apply_edits(
        text, [insert_blocks(text, at, [format_story(story)]), *without_line(text, outline, key=story.key)]
    )
