"""A web server on loopback that does its worst, over real sockets, for tests of whatever fetches and reads.

Each path misbehaves in its own way; `BEHAVIOURS` says how. Nothing here is a real attack on anybody: the private places
that redirects lead to are the standard ones, or a listener of the test's own.
"""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import zlib
from functools import partial
from itertools import chain, repeat
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from digest.testing.feeds_server import Request

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

__all__ = ["BEHAVIOURS", "PRIVATE_PLACES", "HostileServer", "feed_of"]

#: What is sent next, or for how many seconds nothing is.
_Step: TypeAlias = bytes | float

_MIB = 2**20
_FOREVER = 3600.0

#: Where `/to/NAME` redirects. ``{inner}`` is the host and port of a listener that nobody may reach.
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


def feed_of(title: str, *, link: str = "https://news.example/story", head: str = "", encoding: str = "utf-8") -> bytes:
    """An RSS feed of one article; ``title`` is put in as it is."""
    item = f"<item><title>{title}</title><link>{link}</link><description>One line about it.</description></item>"
    text = f"<?xml version='1.0' encoding='{encoding}'?>{head}<rss version='2.0'><channel>{item}</channel></rss>"
    return text.encode(encoding, errors="replace")


def _bomb(wbits: int) -> bytes:
    """400 MiB of zeros as a deflate stream of 400 KB. After a full flush a block depends on nothing before it."""
    machine = zlib.compressobj(9, wbits=wbits)
    blocks = [machine.compress(bytes(_MIB)) + machine.flush(zlib.Z_FULL_FLUSH) for _ in range(2)]
    return blocks[0] + blocks[1] * 399


def _laughs() -> str:
    entities = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))
    return f'<!DOCTYPE rss [<!ENTITY a0 "ha">{entities}]>'


def _step_down(left: int) -> Iterable[_Step]:
    return [_answer("", f"Location: /chain-{left - 1}", status="301 Moved Permanently")]


def _many_items(number: int) -> bytes:
    items = (f"<item><title>Item {n}</title><link>https://news.example/{n}</link></item>" for n in range(number))
    return f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()


_GZIP_WBITS = zlib.MAX_WBITS | 16
_BLOWN_UP = "x" * 100_000
_DRIPPED = feed_of("A feed that takes its time")

#: What each path does: in words, and in steps.
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
    "/gzip-inside": ("the bomb as content of its own", lambda: [_xml(_bomb(_GZIP_WBITS))]),
    "/brotli": ("a coding nobody asked for", lambda: [_xml(b"\x5b\xff\xff\xff", "Content-Encoding: br")]),
    "/zstd": ("another one", lambda: [_xml(b"\x28\xb5\x2f\xfd" * 9, "Content-Encoding: zstd")]),
    "/not-gzip": ("says gzip and is none", lambda: [_xml(b"plain text", "Content-Encoding: gzip")]),
    "/endless": ("content without end", lambda: chain([_head()], repeat(b"x" * 65536))),
    "/endless-crumbs": (
        "content without end in chunks of one byte",
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
    "/endless-line": ("one header line without end", lambda: chain([b"HTTP/1.1 200 OK\r\nX: "], repeat(b"a" * 65536))),
    "/endless-hints": (
        "interim answers without end",
        lambda: repeat(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500),
    ),
    "/many-headers": (
        "90 KB of the same header, and of cookies",
        lambda: [_xml(feed_of("Many headers"), *["a: b"] * 8000, *["Set-Cookie: a=b; Path=/"] * 1200)],
    ),
    # Time.
    "/silent": ("says nothing", lambda: [_FOREVER]),
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
    "/no-http": ("an answer that is no HTTP", lambda: [b"<html>hello</html>\r\n\r\n"]),
    "/bad-status": ("a status that is no number", lambda: [b"HTTP/1.1 two hundred\r\n\r\n"]),
    "/control-header": ("a control character in a header", lambda: [b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"]),
    "/two-lengths": (
        "two contents' lengths",
        lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"],
    ),
    "/hang-up": ("no answer at all", list),
    "/short": ("less content than it says", lambda: [_head("Content-Length: 9999") + feed_of("Too short")]),
    "/reset": ("a connection that breaks", lambda: [_head("Content-Length: 9999") + b"<rss>", -1.0]),
    "/204": ("no content", lambda: [_head(status="204 No Content")]),
    "/206": ("a part of the content", lambda: [_answer(feed_of("A part"), status="206 Partial Content")]),
    "/300": ("several choices", lambda: [_answer("choose", "Location: /loop", status="300 Multiple Choices")]),
    "/304": ("not changed since never", lambda: [_head(status="304 Not Modified")]),
    "/401": (
        "asks for a password",
        lambda: [_answer("who?", 'WWW-Authenticate: Basic realm="a"', status="401 Unauthorized")],
    ),
    "/410": ("gone for good", lambda: [_answer("gone", status="410 Gone")]),
    "/500": ("broken", lambda: [_answer("sorry", status="500 Internal Server Error")]),
    # Redirects; `/to/NAME` besides.
    "/loop": ("redirects to itself", lambda: [_answer("", "Location: /loop", status="302 Found")]),
    "/chain-6": ("redirects six times", lambda: [_answer("", "Location: /chain-5", status="301 Moved Permanently")]),
    "/no-location": ("redirects to nowhere", lambda: [_answer("", status="301 Moved Permanently")]),
    # Content.
    "/laughs": ("a billion laughs", lambda: [_xml(feed_of("&a9;", head=_laughs()))]),
    "/quadratic": (
        "a long entity many times",
        lambda: [_xml(feed_of("&a;" * 5000, head=f'<!DOCTYPE rss [<!ENTITY a "{_BLOWN_UP}">]>'))],
    ),
    "/external": (
        "an entity in a file of the reader's",
        lambda: [_xml(feed_of("&a;", head='<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'))],
    ),
    "/page-as-feed": (
        "a page where a feed should be",
        lambda: [_xml("<html><body><p>No feed.</p></body></html>")],
    ),
    "/binary-as-page": (
        "a picture that says it is a page",
        lambda: [_answer(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "Content-Type: text/html")],
    ),
    "/long-title": ("a title of 10 MB", lambda: [_xml(feed_of("Long " * 2_000_000))]),
    "/deep": ("elements in elements", lambda: [_xml(feed_of("<b>" * 50_000 + "Deep" + "</b>" * 50_000))]),
    "/many-items": ("fifty thousand articles", lambda: [_xml(_many_items(50_000))]),
    "/markup-title": (
        "markup, script and template syntax in a title",
        lambda: [
            _xml(
                feed_of(
                    "&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=x onerror=alert(2)&gt; {{ 7*7 }} {% raw %} "
                    "**bold** [link](javascript:alert(3)) &lt;mj-raw&gt; &amp;lt;script&amp;gt;alert(4)",
                    link="https://news.example/markup",
                )
            )
        ],
    ),
    "/control-characters": (
        "control and direction characters in a title",
        lambda: [
            _xml(
                feed_of("Bell\x07 nul\x00 escape\x1b[31m over\u202ekcab zero\u200bwidth", link="https://news.example/c")
            )
        ],
    ),
    "/bad-link": ("a script where an address should be", lambda: [_xml(feed_of("Bad", link="javascript:alert(1)"))]),
    "/wrong-charset": (
        "Cyrillic letters that say they are UTF-8",
        lambda: [
            _xml(
                feed_of("Новости", link="https://news.example/w", encoding="windows-1251").replace(
                    b"windows-1251", b"utf-8"
                )
            )
        ],
    ),
    "/no-charset": (
        "a charset that does not exist",
        lambda: [
            _answer(feed_of("Charset", link="https://news.example/n"), "Content-Type: text/xml; charset=../etc/passwd")
        ],
    ),
    "/feed-as-image": (
        "a feed that says it is a picture",
        lambda: [_answer(feed_of("A feed all the same", link="https://news.example/f"), "Content-Type: image/png")],
    ),
    "/long": (
        "more content than it says",
        lambda: [_head(f"Content-Length: {len(_DRIPPED)}") + _DRIPPED + b"HTTP/1.1 200 OK\r\n\r\nmore" * 9],
    ),
}
_PATHS |= {
    f"/chain-{left}": (
        f"redirects {left} times",
        partial(_step_down, left),
    )
    for left in range(1, 6)
}
_PATHS["/chain-0"] = ("a good feed", lambda: [_xml(feed_of("At the end of the chain"))])

#: What each path does, in words.
BEHAVIOURS = {path: words for path, (words, _) in _PATHS.items()}


class HostileServer:
    """Does on each path what `BEHAVIOURS` says, redirects on ``/to/NAME`` to `PRIVATE_PLACES`, and notes who asked.

    ::

        with HostileServer() as server, Fetcher(...) as fetcher:
            fetcher.get(server.url("/gzip-bomb"))  # raises FetchError

    Args:
        inner: Host and port of a listener that must never be asked; for ``/to/NAME``.
        ssl_context: Speak TLS with its certificate.

    Attributes:
        requests: What was asked so far, oldest first.
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
        """The address of a path."""
        return f"{self._scheme}://{self.host}{path}"

    def steps(self, path: str) -> Iterable[_Step]:
        """What is sent for a path."""
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
        # The handshake is made here, in the thread of this one client.
        with self._ssl_context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_: object) -> None:
        """A client that had enough is what is hoped for."""


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
