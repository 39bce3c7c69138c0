"""The newsletter of one week: what the editor edits, and what is rendered from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.models.article import Bullet

__all__ = ["NEW_SECTION", "Candidate", "Issue", "Mention", "Section", "Story", "escape_inline", "unescape_inline"]

#: The section under which `collect` appends once a person has touched the file. It is not sent.
NEW_SECTION = "New since you last looked"

#: What CommonMark reads as inline markup: code, emphasis, links, images, HTML, entities, strikethrough and the escape
#: itself. An underscore inside a word is none (CommonMark 0.31, section 6.2); a lone asterisk between spaces neither.
_MARKUP = re.compile(r"[\\`\[\]<]|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])|~~|&(?=#?\w+;)")
#: A backslash before any ASCII punctuation (CommonMark 0.31, section 2.4).
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A bullet proposed for a story, ticked when it goes in the email.

    Attributes:
        line: Where it stands in issue.md, counted from 1; not part of its identity.
    """

    bullet: Bullet
    ticked: bool = True
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """Another report of a story's event: who published it, in plain text, and its address as given."""

    name: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """Articles about one event, with a headline and bullets.

    Attributes:
        url: The leading article's address as given, or its path. Stories are matched by ``canonical_url(url)``.
        headline: Plain text.
        note: The editor's own words under the headline: inline Markdown, without the surrounding underscores.
        candidates: All bullets in the order of the file, ticked or not.
        also: Who else reported the event: "Also reported by".
        line: Where the heading stands in issue.md, counted from 1; ``note_line`` and ``also_line`` likewise. None is
            part of its identity.
    """

    url: str
    headline: str
    note: str = ""
    candidates: tuple[Candidate, ...] = ()
    also: tuple[Mention, ...] = ()
    line: int | None = field(default=None, compare=False)
    note_line: int | None = field(default=None, compare=False)
    also_line: int | None = field(default=None, compare=False)

    @property
    def bullets(self) -> tuple[Bullet, ...]:
        """The bullets that go in the email."""
        return tuple(candidate.bullet for candidate in self.candidates if candidate.ticked)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A titled run of stories. The title is plain text, and empty for stories before the first `##`.

    Attributes:
        text: The editor's own words before the first story: Markdown. ``text_line`` is where they begin.
    """

    title: str = ""
    text: str = ""
    stories: tuple[Story, ...] = ()
    line: int | None = field(default=None, compare=False)
    text_line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """One dated newsletter, in the order in which it is read.

    Attributes:
        id: An ISO week, such as ``2026-W47``.
        sponsor: Who pays for this issue: Markdown on one line; empty for nobody, None for what the configuration says.
        intro: The editor's own words at the top: Markdown.
        lines: Where ``subject``, ``preheader``, ``sponsor`` and ``intro`` stand in issue.md; not part of its identity.
    """

    id: str
    subject: str = ""
    preheader: str = ""
    sponsor: str | None = None
    intro: str = ""
    sections: tuple[Section, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, hash=False)

    @property
    def sent_sections(self) -> tuple[Section, ...]:
        """The sections that go in the email: all but the one that holds what is new, and none that is empty."""
        return tuple(
            section for section in self.sections if section.title != NEW_SECTION and (section.stories or section.text)
        )

    @property
    def stories(self) -> tuple[Story, ...]:
        """The stories that go in the email. The first one is the lead."""
        return tuple(story for section in self.sent_sections for story in section.stories)

    @property
    def waiting(self) -> tuple[Story, ...]:
        """Stories that arrived after the editor's last touch and are not sent until they are moved."""
        return tuple(story for section in self.sections if section.title == NEW_SECTION for story in section.stories)


def unescape_inline(text: str) -> str:
    """``text`` without the backslashes that `escape_inline` or a person put before punctuation."""
    return _ESCAPED.sub(r"\1", text)


def escape_inline(text: str) -> str:
    """Write plain ``text`` as inline Markdown that reads as exactly that text, on one line.

    Runs of white space become one space, since a bullet is one line of issue.md.
    """
    line = " ".join(text.split())
    return _MARKUP.sub(r"\\\g<0>", line)
