"""Secrets in web addresses: the user name and password, and the keys that private feeds have in their query."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from digest.models.urls import printable_url

__all__ = ["password_parameter", "secret_parameters", "without_secrets"]

#: Parameters that hold a key, in lower case and without hyphens and underscores. Among them are those of Patreon
#: (auth), GitHub (token), GitLab (feed_token), news services (apiKey, api-key) and signed addresses of cloud storage.
_KEYS = re.compile(
    r"(?:access|api|auth|authentication|bearer|client|csrf|feed|id|private|refresh|rss|security|session|user|xamzsecurity)?"
    r"(?:token|secret)|(?:access|api|auth|feed|private|rss|secret|subscription|user)key"
    r"|auth|authorization|credentials?|jwt|sessionid|sig|signature|xamz(?:credential|signature)|xgoog(?:credential|signature)"
)
_PASSWORDS = re.compile(r"(?:os)?(?:password|passwd|passphrase|pwd)")
#: Shorter values are options, as in auth=1.
_MIN_KEY = 8


def secret_parameters(url: str) -> tuple[tuple[str, str], ...]:
    """The parameters in an address's query that hold a secret, each with its name and value as they are written."""
    return tuple(pair for pair in _parameters(url) if _is_secret(*pair))


def password_parameter(url: str) -> str:
    """The name of the first parameter in an address's query that holds a password, or an empty string."""
    return next((name for name, value in _parameters(url) if value and _PASSWORDS.fullmatch(_plain(name))), "")


def without_secrets(url: str) -> str:
    """A web address without its user name, its password and the parameters that hold a secret.

    Anything else, such as the path of a file, is returned unchanged.
    """
    url = printable_url(url)
    if not secret_parameters(url):
        return url
    parts = urlsplit(url)
    parameters = (each for each in parts.query.split("&") if not _is_secret(*_pair(each)))
    return urlunsplit(parts._replace(query="&".join(parameters)))


def _parameters(url: str) -> tuple[tuple[str, str], ...]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    return tuple(_pair(each) for each in parts.query.split("&")) if parts.scheme and parts.query else ()


def _pair(parameter: str) -> tuple[str, str]:
    name, _, value = parameter.partition("=")
    return name, value


def _plain(name: str) -> str:
    return re.sub(r"[-_.]|%5[BDbd]|[\[\]]", "", name).lower()


def _is_secret(name: str, value: str) -> bool:
    plain = _plain(name)
    return bool(value and _PASSWORDS.fullmatch(plain)) or (len(value) >= _MIN_KEY and bool(_KEYS.fullmatch(plain)))
