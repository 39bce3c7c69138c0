"""D606: files with people's addresses that git keeps, or would take up with the next `git add`."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from digest.checks import PeopleInGit
from digest.config.resources import shipped
from digest.errors import ConfigError, DigestError
from digest.mail import normalise_address, parse_sender
from digest.project.work_tree import kept_files, read_staged, tracks, work_tree_of, would_keep
from digest.subscribers import ENCRYPTED, SUPPRESSION_FILES, SUPPRESSIONS, read_csv_table
from digest.subscribers.address_search import find_holders
from digest.subscribers.file_contents import ContentError, read_contents, unpack
from digest.subscribers.lists import list_source
from digest.workflow.people.person_lookup import list_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from digest.project import Project

__all__ = ["find_people_in_git"]


def find_people_in_git(project: Project) -> tuple[PeopleInGit, ...]:
    """Look for people's addresses in everything that git tracks, or would add: any file, whatever its name and type.

    The sender and the people of the sample list do not count. Lists that cannot be read here, as without their key,
    are left out; so is everything in a folder without git.
    """
    other = _other_addresses(project)
    lists = tuple(_plain_lists(project, other))
    root = work_tree_of(project.root.resolve())
    if root is None:
        return lists
    unsearched: dict[str, str] = {}
    list_paths = {(project.root / each.file).resolve() for each in lists}
    holders = find_holders(
        ((name, pieces) for name, pieces in _contents(root, unsearched) if root / name not in list_paths),
        people=lambda: _people(project),
        other=other,
    )
    files = [
        PeopleInGit(file=_shown(root / name, project), tracked=tracks(root / name), problem=unsearched.get(name, ""))
        for name in sorted({*holders, *unsearched})
    ]
    return (*lists, *files)


def _plain_lists(project: Project, other: frozenset[str]) -> Iterator[PeopleInGit]:
    """The newsletter's own lists that git would keep, in whichever repository they are."""
    named = {file for audience in project.config.audiences.values() for file in audience.files}
    for file in sorted({*(PurePosixPath(file).as_posix() for file in named), SUPPRESSIONS}):
        path = (project.root / file).resolve()
        if file.startswith("env:") or file.endswith(ENCRYPTED) or not path.is_file() or not would_keep(path):
            continue
        people = sum(address not in other for address in _addresses_of(project, file))
        if people:
            yield PeopleInGit(file=file, tracked=tracks(path), people=people)


def _contents(root: Path, unsearched: dict[str, str]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Each file that git keeps, with its content on the disk and the one that the next commit would have.

    Args:
        unsearched: Collects why a file was not read to its end.
    """

    def pieces(name: str, *, is_changed: bool) -> Iterator[bytes]:
        path = root / name
        try:
            if path.is_file() and not path.is_symlink():  # of a link, git keeps only where it leads
                yield from read_contents(path)
            if is_changed:
                yield from unpack(read_staged(root, name))
        except ContentError as error:
            unsearched[name] = str(error)

    for name, is_changed in kept_files(root):
        yield name, pieces(name, is_changed=is_changed)


def _people(project: Project) -> Iterator[str]:
    """The casefolded addresses of everybody in the lists and suppressions, whatever their status; often repeated."""
    for file in (*list_files(project), *SUPPRESSION_FILES):
        yield from _addresses_of(project, file)


def _addresses_of(project: Project, file: str) -> Iterator[str]:
    try:
        with read_csv_table(list_source(project.root / file, file, project.list_environ), file=file) as table:
            names = [column.casefold() for column in table.header]
            at = names.index("email") if "email" in names else 0
            for row in table.rows:
                if len(row.cells) > at:
                    try:
                        yield normalise_address(row.cells[at]).casefold()
                    except ValueError:
                        continue
    except DigestError:
        return


def _other_addresses(project: Project) -> frozenset[str]:
    newsletter = project.config.newsletter
    addresses = set()
    for text in filter(None, (newsletter.sender, newsletter.reply_to)):
        try:
            addresses.add(parse_sender(text)[1].casefold())
        except ConfigError:
            continue
    with read_csv_table(shipped("subscribers/sample.csv"), file="") as table:
        addresses.update(row.cells[0].casefold() for row in table.rows if row.cells)
    return frozenset(addresses)


def _shown(path: Path, project: Project) -> str:
    return PurePosixPath(os.path.relpath(path, project.root.resolve())).as_posix()
