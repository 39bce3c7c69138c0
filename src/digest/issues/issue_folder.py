"""Reads and writes the folder of one issue. Every file is written atomically; no other module here touches the disk."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.config.atomic_files import replace_file, sync_folder
from digest.errors import IssueError, Place
from digest.issues.issue_document import parse_issue, trace_origins
from digest.issues.records import (
    Base,
    dump_approval,
    dump_articles,
    dump_base,
    load_approval,
    load_articles,
    load_base,
)
from digest.issues.sent_record import dump_sent_record
from digest.issues.source_state import dump_source_states, load_source_states
from digest.models import IssueId, is_issue_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from digest.issues.sent_record import SentRecord
    from digest.issues.source_state import SourceState
    from digest.models import Approval, Article, Issue

__all__ = ["Build", "IssueFolder", "list_issues", "list_weeks"]

_ISSUES = "issues"
_BUILD_FILES = ("email.html", "email.txt", "manifest.json")
_TEXT = "issue.md"
_ARTICLES = "articles.jsonl"
_STATES = "sources.json"
_SENT = "sent.toml"
_UNDO_KEPT = 20
_NUMBER = re.compile(r"-(\d+)\.md$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """The files in build/: what is approved and sent."""

    html: bytes
    text: bytes
    manifest: bytes


def list_issues(root: Path) -> tuple[IssueId, ...]:
    """The ids of all issues of the newsletter in ``root``, oldest first: the folders with an issue.md."""
    return tuple(id for id in list_weeks(root) if (root / _ISSUES / id / _TEXT).is_file())


def list_weeks(root: Path) -> tuple[IssueId, ...]:
    """The ids of all issues, and of weeks in which the sources had nothing new, oldest first.

    A folder counts if it contains a file that `digest` writes; an empty folder or one with only a stray file does not.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        folders = [folder for folder in (root / _ISSUES).iterdir() if is_issue_id(folder.name)]
        return tuple(sorted(IssueId.parse(folder.name) for folder in folders if _is_in_use(folder)))
    return ()


def _is_in_use(folder: Path) -> bool:
    return any((folder / name).exists() for name in (_TEXT, _STATES, _ARTICLES, f"build/{_BUILD_FILES[-1]}"))


class IssueFolder:
    """One issue's folder, which need not exist yet.

    Attributes:
        id: The issue's id.
        path: The folder, and ``issue_md`` the file that the editor edits.
        file: ``issue_md`` as shown to users: relative to the newsletter's root, with forward slashes.
    """

    def __init__(self, root: Path, id: str) -> None:
        """Name the folder of issue ``id`` in the newsletter ``root``.

        Raises:
            UsageError: ``id`` is not an issue id.
        """
        self.id = IssueId.parse(id)
        self.path = root / _ISSUES / id
        self.issue_md = self.path / _TEXT
        self.file = f"{_ISSUES}/{id}/issue.md"
        self._undo = root / ".digest" / "undo"
        self._kept = root / ".digest" / "sending" / id

    def exists(self) -> bool:
        """Whether there is an issue.md."""
        return self.issue_md.is_file()

    def read_bytes(self) -> bytes | None:
        """The bytes of issue.md, even if they are not UTF-8; None if the file does not exist.

        Raises:
            IssueError: It cannot be read.
        """
        return self._read(_TEXT)

    def read_text(self) -> str | None:
        """The text of issue.md, with its line breaks unchanged; None if the file does not exist.

        Raises:
            IssueError: It cannot be read, or is not UTF-8.
        """
        data = self.read_bytes()
        if data is None:
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise IssueError("the file is not UTF-8", place=Place(self.file, line), hint="Save it as UTF-8.") from None

    def read_issue(self) -> Issue:
        """Parse issue.md. Bullets that the editor has not changed keep the origin that was proposed.

        Raises:
            IssueError: There is no such file, or it cannot be parsed.
        """
        text = self.read_text()
        if text is None:
            raise IssueError(
                "this issue does not exist yet", place=Place(self.file), hint=f"Start it: digest collect {self.id}"
            )
        issue = parse_issue(text, id=self.id, file=self.file)
        base = self.read_base()
        return trace_origins(issue, base.issue) if base else issue

    def write_text(self, text: str, *, over: str | None) -> None:
        """Write issue.md, and keep the previous file in .digest/undo/ (the last twenty of each issue).

        Args:
            over: The text that the caller read earlier; None if there was no file. A file saved since then is never
                overwritten.

        Raises:
            IssueError: The file cannot be written, or has changed since it was read; it is left as it is.
        """
        data = text.encode("utf-8")
        before = self.read_bytes()
        if before != (None if over is None else over.encode("utf-8")):
            raise IssueError(
                "the file was saved by another program in the meantime, so nothing was written",
                place=Place(self.file),
                hint="Run the same command again.",
            )
        if before == data:
            return
        if before is not None:
            self.keep_copy(before)
        self._write(_TEXT, data)

    def keep_copy(self, data: bytes) -> str:
        """Keep a previous issue.md under the next number, and delete all but the last twenty. Returns the copy's name.

        Raises:
            IssueError: It cannot be written.
        """
        with _Guard(".digest/undo"):
            numbers = {int(_NUMBER.search(path.name)[1]): path for path in self._copies()}  # type: ignore[index]  # matched there
            name = f"{self.id}-{max(numbers, default=0) + 1:04}.md"
            replace_file(self._undo / name, data)
            for old in sorted(numbers)[: max(0, len(numbers) + 1 - _UNDO_KEPT)]:
                numbers[old].unlink(missing_ok=True)
        return f".digest/undo/{name}"

    def read_articles(self) -> tuple[Article, ...]:
        """The collected articles; empty if there is no articles.jsonl.

        Raises:
            IssueError: A line of it is damaged.
        """
        data = self._read(_ARTICLES)
        return () if data is None else load_articles(data, file=self._shown(_ARTICLES))

    def write_articles(self, articles: Sequence[Article]) -> None:
        """Write articles.jsonl, unless it is unchanged."""
        self._write(_ARTICLES, dump_articles(articles))

    def read_base(self) -> Base | None:
        """What `collect` proposed last; None if it has not proposed anything yet.

        Raises:
            IssueError: base.json is damaged, or from a newer version of digest.
        """
        data = self._read("base.json")
        return None if data is None else load_base(data, file=self._shown("base.json"))

    def write_base(self, base: Base) -> None:
        """Write base.json."""
        self._write("base.json", dump_base(base))

    def read_source_states(self) -> Mapping[str, SourceState]:
        """The result of the last `collect` for each source, by the source's id; empty if there is no sources.json.

        Raises:
            IssueError: sources.json is damaged, or from a newer version of digest.
        """
        data = self._read(_STATES)
        return {} if data is None else load_source_states(data, file=self._shown(_STATES))

    def write_source_states(self, states: Sequence[SourceState]) -> None:
        """Write sources.json, unless it is unchanged."""
        self._write(_STATES, dump_source_states(states))

    def read_build(self) -> Build | None:
        """The last build; None if there is no complete one."""
        html, text, manifest = (self._read(f"build/{name}") for name in _BUILD_FILES)
        if html is None or text is None or manifest is None:
            return None
        return Build(html=html, text=text, manifest=manifest)

    def write_build(self, html: bytes, text: bytes, manifest: bytes) -> None:
        """Write the three files of build/.

        The manifest is removed first and written last, so that an interrupted build does not count as one.
        """
        if self.read_build() == Build(html=html, text=text, manifest=manifest):
            return
        self.require_no_links("build/manifest.json")
        with self._guard("build/manifest.json"):
            (self.path / "build" / "manifest.json").unlink(missing_ok=True)
            sync_folder(self.path / "build")
        self._write("build/email.html", html)
        self._write("build/email.txt", text)
        self._write("build/manifest.json", manifest)

    def keep_build(self, build: Build, *, token: str) -> None:
        """Keep the build that a campaign starts with, so that the campaign can be finished even after a later build.

        Raises:
            IssueError: It cannot be written.
        """
        with _Guard(".digest/sending"):
            for name, data in zip(_BUILD_FILES, (build.html, build.text, build.manifest), strict=True):
                replace_file(self._kept / token / name, data)

    def read_kept_build(self, token: str) -> Build | None:
        """The build that the campaign with ``token`` started with; None if this machine does not have it."""
        with _Guard(".digest/sending"):
            try:
                html, text, manifest = ((self._kept / token / name).read_bytes() for name in _BUILD_FILES)
                return Build(html=html, text=text, manifest=manifest)
            except FileNotFoundError:
                return None

    def read_approval(self) -> Approval | None:
        """Who approved which build; None if there is no approval.

        Raises:
            IssueError: approval.toml is damaged.
        """
        data = self._read("approval.toml")
        return None if data is None else load_approval(data, file=self._shown("approval.toml"))

    def write_approval(self, approval: Approval) -> None:
        """Write approval.toml."""
        self._write("approval.toml", dump_approval(approval))

    @property
    def has_sent_record(self) -> bool:
        """Whether there is a sent.toml: a live send of the issue was in a ledger, on this machine or another."""
        return (self.path / _SENT).exists()

    def write_sent_record(self, record: SentRecord) -> None:
        """Write sent.toml.

        Raises:
            IssueError: It cannot be written.
        """
        self._write(_SENT, dump_sent_record(record))

    def require_no_links(self, name: str) -> None:
        """Refuse a symbolic link: whoever may commit one would decide what is read and overwritten.

        Args:
            name: A file in the issue's folder; it and the folders above it, up to ``issues``, are looked at.

        Raises:
            IssueError: One of them is a symbolic link.
        """
        file = self.path / name
        for each in (file, *file.parents):
            if each == self.path.parent.parent:
                return
            if each.is_symlink():
                what = "file" if each == file else "folder"
                effect = "it is neither read nor written" if each == file else "nothing in it is read or written"
                raise IssueError(
                    f"this {what} is a symbolic link, so {effect}",
                    place=Place(each.relative_to(self.path.parent.parent).as_posix()),
                    hint=f"Put a {what} in its place. If you want the whole newsletter elsewhere, move it and use -C.",
                )

    def _shown(self, name: str) -> str:
        return f"{_ISSUES}/{self.id}/{name}"

    def _guard(self, name: str) -> _Guard:
        return _Guard(self._shown(name))

    def _read(self, name: str) -> bytes | None:
        self.require_no_links(name)
        with self._guard(name):
            try:
                return (self.path / name).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def _write(self, name: str, data: bytes) -> None:
        if self._read(name) == data:  # it also refuses links
            return
        with self._guard(name):
            replace_file(self.path / name, data)

    def _copies(self) -> list[Path]:
        return [path for path in self._undo.glob(f"{self.id}-*.md") if _NUMBER.search(path.name)]


class _Guard:
    """Turns an `OSError` into an `IssueError` that names the file."""

    def __init__(self, file: str) -> None:
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise IssueError(
                f"the file cannot be read or written: {error.strerror or error}",
                place=Place(self._file),
                hint="Check its permissions and the free disk space.",
            ) from error
