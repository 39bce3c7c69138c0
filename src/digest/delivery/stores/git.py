"""A ledger on a branch of a git repository, for CI runners without a disk or a database.

The branch holds files that only grow: ``ledger.jsonl`` for what concerns all issues, and one file for each issue.
Opening the ledger fills SQLite tables in memory from their lines. A transaction runs on those tables; the rows that it
changed are appended to the files, committed and pushed, and only then is the transaction complete. No provider call is
therefore made before a push has announced it. A refused push means that another process wrote first: its lines are
read, and the transaction runs again on top of them, so that it sees the other's claims and no outcome is lost.

Each line carries a MAC by the ledger's key (`line_macs`). A MAC cannot show that the branch was set back to an earlier
commit, so each push also moves a tag, the anchor, in the same atomic step: both must agree.

Nobody can tell whether another sender is alive. Batches that it left in ``sending`` are therefore marked unknown by the
next sender. If the first sender turns out to be alive and reports the outcome, the outcome is recorded then.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, TypeVar
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import StaticPool, create_engine, event, insert, select, text, update

from digest.delivery.campaign import CampaignRefusedError
from digest.delivery.stores.git_branch import BranchMovedError, GitBranch
from digest.delivery.stores.journal import describe_changes, drain, encode, record, replay
from digest.delivery.stores.ledger_schema import HEAD, campaign, meta, metadata
from digest.delivery.stores.line_macs import LedgerTamperedError, LineMacs
from digest.delivery.stores.store import SENDER_DIGITS, LiveSenders, Store, required_key
from digest.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Connection

    from digest.delivery.campaign import SendReport
    from digest.delivery.stores.journal import Change

__all__ = ["GitStore"]

#: The file for what concerns all issues.
_COMMON = "ledger.jsonl"
#: The end of the names of the ledger's files.
_SUFFIX = ".jsonl"
#: Seconds to wait before each comparison of the branch with the tag.
_ANCHOR_WAITS = (0, 1)
#: How many times a transaction is retried before the send stops with an error.
_ATTEMPTS = 50
_FORM = "a ledger on a branch is written git+branch://BRANCH or git+branch://BRANCH?remote=NAME"
#: A subset of the names that git allows (git-check-ref-format).
_BRANCH_NAME = re.compile(r"(?!.*(\.\.|//|\.lock$))[A-Za-z0-9_][A-Za-z0-9_./-]*[A-Za-z0-9_-]")

_Result = TypeVar("_Result")


class GitStore(Store):
    """A ledger at ``git+branch://BRANCH`` or ``git+branch://BRANCH?remote=NAME``, in the newsletter's own repository.

    Checking whether the branch exists and reading it together cost one fetch. Each change costs one push.
    """

    needs_consent: ClassVar[bool] = True
    one_by_one: ClassVar[bool] = True

    def __init__(
        self,
        url: str,
        *,
        root: Path,
        environ: Mapping[str, str],
        token: str = "",
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__(url, root=root, environ=environ, token=token)
        parts = urlsplit(url)
        self._name = f"{parts.netloc}{parts.path}"
        self._remote = parse_qs(parts.query).get("remote", ["origin"])[0]
        self.name = f"on the branch {self._name}"
        self._sleep = sleep
        self._branch: GitBranch | None = None
        self._is_sending = False
        self._contents: dict[str, bytes] = {}
        self._macs: LineMacs | None = None

    @classmethod
    def check_url(cls, url: str) -> None:
        """Check the names of the branch and the remote."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise ValueError(_FORM) from None
        name_is_valid = _BRANCH_NAME.fullmatch(f"{parts.netloc}{parts.path}")
        if not name_is_valid or not re.fullmatch(r"(remote=[\w][\w.-]*)?", parts.query):
            raise ValueError(_FORM)

    @property
    def branch(self) -> GitBranch:
        """The branch, fetched on first use."""
        if self._branch is None:
            branch = GitBranch(
                self._root,
                branch=self._name,
                remote=self._remote,
                token=self._token,
                environ=self._environ,
                sleep=self._sleep,
            )
            try:
                branch.fetch()
            except BaseException:
                branch.close()
                raise
            self._branch = branch
        return self._branch

    def exists(self) -> bool:
        """Whether the branch exists and holds a ledger.

        Raises:
            LedgerTamperedError: It does not, but the tag shows that there was one.
        """
        exists = self.branch.has(_COMMON)
        if not exists and self.branch.anchor:
            raise self._not_at_anchor(f"the ledger on the branch {self._name} was deleted")
        return exists

    def _connect(self, *, new: bool) -> None:
        self.key = required_key(self._environ)
        exists = self.exists()
        if not exists and not new:
            raise CampaignRefusedError(
                f"there is no ledger on the branch {self._name}: either this is the first send, or the ledger was lost",
                hint="If nothing was ever sent with it: digest send --live --new-ledger. Otherwise restore the branch.",
            )
        self._load(read=exists)
        if not exists:
            self.write(self._insert_first_rows)

    def close(self) -> None:
        """Release the tables and remove the copy of the branch."""
        super().close()
        if self._branch is not None:
            self._branch.close()
            self._branch = None
            self._contents, self._macs = {}, None

    def write(self, change: Callable[[Connection], _Result]) -> _Result:
        """Run a change and push its rows. Runs it again if another process has pushed first."""
        for _ in range(_ATTEMPTS):
            try:
                with self.begin() as connection:
                    result = change(connection)
                    pushed = self._push(drain(connection), connection)
            except BranchMovedError:
                self._take_over()
            else:
                if not pushed:
                    self._take_over()
                return result
        raise LedgerError(f"other processes keep writing to the ledger {self.name}", hint="Try again later.")

    def refresh(self) -> None:
        """Fetch, and read what other processes have pushed."""
        before = self.branch.head
        if not self.branch.fetch() or self.branch.head != before or self.branch.head != self.branch.anchor:
            self._take_over()

    @contextmanager
    def session(self, *, join: bool, report: Callable[[], SendReport | None]) -> Iterator[None]:
        """Register as one of several senders. The second finds the first one's campaign and claims."""
        del join, report
        self.write(_mark_version)
        self.sender = secrets.token_hex(SENDER_DIGITS // 2)
        self._is_sending = True
        try:
            yield
        finally:
            self._is_sending = False

    def live_senders(self) -> LiveSenders:
        """This process alone: others cannot be seen."""
        return LiveSenders(names=frozenset({self.sender})) if self._is_sending else LiveSenders()

    def explain(self, error: str) -> tuple[str, str]:
        """Return the error unchanged, because tables in memory cannot be locked or missing."""
        return f"failed: {error}", "See: digest status"

    def _load(self, *, read: bool) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

        @event.listens_for(self.engine, "connect")
        def _prepare(raw: Any, _: Any) -> None:
            raw.isolation_level = None  # transactions begin below
            raw.execute("PRAGMA foreign_keys = ON")

        @event.listens_for(self.engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN")

        with self.begin() as connection:
            metadata.create_all(connection)
            record(connection)
        if read:
            self._take_over()

    def _insert_first_rows(self, connection: Connection) -> None:
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
        """Bring the tables up to date with the branch, by its new lines.

        Raises:
            LedgerTamperedError: The branch is not as this program left it.
        """
        self._require_anchor()
        files = {name: content for name, content in self.branch.files().items() if name.endswith(_SUFFIX)}
        macs = self._verify(files)
        with self.begin() as connection:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))  # a row may be deleted before those of its parts
            for name in sorted({*files, *self._contents}, key=lambda name: (name != _COMMON, name)):
                previous, content = self._contents.get(name, b""), files.get(name, b"")
                replay(connection, content[len(previous) :].splitlines(), file=name, after=previous.count(b"\n"))
                if name == _COMMON:  # it holds the version, which tells whether the other files can be read
                    self._check_version(connection)
            drain(connection)
        self._contents, self._macs = files, macs

    def _verify(self, files: Mapping[str, bytes]) -> LineMacs:
        """Check the new lines of these files against the key, and the commit that the tag names."""
        macs = self._macs.copy() if self._macs else LineMacs(self.key, common=_COMMON)
        if self._macs is None:
            self._require_key(files.get(_COMMON, b""))
        try:
            for name, content in files.items():
                previous = self._contents.get(name, b"")
                macs.verify(name, self._appended(name, content).splitlines(), after=previous.count(b"\n"))
            macs.require_complete(files, parents=self.branch.parents(self.branch.anchor))
        except LedgerTamperedError as error:
            error.hint = (
                f"Find the last commit whose ledger is intact (git log {self.branch.tag}), and move the branch and the "
                f"tag to it: git push --force {self._remote} COMMIT:refs/heads/{self._name} "
                f"COMMIT:refs/tags/{self.branch.tag}. Whoever was mailed after it would be mailed again."
            )
            raise
        return macs

    def _appended(self, name: str, content: bytes) -> bytes:
        previous = self._contents.get(name, b"")
        if content.startswith(previous):
            return content[len(previous) :]
        raise LedgerTamperedError(
            f"{name} on the branch {self._name} was rewritten, and records of sent mail may be lost"
        )

    def _require_key(self, content: bytes) -> None:
        """Refuse another ledger's key, with which no line can be checked. The first line holds the fingerprint.

        A fingerprint that somebody changed is refused later, as an edited line.
        """
        lines = content.splitlines()
        try:
            fingerprint = json.loads(lines[0])[2]["value"]
        except (ValueError, LookupError, TypeError):
            return  # it is damaged, which the MAC shows
        if fingerprint != self._fingerprint() and not LineMacs(self.key, common=_COMMON).is_own(_COMMON, lines):
            raise self._wrong_key()

    def _require_anchor(self) -> None:
        """Refuse a branch that does not hold the files of the commit that the tag names.

        Commits of other programs may be on top of it, if each of them leaves the ledger's files alone. It is not enough
        that the last one does: on top of the newest commit somebody could restore the files of an older one, and move
        the tag back to it.
        """
        for wait in _ANCHOR_WAITS:
            if wait:  # perhaps another process pushed while the two were read
                self._sleep(wait)
                self.branch.fetch()
            branch = self.branch
            if branch.head and branch.anchor and _holds_ledger_of_anchor(branch):
                return
        if not branch.head:
            raise self._not_at_anchor(f"the branch {self._name}, which holds the ledger, was deleted")
        if not branch.anchor:
            raise LedgerTamperedError(
                f"the tag {branch.tag}, which names the ledger's last commit, is missing",
                hint=f"If the branch {self._name} was not rewound, make the tag again: git push {self._remote} "
                f"{branch.head}:refs/tags/{branch.tag}",
            )
        raise self._not_at_anchor(f"the ledger on the branch {self._name} was rewound or changed")

    def _not_at_anchor(self, message: str) -> LedgerTamperedError:
        tag = f"refs/tags/{self.branch.tag}"
        return LedgerTamperedError(
            f"{message}: it is not what the tag {self.branch.tag} names",
            hint=f"Restore it from the tag: git fetch {self._remote} +{tag}:{tag}, then git push --force "
            f"{self._remote} {tag}:refs/heads/{self._name}, then: digest status",
        )

    def _push(self, changes: list[Change], connection: Connection) -> bool:
        if not changes:
            return True
        issues = {row.id: row.issue for row in connection.execute(select(campaign.c.id, campaign.c.issue))}
        issues |= {row["id"]: row["issue"] for name, _, row, _ in changes if name == "campaign" and row}
        files: dict[str, bytes] = {}
        for change in changes:
            row = change.after or change.before or {}
            number = row["id"] if change.table == "campaign" else row.get("campaign")
            name = _COMMON if number is None else f"{issues[number]}.jsonl"
            files[name] = files.get(name, b"") + encode(change)
        macs = self._macs.copy() if self._macs else LineMacs(self.key, common=_COMMON)
        files = {name: self._contents.get(name, b"") + macs.sign(name, lines) for name, lines in files.items()}
        seal = macs.seal(files, parent=self.branch.head)
        files[_COMMON] = files.get(_COMMON, self._contents.get(_COMMON, b"")) + seal
        newest = self.branch.push(files, describe_changes(changes, issues))
        self._contents |= files
        self._macs = macs
        return newest


def _holds_ledger_of_anchor(branch: GitBranch) -> bool:
    if branch.head == branch.anchor:
        return True
    ledger = _ledger_of(branch, branch.anchor)
    if _ledger_of(branch, branch.head) != ledger:
        return False
    return all(_ledger_of(branch, commit) == ledger for commit in branch.commits_after_anchor())


def _ledger_of(branch: GitBranch, commit: str) -> dict[str, str]:
    return {name: blob for name, blob in branch.blobs(commit).items() if name.endswith(_SUFFIX)}


def _mark_version(connection: Connection) -> None:
    """Raise the ledger's version: from now on there may be lines that an older program does not know."""
    older = update(meta).where(meta.c.name == "version", meta.c.value < HEAD)
    connection.execute(older.values(value=HEAD))
