"""A web server on loopback that misbehaves, with real sockets, for tests of code that fetches and reads.

Each path misbehaves in its own way, which `BEHAVIOURS` describes. Nothing here attacks anybody: redirects lead to the
usual private addresses, or to a listener of the test.
"""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import zlib
from functools import partial
from itertools import chain, count, repeat
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from digest.testing.feeds_server import Request

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

__all__ = ["BEHAVIOURS", "PRIVATE_PLACES", "HostileServer", "rss_feed"]

#: Bytes to send, or how many seconds to send nothing. A negative number resets the connection.
_Step: TypeAlias = bytes | float

_MIB = 2**20
_FOREVER = 3600.0

#: Where ``/to/NAME`` redirects. ``{inner}`` is the host and port of a listener that must not be reached.
PRIVATE_PLACES = {
    "loopback": "http://{inner}/secret",
    "localhost": "http://localhost:{port}/secret",
    "decimal": "http://2130706433:{port}/secret",
    "hexadecimal": "http://0x7f000001:{port}/secret",
    "octal": "http://0177.0.0.1:{port}/secret",
    "short": "http://127.1:{port}/secret",
    "full-width": "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11:{port}/secret",
    "zero": "http://0.0.0.0:{port}/secret",
    "six": "http://[::1]:{port}/secret",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/secret",
    "user": "http://news.example@{inner}/secret",
    "backslash": "http://news.example\\@{inner}/secret",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "intranet": "http://10.0.0.1/",
    "file": "file:///etc/hostname",
    "ftp": "ftp://{inner}/secret",
    "gopher": "gopher://{inner}/secret",
    "javascript": "javascript:alert(1)",
    "nowhere": "http:///secret",
    "bad-port": "http://127.0.0.1:99999/secret",
    "bad-brackets": "http://[::1/secret",
}


def _head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", "Connection: close", *lines, "", "")).encode("latin-1")


def _answer(content: bytes | str, *lines: str, status: str = "200 OK") -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return _head(f"Content-Length: {len(data)}", *lines, status=status) + data


def _xml(content: bytes | str, *lines: str) -> bytes:
    return _answer(content, "Content-Type: application/rss+xml", *lines)


def rss_feed(title: str, *, link: str = "https://news.example/story", head: str = "", encoding: str = "utf-8") -> bytes:
    """Return an RSS feed with one item, whose ``title`` is not escaped."""
    item = f"<item><title>{title}</title><link>{link}</link><description>One line about it.</description></item>"
    text = f"<?xml version='1.0' encoding='{encoding}'?>{head}<rss version='2.0'><channel>{item}</channel></rss>"
    return text.encode(encoding, errors="replace")


def _bomb(wbits: int) -> bytes:
    """Return 400 MiB of zeros as a deflate stream of 400 KB: after a full flush, blocks can be repeated."""
    machine = zlib.compressobj(9, wbits=wbits)
    blocks = [machine.compress(bytes(_MIB)) + machine.flush(zlib.Z_FULL_FLUSH) for _ in range(2)]
    return blocks[0] + blocks[1] * 399


def _laughs() -> str:
    entities = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))
    return f'<!DOCTYPE rss [<!ENTITY a0 "ha">{entities}]>'


def _redirect_chain(length: int) -> Iterable[_Step]:
    return [_answer("", f"Location: /chain-{length - 1}", status="301 Moved Permanently")]


def _many_items(number: int) -> bytes:
    items = (f"<item><title>Item {n}</title><link>https://news.example/{n}</link></item>" for n in range(number))
    return f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()


_GZIP_WBITS = zlib.MAX_WBITS | 16
_BLOWN_UP = "x" * 100_000
_DRIPPED = rss_feed("A feed that takes its time")

_LENGTHS = count(1)

#: What each path does, as a description and as steps.
_PATHS: dict[str, tuple[str, Callable[[], Iterable[_Step]]]] = {
    # Size.
    "/gzip-bomb": (
        "400 MiB of zeros in 400 KB of gzip",
        lambda: [_xml(_bomb(_GZIP_WBITS), "Content-Encoding: gzip")],
    ),
    "/deflate-bomb": ("the same in deflate", lambda: [_xml(_bomb(zlib.MAX_WBITS), "Content-Encoding: deflate")]),
    "/gzip-members": (
        "400 MiB of zeros in 400 members of gzip",
        lambda: [_xml(gzip.compress(bytes(_MIB)) * 400, "Content-Encoding: gzip")],
    ),
    "/gzip-twice": (
        "the bomb in gzip in gzip",
        lambda: [_xml(gzip.compress(_bomb(_GZIP_WBITS)), "Content-Encoding: gzip, gzip")],
    ),
    "/gzip-inside": ("the bomb as the content itself", lambda: [_xml(_bomb(_GZIP_WBITS))]),
    "/brotli": ("a content coding that was not requested", lambda: [_xml(b"\x5b\xff\xff\xff", "Content-Encoding: br")]),
    "/zstd": (
        "another content coding that was not requested",
        lambda: [_xml(b"\x28\xb5\x2f\xfd" * 9, "Content-Encoding: zstd")],
    ),
    "/not-gzip": ("is labelled gzip and is not", lambda: [_xml(b"plain text", "Content-Encoding: gzip")]),
    "/endless": ("endless content", lambda: chain([_head()], repeat(b"x" * 65536))),
    "/endless-crumbs": (
        "endless content in chunks of one byte",
        lambda: chain([_head("Transfer-Encoding: chunked")], repeat(b"1\r\nx\r\n" * 10_000)),
    ),
    "/endless-framing": (
        "chunks of one byte in 60 KB of extensions",
        lambda: chain([_head("Transfer-Encoding: chunked")], repeat(b"1;" + b"a" * 60_000 + b"\r\nx\r\n")),
    ),
    "/endless-headers": (
        "100 MB of header lines",
        lambda: chain([b"HTTP/1.1 200 OK\r\n"], repeat(b"X-Line: " + b"a" * 990 + b"\r\n", 100_000)),
    ),
    "/endless-line": ("one endless header line", lambda: chain([b"HTTP/1.1 200 OK\r\nX: "], repeat(b"a" * 65536))),
    "/endless-hints": (
        "endless interim responses",
        lambda: repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500),
    ),
    "/many-headers": (
        "90 KB of the same header, and of cookies",
        lambda: [_xml(rss_feed("Many headers"), *["a: b"] * 8000, *["Set-Cookie: a=b; Path=/"] * 1200)],
    ),
    # Time.
    "/silent": ("never responds", lambda: [_FOREVER]),
    "/drip": (
        "a byte every tenth of a second",
        lambda: chain(
            [_head(f"Content-Length: {len(_DRIPPED) * 50}")],
            chain.from_iterable((bytes([byte]), 0.1) for byte in _DRIPPED * 50),
        ),
    ),
    "/drip-headers": (
        "a header byte every tenth of a second",
        lambda: chain([b"HTTP/1.1 200 OK\r\nX: "], chain.from_iterable(repeat((b"a", 0.1)))),
    ),
    "/stall": ("stops in the middle", lambda: [_head("Content-Length: 1000"), b"<rss>", _FOREVER]),
    # Protocol.
    "/no-http": ("a response that is not HTTP", lambda: [b"<html>hello</html>\r\n\r\n"]),
    "/bad-status": ("a status that is not a number", lambda: [b"HTTP/1.1 two hundred\r\n\r\n"]),
    "/control-header": (
        "a control character in a header",
        lambda: [b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n" + rss_feed("A character too many")],
    ),
    "/no-header": (
        "malformed header lines",
        lambda: [b"HTTP/1.1 200 OK\r\n folded\r\nno colon\r\n: no name\r\nX-Blank : a\r\n\r\n" + rss_feed("Lines")],
    ),
    "/two-lengths": (
        "two different Content-Length headers",
        lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
    ),
    "/hang-up": ("closes the connection without a response", list),
    "/short": (
        "less content than its Content-Length",
        lambda: [_head("Content-Length: 9999") + rss_feed("Too short")],
    ),
    "/cut-off": (
        "a little more with each answer, and never all of it",
        lambda: [_head("Content-Length: 9999") + b"<rss>" + b" " * next(_LENGTHS)],
    ),
    "/reset": ("resets the connection", lambda: [_head("Content-Length: 9999") + b"<rss>", -1.0]),
    "/204": ("no content", lambda: [_head(status="204 No Content")]),
    "/206": ("partial content", lambda: [_answer(rss_feed("A part"), status="206 Partial Content")]),
    "/300": ("multiple choices", lambda: [_answer("choose", "Location: /loop", status="300 Multiple Choices")]),
    "/304": ("not modified, to a request without validators", lambda: [_head(status="304 Not Modified")]),
    "/401": (
        "asks for a password",
        lambda: [_answer("who?", 'WWW-Authenticate: Basic realm="a"', status="401 Unauthorized")],
    ),
    "/410": ("gone for good", lambda: [_answer("gone", status="410 Gone")]),
    "/500": ("broken", lambda: [_answer("sorry", status="500 Internal Server Error")]),
    # Redirects, in addition to /to/NAME.
    "/loop": ("redirects to itself", lambda: [_answer("", "Location: /loop", status="302 Found")]),
    "/chain-6": ("redirects six times", lambda: [_answer("", "Location: /chain-5", status="301 Moved Permanently")]),
    "/no-location": ("a redirect without a location", lambda: [_answer("", status="301 Moved Permanently")]),
    # Content.
    "/laughs": ("a billion laughs", lambda: [_xml(rss_feed("&a9;", head=_laughs()))]),
    "/quadratic": (
        "a long entity many times",
        lambda: [_xml(rss_feed("&a;" * 5000, head=f'<!DOCTYPE rss [<!ENTITY a "{_BLOWN_UP}">]>'))],
    ),
    "/external": (
        "an entity from a local file",
        lambda: [_xml(rss_feed("&a;", head='<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'))],
    ),
    "/page-as-feed": (
        "a page where a feed should be",
        lambda: [_xml("<html><body><p>No feed.</p></body></html>")],
    ),
    "/binary-as-page": (
        "a picture that is labelled as a page",
        lambda: [_answer(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "Content-Type: text/html")],
    ),
    "/long-title": ("a title of 10 MB", lambda: [_xml(rss_feed("Long " * 2_000_000))]),
    "/deep": ("50,000 nested elements", lambda: [_xml(rss_feed("<b>" * 50_000 + "Deep" + "</b>" * 50_000))]),
    "/many-items": ("fifty thousand articles", lambda: [_xml(_many_items(50_000))]),
    "/markup-title": (
        "markup, script and template syntax in a title",
        lambda: [
            _xml(
                rss_feed(
                    "&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=alert(2)&gt; {{ 7*643 }} {% raw %} "
                    "**bold** [link](javascript:alert(3)) &lt;mj-raw&gt; &amp;lt;script&amp;gt;alert(4)",
                    link="https://news.example/markup",
                )
            )
        ],
    ),
    "/control-characters": (
        "control characters and marks of direction in a title",
        lambda: [
            _xml(
                rss_feed(
                    "Bell\x07 nul\x00 escape\x1b[31m over\u202ekcab zero\u200bwidth", link="https://news.example/c"
                )
            )
        ],
    ),
    "/bad-link": ("a script in place of an address", lambda: [_xml(rss_feed("Bad", link="javascript:alert(1)"))]),
    "/wrong-charset": (
        "Windows-1251 that is labelled UTF-8",
        lambda: [
            _xml(
                rss_feed("Новости", link="https://news.example/w", encoding="windows-1251").replace(
                    b"windows-1251", b"utf-8"
                )
            )
        ],
    ),
    "/no-charset": (
        "a charset that does not exist",
        lambda: [
            _answer(
                rss_feed("Charset", link="https://news.example/n"),
                "Content-Type: text/xml; charset=../etc/passwd",
            )
        ],
    ),
    "/feed-as-image": (
        "a feed that is labelled as a picture",
        lambda: [_answer(rss_feed("A feed all the same", link="https://news.example/f"), "Content-Type: image/png")],
    ),
    "/long": (
        "more content than its Content-Length",
        lambda: [_head(f"Content-Length: {len(_DRIPPED)}") + _DRIPPED + b"HTTP/1.1 200 OK\r\n\r\nmore" * 9],
    ),
}
_PATHS |= {
    f"/chain-{length}": (f"redirects {length} times", partial(_redirect_chain, length)) for length in range(1, 6)
}
_PATHS["/chain-0"] = ("a good feed", lambda: [_xml(rss_feed("At the end of the chain"))])

#: What each path does, in words.
BEHAVIOURS = {path: description for path, (description, _) in _PATHS.items()}


class HostileServer:
    """Misbehaves as `BEHAVIOURS` says, redirects ``/to/NAME`` to `PRIVATE_PLACES`, and records requests.

    ::

        with HostileServer() as server, Fetcher(...) as fetcher:
            fetcher.get(server.url("/gzip-bomb"))  # raises FetchError

    Args:
        inner: Host and port of a listener that must not be reached, for ``/to/NAME``.
        ssl_context: Serve https with its certificate.

    Attributes:
        requests: All requests so far, oldest first.
    """

    def __init__(self, *, inner: str = "127.0.0.1:9", ssl_context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.stopped = threading.Event()
        self._inner = inner
        self._scheme = "https" if ssl_context else "http"
        self._server = _Server(self, ssl_context)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def host(self) -> str:
        """``127.0.0.1:PORT``."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        """Return the URL of a path."""
        return f"{self._scheme}://{self.host}{path}"

    def steps(self, path: str) -> Iterable[_Step]:
        """Return what is sent for a path."""
        kind, _, name = path.removeprefix("/").partition("/")
        if kind == "to" and name in PRIVATE_PLACES:
            place = PRIVATE_PLACES[name].format(inner=self._inner, port=self._inner.rpartition(":")[2])
            location = f"Location: {place}".encode().decode("latin-1")
            return [_answer("", location, status="302 Found")]
        return _PATHS[path][1]() if path in _PATHS else [_answer("nothing here", status="404 Not Found")]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, hostile: HostileServer, ssl_context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hostile, self._ssl_context = hostile, ssl_context

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self._ssl_context is None:
            super().finish_request(request, client_address)
            return
        # The handshake happens here, in the thread of this client, so that it does not block others.
        with self._ssl_context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_: object) -> None:
        """Ignore clients that give up, as they should."""


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        hostile = self.server.hostile
        line, *lines = iter(self.rfile.readline, b"\r\n")
        method, path, _ = line.decode("latin-1").split(" ", 2)
        pairs = (header.decode("latin-1").partition(":") for header in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        hostile.requests.append(Request(method=method, path=path, headers=headers))
        for step in hostile.steps(path):
            if hostile.stopped.is_set():
                return
            if isinstance(step, bytes):
                self.connection.sendall(step)
            elif step < 0:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                hostile.stopped.wait(step)
