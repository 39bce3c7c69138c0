"""What the rules look at: the editor's words with their lines, and the built page with its links and images."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import html as lxml_html

from digest.errors import Place
from digest.rendering import markdown_links, prose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from lxml.html import HtmlElement

    from digest.config import Config
    from digest.issues import Build, SourceState
    from digest.models import Article, Issue, RenderedIssue, Subscriber
    from digest.rendering import MarkdownLink

__all__ = ["CheckContext", "LinkAnswer", "ParsedPage", "Passage", "css_declarations", "parse_page", "passages_of"]

_WIDTH = re.compile(r"\d+%?")


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkAnswer:
    """What came of asking for one address.

    Attributes:
        status: The last answer's; None where there was none.
        url: Where it led in the end; empty without a good answer.
        reason: Why there is none, in a few words.
    """

    status: int | None = None
    url: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """Words of the editor's that readers will see.

    Attributes:
        what: As a person would call it, such as "the headline".
        line: Where it begins in issue.md.
        markdown: False for plain text such as headlines.
        block: Whether pictures in it are published.
    """

    what: str
    text: str
    line: int | None
    markdown: bool = True
    block: bool = False

    @property
    def words(self) -> str:
        """The words alone."""
        return prose(self.text) if self.markdown else self.text

    def links(self) -> Iterator[tuple[MarkdownLink, int | None]]:
        """Links and pictures, each with its line in issue.md."""
        for link in markdown_links(self.text) if self.markdown else ():
            yield link, None if self.line is None else self.line + link.line


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedPage:
    """The HTML part as a browser reads it.

    Attributes:
        images: Address and ``alt`` of each, None where the attribute is absent, and whether it has a ``width`` in whole
            pixels or percent.
        tree: The document; None of an empty part.
    """

    links: tuple[str, ...] = ()
    images: tuple[tuple[str, str | None, bool], ...] = ()
    text: str = ""
    tree: HtmlElement | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckContext:
    """Everything that a rule may look at.

    Attributes:
        file: issue.md as a person would type it; the build stands in the folder beside it.
        root: The newsletter's folder.
        articles: What was collected, by canonical URL.
        sent: The id of the issue in which a story went out, by its canonical URL.
        source_states: How the sources fared in each issue, by their ids; this issue first, then the ones before it.
        source_places: Where each source is configured, by its id.
        answers: What servers said of links, by address; empty where they were not asked.
        columns: The casefolded columns of the audience's lists; None if they could not be read.
        tracked_lists: The people in each unencrypted list that git tracks, by the list's path.
        build: The build on disk; None if there is none, or if the issue has been sent already.
    """

    issue: Issue
    rendered: RenderedIssue
    config: Config
    file: str
    root: Path
    articles: Mapping[str, Article]
    sent: Mapping[str, str]
    source_states: Sequence[Mapping[str, SourceState]]
    source_places: Mapping[str, Place]
    page: ParsedPage
    answers: Mapping[str, LinkAnswer]
    columns: frozenset[str] | None
    tracked_lists: Mapping[str, Sequence[Subscriber]]
    build: Build | None

    def line(self, number: int | None) -> Place:
        """A line of issue.md."""
        return Place(self.file, number)

    @property
    def build_folder(self) -> Place:
        """The folder of the build, beside issue.md."""
        return Place(posixpath.join(posixpath.dirname(self.file), "build"))

    def built(self, name: str) -> Place:
        """A file of the build."""
        return Place(posixpath.join(self.build_folder.file, name))

    def passages(self) -> Iterator[Passage]:
        """All words of the editor's that are sent, in the order of the file."""
        return passages_of(self.issue, sponsor=self.config.newsletter.sponsor)


def passages_of(issue: Issue, *, sponsor: str) -> Iterator[Passage]:
    """All words of an issue that are sent, in the order of the file; ``sponsor`` where it has none of its own."""
    lines = issue.lines
    yield Passage(what="the subject", text=issue.subject, line=lines.get("subject"), markdown=False)
    yield Passage(what="the preheader", text=issue.preheader, line=lines.get("preheader"), markdown=False)
    words, line = (sponsor, None) if issue.sponsor is None else (issue.sponsor, lines.get("sponsor"))
    yield Passage(what="the sponsor's words", text=words, line=line, block=True)
    yield Passage(what="the intro", text=issue.intro, line=lines.get("intro"), block=True)
    for section in issue.sent_sections:
        yield Passage(what="the section's title", text=section.title, line=section.line, markdown=False)
        yield Passage(what="the section's text", text=section.text, line=section.text_line or section.line, block=True)
        for story in section.stories:
            yield Passage(what="the headline", text=story.headline, line=story.line, markdown=False)
            yield Passage(what="the note", text=story.note, line=story.note_line or story.line)
            for candidate in story.candidates:
                if candidate.ticked:
                    line = candidate.line or story.line
                    yield Passage(what="the bullet", text=candidate.bullet.text, line=line)
            names = ", ".join(mention.name for mention in story.also)
            yield Passage(what="“Also reported by”", text=names, line=story.also_line or story.line, markdown=False)


def parse_page(html: str) -> ParsedPage:
    """Read the HTML part. What stands in conditional comments is not looked at."""
    if not html.strip():
        return ParsedPage()
    tree = lxml_html.document_fromstring(html.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    return ParsedPage(
        links=tuple(element.get("href", "") for element in tree.iter("a", "area") if "href" in element.attrib),
        images=tuple(
            (each.get("src", ""), each.get("alt"), bool(_WIDTH.fullmatch(each.get("width", ""))))
            for each in tree.iter("img")
        ),
        text=tree.body.text_content() if tree.find("body") is not None else "",
        tree=tree,
    )


def css_declarations(css: str) -> dict[str, str]:
    """The declarations of a style attribute in lower case, without ``!important``; of two the last counts."""
    pairs = (declaration.partition(":") for declaration in css.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value.strip()}
