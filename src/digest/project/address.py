"""Where a newsletter's ledger is: a file, a database, or a branch of its repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import ConfigError, CredentialsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from digest.config import StateConfig
    from digest.delivery import Ledger

__all__ = ["LedgerAddress", "ledger_url"]

_SQLITE = "sqlite:///"
_GIT = "git+branch://"
_POSTGRES = "postgresql://"


def ledger_url(state: StateConfig, environ: Mapping[str, str]) -> str:
    """The ledger's address; with a password, where it stands in the environment.

    Raises:
        CredentialsError: ``state.url_env`` names a variable that is not set.
        ConfigError: The variable holds another kind of address.
    """
    if not state.url_env:
        return state.url
    url = environ.get(state.url_env, "").strip()
    if not url:
        raise CredentialsError(f"{state.url_env} is not set", hint="It holds the address of the ledger's database.")
    url = url.replace("postgres://", _POSTGRES, 1)  # as some hosts write it
    if not url.startswith((_POSTGRES, _GIT, _SQLITE)):
        raise ConfigError(f"{state.url_env} holds no address of a ledger", hint="postgresql://user:…@host/database")
    return url


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerAddress:
    """Where the ledger is, and how it is opened.

    Attributes:
        url: ``sqlite:///FILE``, ``postgresql://…`` or ``git+branch://BRANCH``.
        root: The newsletter's folder, from which a relative file counts, and whose repository has the branch.
        token: What a git host wants, from the environment; empty without one.
        now: The clock; aware, in UTC.
        offline: The network is not to be touched.
    """

    url: str = field(repr=False)
    root: Path
    environ: Mapping[str, str] = field(repr=False)
    token: str = field(repr=False)
    now: Callable[[], datetime]
    offline: bool

    @property
    def file(self) -> Path | None:
        """Its file; None where it is in a database or on a branch."""
        return self.root / self.url.removeprefix(_SQLITE) if self.url.startswith(_SQLITE) else None

    @property
    def on_branch(self) -> bool:
        """Whether it is on a branch of the repository."""
        return self.url.startswith(_GIT)

    def exists(self) -> bool:
        """Whether there may be campaigns to know of: a file or a branch that is there, or a database.

        Raises:
            UsageError: It is reached over the network, which is not to be touched.
            LedgerError: The branch cannot be reached.
        """
        self._require_reachable()
        if self.on_branch:
            from digest.delivery import has_branch

            return has_branch(self.url, root=self.root, environ=self.environ, token=self.token)
        return self.file is None or self.file.exists()

    def open(self, *, new: bool = False) -> Ledger:
        """The ledger, made where there is none; on a branch only when ``new`` says so.

        Raises:
            LedgerError: It is locked, broken or from a newer version, or cannot be reached.
            UsageError: It is reached over the network, which is not to be touched.
            CampaignRefusedError: The branch is missing or empty.
            CredentialsError: Its key is another one.
        """
        from digest.delivery import Ledger

        self._require_reachable()
        if self.on_branch:
            return Ledger.on_branch(
                self.url, root=self.root, environ=self.environ, token=self.token, now=self.now, new=new
            )
        if self.file is None:
            return Ledger.connect(self.url, environ=self.environ, now=self.now)
        return Ledger.open(self.file, environ=self.environ, now=self.now)

    def _require_reachable(self) -> None:
        if self.offline and self.file is None:
            raise UsageError(
                "--offline touches no network, and the ledger is reached over it",
                hint="Do it without --offline. digest build also goes without the ledger: --no-ledger.",
            )
