"""`edit`: a person's own editor on issue.md."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.errors import DigestError, IssueError, Place
from digest.models import canonical_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from digest.issues import Base, IssueFolder
    from digest.models import Issue
    from digest.project import IssueReading, Session

__all__ = ["Edited", "edit"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """What came of it.

    Attributes:
        undo: Where issue.md is kept as it was; empty when nothing was changed.
        again: Whether `collect` wrote the file meanwhile, and what it found is to be collected again.
    """

    issue: str
    file: str
    undo: str = ""
    again: bool = False


def edit(session: Session, id: str | None = None, *, editor: Callable[[Path], None]) -> Edited:
    """Open issue.md itself in an editor, so that a preview follows each save; also one that does not parse.

    Args:
        editor: Opens a file and returns when it was closed.

    Raises:
        IssueError: There is no such issue, or its file cannot be read.
        NothingToDoError: It was sent.
        UsageError: The editor failed. What it saved stands.
    """
    opened = session.issue(id)
    folder = opened.folder
    session.require_open(opened.id)
    before, base = folder.read_bytes(), _base_of(folder)
    if before is None:
        hint = f"digest collect {folder.id}"
        raise IssueError("there is no such issue yet", place=Place(folder.file), hint=hint)

    def settle() -> tuple[str, bool]:
        session.reread_issue(opened.id)
        if folder.read_bytes() == before:
            return "", False
        return folder.keep_copy(before), _restore(opened, base)

    try:
        editor(folder.issue_md)
    except BaseException as error:  # Ctrl-C as well: what was saved until then stands
        undo, _ = settle()
        if undo and isinstance(error, DigestError):
            error.hint += f" What was saved stands; as it was before: {undo}"
        raise
    undo, again = settle()
    return Edited(issue=folder.id, file=folder.file, undo=undo, again=again)


def _restore(edited: IssueReading, base: Base | None) -> bool:
    """Take back what `collect` proposed while the editor had an older text, which was saved over its own.

    Otherwise its new stories, which the text lacks, would count as taken out by the editor.
    """
    now = _base_of(edited.folder)
    if base is None or now is None:
        return False
    proposed = _addresses(now.issue) - _addresses(base.issue)
    with suppress(IssueError):  # of a text that does not parse, nothing is known to be there
        if proposed & _addresses(edited.issue):
            return False
    if not proposed:
        return False
    edited.folder.write_base(base)
    edited.reread()
    return True


def _addresses(issue: Issue) -> set[str]:
    return {canonical_url(story.url) for section in issue.sections for story in section.stories}


def _base_of(folder: IssueFolder) -> Base | None:
    with suppress(IssueError):  # a broken one is told by the next collect
        return folder.read_base()
    return None
