"""Message authentication codes for the lines of a ledger on a git branch.

Whoever can push to the branch, but lacks the ledger's key, must not be able to change what it says. Each line ends with
a MAC over the MAC of the line before it, its file and its content, so that no line can be edited, forged, moved or
copied. Each commit ends ``ledger.jsonl`` with a seal, ``["#", PARENT, {FILE: MAC, …}]``, which names the commit below
it and the last MAC of each file that it changed, so that no file can be shortened, replaced or removed.
"""

from __future__ import annotations

import json
import re
from hashlib import blake2b
from hmac import compare_digest
from typing import TYPE_CHECKING

from digest.delivery.campaign import CampaignRefusedError
from digest.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["LedgerTamperedError", "LineMacs"]

#: The end of a line: the last element of its JSON array is the MAC.
_MAC = re.compile(rb',"([0-9a-f]{32})"\]$')


class LedgerTamperedError(CampaignRefusedError, LedgerError):
    """The ledger is not as this program left it, so nobody knows who was mailed (exit 6)."""


class LineMacs:
    """The chains of MACs of a ledger's files, up to a commit.

    Args:
        key: The ledger's key.
        common: The name of the file with the seals.
    """

    def __init__(self, key: bytes, *, common: str) -> None:
        self._key = blake2b(key, digest_size=32, person=b"digest-mac").digest()
        self._common = common
        self._last: dict[str, bytes] = {}
        self._sealed: dict[str, str] = {}
        self._parent: str | None = None

    def copy(self) -> LineMacs:
        """The same chains, to be continued independently."""
        other = LineMacs(b"", common=self._common)
        other._key, other._parent = self._key, self._parent
        other._last, other._sealed = dict(self._last), dict(self._sealed)
        return other

    def sign(self, name: str, lines: bytes) -> bytes:
        """Append new lines to a file's chain. Returns them with their MACs."""
        return b"".join(self._signed(name, line) for line in lines.splitlines())

    def seal(self, names: Iterable[str], *, parent: str) -> bytes:
        """Finish a commit that changes these files on top of ``parent``. Returns the line for the common file."""
        changed = {name: self._last[name].decode() for name in sorted(names) if name != self._common}
        self._sealed |= changed
        self._parent = parent
        return self._signed(self._common, json.dumps(["#", parent, changed], separators=(",", ":")).encode())

    def verify(self, name: str, lines: Iterable[bytes], *, after: int) -> None:
        """Check lines that were read, and append them to their file's chain.

        Args:
            name: The file.
            lines: The lines after those that were checked before.
            after: The number of lines that were checked before.

        Raises:
            LedgerTamperedError: A line is not one that this program wrote in this place.
        """
        for number, line in enumerate(lines, start=after + 1):
            match = _MAC.search(line)
            body = line[: match.start()] + b"]" if match else b""
            if match is None or not compare_digest(self._mac(name, body, self._last.get(name, b"")), match[1]):
                raise LedgerTamperedError(
                    f"the ledger is damaged: {name}:{number} was edited, forged or moved, or a line before is missing"
                )
            self._last[name] = match[1]
            if name == self._common:
                self._parent = None
                if body.startswith(b'["#",'):
                    _, self._parent, changed = json.loads(body)
                    self._sealed |= changed

    def require_complete(self, names: Collection[str], *, parents: Collection[str]) -> None:
        """Check that the files are all those of the last seal, and end where it says.

        Args:
            names: The files at the commit.
            parents: The commits below it. A merge has several, and is never one of this program's: with the current
                commit as its second parent, it could bring back the files of an older one.

        Raises:
            LedgerTamperedError: A file is missing, was added or is shorter, or the commit is not on top of the one that
                the seal names.
        """
        for name in sorted({*names, *self._sealed} - {self._common}):
            if name not in names:
                raise LedgerTamperedError(f"the ledger is damaged: {name} is missing")
            if self._sealed.get(name, "").encode() != self._last.get(name, b""):
                raise LedgerTamperedError(f"the ledger is damaged: {name} does not end where its last record says")
        if tuple(parents) != ((self._parent,) if self._parent else ()):
            raise LedgerTamperedError("the ledger is damaged: its last commit is not on top of the one it was made for")

    def is_own(self, name: str, lines: Iterable[bytes]) -> bool:
        """Whether this key made any of a file's lines, given the MAC of the line before it."""
        previous = b""
        for line in lines:
            match = _MAC.search(line)
            if match is not None and compare_digest(self._mac(name, line[: match.start()] + b"]", previous), match[1]):
                return True
            previous = match[1] if match else b""
        return False

    def _signed(self, name: str, line: bytes) -> bytes:
        mac = self._mac(name, line, self._last.get(name, b""))
        self._last[name] = mac
        return line[:-1] + b',"' + mac + b'"]\n'

    def _mac(self, name: str, line: bytes, previous: bytes) -> bytes:
        content = b"\0".join((previous, name.encode("utf-8", "surrogateescape"), line))
        return blake2b(content, key=self._key, digest_size=16).hexdigest().encode()
