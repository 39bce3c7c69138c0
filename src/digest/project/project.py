"""A newsletter's folder and configuration, and everything that is opened from them: the composition root."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING

import digest
from digest.config import STANDARD_THEME, Config, allowed_variables, config_file, find_root, load_config
from digest.config.atomic_files import STATE_FOLDER
from digest.config.resources import shipped
from digest.errors import ConfigError, CredentialsError
from digest.models import is_local_host, is_web_address
from digest.project.clock import clock_of
from digest.project.ledger_address import LedgerAddress, check_ledger_url, ledger_url
from digest.project.project_secrets import ProjectSecrets
from digest.project.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from digest.config import AudienceConfig
    from digest.delivery import Ledger
    from digest.fetching import Fetcher
    from digest.models import Suppression
    from digest.providers import Provider
    from digest.subscribers import ListReading

__all__ = ["Project", "open_project"]


@dataclass(frozen=True, kw_only=True)
class Project:
    """One newsletter.

    Attributes:
        root: The folder with the configuration file.
        config: The configuration.
        environ: The environment variables, which hold the secrets.
        now: The clock; returns aware datetimes in UTC.
        offline: Do not use the network; read sources only from the cache.
    """

    root: Path
    config: Config
    environ: Mapping[str, str] = field(repr=False)
    now: Callable[[], datetime]
    offline: bool = False

    def open_session(self, *, no_ledger: bool = False) -> Session:
        """Open the view of the newsletter in which one command reads everything once.

        Args:
            no_ledger: Behave as if nothing had been sent, because the ledger cannot be reached. Only for commands that
                do not send.
        """
        return Session(self, no_ledger=no_ledger)

    # -- the folder ---------------------------------------------------------------------------------------------------

    @property
    def state(self) -> Path:
        """The folder of the program's own files, which are not committed."""
        return self.root / STATE_FOLDER

    @property
    def config_file(self) -> str:
        """The name of the configuration file: digest.toml or pyproject.toml."""
        return config_file(self.root)[0].name

    @property
    def template_folders(self) -> tuple[Path, ...]:
        """The folders that are searched for templates, in order: the theme's own, then those that all themes share.

        In both cases the newsletter's files come before the files shipped with the program.

        Raises:
            ConfigError: There is no theme with the configured name.
        """
        shared = (self.root / "templates", shipped("templates"))
        name = self.config.theme.name
        if name == STANDARD_THEME:
            return shared
        if not any((folder / name).is_dir() for folder in shared):
            themes = sorted({STANDARD_THEME, *(each.name for folder in shared for each in _folders_in(folder))})
            hint = f"Create the folder templates/{name} with the files that differ."
            raise ConfigError(f"theme.name is {name!r}, but the themes are {', '.join(themes)}", hint=hint)
        return (*(folder / name for folder in shared), *shared)

    # -- adapters -----------------------------------------------------------------------------------------------------

    def open_fetcher(
        self,
        *,
        typed: Sequence[str] = (),
        sources: bool = True,
        moved: Mapping[str, str] = MappingProxyType({}),
        refresh: bool = False,
        deadline: float = 30.0,
    ) -> Fetcher:
        """The HTTP client. Its user agent names the newsletter. It reaches a private host only if that host is allowed.

        Args:
            typed: Addresses that the user typed. They are allowed what the addresses of sources are.
            sources: Allow the local hosts of the configured sources.
            moved: The new address of each address that has moved permanently.
            refresh: Send requests even if a cached response is still fresh.
            deadline: Seconds for one fetch.
        """
        from digest.fetching import Fetcher

        own = (address for source in self.config.sources for address in source.addresses)
        page = self.config.newsletter.homepage or "https://github.com/"
        return Fetcher(
            user_agent=f"digest/{digest.__version__} ({self.config.newsletter.name!a}; +{page})",
            cache=self.state / "http",
            allow_hosts=(*self.config.fetching.allow_hosts, *self._local_hosts(own if sources else (), typed)),
            allow_place=self.config_file,
            offline=self.offline,
            now=self.now,
            deadline=deadline,
            moved=moved,
            refresh=refresh,
        )

    def _local_hosts(self, *addresses: Iterable[str]) -> tuple[str, ...]:
        """``host:port`` of each address whose host is clearly a local one.

        A public name is not among them: whoever owns it decides where it leads, and can change that at any time.
        """
        from digest.fetching import host_and_port

        places = (host_and_port(address) for address in chain.from_iterable(addresses) if is_web_address(address))
        return tuple(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in places if is_local_host(host)
        )

    @cached_property
    def ledger_address(self) -> LedgerAddress:
        """Where the ledger is.

        Raises:
            CredentialsError: ``state.url_env`` names a variable that is not set.
            ConfigError: The variable does not hold a ledger's URL.
        """
        from digest.delivery.stores import find_store

        state = self.config.state
        url = ledger_url(state, self.environ)
        return LedgerAddress(
            url=url,
            root=self.root,
            environ=self.secrets.ledger_environ if find_store(url).networked else self.environ,
            token=self.environ.get(state.token_env, "").strip(),
            now=self.now,
            offline=self.offline,
        )

    @property
    def ledger_path(self) -> Path | None:
        """The ledger's file; None when it is in a database or on a branch."""
        return self.ledger_address.file

    @property
    def ledger_out_of_reach(self) -> bool:
        """Whether --offline forbids reading the ledger: it is on the network, or its address is not known here."""
        if not self.offline:
            return False
        try:
            return not self.ledger_address.is_reachable
        except CredentialsError:
            return True

    def open_ledger(self, *, new: bool = False) -> Ledger:
        """Open the ledger for writing. Raises the same errors as `LedgerAddress.open`."""
        return self.ledger_address.open(new=new)

    def open_provider(self) -> Provider:
        """Open the configured provider.

        Raises:
            ConfigError: There is no such provider.
            CredentialsError: Its key is not in the environment.
        """
        from digest.providers import open_provider

        return open_provider(
            self.config.delivery.provider,
            config=self.config,
            environ=self.environ,
            root=self.root,
            now=self.now,
        )

    # -- lists --------------------------------------------------------------------------------------------------------

    def read_list(self, file: str) -> ListReading:
        """Read a list.

        Args:
            file: A path relative to the newsletter's root, or ``env:NAME`` for CSV text in an environment variable.

        Raises:
            ListError: It cannot be read at all.
        """
        from digest.subscribers import read_list

        return read_list(self.root / file, file=file, environ=self.list_environ)

    @property
    def age_key_file(self) -> Path:
        """The file with this machine's key for encrypted lists; a runner has the key in DIGEST_AGE_KEY instead."""
        return self.state / "age.key"

    @property
    def list_environ(self) -> Mapping[str, str]:
        """The environment, with this machine's key for encrypted lists in DIGEST_AGE_KEY."""
        from digest.subscribers import AGE_KEY

        if self.environ.get(AGE_KEY) or not self.age_key_file.is_file():
            return self.environ
        return {**self.environ, AGE_KEY: self.age_key_file.read_text(encoding="utf-8").strip()}

    def list_columns(self, file: str) -> frozenset[str]:
        """The columns of a list, casefolded. Only its header is read.

        Raises:
            ListError: It cannot be read.
        """
        from digest.subscribers import list_columns

        return list_columns(self.root / file, file=file, environ=self.list_environ)

    def audience_config(self) -> AudienceConfig:
        """The audience that issues are sent to.

        Raises:
            ConfigError: ``delivery.audience`` is not one of ``[audiences]``.
        """
        name = self.config.delivery.audience
        audience = self.config.audiences.get(name)
        if audience is None:
            names = ", ".join(sorted(self.config.audiences)) or "none"
            raise ConfigError(
                f"delivery.audience is {name!r}, but [audiences] has {names}",
                hint=f'Add [audiences.{name}] with files = ["subscribers/{name}.csv"].',
            )
        return audience

    def own_suppressions(self) -> tuple[Suppression, ...]:
        """The newsletter's own suppressions, from the plain and the encrypted file.

        Suppressions of an audience that no longer exists apply to all audiences.
        """
        from digest.subscribers import SUPPRESSION_FILES, read_suppressions

        names = {name.casefold(): name for name in self.config.audiences}
        return tuple(
            replace(suppression, audience=names.get(suppression.audience.casefold(), ""))
            for file in SUPPRESSION_FILES
            for suppression in read_suppressions(self.root / file, file=file, environ=self.list_environ)
        )

    @cached_property
    def secrets(self) -> ProjectSecrets:
        """The secrets in the environment."""
        return ProjectSecrets(config=self.config, environ=self.environ)

    @property
    def needs_secret(self) -> bool:
        """Whether emails contain unsubscribe links that the newsletter signs."""
        hosted = self.config.unsubscribe_method.startswith("group:")
        return not hosted and not self.open_provider().capabilities.local

    def secret(self, *, ledger_key: bytes | None = None) -> bytes:
        """The secret that signs unsubscribe links, from the environment.

        If no link leaves this machine, or the provider hosts the unsubscribe page, it is the ledger's own key.

        Args:
            ledger_key: The ledger's key, if the ledger has already been read. Otherwise it is opened for the key.

        Raises:
            CredentialsError: The secret is needed and not set, or it or an earlier one is too short.
        """
        secret = self.secrets.signing()
        if secret is not None:
            return secret
        if not self.needs_secret:
            if self.ledger_path is None:  # its key is in the environment, also before the ledger exists
                from digest.delivery import required_key

                return required_key(self.environ)
            if ledger_key is not None:
                return ledger_key
            with self.open_ledger() as ledger:
                return ledger.key
        raise self.secrets.missing()


def _folders_in(folder: Path) -> Iterator[Path]:
    return (each for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else iter(())


def open_project(
    root: Path | None = None, *, offline: bool = False, environ: Mapping[str, str] | None = None, cwd: Path
) -> Project:
    """Open the newsletter in ``root``, or the one that ``cwd`` belongs to; see `find_root`.

    Args:
        root: The newsletter's folder, as given with -C. It is trusted, whoever owns it: the user named it.
        offline: Do not use the network.
        environ: Environment variables; by default those of this process.
        cwd: The current folder.

    Raises:
        ConfigError: There is no newsletter, it belongs to another user, or its configuration is invalid.
    """
    environ = os.environ if environ is None else environ
    folder = find_root(cwd, environ=environ) if root is None else root
    if not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", hint="Pass the newsletter's folder with -C.")
    if root is not None:
        folder = root.resolve()
    from digest.providers import InstalledSettings

    config = load_config(
        folder,
        providers=InstalledSettings(),
        check_ledger_url=check_ledger_url,
        allowed=allowed_variables(environ),
    )
    return Project(root=folder, config=config, environ=environ, now=clock_of(environ), offline=offline)
