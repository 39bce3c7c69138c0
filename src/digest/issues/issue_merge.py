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
    yours has no bullets yet       filled in, if its article was collected
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.config.toml_text import toml_string
from digest.issues.bench import BenchMerge, bench_of, dropped_lines, merge_bench, with_bench
from digest.issues.issue_document import format_also, format_candidates, format_issue, issue_of
from digest.issues.issue_front_matter import FIELDS
from digest.issues.issue_outline import Outline, ParagraphBlock, StoryBlock, read_outline
from digest.issues.markdown_source import TextEdit, apply_edits, insert_blocks, insert_lines
from digest.issues.story_notation import one_line, write_headline, write_id, write_mentions
from digest.issues.story_placement import append_new, end_of_stories
from digest.models import Issue, Section, Story

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from digest.models import BenchLine

__all__ = ["Conflict", "Merge", "is_untouched", "merge_issue"]

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
        bench_edited: Whether "Not in this issue" was left as it is because the editor has changed it.
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
    bench_edited: bool = False


def merge_issue(
    *,
    yours: str | None,
    base: Issue | None,
    written_sha256: str | None,
    fresh: Issue,
    same: Mapping[str, Collection[str]] = MappingProxyType({}),
    bench: Sequence[BenchLine] = (),
    fills: Mapping[str, Story] = MappingProxyType({}),
    file: str = "issue.md",
) -> Merge:
    """Merge the current proposal into the editor's file.

    Args:
        yours: The current issue.md; None if there is none yet.
        base: `Merge.base` of the last merge; None if this is the first.
        written_sha256: `Merge.written_sha256` of the last merge.
        fresh: The current proposal.
        same: For each story of ``fresh`` and ``bench``, by its key, the keys of all articles about the
            same event. An event that the editor has seen under another article's address is not new.
        bench: All stories that are not in ``fresh``, the best first.
        fills: What to propose for stories of ``yours`` without bullets, by their keys in ``yours``, such as a line that
            the editor moved up from "Not in this issue".
        file: The name of the file in messages.

    Raises:
        IssueError: ``yours`` cannot be parsed. Nothing may be written in that case.
    """
    whole = with_bench(fresh, bench or None)
    written_by_tool = base is None and yours == format_issue(whole)  # base.json was lost
    if yours is None or written_by_tool or is_untouched(yours, base, written_sha256):
        earlier = _stories(base)
        text = format_issue(whole)
        added = tuple(story.url for key, story in _stories(fresh).items() if key not in earlier)
        return Merge(text=text, base=whole, written_sha256=_sha256(text), added=added)
    return _Merger(yours, base, fresh, same=same, bench=bench, fills=fills, file=file).run()


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
        self,
        yours: str,
        base: Issue | None,
        fresh: Issue,
        *,
        same: Mapping[str, Collection[str]],
        bench: Sequence[BenchLine],
        fills: Mapping[str, Story],
        file: str,
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
        self._bench = bench
        self._old_bench = bench_of(base)
        dropped = dropped_lines(yours, self._outline, base=self._old_bench)
        self._dropped = {line.key: Story(url=line.url, id=line.id, headline=line.headline) for line in dropped}
        self._fills = {key: fills[key] for key, block in self._mine.items() if key in fills and self._is_to_fill(block)}
        #: The keys of all stories in the file. One that is to be filled has the key of its article as well.
        self._present = {*self._mine, *(story.key for story in self._fills.values())}
        self._record = _Record()

    def run(self) -> Merge:
        self._merge_front()
        for key, block in self._mine.items():
            if key in self._fills:
                self._fill(block, self._fills[key])
            elif key in self._old and key in self._new:
                self._merge_headline(key, block)
                self._merge_candidates(key, block)
                self._merge_also(key, block)
        added = [story for key, story in self._new.items() if not self._is_known(key)]
        if added:
            self._record.edits.append(append_new(self._text, self._outline, added))
        bench = merge_bench(
            self._text,
            self._outline,
            base=self._old_bench,
            fresh=self._bench,
            at=end_of_stories(self._outline),
            is_known=self._is_known,
        )
        self._record.edits.extend(bench.edits)
        text = apply_edits(self._text, self._record.edits)
        return Merge(
            text=text,
            base=self._next_base(bench),
            written_sha256="",
            added=tuple(story.url for story in added),
            refreshed=tuple(self._record.refreshed),
            kept_out=tuple(key for key in self._new if self._is_known(key) and not self._is_mine(key)),
            conflicts=tuple(self._conflicts(read_outline(text, file=self._file))),
            touched=True,
            bench_edited=bench.edited,
        )

    def _is_known(self, key: str) -> bool:
        """Whether the editor has seen this event, under this address or another article's."""
        return self._is_mine(key) or any(
            url in self._old or url in self._dropped for url in (key, *self._same.get(key, ()))
        )

    def _is_mine(self, key: str) -> bool:
        """Whether the event is in the file."""
        return any(url in self._present for url in (key, *self._same.get(key, ())))

    def _is_to_fill(self, block: StoryBlock) -> bool:
        """Whether a story has no bullets because none were ever proposed for it, and not because the editor wants none.

        Under a heading from "Not in this issue", the editor may have written a note already.
        """
        old = self._old.get(block.key)
        benched = old is not None or any(line.key == block.key for line in self._old_bench or ())
        return not block.items and (old is None or not old.candidates) and (benched or not block.paragraphs)

    def _fill(self, block: StoryBlock, story: Story) -> None:
        """Write the bullets, the other reports and, if the heading's address is not enough, the id of a story."""
        heading = block.paragraphs[0].start if block.paragraphs else block.filled
        if story.id and not block.id:
            self._record.edits.append(insert_lines(self._text, heading, write_id(story.id)))
        lines = format_candidates(story.candidates)
        if lines and block.paragraphs:
            self._record.edits.append(insert_blocks(self._text, block.filled, ["\n".join(lines)]))
        elif lines:
            self._record.edits.append(insert_lines(self._text, block.filled, lines))
        if story.also and not block.also:
            self._record.edits.append(insert_blocks(self._text, block.filled, [format_also(story.also)]))
        if lines:
            self._record.refreshed.append(f"bullets {block.url}")

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
        if yours and not base:
            return  # the story was added or moved up by hand, and no bullets were ever proposed for it
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

    def _next_base(self, bench: BenchMerge) -> Issue:
        filled = {story.key: story for story in self._fills.values()}
        earlier = {**self._dropped, **self._old, **filled}
        gone = tuple(story for key, story in earlier.items() if key not in self._new)
        base = self._base or self._fresh
        issue = replace(
            self._fresh,
            subject=self._fresh.subject or base.subject,
            preheader=self._fresh.preheader or base.preheader,
            sections=(*self._fresh.sections, *([Section(title=_EARLIER, stories=gone)] if gone else [])),
        )
        return with_bench(issue, bench.lines)

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
