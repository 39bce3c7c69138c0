"""`edit`: a person's own editor on issue.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from digest.errors import IssueError, Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from digest.project import Project

__all__ = ["Edited", "edit"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """What came of it.

    Attributes:
        undo: Where issue.md is kept as it was; empty when nothing was changed.
    """

    issue: str
    file: str
    undo: str = ""


def edit(project: Project, id: str | None = None, *, editor: Callable[[Path], None]) -> Edited:
    """Open issue.md itself in an editor, so that a preview follows each save; also one that does not parse.

    Args:
        editor: Opens a file and returns when the person has closed it.

    Raises:
        IssueError: There is no such issue, or its file cannot be read.
        NothingToDoError: It was sent.
    """
    folder = project.issue(id)
    project.require_open(folder.id)
    if not folder.exists():
        hint = f"digest collect {folder.id}"
        raise IssueError("there is no such issue yet", place=Place(folder.file), hint=hint)
    before = folder.issue_md.read_bytes()
    undo = ""
    try:
        editor(folder.issue_md)
    finally:  # also when the editor failed, or Ctrl-C ended it, after something was saved
        if not folder.exists() or folder.issue_md.read_bytes() != before:
            undo = folder.keep_copy(before)
    return Edited(issue=folder.id, file=folder.file, undo=undo)
