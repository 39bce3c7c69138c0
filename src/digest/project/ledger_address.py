"""Where a newsletter's ledger is, and how to open it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from digest.errors import ConfigError, CredentialsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from digest.config import StateConfig
    from digest.delivery import Ledger
    from digest.delivery.stores.store import Store

__all__ = ["LedgerAddress", "check_ledger_url", "ledger_url"]


def check_ledger_url(url: str) -> None:
    """Check a ledger's URL with the store that handles its scheme. `load_config` takes this function as an argument.

    Raises:
        ValueError: No store has the scheme, or the URL is malformed or holds a password.
    """
    from digest.delivery.stores import find_store

    try:
        store = find_store(url)
    except ConfigError as error:
        raise ValueError(f"{error.message}. {error.hint}") from None
    store.check_url(url)
    if store.holds_secret(url):
        raise ValueError("it contains a password; put the whole URL into a variable, and name it in url_env")


def ledger_url(state: StateConfig, environ: Mapping[str, str]) -> str:
    """The ledger's URL, from ``[state]`` or from the variable that it names.

    Raises:
        CredentialsError: ``state.url_env`` names a variable that is not set.
        ConfigError: The variable does not hold a ledger's URL.
    """
    from digest.delivery.stores import find_store

    if not state.url_env:
        return state.url
    url = environ.get(state.url_env, "").strip()
    if not url:
        raise CredentialsError(f"{state.url_env} is not set", hint="Set it to the URL of the ledger's database.")
    problem = f"{state.url_env} does not hold a ledger's URL"
    try:
        find_store(url).check_url(url)
    except ConfigError as error:
        raise ConfigError(problem, hint=error.hint) from None
    except ValueError as error:
        raise ConfigError(f"{problem}: {error}") from None
    return url


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerAddress:
    """Where the ledger is. Everything that depends on the kind of store is decided by the store's class.

    Attributes:
        url: Such as ``sqlite:///FILE``, ``postgresql://…`` or ``git+branch://BRANCH``.
        root: The newsletter's folder. Relative files start there, and a branch belongs to its repository.
        environ: The environment; holds the ledger's key.
        token: A token for the git host, from the environment; empty without one.
        now: The clock; aware, in UTC.
        offline: The user forbids network access.
    """

    url: str = field(repr=False)
    root: Path
    environ: Mapping[str, str] = field(repr=False)
    token: str = field(repr=False)
    now: Callable[[], datetime]
    offline: bool

    @property
    def store(self) -> Store:
        """The store at this address, not opened yet. Creating it touches neither the disk nor the network."""
        from digest.delivery.stores import find_store

        return find_store(self.url)(self.url, root=self.root, environ=self.environ, token=self.token)

    @property
    def file(self) -> Path | None:
        """The ledger's file; None if it is in a database or on a branch."""
        return self.store.file

    @property
    def is_reachable(self) -> bool:
        """Whether the ledger can be read at all. With --offline, only a ledger on this machine can."""
        return not (self.offline and self.store.networked)

    @property
    def needs_consent(self) -> bool:
        """Whether a missing ledger is created only if the user passes ``--new-ledger``."""
        return self.store.needs_consent

    def is_within(self, folders: Collection[Path]) -> bool:
        """Whether the ledger is lost together with one of these folders (absolute paths), such as a runner's."""
        return self.store.is_within(folders)

    def exists(self) -> bool:
        """Whether there may be campaigns: the file or branch exists, or the ledger is in a database.

        Prefer `find`, which looks and opens at once.

        Raises:
            UsageError: The ledger is reached over the network, and the user forbids network access.
            LedgerError: The branch cannot be reached.
        """
        self._require_reachable()
        store = self.store
        try:
            return store.exists()
        finally:
            store.close()

    def find(self) -> Ledger | None:
        """Open the ledger if there is one. With a branch this is one network call.

        Raises:
            LedgerError: The ledger is locked, damaged or from a newer version, or cannot be reached.
            UsageError: The ledger is reached over the network, and the user forbids network access.
            CredentialsError: The key is missing, or belongs to another ledger.
        """
        from digest.delivery import find_ledger

        self._require_reachable()
        return find_ledger(self.url, root=self.root, environ=self.environ, token=self.token, now=self.now)

    def open(self, *, new: bool = False) -> Ledger:
        """Open the ledger, and create it if it is missing; on a branch only with ``new``.

        Raises:
            LedgerError: The ledger is locked, damaged or from a newer version, or cannot be reached.
            UsageError: The ledger is reached over the network, and the user forbids network access.
            CampaignRefusedError: The branch is missing or empty.
            CredentialsError: The key is missing, or belongs to another ledger.
        """
        from digest.delivery import open_ledger

        self._require_reachable()
        return open_ledger(self.url, root=self.root, environ=self.environ, token=self.token, now=self.now, new=new)

    def _require_reachable(self) -> None:
        if not self.is_reachable:
            raise UsageError(
                "--offline forbids network access, and the ledger is reached over the network",
                hint="Run it without --offline. digest build also runs without the ledger: --no-ledger.",
            )
