"""Keep the preview private: it answers only at its own address, and its pages cannot contact other servers."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ANY_ADDRESS", "LOOPBACK", "PAGE_POLICY", "Guard", "email_policy"]

#: The host names of a server on loopback.
LOOPBACK = ("127.0.0.1", "localhost", "::1")

#: Allows every IP address, for a server bound to all addresses of a machine. Names are still refused, because DNS
#: rebinding needs a name.
ANY_ADDRESS = "*"

#: The policy of the preview's own page. Trusted Types turn an accidental ``innerHTML`` into an error:
#: https://developer.mozilla.org/en-US/docs/Web/API/Trusted_Types_API
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
#: The policy of all other responses, which may not load anything.
_STRICT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def email_policy(*, images: bool) -> str:
    """The policy of the email: no scripts, fonts or forms; images from the preview only, or none at all.

    The browser asks no other server: the preview fetches the email's pictures itself, and refuses private addresses.

    ``allow-same-origin`` lets the page measure the height of the email. The email itself gains nothing from it, because
    it may not run scripts.
    """
    sources = "'self'" if images else "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    )


class Guard:
    """ASGI middleware that refuses a foreign ``Host`` (DNS rebinding) or ``Origin``, and adds security headers."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] = LOOPBACK) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", _STRICT_POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cache-Control"] = "no-store"
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        if refusal:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)

    def _refusal(self, headers: Headers) -> str:
        host = headers.get("host", "")
        if not self._is_ours(f"//{host}"):
            return "This preview only answers at the address that it printed when it started. Open that address."
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host}".lower():
            return "This preview does not answer requests from other sites."
        return ""

    def _is_ours(self, address: str) -> bool:
        try:
            name = urlsplit(address).hostname or ""
            if name in self._hosts:
                return True
            return ANY_ADDRESS in self._hosts and bool(ipaddress.ip_address(name))
        except ValueError:
            return False
