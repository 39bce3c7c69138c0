"""Keep the preview private: it answers only requests with its secret, and its pages cannot contact other servers."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from digest.preview.preview_secret import PreviewSecret

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
_OPEN_THE_ADDRESS = "This preview only answers at the address that it printed when it started. Open that address."
_OTHER_SITE = "This preview does not answer requests from other sites."
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
    """ASGI middleware that answers only requests with the preview's secret, and adds security headers.

    It also refuses a foreign ``Host`` (DNS rebinding), ``Origin`` or ``Sec-Fetch-Site``.
    """

    def __init__(self, app: ASGIApp, *, secret: PreviewSecret, hosts: Collection[str] = LOOPBACK) -> None:
        self._app = app
        self._secret = secret
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

        headers = Headers(scope=scope)
        answer: ASGIApp = self._app
        if refusal := self._foreign(headers):
            answer = PlainTextResponse(refusal, status_code=403)
        elif exchange := self._exchange(scope):
            answer = exchange
        elif not self._secret.is_in(headers.get("cookie", "")):
            answer = PlainTextResponse(_OPEN_THE_ADDRESS, status_code=403)
        await answer(scope, receive, guarded)

    def _exchange(self, scope: Scope) -> Response | None:
        """The answer to the address with the secret: the cookie, and the same page without the secret."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        token = dict(query).get("token")
        if token is None or scope["path"] != "/" or scope["method"] != "GET" or not self._secret.is_opened_by(token):
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        address = f"/?{rest}" if rest else "/"
        return Response(status_code=303, headers={"Location": address, "Set-Cookie": self._secret.set_cookie})

    def _foreign(self, headers: Headers) -> str:
        """Why a request may come from another site; empty if it does not."""
        host = headers.get("host", "")
        if "@" in host or not self._is_ours(f"//{host}"):
            return _OPEN_THE_ADDRESS
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host}".lower():
            return _OTHER_SITE
        # "none" is an address that the user typed or opened (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header).
        return "" if headers.get("sec-fetch-site", "none").lower() in {"none", "same-origin"} else _OTHER_SITE

    def _is_ours(self, address: str) -> bool:
        try:
            name = urlsplit(address).hostname or ""
            if name in self._hosts:
                return True
            return ANY_ADDRESS in self._hosts and bool(ipaddress.ip_address(name))
        except ValueError:
            return False
