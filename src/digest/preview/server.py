"""Run the preview: find a free port, start uvicorn, and stop quietly."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import subprocess
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

import uvicorn

from digest.errors import DigestError, UsageError
from digest.preview.preview_app import create_app
from digest.preview.preview_secret import PreviewSecret
from digest.preview.request_guard import ANY_ADDRESS, LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from digest.preview.preview_source import PreviewSource

__all__ = ["PreviewServer", "listen", "serve"]

_MORE_PORTS = 10


def serve(
    source: PreviewSource,
    *,
    host: str = "127.0.0.1",
    port: int = 8025,
    open_browser: bool = False,
    environ: Mapping[str, str] | None = None,
    announce: Callable[[str], None],
) -> None:
    """Serve the preview until Ctrl-C.

    Args:
        source: Renders the issue and lists the files to watch.
        host: The address to listen on. Pass anything but loopback only at the user's request, because the whole network
            can then see the issue.
        port: The port to listen on. If it is in use, the next ten are tried. 0 means any free port.
        open_browser: Open the page in a browser when it is ready.
        environ: The environment for the browser, without secrets; by default that of this process.
        announce: Called once, with the address of the page and the secret in it, when it is ready.

    Raises:
        UsageError: This machine does not have that address.
        DigestError: No port is free.
    """
    listening = listen(host, port)
    secret = PreviewSecret(listening.getsockname()[1])

    def ready(page: str) -> None:
        announce(secret.address(page))
        if open_browser:  # in its own thread, because a text browser in the terminal would block the server
            address = secret.address_for_one_visit(page)
            command = [sys.executable, "-m", "webbrowser", address]  # a process of its own, so as to leave secrets out
            run = partial(subprocess.run, command, env=environ, check=False, stdout=sys.stderr)
            threading.Thread(target=run, daemon=True).start()

    with contextlib.suppress(KeyboardInterrupt):
        PreviewServer(source, listening, host=host, secret=secret, ready=ready).run()


class PreviewServer(uvicorn.Server):
    """A uvicorn server on a given socket, which reports when it is ready and closes open streams when it stops."""

    def __init__(
        self,
        source: PreviewSource,
        listening: socket.socket,
        *,
        host: str,
        secret: PreviewSecret,
        ready: Callable[[str], None],
    ) -> None:
        app = create_app(source, secret=secret, hosts=_names_of(host))
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, ws="none", timeout_graceful_shutdown=2
            )
        )
        self._live = app.state.live
        self._listening = listening
        self._ready = ready
        self.address = _address_of(host, listening.getsockname()[1])

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        super().run(sockets or [self._listening])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and call ``ready`` with the address of the page, without the secret."""
        await super().startup(sockets)
        if self.started:
            self._ready(self.address)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams first: uvicorn waits for open connections."""
        await self._live.close()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on ``port``, or on the first free port of the next ten.

    Raises:
        UsageError: This machine does not have that address, or the user may not use that port.
        DigestError: No port is free.
    """
    last = port + _MORE_PORTS if port else port
    for number in range(port, min(last, 65535) + 1):
        try:
            return _socket_at(host, number)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise UsageError(
                    f"cannot listen on {host}:{number}: {error.strerror}",
                    hint="127.0.0.1 and a port above 1023 always work.",
                ) from None
    raise DigestError(
        f"the ports {port} to {last} of {host} are all in use",
        hint="Stop another preview, or choose a port with --port.",
    )


def _socket_at(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # on Windows, this option would share the port with another program
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


def _names_of(host: str) -> Collection[str]:
    """The names that a request may use if the server listens on ``host``."""
    if _is_wildcard(host):
        return (*LOOPBACK, ANY_ADDRESS)
    return LOOPBACK if host in LOOPBACK else (host,)


def _address_of(host: str, port: int) -> str:
    name = "127.0.0.1" if _is_wildcard(host) else host
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
