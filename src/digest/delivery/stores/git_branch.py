"""A branch of a git repository as a place for files that only grow: read it, and append to it or learn that it moved.

A push that is not a fast-forward is refused by the other side, which makes it a compare-and-swap (git-push, "Note about
fast-forwards"). Nothing of the person's own clone is touched: the work is done in a bare repository in a temporary
folder, with ``git``'s plumbing.
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

from digest.errors import ConfigError, LedgerError
from digest.mail import redact_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["GitBranch", "Moved"]

#: Seconds for one command that goes over the network.
_NETWORK = 60
#: How often the other side is asked, and the seconds before each time.
_WAITS = (0, 1, 2, 4, 8, 15)
_REF = "refs/digest/ledger"
#: A person's hooks, and what they want of their own pushes, are not meant for a commit of the program's.
_NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")
_PLAIN = ("--quiet", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no")
#: A name that is not UTF-8 is written back as it was.
_AS_IT_IS = "surrogateescape"
#: What a git of the person's own may have set, and what would lead this one astray.
_LEADING_ASTRAY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")


class Moved(Exception):  # noqa: N818 - what happened, not a fault
    """Somebody else has pushed: what was to be appended must be thought over."""


class _CommandError(Exception):
    """A git command that failed; ``said`` is what it said."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class GitBranch:
    """One branch at one remote.

    Args:
        root: A folder of the clone whose remote it is.
        branch: Its name, such as ``digest-state``.
        remote: The remote's name in that clone, such as ``origin``.
        token: Goes with each request to an https remote, as GitHub takes it; empty for none.
        environ: For git itself.
        sleep: Waits so many seconds before git is asked again.

    Raises:
        ConfigError: There is no git, or no such remote.
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
        self._environ = {name: value for name, value in environ.items() if name not in _LEADING_ASTRAY}
        self._environ |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        self._environ |= dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "digest")
        self._environ |= dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "digest@localhost")
        self._sleep = sleep
        self._folder = root
        self._remote = self._address(remote)
        if token:
            self._authorise(token)
        self.head = ""
        self._folder = Path(tempfile.mkdtemp(prefix="digest-ledger-"))
        self._here("init", "--bare", "--quiet", "--template=", ".")

    def close(self) -> None:
        """Remove the temporary folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def fetch(self) -> bool:
        """Look at the other side. Returns whether the branch is there; ``head`` is its commit.

        Raises:
            LedgerError: It cannot be reached.
        """
        listed = self._over_network("ls-remote", self._remote, f"refs/heads/{self.branch}")
        if not listed.strip():
            self.head = ""
            return False
        head = listed.split()[0]
        if head != self.head:
            # The first time the newest commit is enough; later ones are fetched with all that lies between.
            depth = () if self.head else ("--depth=1",)
            refs = f"+refs/heads/{self.branch}:{_REF}"
            self._over_network("fetch", "--quiet", "--no-tags", *depth, self._remote, refs)
            self.head = self._here("rev-parse", _REF).strip()
        return True

    def files(self) -> dict[str, bytes]:
        """What the files at ``head`` hold, by name. Folders and what is in them are somebody else's."""
        hashes = {name: words.split()[2] for name, words in self._listed().items() if words.split()[1] == "blob"}
        # All by one process; of each, git says "HASH blob BYTES", a line end, the content, and a line end.
        said = self._here_bytes("cat-file", "--batch", given="".join(f"{one}\n" for one in hashes.values()).encode())
        found, at = {}, 0
        for name in hashes:
            begin = said.index(b"\n", at) + 1
            end = begin + int(said[at:begin].split()[2])
            found[name], at = said[begin:end], end + 1
        return found

    def has(self, name: str) -> bool:
        """Tell whether there is such a file at ``head``."""
        return name in self._listed()

    def push(self, files: Mapping[str, bytes], message: str) -> bool:
        """Replace the files by these in a new commit upon ``head``, and push it.

        A reply that is lost is settled by looking: the commit is there, or it is pushed again.

        Returns: Whether the commit is the newest; False where somebody has pushed upon it, and ``head`` is theirs.

        Raises:
            Moved: The branch is not at ``head`` any more, and the commit not in it; ``head`` is the new one.
            LedgerError: It could not be pushed.
        """
        commit, before, said = self._commit(files, message), self.head, ""
        for wait in _WAITS:
            self._sleep(wait)
            try:
                self._run("push", *_PLAIN, self._remote, f"{commit}:refs/heads/{self.branch}", timeout=_NETWORK)
            except _CommandError as error:
                said = error.said
            else:
                self.head = commit
                return True
            with contextlib.suppress(LedgerError):
                if self.fetch() and self._holds(commit):
                    return self.head == commit
                if self.head != before:
                    raise Moved
        raise _unreachable(self.branch, said)

    def _commit(self, files: Mapping[str, bytes], message: str) -> str:
        entries = {name: f"{words}\t{name}" for name, words in self._listed().items()}
        for name, content in files.items():
            blob = self._here("hash-object", "-w", "--stdin", given=content).strip()
            entries[name] = f"100644 blob {blob}\t{name}"
        lines = "".join(f"{line}\0" for line in entries.values())
        tree = self._here("mktree", "-z", given=lines.encode("utf-8", _AS_IT_IS)).strip()
        parents = ("-p", self.head) if self.head else ()
        # Two who write the same at the same second would make one and the same commit, and each take it for its own.
        words = f"{message}\n\nCheckpoint: {secrets.token_hex(8)}\n"
        return self._here("commit-tree", tree, *parents, "-F", "-", given=words.encode()).strip()

    def _listed(self) -> dict[str, str]:
        """Mode, kind and hash of what is at ``head``, by name."""
        listed = self._here("ls-tree", "-z", self.head).split("\0") if self.head else []
        return {line.partition("\t")[2]: line.partition("\t")[0] for line in listed if line}

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
                f"the ledger is to be on the branch {self.branch} of {remote}, whose address git does not tell: "
                f"{error.said}",
                hint=f"See: git remote get-url {remote}. Where there is none: git remote add {remote} ADDRESS",
            ) from None
        # A path counts from the top of the clone, and this repository lies elsewhere.
        return str(top / address) if (top / address).exists() else address

    def _authorise(self, token: str) -> None:
        """Pass the token in the environment, where no list of processes shows it, and to this remote alone."""
        parts = urlsplit(self._remote)
        if parts.scheme != "https":
            return
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        given = self._environ.get("GIT_CONFIG_COUNT", "")
        count = int(given) if given.isdecimal() else 0  # what the person has set in the same way stays
        self._environ |= {
            "GIT_CONFIG_COUNT": str(count + 1),
            f"GIT_CONFIG_KEY_{count}": f"http.https://{parts.netloc.rpartition('@')[2]}/.extraheader",
            f"GIT_CONFIG_VALUE_{count}": f"AUTHORIZATION: basic {basic}",
        }

    def _over_network(self, *command: str) -> str:
        """Run a command that changes nothing there until it is answered."""
        said = ""
        for wait in _WAITS[:4]:
            self._sleep(wait)
            try:
                return self._run(*command, timeout=_NETWORK)
            except _CommandError as error:
                said = error.said
        raise _unreachable(self.branch, said)

    def _here(self, *command: str, given: bytes = b"") -> str:
        return self._here_bytes(*command, given=given).decode("utf-8", _AS_IT_IS)

    def _here_bytes(self, *command: str, given: bytes = b"") -> bytes:
        """Run a command in the temporary folder, which is not expected to fail."""
        try:
            return self._run_bytes(*command, given=given)
        except _CommandError as error:
            raise LedgerError(
                f"git cannot work on a copy of the branch {self.branch}: {error.said}",
                hint="Make room where temporary files are kept, and check git's own configuration.",
            ) from None

    def _run(self, *command: str, timeout: float = 30) -> str:
        return self._run_bytes(*command, timeout=timeout).decode("utf-8", "replace")

    def _run_bytes(self, *command: str, given: bytes = b"", timeout: float = 30) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and the words are ours
                ["git", "-C", str(self._folder), *_NO_HOOKS, *command],  # noqa: S607 - whichever git the person has
                input=given,
                capture_output=True,
                env=self._environ,
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError:
            raise ConfigError("a ledger on a git branch needs git", hint="Install git.") from None
        except subprocess.TimeoutExpired:
            raise _CommandError(f"git {command[0]} took more than {timeout:.0f} seconds") from None
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            said = next((line for line in lines if line.startswith(("fatal:", "error:", " !"))), "".join(lines[:1]))
            raise _CommandError(redact_addresses(said.strip()) or f"git {command[0]} failed")
        return done.stdout


def _unreachable(branch: str, said: str) -> LedgerError:
    return LedgerError(
        f"the ledger on the branch {branch} cannot be reached: {said}",
        hint="Check the remote, and that the token may write (contents: write); then: digest status",
    )
