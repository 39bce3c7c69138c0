"""Secrets in environment variables: how long they must be, and which variables other programs do not get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.config.secret_variables import OWN_PREFIX, is_usual, named_variables, usual_of_all
from digest.errors import CredentialsError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic import BaseModel

    from digest.config.settings import Config

__all__ = [
    "MIN_SECRET_BYTES",
    "child_environment",
    "is_too_short",
    "minimal_environment",
    "require_long_secret",
    "secret_variables_of",
]

#: With fewer bytes, somebody who has one unsubscribe link, or the ledger, can find the secret by trying.
MIN_SECRET_BYTES = 16
#: What a program that reads only local files needs: to be found, the user's settings, the language.
_MINIMAL = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "TMPDIR", "TMP", "TEMP"}
)
_MINIMAL_PREFIXES = ("LANG", "LC_", "XDG_", "GIT_CONFIG", "FONTCONFIG_", "DISPLAY", "WAYLAND_")


def is_too_short(value: str) -> bool:
    """Whether somebody could find a secret by trying. Blanks around it do not count."""
    return len(value.strip().encode()) < MIN_SECRET_BYTES


def require_long_secret(name: str, value: str) -> None:
    """Refuse a secret that somebody could find by trying.

    Raises:
        CredentialsError: It has fewer than 16 bytes.
    """
    if is_too_short(value):
        raise CredentialsError(
            f"{name} has fewer than {MIN_SECRET_BYTES} bytes, so it can be guessed",
            hint=f'Make a new one: export {name}="$(openssl rand -hex 32)"',
        )


def secret_variables_of(config: Config, models: Mapping[str, type[BaseModel]]) -> frozenset[str]:
    """The variables with keys, passwords and lists: those that are named, and the usual ones of all providers.

    Args:
        models: The ``Settings`` of each installed provider.

    Returns:
        Names; one that ends in ``_`` stands for all that begin so.
    """
    named = {each for _, name, usual in named_variables(config) for each in (name, *usual)}
    files = (file for audience in config.audiences.values() for file in audience.files)
    lists = {file.removeprefix("env:") for file in files if file.startswith("env:")}
    return frozenset({*named, *lists, *usual_of_all(models)})


def child_environment(environ: Mapping[str, str], *, secrets: Collection[str] = ()) -> dict[str, str]:
    """The environment for a program of the user's, such as their editor: everything but this program's secrets.

    Args:
        secrets: Further variables to leave out, as from `secret_variables_of`. All that begin with DIGEST_ always are.
    """
    left_out = (OWN_PREFIX, *secrets)
    return {name: value for name, value in environ.items() if not is_usual(name, left_out)}


def minimal_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that needs nothing of the user's but its settings."""
    return {name: value for name, value in environ.items() if name in _MINIMAL or name.startswith(_MINIMAL_PREFIXES)}
