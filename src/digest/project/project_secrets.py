"""The newsletter's secrets in the environment: those that are long enough, and what other programs get without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from digest.config import allowed_variables
from digest.config.secret_environment import (
    child_environment,
    is_too_short,
    require_long_secret,
    secret_variables_of,
)
from digest.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from digest.config import Config

__all__ = ["ProjectSecrets"]


@dataclass(frozen=True, kw_only=True)
class ProjectSecrets:
    """The secrets of one newsletter.

    Attributes:
        config: The configuration, which names the variables.
        environ: The environment.
    """

    config: Config
    environ: Mapping[str, str] = field(repr=False)

    def signing(self) -> bytes | None:
        """The secret that signs unsubscribe links; None if it is not set.

        Raises:
            CredentialsError: It or an earlier one is too short.
        """
        self.earlier()
        return self._read(self.config.delivery.secret_env)

    def earlier(self) -> list[bytes]:
        """The earlier secrets, whose unsubscribe links still work.

        Raises:
            CredentialsError: One is too short.
        """
        secrets = map(self._read, self.config.delivery.old_secret_envs)
        return [secret for secret in secrets if secret is not None]

    def missing(self) -> CredentialsError:
        """The error for a secret that is needed and not set."""
        name = self.config.delivery.secret_env
        return CredentialsError(
            f"{name} is not set; it signs the unsubscribe links",
            hint=f"Make and store one: export {name}=\"$(python -c 'import secrets; print(secrets.token_hex(32))')\"",
        )

    @property
    def too_short(self) -> tuple[str, ...]:
        """The variables whose secret is too short to be one."""
        from digest.delivery.stores.store import KEY_VARIABLE

        delivery = self.config.delivery
        names = (delivery.secret_env, *delivery.old_secret_envs, KEY_VARIABLE)
        return tuple(name for name in names if self.environ.get(name) and is_too_short(self.environ[name]))

    @cached_property
    def child_environ(self) -> Mapping[str, str]:
        """The environment for other programs, such as the user's editor: without any secret of this one."""
        from digest.providers import InstalledSettings

        secrets = {*secret_variables_of(self.config, InstalledSettings()), *allowed_variables(self.environ)}
        return child_environment(self.environ, secrets=secrets)

    @property
    def ledger_environ(self) -> Mapping[str, str]:
        """The environment for a ledger on the network: as for other programs, and the ledger's key."""
        from digest.delivery.stores.store import KEY_VARIABLE

        key = {name: value for name, value in self.environ.items() if name == KEY_VARIABLE}
        return {**self.child_environ, **key}

    def _read(self, name: str) -> bytes | None:
        value = self.environ.get(name, "")
        if not value:
            return None
        require_long_secret(name, value)
        return value.encode()
