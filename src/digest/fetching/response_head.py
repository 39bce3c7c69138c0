"""Repairs heads of responses that browsers accept and the HTTP client's parser (h11) refuses. Pure.

A browser ignores a header line that it cannot read, and shows the page. h11 refuses the whole response, for good
reason: it also serves proxies, where two readings of one message are an attack
(https://www.rfc-editor.org/rfc/rfc9112#section-11.2). Here nothing is passed on.
"""

from __future__ import annotations

import re

__all__ = ["ResponseHeads"]

#: A longer head is passed on as it is, and h11 refuses it.
_LONGEST = 128 * 1024
_END = re.compile(rb"\n\r?\n")
#: Old streaming servers send "ICY" in place of the version, and some proxies "HTTP/2" in a message of HTTP/1.1.
_STATUS = re.compile(rb"(?:HTTP/(\d(?:\.\d)?)|ICY)[ \t]+(\d{3})(?!\d)[ \t]*(.*)", re.IGNORECASE | re.DOTALL)
#: A blank before the colon is an error (https://www.rfc-editor.org/rfc/rfc9112#section-5.1).
_FIELD = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
#: Each becomes a blank (https://www.rfc-editor.org/rfc/rfc9110#section-5.5).
_ILLEGAL = re.compile(rb"[\0\r\f\v]")
_NO_CODING = frozenset({b"", b"identity", b"none"})


class ResponseHeads:
    """Repairs the heads among the bytes that arrive on one connection; bodies pass through unchanged."""

    def __init__(self) -> None:
        self._waiting = b""
        self._in_head = True

    def request_sent(self) -> None:
        """Expect the head of a response next."""
        self._in_head = True

    def receive(self, data: bytes) -> bytes:
        """The bytes to parse in place of ``data``; none while a head is incomplete.

        Args:
            data: What has arrived; empty at the end of the stream.
        """
        repaired, rest = b"", self._waiting + data
        while self._in_head:
            rest = rest.lstrip(b"\r\n")
            end = _END.search(rest)
            if end is None:
                if data and len(rest) <= _LONGEST:
                    self._waiting = rest
                    return repaired
                break
            head, status = _repair(rest[: end.end()])
            repaired, rest = repaired + head, rest[end.end() :]
            # After an interim response comes another head.
            self._in_head = 100 <= status < 200 and status != 101
        self._waiting, self._in_head = b"", False
        return repaired + rest


def _repair(head: bytes) -> tuple[bytes, int]:
    """Return a head that h11 can read, if it is one of HTTP at all, and its status (0 if it has none)."""
    first, *lines = [line.removesuffix(b"\r") for line in head.rstrip(b"\r\n").split(b"\n")]
    status = _STATUS.fullmatch(first)
    if status is None:
        return head, 0
    version = b"1.0" if status[1] in {None, b"1.0", b"0.9"} else b"1.1"
    line = b"HTTP/" + version + b" " + status[2] + b" " + _ILLEGAL.sub(b" ", status[3])
    return b"\r\n".join([line, *_framed(_fields(lines)), b"", b""]), int(status[2])


def _fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return the names and values of the header lines that can be read."""
    fields: list[tuple[bytes, bytes]] = []
    continues = False  # whether a line that begins with a blank belongs to the last field
    for line in lines:
        value = _ILLEGAL.sub(b" ", line).strip(b" \t")
        if line[:1] in {b" ", b"\t"}:
            if continues and value:
                name, before = fields[-1]
                fields[-1] = name, (before + b" " + value).strip()
            continue
        field = _FIELD.fullmatch(line)
        continues = field is not None
        if field is not None:
            fields.append((field[1], _ILLEGAL.sub(b" ", field[2]).strip(b" \t")))
    return fields


def _framed(fields: list[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the header lines, of those about the body's length only the ones that mean something."""
    codings = [
        coding
        for name, value in fields
        if name.lower() == b"transfer-encoding"
        for part in value.lower().split(b",")
        if (coding := part.strip()) not in _NO_CODING
    ]
    lines = [b"Transfer-Encoding: chunked"] if codings and set(codings) == {b"chunked"} else []
    plain = bool(lines) or not codings
    for name, value in fields:
        lower = name.lower()
        if lower == b"transfer-encoding" and plain:
            continue
        if lower == b"content-length" and not re.fullmatch(rb"\d{1,20}(?:[ \t]*,[ \t]*\d{1,20})*", value):
            continue
        lines.append(name + b": " + value)
    return lines
