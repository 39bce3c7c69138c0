"""The three-way merge into issue.md, so that collecting again never loses an edit. Pure.

``base`` is what `collect` proposed last, ``fresh`` is what it proposes now, and ``yours`` is the current file. Each
field is decided separately::

    yours == base, fresh differs   take fresh
    yours differs, fresh == base   keep yours
    both differ                    keep yours, and report the line
    in base, not in yours          dropped by the editor: stays out
    in yours, not in base          the editor's own: untouched
    in fresh only                  appended under NEW_SECTION
    no longer in fresh             kept
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.config.toml_text import toml_string
from digest.errors import IssueError, Place
from digest.issues.issue_document import format_also, format_candidates, format_issue, format_story, issue_of
from digest.issues.issue_front_matter import FIELDS
from digest.issues.issue_outline import Outline, ParagraphBlock, StoryBlock, read_outline
from digest.issues.markdown_source import TextEdit, apply_edits, insert_blocks, insert_lines
from digest.issues.story_notation import one_line, write_headline, write_mentions, write_title
from digest.models import NEW_SECTION, Issue, Section, Story

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["Conflict", "Merge", "append_story", "is_untouched", "merge_issue"]

#: The section in which the base keeps stories that are no longer proposed. It is never written to issue.md.
_EARLIER = "Proposed earlier"
_ALSO = "also reported by"


@dataclass(frozen=True, kw_only=True, slots=True)
class Conflict:
    """A field that both the editor and the sources changed. The editor's version was kept.

    Attributes:
        field: ``subject``, ``preheader``, ``headline``, ``bullets`` or ``also reported by``.
        line: Its line in the merged text.
        yours: The version that was kept; ``fresh`` is the new proposal.
    """

    field: str
    line: int
    yours: str
    fresh: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """What to write, and what changed.

    Attributes:
        text: The new issue.md.
        base: The ``base`` for the next merge: everything proposed so far, in its latest version.
        written_sha256: The ``written_sha256`` for the next merge. Empty once the editor has changed the file, because
            the file is then never rewritten as a whole.
        added: The addresses of new stories.
        refreshed: The fields that were updated: ``subject``, ``preheader``, ``headline ADDRESS``, ``bullets ADDRESS``
            and ``also reported by ADDRESS``.
        kept_out: The keys of proposed stories that the editor had dropped.
        conflicts: In file order.
        touched: Whether the editor had changed the file.
    """

    text: str
    base: Issue
    written_sha256: str
    added: tuple[str, ...] = ()
    refreshed: tuple[str, ...] = ()
    kept_out: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    touched: bool = False


def merge_issue(
    *,
    yours: str | None,
    base: Issue | None,
    written_sha256: str | None,
    fresh: Issue,
    same: Mapping[str, Collection[str]] = MappingProxyType({}),
    file: str = "issue.md",
) -> Merge:
    """Merge the current proposal into the editor's file.

    Args:
        yours: The current issue.md; None if there is none yet.
        base: `Merge.base` of the last merge; None if this is the first.
        written_sha256: `Merge.written_sha256` of the last merge.
        fresh: The current proposal.
        same: For each story of ``fresh``, by its key, the keys of all articles about the
            same event. An event that the editor has seen under another article's address is not new.
        file: The name of the file in messages.

    Raises:
        IssueError: ``yours`` cannot be parsed. Nothing may be written in that case.
    """
    written_by_tool = base is None and yours == format_issue(fresh)  # base.json was lost
    if yours is None or written_by_tool or is_untouched(yours, base, written_sha256):
        earlier = _stories(base)
        text = format_issue(fresh)
        added = tuple(story.url for key, story in _stories(fresh).items() if key not in earlier)
        return Merge(text=text, base=fresh, written_sha256=_sha256(text), added=added)
    return _Merger(yours, base, fresh, same=same, file=file).run()


def is_untouched(yours: str, base: Issue | None, written_sha256: str | None) -> bool:
    """Return whether issue.md is byte for byte what `collect` wrote when it last wrote the whole file.

    Args:
        yours: The current issue.md.
        base: `Merge.base` of the last merge.
        written_sha256: `Merge.written_sha256` of the last merge. A match alone is not enough: the hash may be that of
            a file that `collect` merged into. Such a file never equals its formatted base.
    """
    if _sha256(yours) != written_sha256 or base is None:
        return False
    try:
        return format_issue(base) == yours
    except ValueError:
        return False


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _stories(issue: Issue | None) -> dict[str, Story]:
    stories: dict[str, Story] = {}
    for section in issue.sections if issue else ():
        for story in section.stories:
            stories.setdefault(story.key, story)
    return stories


@dataclass(frozen=True, kw_only=True, slots=True)
class _Clash:
    """A conflict whose line in the merged text is not known yet."""

    field: str
    story: str
    yours: str
    fresh: str


@dataclass(kw_only=True, slots=True)
class _Record:
    edits: list[TextEdit] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)
    clashes: list[_Clash] = field(default_factory=list)


class _Merger:
    def __init__(
        self, yours: str, base: Issue | None, fresh: Issue, *, same: Mapping[str, Collection[str]], file: str
    ) -> None:
        self._text = yours
        self._outline = read_outline(yours, file=file)
        issue_of(self._outline, id=fresh.id, file=file)  # refuses a file in which a story occurs twice
        self._file = file
        self._base = base
        self._fresh = fresh
        self._old, self._new = _stories(base), _stories(fresh)
        self._mine = {block.key: block for block in self._outline.stories}
        self._same = same
        self._record = _Record()

    def run(self) -> Merge:
        self._merge_front()
        for key, block in self._mine.items():
            if key in self._old and key in self._new:
                self._merge_headline(key, block)
                self._merge_candidates(key, block)
                self._merge_also(key, block)
        added = [story for key, story in self._new.items() if not self._is_known(key)]
        if added:
            self._record.edits.append(_append_new(self._text, self._outline, added))
        text = apply_edits(self._text, self._record.edits)
        return Merge(
            text=text,
            base=self._next_base(),
            written_sha256="",
            added=tuple(story.url for story in added),
            refreshed=tuple(self._record.refreshed),
            kept_out=tuple(key for key in self._new if self._is_known(key) and not self._is_mine(key)),
            conflicts=tuple(self._conflicts(read_outline(text, file=self._file))),
            touched=True,
        )

    def _is_known(self, key: str) -> bool:
        """Whether the editor has seen this event, under this address or another article's."""
        return self._is_mine(key) or any(url in self._old for url in (key, *self._same.get(key, ())))

    def _is_mine(self, key: str) -> bool:
        """Whether the event is in the file."""
        return any(url in self._mine for url in (key, *self._same.get(key, ())))

    def _take(self, name: str, *, story: str = "", yours: str, base: str | None, fresh: str, same: bool) -> bool:
        """Decide whether to take the fresh value of one field.

        ``same``: yours equals base. Without a base, only empty fields are filled.
        """
        if base is None or fresh in (yours, base):
            return base is None and not yours and yours != fresh
        if same:
            return True
        self._record.clashes.append(_Clash(field=name, story=story, yours=yours, fresh=fresh))
        return False

    def _merge_front(self) -> None:
        front = self._outline.front
        missing: dict[str, str] = {}
        for name in FIELDS:
            yours, fresh = front.values[name], one_line(getattr(self._fresh, name))
            base = one_line(getattr(self._base, name)) if self._base else None
            # An empty value is not a proposal: the sources had nothing today.
            if not fresh or not self._take(name, yours=yours, base=base, fresh=fresh, same=yours == base):
                continue
            if name in front.spans:
                start, end = front.spans[name]
                self._record.edits.append(TextEdit(start=start, end=end, replacement=toml_string(fresh)))
            elif name in front.lines:
                continue  # a value over several lines is left to the editor
            else:
                missing[name] = fresh
            self._record.refreshed.append(name)
        if missing:
            lines = [f"{name} = {toml_string(value)}" for name, value in missing.items()]
            at = front.body if front.close is None else front.close
            fenced = ["+++", *lines, "+++"] if front.close is None else lines
            self._record.edits.append(insert_lines(self._text, at, fenced))

    def _merge_headline(self, key: str, block: StoryBlock) -> None:
        base, fresh = one_line(self._old[key].headline), one_line(self._new[key].headline)
        if self._take("headline", story=key, yours=block.headline, base=base, fresh=fresh, same=block.headline == base):
            start, end = block.headline_span
            self._record.edits.append(TextEdit(start=start, end=end, replacement=write_headline(fresh)))
            self._record.refreshed.append(f"headline {block.url}")

    def _merge_candidates(self, key: str, block: StoryBlock) -> None:
        base, fresh = (format_candidates(stories[key].candidates) for stories in (self._old, self._new))
        yours = [f"- [{'x' if item.ticked else ' '}] {item.text}" for item in block.candidates]
        # A comment among the bullets counts as an edit, although readers never see it.
        same = yours == base and not any(item.commented for item in block.items)
        if not self._take(
            "bullets", story=key, yours="\n".join(yours), base="\n".join(base), fresh="\n".join(fresh), same=same
        ):
            return
        if not block.candidates:
            at = block.also[0].above if block.also else block.filled
            self._record.edits.append(insert_lines(self._text, at, fresh))
        for number, item in enumerate(block.candidates):
            lines = insert_lines(self._text, item.start, fresh).replacement if number == 0 else ""
            self._record.edits.append(TextEdit(start=item.start, end=item.end, replacement=lines))
        self._record.refreshed.append(f"bullets {block.url}")

    def _merge_also(self, key: str, block: StoryBlock) -> None:
        base, fresh = (write_mentions(stories[key].also) for stories in (self._old, self._new))
        yours = write_mentions(block.mentions)
        same = yours == base and not any(paragraph.commented for paragraph in block.also)
        if not self._take(_ALSO, story=key, yours=yours, base=base, fresh=fresh, same=same):
            return
        line = format_also(self._new[key].also)
        if not block.also:
            at = block.filled if block.listed is None else block.listed
            self._record.edits.append(insert_blocks(self._text, at, [line]))
        for number, paragraph in enumerate(block.also):
            if number == 0 and line:
                replacement = insert_lines(self._text, paragraph.start, [line]).replacement
                self._record.edits.append(TextEdit(start=paragraph.start, end=paragraph.end, replacement=replacement))
            else:
                self._record.edits.append(_take_out(self._text, paragraph))
        self._record.refreshed.append(f"{_ALSO} {block.url}")

    def _next_base(self) -> Issue:
        if self._base is None:
            return self._fresh
        gone = tuple(story for key, story in self._old.items() if key not in self._new)
        return replace(
            self._fresh,
            subject=self._fresh.subject or self._base.subject,
            preheader=self._fresh.preheader or self._base.preheader,
            sections=(*self._fresh.sections, *([Section(title=_EARLIER, stories=gone)] if gone else [])),
        )

    def _conflicts(self, merged: Outline) -> Iterator[Conflict]:
        lines = self._lines(merged)
        for clash in self._record.clashes:
            line = lines.get((clash.field, clash.story), 1)
            yield Conflict(field=clash.field, line=line, yours=clash.yours, fresh=clash.fresh)

    def _lines(self, merged: Outline) -> Mapping[tuple[str, str], int]:
        lines = {(name, ""): line for name, line in merged.front.lines.items()}
        for block in merged.stories:
            key = block.key
            lines["headline", key] = block.line
            lines["bullets", key] = block.candidates[0].line if block.candidates else block.line
            lines[_ALSO, key] = block.also[0].line if block.also else block.line
        return lines


def _take_out(text: str, paragraph: ParagraphBlock) -> TextEdit:
    """Remove a paragraph, and the blank line above it if another blank line follows."""
    start = paragraph.above if text[paragraph.end : paragraph.end + 1] in {"", "\r", "\n"} else paragraph.start
    return TextEdit(start=start, end=paragraph.end, replacement="")


def _append_new(text: str, outline: Outline, stories: list[Story]) -> TextEdit:
    blocks = [format_story(story) for story in stories]
    waiting = [section for section in outline.sections if section.title == NEW_SECTION]
    if waiting:
        return insert_blocks(text, waiting[-1].filled, blocks)
    return insert_blocks(text, _end(outline), [f"## {write_title(NEW_SECTION)}", *blocks])


def _end(outline: Outline) -> int:
    """Where the last line that is not blank ends."""
    if outline.sections:
        return outline.sections[-1].filled
    last = [line for line in outline.intro if not line.blank or line.commented]
    return last[-1].next if last else outline.front.body


def append_story(text: str, story: Story, *, file: str = "issue.md") -> str:
    """Append a story to the last section that is sent. If there is none, insert it before the waiting stories.

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
    sent = [section for section in outline.sections if section.title != NEW_SECTION]
    if sent:
        at = sent[-1].filled
    elif outline.sections:
        at = outline.sections[0].start
    else:
        at = _end(outline)
    return apply_edits(text, [insert_blocks(text, at, [format_story(story)])])
