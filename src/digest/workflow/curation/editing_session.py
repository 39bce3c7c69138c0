"""`edit`: open issue.md in an editor, and keep what `collect` adds meanwhile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.errors import DigestError, IssueError, Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from digest.issues import Base, IssueFolder
    from digest.models import Issue
    from digest.project import IssueReading, Session

__all__ = ["Edited", "edit"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """What `edit` did.

    Attributes:
        issue: The issue's id.
        file: Its issue.md, relative to the newsletter's root.
        undo: Where the previous issue.md is backed up; empty if it did not change.
        again: Whether the editor overwrote stories that `collect` added meanwhile, which must be collected again.
    """

    issue: str
    file: str
    undo: str = ""
    again: bool = False


def edit(session: Session, id: str | None = None, *, editor: Callable[[Path], None]) -> Edited:
    """Open issue.md in an editor, even if it does not parse.

    The editor opens the file itself, not a copy, so a running preview follows each save.

    Args:
        id: The issue; by default the open one.
        editor: Opens a file, and returns when the user has closed it.

    Raises:
        IssueError: There is no such issue, or its file cannot be read.
        NothingToDoError: The issue was sent.
        UsageError: The editor failed. Whatever it saved is kept.
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
    except BaseException as error:  # also Ctrl-C: what was saved until then is kept
        undo, _ = settle()
        if undo and isinstance(error, DigestError):
            error.hint += f" Your saved changes are kept; the previous version: {undo}"
        raise
    undo, again = settle()
    return Edited(issue=folder.id, file=folder.file, undo=undo, again=again)


def _restore(edited: IssueReading, base: Base | None) -> bool:
    """Restore the base if the editor overwrote the stories that `collect` added meanwhile.

    Otherwise those stories, which are in the base and not in the text, would count as removed by the editor.

    Returns:
        Whether it was restored.
    """
    now = _base_of(edited.folder)
    if base is None or now is None:
        return False
    proposed = _addresses(now.issue) - _addresses(base.issue)
    with suppress(IssueError):  # a text that does not parse contains none of them
        if proposed & _addresses(edited.issue):
            return False
    if not proposed:
        return False
    edited.folder.write_base(base)
    edited.reread()
    return True


def _addresses(issue: Issue) -> set[str]:
    return {story.key for section in issue.sections for story in section.stories}


def _base_of(folder: IssueFolder) -> Base | None:
    with suppress(IssueError):  # the next collect reports a damaged base.json
        return folder.read_base()
    return None
