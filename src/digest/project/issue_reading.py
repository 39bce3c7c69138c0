"""The files of one issue, each read at most once by a command."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from digest.errors import IssueError, Place
from digest.issues import parse_issue, trace_origins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.issues import Base, Build, IssueFolder, SourceState
    from digest.models import Approval, Article, Issue, RenderedIssue

__all__ = ["IssueReading"]


class IssueReading:
    """One issue as a command reads it. Each property reads its file when it is first used, and keeps the result.

    The issue need not exist yet. A command writes through ``folder``, then calls `reread`.

    Attributes:
        folder: The issue's folder on disk.
        id: The issue's id.
        file: The path of issue.md relative to the newsletter's root, as messages show it.
    """

    def __init__(self, folder: IssueFolder) -> None:
        self.folder = folder
        self.id = folder.id
        self.file = folder.file
        self._parsed: dict[str, Issue] = {}

    @cached_property
    def text(self) -> str | None:
        """The text of issue.md; None if the file does not exist.

        Raises:
            IssueError: It cannot be read, or is not UTF-8.
        """
        return self.folder.read_text()

    @cached_property
    def issue(self) -> Issue:
        """issue.md, parsed. Each unedited bullet records which characters of its article it comes from.

        Raises:
            IssueError: There is no issue.md, or it does not parse.
        """
        if self.text is None:
            raise IssueError("there is no such issue yet", place=Place(self.file), hint=f"digest collect {self.id}")
        issue = self.parse(self.text)
        return trace_origins(issue, self.base.issue) if self.base else issue

    def parse(self, text: str) -> Issue:
        """Parse a text of this issue. Each text is parsed once.

        Raises:
            IssueError: It does not parse.
        """
        if text not in self._parsed:
            self._parsed[text] = parse_issue(text, id=self.id, file=self.file)
        return self._parsed[text]

    @cached_property
    def base(self) -> Base | None:
        """What `collect` last proposed; None before the first `collect`.

        Raises:
            IssueError: base.json is damaged, or was written by a newer version.
        """
        return self.folder.read_base()

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        """The collected articles, in the order of articles.jsonl.

        Raises:
            IssueError: A line of articles.jsonl is damaged.
        """
        return self.folder.read_articles()

    @cached_property
    def articles_by_key(self) -> Mapping[str, Article]:
        """The collected articles by their keys."""
        return {article.key: article for article in self.articles}

    @cached_property
    def source_states(self) -> Mapping[str, SourceState]:
        """The result of the last `collect` for each source, by the source's id.

        A damaged sources.json, as a merge of two branches may leave it, counts as empty: it must not stop a scheduled
        run.
        """
        try:
            return self.folder.read_source_states()
        except IssueError:
            return {}

    @cached_property
    def build(self) -> Build | None:
        """The three files of build/; None when one of them is missing."""
        return self.folder.read_build()

    @cached_property
    def built(self) -> RenderedIssue:
        """The build, verified against its manifest.

        Raises:
            IssueError: There is no build, or a file of it was changed by hand.
        """
        from digest.rendering import load_build

        if self.build is None:
            raise IssueError(f"{self.id} is not built", hint=f"Build it: digest build {self.id}")
        return load_build(self.build.html, self.build.text, self.build.manifest)

    @cached_property
    def approval(self) -> Approval | None:
        """The recorded approval; None when there is none.

        Raises:
            IssueError: approval.toml is damaged.
        """
        return self.folder.read_approval()

    def reread(self) -> None:
        """Discard everything but parsed texts. Each file is read again when it is next needed."""
        for name in tuple(vars(self)):
            if isinstance(getattr(type(self), name, None), cached_property):
                del self.__dict__[name]
