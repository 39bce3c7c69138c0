"""A small web server on loopback over real sockets, for tests of whatever fetches."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FeedsServer", "Request"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request as it came: its path with the query, and its headers by lower-case name."""

    method: str
    path: str
    headers: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    content: bytes
    status: int
    headers: Mapping[str, str]
    delay: float
    drip: float


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that had enough is no error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class FeedsServer:
    """Serves what it was given, and writes down who asked. What it was not given is 404.

    ::

        with FeedsServer() as server:
            server.put("/feed.xml", b"<rss/>", etag='"1"')
            ...
            assert [request.path for request in server.requests] == ["/feed.xml"]

    Args:
        address: The loopback address to listen at, such as 127.0.0.2.

    Attributes:
        requests: What was asked so far, oldest first.
        statuses: What was answered.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.statuses: list[int] = []
        self._pages: dict[str, list[_Page]] = {}
        self._http = _QuietServer((address, 0), self._handler())
        # A short poll: shutdown waits for the next one.
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def host(self) -> str:
        """``ADDRESS:PORT``."""
        address, port = self._http.server_address[:2]
        return f"{address!s}:{port}"

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://{self.host}{path}"

    def put(
        self,
        path: str,
        content: bytes | str = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        delay: float = 0.0,
        drip: float = 0.0,
        once: bool = False,
    ) -> None:
        """Serve ``content`` at ``path`` from now on.

        Args:
            etag: The validator; asked with it in If-None-Match, the answer is 304 (RFC 9110, section 13.1.2).
            last_modified: The same for If-Modified-Since.
            delay: Seconds before the first byte.
            drip: Seconds between single bytes of the content.
            once: Serve it to the next request only; then whatever ``path`` served before.
        """
        validators = {"ETag": etag, "Last-Modified": last_modified}
        page = _Page(
            content=content.encode() if isinstance(content, str) else content,
            status=status,
            headers={**(headers or {}), **{name: value for name, value in validators.items() if value}},
            delay=delay,
            drip=drip,
        )
        self._pages[path] = [*self._pages.get(path, []), page] if once else [page]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _take(self, path: str) -> _Page | None:
        pages = self._pages.get(path, [])
        if not pages:
            return None
        return pages.pop() if len(pages) > 1 else pages[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append(Request(method=self.command, path=self.path, headers=asked))
                page = server._take(self.path)
                if page is None:
                    page = _Page(content=b"nothing here", status=404, headers={}, delay=0.0, drip=0.0)
                time.sleep(page.delay)
                unchanged = page.status == 200 and _matches(page.headers, asked)
                status = 304 if unchanged else page.status
                server.statuses.append(status)
                self.send_response(status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                if not unchanged:
                    self.send_header("Content-Length", str(len(page.content)))
                self.end_headers()
                if not unchanged:
                    self._write(page)

            def _write(self, page: _Page) -> None:
                step = 1 if page.drip else max(1, len(page.content))
                try:
                    for start in range(0, len(page.content), step):
                        self.wfile.write(page.content[start : start + step])
                        self.wfile.flush()
                        time.sleep(page.drip)
                except OSError:
                    self.close_connection = True  # the client had enough

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler


def _matches(headers: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    if "if-none-match" in asked:
        return asked["if-none-match"] == headers.get("ETag")
    return "if-modified-since" in asked and asked["if-modified-since"] == headers.get("Last-Modified")
