"""A branch of a git repository as a store for files that only grow: read it, and append to it unless it has moved.

The remote refuses a push that is not a fast-forward, which makes it a compare-and-swap ("Note about fast-forwards" in
https://git-scm.com/docs/git-push). The user's own clone is not touched: the work is done in a bare repository in a
temporary folder, with git's plumbing commands.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from digest.config.secret_environment import child_environment
from digest.errors import ConfigError, LedgerError
from digest.mail import redact_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["BranchMovedError", "GitBranch"]

#: The time limit, in seconds, for a command that uses the network.
_NETWORK_SECONDS = 60
#: The seconds to wait before each attempt of a network command.
_WAITS = (0, 1, 2, 4, 8, 15)
_GITHUB, _SERVER_URL = "github.com", "GITHUB_SERVER_URL"
_REF, _ANCHOR, _HISTORY = "refs/digest/ledger", "refs/digest/anchor", "refs/digest/history"
#: The user's hooks, and the options of their own pushes, are not meant for this program's commits.
_NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
_PLAIN = ("--quiet", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no")
#: File names that are not UTF-8 are written back unchanged.
_BYTES_AS_THEY_ARE = "surrogateescape"
#: Variables of the user's git that would point this one at another repository.
_REPOSITORY_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
#: What ``git fetch`` prints before a name, in the C locale, if the remote is reachable and has no such branch or tag.
_NO_SUCH_REF = "couldn't find remote ref"


class BranchMovedError(Exception):
    """Another process has pushed first: the change must be made again on top of its commit."""


class _CommandError(Exception):
    """A git command failed.

    Attributes:
        message: What git printed.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class GitBranch:
    """One branch at one remote.

    Args:
        root: A folder in the user's clone.
        branch: The branch's name, such as ``digest-state``.
        remote: The remote's name in that clone, such as ``origin``.
        token: Sent with each request to an https remote at github.com or the host of GITHUB_SERVER_URL, in the form
            that GitHub expects; empty for none.
        environ: The environment for git, which gets none of this program's own variables.
        sleep: Waits the given number of seconds before a retry.

    Attributes:
        tag: The name of the anchor: a tag that each push moves together with the branch.
        head: The commit that was read last; empty if the branch does not exist.
        anchor: The commit that the tag named then; empty if there is no such tag.

    Raises:
        ConfigError: git is not installed, or there is no such remote.
    """

    def __init__(
        self,
        root: Path,
        *,
        branch: str,
        remote: str,
        token: str,
        environ: Mapping[str, str],
        sleep: Callable[[float], object],
    ) -> None:
        self.branch = branch
        self._environ = child_environment(environ, secrets=_REPOSITORY_VARIABLES)
        self._environ |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        self._environ |= dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "digest")
        self._environ |= dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "digest@localhost")
        self._sleep = sleep
        self._folder = root
        self._copy: Path | None = None
        self._remote = self._address(remote)
        self._withheld = ""
        if token:
            self._authorise(token)
        self.tag = f"{branch}-anchor"
        self.head = self.anchor = ""
        self._folder = self._copy = Path(tempfile.mkdtemp(prefix="digest-ledger-"))
        self._here("init", "--bare", "--quiet", "--template=", ".")

    def close(self) -> None:
        """Remove the temporary folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def fetch(self) -> bool:
        """Read the branch's newest commit into ``head``, and that of the tag into ``anchor``.

        One network call, or two if one of them does not exist.

        Returns: Whether the branch exists.

        Raises:
            LedgerError: The remote cannot be reached.
        """
        # The first fetch needs only the newest commit. Later ones need all commits in between, for `_holds`.
        depth = () if self.head else ("--depth=1",)
        refs = {f"refs/heads/{self.branch}": _REF, f"refs/tags/{self.tag}": _ANCHOR}
        while refs:
            pairs = (f"+{theirs}:{ours}" for theirs, ours in refs.items())
            message = self._over_network(
                "fetch", "--quiet", "--no-tags", *depth, self._remote, *pairs, unless=_NO_SUCH_REF
            )
            if not message:
                break
            missing = [name for name in refs if message.endswith(f" {name}")]
            if not missing:
                raise _unreachable(self.branch, message, self._withheld)
            refs.pop(missing[0])
        self.head, self.anchor = (
            self._here("rev-parse", f"{ref}^{{commit}}").strip() if ref in refs.values() else ""
            for ref in (_REF, _ANCHOR)
        )
        return bool(self.head)

    def parents(self, commit: str) -> tuple[str, ...]:
        """The commits that another one is on top of: several for a merge. They need not have been fetched."""
        lines = self._here("cat-file", "commit", commit).partition("\n\n")[0].splitlines()
        return tuple(line.split()[1] for line in lines if line.startswith("parent "))

    def commits_after_anchor(self) -> tuple[str, ...]:
        """The commits that ``head`` is made of and the tag's commit is not. One network call, for the whole history.

        Raises:
            LedgerError: The remote cannot be reached.
        """
        if self._here("rev-parse", "--is-shallow-repository").strip() == "true":
            pairs = (f"+refs/heads/{self.branch}:{_HISTORY}", f"+refs/tags/{self.tag}:{_HISTORY}-anchor")
            self._over_network("fetch", "--quiet", "--no-tags", "--unshallow", self._remote, *pairs)
        return tuple(self._here("rev-list", self.head, f"^{self.anchor}").split())

    def blobs(self, commit: str) -> dict[str, str]:
        """The hash of each file at a commit, by name. Folders do not belong to the ledger and are left out."""
        entries = {name: entry.split() for name, entry in self._entries(commit).items()}
        return {name: hash for name, (_, kind, hash) in entries.items() if kind == "blob"}

    def files(self) -> dict[str, bytes]:
        """The content of each file at ``head``, by name."""
        hashes = self.blobs(self.head)
        # One process for all. For each, git prints "HASH blob BYTES", a newline, the content, and a newline.
        # https://git-scm.com/docs/git-cat-file#_batch_output
        output = self._here_bytes(
            "cat-file", "--batch", stdin="".join(f"{each}\n" for each in hashes.values()).encode()
        )
        contents, position = {}, 0
        for name in hashes:
            begin = output.index(b"\n", position) + 1
            end = begin + int(output[position:begin].split()[2])
            contents[name], position = output[begin:end], end + 1
        return contents

    def has(self, name: str) -> bool:
        """Whether there is such a file at ``head``."""
        return name in self._entries(self.head)

    def push(self, files: Mapping[str, bytes], message: str) -> bool:
        """Replace these files in a new commit on top of ``head``, and push it with the tag, both or neither.

        One network call if all goes well.

        If the reply is lost, a fetch shows whether the commit arrived; if not, it is pushed again.

        Returns: Whether the commit is the newest. False if another process has pushed on top of it; ``head`` is then
            that process's commit.

        Raises:
            BranchMovedError: The branch is no longer at ``head`` and does not contain the commit; ``head`` is the new
                one.
            LedgerError: The commit could not be pushed.
        """
        commit, before, failure = self._commit(files, message), self.head, ""
        for wait in _WAITS:
            self._sleep(wait)
            try:
                refs = (f"{commit}:refs/heads/{self.branch}", f"+{commit}:refs/tags/{self.tag}")
                self._run("push", *_PLAIN, "--atomic", self._remote, *refs, timeout=_NETWORK_SECONDS)
            except _CommandError as error:
                failure = error.message
            else:
                self.head = self.anchor = commit
                return True
            with contextlib.suppress(LedgerError):
                if self.fetch() and self._holds(commit):
                    return self.head == commit
                if self.head != before:
                    raise BranchMovedError
        raise _unreachable(self.branch, failure, self._withheld)

    def _commit(self, files: Mapping[str, bytes], message: str) -> str:
        entries = {name: f"{entry}\t{name}" for name, entry in self._entries(self.head).items()}
        for name, content in files.items():
            blob = self._here("hash-object", "-w", "--stdin", stdin=content).strip()
            entries[name] = f"100644 blob {blob}\t{name}"
        lines = "".join(f"{line}\0" for line in entries.values())
        tree = self._here("mktree", "-z", stdin=lines.encode("utf-8", _BYTES_AS_THEY_ARE)).strip()
        parents = ("-p", self.head) if self.head else ()
        # Two processes that write the same lines in the same second would make the same commit, and each would take it
        # for its own.
        text = f"{message}\n\nCheckpoint: {secrets.token_hex(8)}\n"
        return self._here("commit-tree", tree, *parents, "-F", "-", stdin=text.encode()).strip()

    def _entries(self, commit: str) -> dict[str, str]:
        """The mode, type and hash of each entry at a commit, by name."""
        lines = self._here("ls-tree", "-z", commit).split("\0") if commit else []
        return {line.partition("\t")[2]: line.partition("\t")[0] for line in lines if line}

    def _holds(self, commit: str) -> bool:
        try:
            self._run("merge-base", "--is-ancestor", commit, self.head)
        except _CommandError:
            return False
        return True

    def _address(self, remote: str) -> str:
        try:
            address = self._run("remote", "get-url", remote).strip()
            top = Path(self._run("rev-parse", "--show-toplevel").strip())
        except _CommandError as error:
            raise ConfigError(
                f"cannot find the address of the remote {remote}, whose branch {self.branch} holds the ledger: "
                f"{error.message}",
                hint=f"See: git remote get-url {remote}. If it has none: git remote add {remote} ADDRESS",
            ) from None
        # A relative path is relative to the top of the clone, and the bare repository is elsewhere.
        return str(top / address) if (top / address).exists() else address

    def _authorise(self, token: str) -> None:
        """Pass the token in the environment, where no process list shows it, and to this remote alone, if it is GitHub.

        The remote is the clone's own, and so is not trusted with a token that is not meant for it.

        https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpextraHeader
        """
        parts = urlsplit(self._remote)
        if parts.scheme != "https":
            return
        if parts.hostname not in _token_hosts(self._environ):
            self._withheld = (
                f" The token is sent only to github.com or the host of {_SERVER_URL}: for {parts.hostname}, set up "
                "git's own credential helper."
            )
            return
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        current = self._environ.get("GIT_CONFIG_COUNT", "")
        count = int(current) if current.isdecimal() else 0  # keep what the user has set in the same way
        self._environ |= {
            "GIT_CONFIG_COUNT": str(count + 1),
            f"GIT_CONFIG_KEY_{count}": f"http.https://{parts.netloc.rpartition('@')[2]}/.extraheader",
            f"GIT_CONFIG_VALUE_{count}": f"AUTHORIZATION: basic {basic}",
        }

    def _over_network(self, *command: str, unless: str | None = None) -> str:
        """Run a command that only reads, and retry it until it succeeds.

        Args:
            unless: What a message contains that is an answer as well.

        Returns: Nothing on success; otherwise that message.
        """
        failure = ""
        for wait in _WAITS[:4]:
            self._sleep(wait)
            try:
                self._run(*command, timeout=_NETWORK_SECONDS)
            except _CommandError as error:
                if unless is not None and unless in error.message:
                    return error.message
                failure = error.message
            else:
                return ""
        raise _unreachable(self.branch, failure, self._withheld)

    def _here(self, *command: str, stdin: bytes = b"") -> str:
        return self._here_bytes(*command, stdin=stdin).decode("utf-8", _BYTES_AS_THEY_ARE)

    def _here_bytes(self, *command: str, stdin: bytes = b"") -> bytes:
        """Run a command on the temporary repository, which is not expected to fail."""
        try:
            return self._run_bytes(*command, stdin=stdin)
        except _CommandError as error:
            raise LedgerError(
                f"git cannot work on a copy of the branch {self.branch}: {error.message}",
                hint="Free some space for temporary files, and check git's own configuration.",
            ) from None

    def _run(self, *command: str, timeout: float = 30) -> str:
        return self._run_bytes(*command, timeout=timeout).decode("utf-8", "replace")

    def _run_bytes(self, *command: str, stdin: bytes = b"", timeout: float = 30) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and the arguments are ours
                ["git", "-C", str(self._folder), *_NO_HOOKS, *command],  # noqa: S607 - the user's git, from PATH
                input=stdin,
                capture_output=True,
                env=self._environ,
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError:
            raise ConfigError("a ledger on a git branch needs git", hint="Install git.") from None
        except subprocess.TimeoutExpired:
            self._remove_locks()
            raise _CommandError(f"git {command[0]} took more than {timeout:.0f} seconds") from None
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            first = next((line for line in lines if line.startswith(("fatal:", "error:", " !"))), "".join(lines[:1]))
            raise _CommandError(redact_addresses(first.strip()) or f"git {command[0]} failed")
        return done.stdout

    def _remove_locks(self) -> None:
        """Remove the locks that a killed git left in the temporary repository, so that the next attempt can take them.

        The newsletter's own repository is not touched: another git may be at work there.
        """
        for lock in self._copy.rglob("*.lock") if self._copy else ():
            lock.unlink(missing_ok=True)


def _token_hosts(environ: Mapping[str, str]) -> frozenset[str | None]:
    """The hosts that a token for GitHub is meant for. On a runner of GitHub Enterprise, GITHUB_SERVER_URL is its own.

    https://docs.github.com/actions/reference/workflows-and-actions/variables
    """
    server = urlsplit(environ.get(_SERVER_URL, ""))
    return frozenset({_GITHUB, server.hostname if server.scheme == "https" else _GITHUB})


def _unreachable(branch: str, failure: str, withheld: str) -> LedgerError:
    return LedgerError(
        f"the ledger on the branch {branch} cannot be reached: {failure}",
        hint=f"Check the remote, and that the token may write (contents: write). Then: digest status{withheld}",
    )
