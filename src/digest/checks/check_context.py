"""What the rules look at: the editor's text with its lines, and the built HTML part with its links and images."""

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
    from digest.errors import IssueError
    from digest.issues import Build, SourceState
    from digest.models import Article, Issue, RenderedIssue
    from digest.rendering import MarkdownLink

__all__ = [
    "CONDITIONAL_COMMENT",
    "GMAIL_CLIP_BYTES",
    "CheckContext",
    "LinkAnswer",
    "ParsedPage",
    "Passage",
    "PeopleInGit",
    "css_declarations",
    "parse_page",
    "passages_of",
]

#: Where Gmail clips an HTML part, in bytes of UTF-8. Google does not document the number; senders measure about 102 kB:
#: https://www.spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html
GMAIL_CLIP_BYTES = 102_000
#: Conditional comments, which only Outlook for Windows reads.
CONDITIONAL_COMMENT = re.compile(r"<!--\[if.*?<!\[endif\]-->", re.DOTALL | re.IGNORECASE)
_WIDTH = re.compile(r"\d+%?")


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkAnswer:
    """A server's answer for one address.

    Attributes:
        status: The status code of the last answer; None if there was no answer.
        url: The address after all redirects; empty unless the answer was good.
        reason: Why the link does not work, in a few words.
    """

    status: int | None = None
    url: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleInGit:
    """A file with people's addresses that git tracks, or would add.

    Attributes:
        file: Its path, relative to the newsletter's folder.
        tracked: Whether git tracks it already.
        people: The number of people, if it is one of the newsletter's lists; None for any other file, which holds the
            addresses of several people of the lists.
        problem: Why another file could not be searched; empty if it was.
    """

    file: str
    tracked: bool
    people: int | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """One piece of the editor's text that readers will see.

    Attributes:
        what: What a message calls it, such as "the headline".
        text: The text as it is in issue.md.
        line: The line of issue.md on which it begins.
        markdown: False for plain text, such as headlines.
        block: Whether pictures in it are published.
    """

    what: str
    text: str
    line: int | None
    markdown: bool = True
    block: bool = False

    @property
    def plain_text(self) -> str:
        """The text without Markdown, addresses and code."""
        return prose(self.text) if self.markdown else self.text

    def links(self) -> Iterator[tuple[MarkdownLink, int | None]]:
        """Links and pictures, each with its line in issue.md."""
        for link in markdown_links(self.text) if self.markdown else ():
            yield link, None if self.line is None else self.line + link.line


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedPage:
    """The HTML part as a browser reads it.

    Attributes:
        links: The ``href`` of each link, in order.
        images: For each image its ``src``, its ``alt`` (None without the attribute), and whether it has a ``width`` in
            whole pixels or percent.
        text: The text of the body.
        tree: The document; None if the part is empty.
    """

    links: tuple[str, ...] = ()
    images: tuple[tuple[str, str | None, bool], ...] = ()
    text: str = ""
    tree: HtmlElement | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckContext:
    """Everything that a rule may look at.

    Attributes:
        issue: The issue, as parsed from issue.md.
        rendered: The issue rendered as it would be built now.
        config: The newsletter's configuration.
        file: The path of issue.md as shown to users; the folder of the build is beside it.
        root: The newsletter's folder.
        articles: The collected articles, by their keys.
        sent: The id of the issue in which a story was sent, by the story's key.
        open_elsewhere: The id of another open issue that has a story, by the story's key.
        source_states: The result of collecting each source, by source id, for each issue; this issue first, then
            earlier ones, newest first.
        source_places: Where each source is configured, by source id.
        page: The HTML part of ``rendered``, parsed.
        answers: The servers' answers for links, by address; empty if no links were requested.
        columns: The casefolded columns of the audience's lists; None if they could not be read.
        people_in_git: The files with people's addresses that git tracks, or would add.
        build: The build on disk; None if there is none, or if the issue has been sent already.
        approval_error: What is wrong with approval.toml; None if nothing is, or if the issue has been sent already.
    """

    issue: Issue
    rendered: RenderedIssue
    config: Config
    file: str
    root: Path
    articles: Mapping[str, Article]
    sent: Mapping[str, str]
    open_elsewhere: Mapping[str, str]
    source_states: Sequence[Mapping[str, SourceState]]
    source_places: Mapping[str, Place]
    page: ParsedPage
    answers: Mapping[str, LinkAnswer]
    columns: frozenset[str] | None
    people_in_git: Sequence[PeopleInGit]
    build: Build | None
    approval_error: IssueError | None

    def line(self, number: int | None) -> Place:
        """A line of issue.md, or the file as a whole."""
        return Place(self.file, number)

    @property
    def build_folder(self) -> Place:
        """The folder of the build."""
        return Place(posixpath.join(posixpath.dirname(self.file), "build"))

    def built(self, name: str) -> Place:
        """A file of the build, such as ``email.html``."""
        return Place(posixpath.join(self.build_folder.file, name))

    def passages(self) -> Iterator[Passage]:
        """Every passage of the editor's text that is sent, in the order of issue.md."""
        return passages_of(self.issue, sponsor=self.config.newsletter.sponsor)


def passages_of(issue: Issue, *, sponsor: str) -> Iterator[Passage]:
    """Every passage of an issue that is sent, in the order of issue.md.

    Args:
        sponsor: The configured sponsor text, used if the issue has none of its own.
    """
    lines = issue.lines
    yield Passage(what="the subject", text=issue.subject, line=lines.get("subject"), markdown=False)
    yield Passage(what="the preheader", text=issue.preheader, line=lines.get("preheader"), markdown=False)
    text, line = (sponsor, None) if issue.sponsor is None else (issue.sponsor, lines.get("sponsor"))
    yield Passage(what="the sponsor text", text=text, line=line, block=True)
    yield Passage(what="the intro", text=issue.intro, line=lines.get("intro"), block=True)
    for section in issue.sent_sections:
        yield Passage(what="the section title", text=section.title, line=section.line, markdown=False)
        yield Passage(what="the section text", text=section.text, line=section.text_line or section.line, block=True)
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
    """Parse the HTML part. Conditional comments, which only Outlook for Windows reads, stay comments."""
    if not html.strip():
        return ParsedPage()
    tree = lxml_html.document_fromstring(html.encode(), parser=lxml_html.HTMLParser(encoding="utf-8"))
    return ParsedPage(
        links=tuple(element.get("href", "") for element in tree.iter("a", "area") if "href" in element.attrib),
        images=tuple(
            (image.get("src", ""), image.get("alt"), bool(_WIDTH.fullmatch(image.get("width", ""))))
            for image in tree.iter("img")
        ),
        text=tree.body.text_content() if tree.find("body") is not None else "",
        tree=tree,
    )


def css_declarations(css: str) -> dict[str, str]:
    """The declarations of a style attribute, by property, in lower case and without ``!important``.

    If a property is declared twice, the last declaration counts.
    """
    pairs = (declaration.partition(":") for declaration in css.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs if value.strip()}
