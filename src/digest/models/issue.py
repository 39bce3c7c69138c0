"""One issue of the newsletter as issue.md describes it, and the escaping of plain text in its Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.models.urls import article_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.models.article import Bullet

__all__ = [
    "BENCH_SECTION",
    "NEW_SECTION",
    "BenchLine",
    "Candidate",
    "Issue",
    "Mention",
    "Section",
    "Story",
    "escape_inline",
    "unescape_inline",
]

#: The section to which `collect` appends new stories once the editor has changed issue.md. It is not sent.
NEW_SECTION = "New since you last looked"
#: The section in which `collect` lists the next best stories, one line each. It is the last one, and is not sent.
BENCH_SECTION = "Not in this issue"
_UNSENT = frozenset({NEW_SECTION, BENCH_SECTION})

#: The characters that CommonMark reads as inline markup: code, emphasis, links, images, HTML, entities, strikethrough
#: and the backslash itself. An underscore inside a word is literal, and so is an asterisk between spaces:
#: https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis
_MARKUP = re.compile(r"[\\`\[\]<]|(?<!\s)\*|\*(?!\s)|(?<![^\W_])_|_(?![^\W_])|~~|&(?=#?\w+;)")
#: A backslash before ASCII punctuation: https://spec.commonmark.org/0.31.2/#backslash-escapes
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A bullet proposed for a story. A ticked one goes in the email.

    Attributes:
        line: Its line in issue.md, starting at 1; not compared.
    """

    bullet: Bullet
    ticked: bool = True
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """Another outlet's report of a story's event: the outlet's name in plain text, and the report's URL as given."""

    name: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """Articles about one event, with a headline and bullets.

    Attributes:
        url: The leading article's URL as given, or its path.
        id: What tells the leading article apart from others at its URL; empty if the URL is enough. It is not part of
            the published link.
        headline: Plain text.
        note: The editor's own words under the headline: inline Markdown, without the surrounding underscores.
        candidates: All bullets in file order, ticked or not.
        also: The other outlets that reported the event, for the line "Also reported by".
        line: The line of the heading in issue.md, starting at 1; ``note_line`` and ``also_line`` likewise. Lines are
            not compared.
    """

    url: str
    headline: str
    note: str = ""
    candidates: tuple[Candidate, ...] = ()
    also: tuple[Mention, ...] = ()
    id: str = ""
    line: int | None = field(default=None, compare=False)
    note_line: int | None = field(default=None, compare=False)
    also_line: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """What stories are matched by: the key of the leading article."""
        return article_key(self.url, self.id)

    @property
    def bullets(self) -> tuple[Bullet, ...]:
        """The bullets that go in the email."""
        return tuple(candidate.bullet for candidate in self.candidates if candidate.ticked)


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchLine:
    """One of the next best stories, which are not in the issue: a line under `BENCH_SECTION`.

    Attributes:
        url: The leading article's URL as given, or its path.
        headline: Plain text.
        outlet: Who published it, in plain text; empty if unknown.
        id: What tells the leading article apart from others at its URL; empty if the URL is enough.
    """

    url: str
    headline: str
    outlet: str = ""
    id: str = ""

    @property
    def key(self) -> str:
        """What stories are matched by."""
        return article_key(self.url, self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A titled run of stories.

    Attributes:
        title: Plain text; empty for the stories before the first ``##``.
        text: The editor's own text before the first story, in Markdown; ``text_line`` is its first line.
    """

    title: str = ""
    text: str = ""
    stories: tuple[Story, ...] = ()
    line: int | None = field(default=None, compare=False)
    text_line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """One issue of the newsletter, in reading order.

    Attributes:
        id: An issue id such as ``2026-W47``; empty for a text that does not belong to an issue's folder.
        sponsor: The sponsor of this issue, in Markdown on one line; empty for no sponsor, None for the configured one.
        intro: The editor's own text at the top, in Markdown.
        lines: The lines of ``subject``, ``preheader``, ``sponsor`` and ``intro`` in issue.md; not compared.
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
        """The sections that go in the email: neither empty ones, nor the new stories, nor those not in this issue."""
        return tuple(
            section for section in self.sections if section.title not in _UNSENT and (section.stories or section.text)
        )

    @property
    def stories(self) -> tuple[Story, ...]:
        """The stories that go in the email. The first one is the lead."""
        return tuple(story for section in self.sent_sections for story in section.stories)

    @property
    def waiting(self) -> tuple[Story, ...]:
        """The stories that arrived after the editor's last change. They are not sent until the editor moves them."""
        return tuple(story for section in self.sections if section.title == NEW_SECTION for story in section.stories)


def unescape_inline(text: str) -> str:
    """Remove the backslashes that `escape_inline` or the editor put before punctuation."""
    return _ESCAPED.sub(r"\1", text)


def escape_inline(text: str) -> str:
    """Write plain text as inline Markdown that renders as exactly that text.

    The result is one line, because a bullet is one line of issue.md: each run of white space becomes one space.
    """
    line = " ".join(text.split())
    return _MARKUP.sub(r"\\\g<0>", line)
