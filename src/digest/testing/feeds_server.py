"""A small web server on loopback with real sockets, for tests of code that fetches."""

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
    """A request that the server received: its path with the query, and its headers by lower-case name."""

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
        """Ignore a client that closed its connection."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class FeedsServer:
    """Serves the content it was given and records requests. Other paths are answered with 404.

    ::

        with FeedsServer() as server:
            server.put("/feed.xml", b"<rss/>", etag='"1"')
            ...
            assert [request.path for request in server.requests] == ["/feed.xml"]

    Args:
        address: The loopback address to listen on, such as 127.0.0.2.

    Attributes:
        requests: All requests so far, oldest first.
        statuses: The status of each response, in the same order.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self.statuses: list[int] = []
        self._pages: dict[str, list[_Page]] = {}
        self._http = _QuietServer((address, 0), self._handler())
        # A short poll interval, because shutdown waits for the next poll.
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def host(self) -> str:
        """``ADDRESS:PORT``."""
        address, port = self._http.server_address[:2]
        return f"{address!s}:{port}"

    def url(self, path: str) -> str:
        """Return the URL of a path."""
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
        """Serve content at a path from now on.

        Args:
            path: The path, with its query.
            content: The body.
            status: The status code.
            headers: Further response headers.
            etag: The ETag. A request with it in If-None-Match gets a 304
                (https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2).
            last_modified: The same for If-Modified-Since.
            delay: Seconds before the first byte.
            drip: Seconds between single bytes of the content.
            once: Serve it to the next request only, and after that what the path served before.
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
                request_headers = {name.lower(): value for name, value in self.headers.items()}
                server.requests.append(Request(method=self.command, path=self.path, headers=request_headers))
                page = server._take(self.path)
                if page is None:
                    page = _Page(content=b"nothing here", status=404, headers={}, delay=0.0, drip=0.0)
                time.sleep(page.delay)
                unchanged = page.status == 200 and _matches(page.headers, request_headers)
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
                    self.close_connection = True  # the client closed it

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        return Handler


def _matches(headers: Mapping[str, str], request_headers: Mapping[str, str]) -> bool:
    if "if-none-match" in request_headers:
        return request_headers["if-none-match"] == headers.get("ETag")
    return "if-modified-since" in request_headers and request_headers["if-modified-since"] == headers.get(
        "Last-Modified"
    )
