"""A ledger on a branch of a git repository, for runners that forget everything and have no database.

The branch holds files that only grow: ``ledger.jsonl`` for what concerns all issues, and one file for each issue.
Opening it makes SQLite's tables in memory from their lines. A transaction is run on those tables; the rows that it
changed are appended, committed and pushed, and only then is it done: no call is posted that a push did not announce. A
refused push means that somebody else wrote first: their lines are taken over, and the transaction is run again on them,
so that it sees their claims, and no outcome is lost.

Nobody can tell whether another sender lives. What one left in ``sending`` is therefore called unknown by the next; if
it lives after all, it brings the outcome, which is written down then.
"""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import StaticPool, create_engine, event, insert, select, update

from digest.delivery.report import CampaignRefusedError
from digest.delivery.stores.base import NAME_LENGTH, Senders, Store, required_key
from digest.delivery.stores.git_branch import GitBranch, Moved
from digest.delivery.stores.journal import describe, drain, encode, record, replay
from digest.delivery.stores.schema import HEAD, campaign, meta, metadata
from digest.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection

    from digest.delivery.report import SendReport
    from digest.delivery.stores.journal import Change

__all__ = ["GitStore", "has_branch"]

#: The file of what concerns all issues.
_COMMON = "ledger.jsonl"
#: How often a transaction is run again before somebody must look why.
_ATTEMPTS = 50

_Result = TypeVar("_Result")


def has_branch(url: str, *, root: Path, environ: Mapping[str, str], token: str) -> bool:
    """Tell whether there is a ledger on the branch.

    Raises:
        LedgerError: The remote cannot be reached.
        ConfigError: There is no git, or no such remote.
    """
    branch = _branch(url, root=root, environ=environ, token=token, sleep=time.sleep)
    try:
        return branch.fetch() and branch.has(_COMMON)
    finally:
        branch.close()


def _branch(
    url: str, *, root: Path, environ: Mapping[str, str], token: str, sleep: Callable[[float], object]
) -> GitBranch:
    parts = urlsplit(url)
    remote = parse_qs(parts.query).get("remote", ["origin"])[0]
    name = f"{parts.netloc}{parts.path}"
    return GitBranch(root, branch=name, remote=remote, token=token, environ=environ, sleep=sleep)


class GitStore(Store):
    """An open ledger on a branch.

    Args:
        url: ``git+branch://BRANCH``, or ``git+branch://BRANCH?remote=NAME``.
        root: A folder of the clone.
        token: For an https remote.
        new: Make it where there is none.

    Raises:
        LedgerError: The branch cannot be reached, or its files are damaged or from a newer version.
        CampaignRefusedError: There is no such branch, or nothing in it, and ``new`` does not say to make it.
        CredentialsError: DIGEST_LEDGER_KEY is not set, or is another ledger's.
        ConfigError: There is no git, or no such remote.
    """

    def __init__(
        self,
        url: str,
        *,
        root: Path,
        environ: Mapping[str, str],
        token: str,
        new: bool,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.key = required_key(environ)
        self._branch = _branch(url, root=root, environ=environ, token=token, sleep=sleep)
        self.name = f"on the branch {self._branch.branch}"
        self._new = new
        self._working = False
        self._known: dict[str, bytes] = {}

    def _bring_up(self) -> None:
        """Read the branch into memory."""
        there = self._branch.fetch() and self._branch.has(_COMMON)
        self._require(there)
        self._load()
        if not there:
            self.write(self._begin_ledger)

    def close(self) -> None:
        """Let go of it."""
        if hasattr(self, "engine"):
            super().close()
        self._branch.close()

    def _require(self, there: bool) -> None:
        if not there and not self._new:
            raise CampaignRefusedError(
                f"there is no ledger on the branch {self._branch.branch}, or it was lost with all that was sent",
                hint="Only if nothing was ever sent with it: digest send --live --new-ledger. Else bring it back.",
            )

    def write(self, change: Callable[[Connection], _Result]) -> _Result:
        """Run a change, push its rows, and be done only then; run it again on what others have pushed first."""
        for _ in range(_ATTEMPTS):
            try:
                with self.begin() as connection:
                    result = change(connection)
                    pushed = self._push(drain(connection), connection)
            except Moved:
                self._take_over()
            else:
                if not pushed:
                    self._take_over()
                return result
        raise LedgerError(f"others write to the ledger {self.name} all the time", hint="Try again later.")

    def refresh(self) -> None:
        """Take over what others have pushed."""
        before = self._branch.head
        if not self._branch.fetch():
            raise LedgerError(f"the branch {self._branch.branch} has gone", hint="Bring it back from a clone.")
        if self._branch.head != before:
            self._take_over()

    @contextmanager
    def session(self, *, join: bool, report: Callable[[], SendReport | None]) -> Iterator[None]:
        """Be one of the senders: who comes second finds the first one's campaign, and its claims."""
        del join, report
        self.write(_mark_version)
        self.sender = secrets.token_hex(NAME_LENGTH // 2)
        self._working = True
        try:
            yield
        finally:
            self._working = False

    def at_work(self) -> Senders:
        """This process alone: of others nobody knows."""
        return Senders(names=frozenset({self.sender})) if self._working else Senders()

    def hold_for_migration(self, connection: Connection) -> None:
        """Each process has tables of its own."""

    def explain(self, said: str) -> tuple[str, str]:
        """What SQLite's words mean of tables in memory."""
        return f"failed: {said}", "See: digest status"

    def _load(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

        @event.listens_for(self.engine, "connect")
        def _prepare(raw: Any, _: Any) -> None:
            raw.isolation_level = None  # BEGIN is said below
            raw.execute("PRAGMA foreign_keys = ON")

        @event.listens_for(self.engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

        with self.begin() as connection:
            metadata.create_all(connection)
            record(connection)
        self._take_over()

    def _begin_ledger(self, connection: Connection) -> None:
        if not connection.execute(select(meta.c.name)).first():
            rows = ({"name": "key", "value": self._fingerprint()}, {"name": "version", "value": HEAD})
            connection.execute(insert(meta), rows)

    def _check_version(self, connection: Connection) -> None:
        version = connection.execute(select(meta.c.value).where(meta.c.name == "version")).scalar_one_or_none()
        if version is None or version > HEAD:
            raise LedgerError(
                f"the ledger {self.name} was made by a newer version of digest", hint="Upgrade newsletter-digest."
            )

    def _take_over(self) -> None:
        """Make the tables what the branch says, by the lines that are new."""
        files = {name: content for name, content in self._branch.files().items() if name.endswith(".jsonl")}
        with self.begin() as connection:
            for name in sorted({*files, *self._known}, key=lambda name: (name != _COMMON, name)):
                known, content = self._known.get(name, b""), files.get(name, b"")
                if not content.startswith(known):
                    raise LedgerError(
                        f"{name} on the branch {self._branch.branch} was rewritten, and may have lost what was sent",
                        hint="Bring it back from a clone that has it whole.",
                    )
                replay(connection, content[len(known) :].splitlines(), file=name, after=known.count(b"\n"))
                if name == _COMMON:  # it says whether the other files can be read at all
                    self._check_version(connection)
            drain(connection)
        self._known = files

    def _push(self, changes: list[Change], connection: Connection) -> bool:
        if not changes:
            return True
        issues = {row.id: row.issue for row in connection.execute(select(campaign.c.id, campaign.c.issue))}
        files: dict[str, bytes] = {}
        for change in changes:
            row = change.after or change.before or {}
            number = row["id"] if change.table == "campaign" else row.get("campaign")
            name = _COMMON if number is None else f"{issues[number]}.jsonl"
            files[name] = files.get(name, self._known.get(name, b"")) + encode(change)
        newest = self._branch.push(files, describe(changes, issues))
        self._known |= files
        return newest


def _mark_version(connection: Connection) -> None:
    """From now on there may be lines that an older program does not know."""
    older = update(meta).where(meta.c.name == "version", meta.c.value < HEAD)
    connection.execute(older.values(value=HEAD))
