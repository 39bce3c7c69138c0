"""The secret in the preview's address, which is exchanged for a cookie: other users of the machine see nothing.

A server on loopback answers every program of the machine, whoever runs it. Jupyter's notebook server guards itself in
the same way: https://jupyter-server.readthedocs.io/en/latest/operators/security.html
"""

from __future__ import annotations

import secrets

# The standard library's parser stops at the first cookie with odd characters, and other servers set such ones.
from starlette.requests import cookie_parser

__all__ = ["PreviewSecret"]

_BYTES = 24


class PreviewSecret:
    """The secret of one preview server.

    Args:
        port: The server's port. It is in the cookie's name, because browsers share cookies between the ports of a host.
    """

    def __init__(self, port: int = 0) -> None:
        self._name = f"digest-preview-{port}"
        self._token, self._value = secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES)
        self._once: set[str] = set()

    def address(self, page: str) -> str:
        """The address of ``page`` with the secret."""
        return f"{page}?token={self._token}"

    def address_for_one_visit(self, page: str) -> str:
        """An address that works once, for a browser's command line, which every user of the machine can read."""
        token = secrets.token_urlsafe(_BYTES)
        self._once.add(token)
        return f"{page}?token={token}"

    def is_opened_by(self, token: str) -> bool:
        """Whether a token from an address is right. One for a single visit is used up."""
        right = [each for each in (self._token, *self._once) if _same(each, token)]
        self._once.difference_update(right)
        return bool(right)

    def is_in(self, cookies: str) -> bool:
        """Whether the header ``Cookie`` of a request has the cookie."""
        return _same(self._value, cookie_parser(cookies).get(self._name, ""))

    @property
    def set_cookie(self) -> str:
        """The header ``Set-Cookie``. No script can read the cookie, and no request from another site carries it."""
        return f"{self._name}={self._value}; Path=/; HttpOnly; SameSite=Strict"


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode("utf-8", "surrogateescape"))
