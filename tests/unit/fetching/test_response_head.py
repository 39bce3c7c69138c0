from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.fetching.response_head import ResponseHeads


def repaired(data, *, size=10**6):
    heads = ResponseHeads()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(heads.receive(piece) for piece in [*pieces, b""])


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"X-Powered-By : Quay CMS", b"X-Powered-By: Quay CMS"),
        (b"X-Note:a\tb \t", b"X-Note: a\tb"),
        (b"no colon here", b""),
        (b": no name", b""),
        (b"na me: x", b""),
        (b"Gr\xfc\xdfe: x", b""),
        (b"X: a\0b\fc", b"X: a b c"),
        (b"X: a\r\n  folded\r\n\tagain", b"X: a folded again"),
        (b"not a header\r\n that goes on", b""),
        (b" blank at the start", b""),
        (b"Content-Length: 5\r\nContent-Length: 5", b"Content-Length: 5\r\nContent-Length: 5"),
        (b"Content-Length: many", b""),
        (b"Content-Length:", b""),
        (b"Content-Length: -1", b""),
        (b"Transfer-Encoding: Chunked\r\ntransfer-encoding: chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: identity", b""),
        (b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: gzip, chunked"),
        (b'ETag: "a:b"', b'ETag: "a:b"'),
    ],
)
@pytest.mark.parametrize("size", [1, 10**6])
def test_keeps_the_header_lines_that_can_be_read(sent, read, size):
    head = b"\r\n".join(line for line in (b"HTTP/1.1 200 OK", read, b"A: b") if line)
    assert repaired(b"HTTP/1.1 200 OK\r\n" + sent + b"\r\nA: b\r\n\r\nbody", size=size) in {
        head + b"\r\n\r\nbody",
        # The coding comes first.
        b"HTTP/1.1 200 OK\r\n" + read + b"\r\nA: b\r\n\r\nbody",
    }


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"HTTP/1.0 200 OK", b"HTTP/1.0 200 OK"),
        (b"http/1.1  404   Not Found", b"HTTP/1.1 404 Not Found"),
        (b"HTTP/1.1 200", b"HTTP/1.1 200 "),
        (b"HTTP/2 200 ", b"HTTP/1.1 200 "),
        (b"ICY 200 OK", b"HTTP/1.0 200 OK"),
        (b"\r\n\r\nHTTP/1.1 200 OK", b"HTTP/1.1 200 OK"),
    ],
)
def test_reads_odd_status_lines(sent, read):
    assert repaired(sent + b"\n\nbody") == read + b"\r\n\r\nbody"


@pytest.mark.parametrize(
    "sent", [b"<html>hello</html>\r\n\r\n", b"HTTP/1.1 two hundred\r\n\r\n", b"HTTP/1.1 200 OK\r\nX"]
)
def test_leaves_what_is_not_a_head_to_the_parser(sent):
    assert repaired(sent) == sent


def test_repairs_each_head_of_a_connection_and_no_body():
    heads = ResponseHeads()
    answer = b"HTTP/1.1 200 OK\r\nbad\r\nContent-Length: 9\r\n\r\na\r\nbad\r\n\r\n"
    right = answer.replace(b"bad\r\n", b"", 1)
    for _ in range(2):
        heads.request_sent()
        assert heads.receive(answer) == right
        assert heads.receive(b"X : y\r\n\r\n") == b"X : y\r\n\r\n"


def test_another_head_follows_an_interim_response():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink : </a>\r\n\r\n"
    right = hints.replace(b"Link :", b"Link:")
    assert repaired(hints + hints + b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n") == (
        right + right + b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    )


def test_an_endless_head_is_passed_on():
    heads = ResponseHeads()
    received = sum(len(heads.receive(b"X: " + b"a" * 1000)) for _ in range(1000))
    assert received > 900_000


@given(st.binary(max_size=300), st.integers(1, 40))
def test_never_loses_a_body_or_fails(body, size):
    head = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    assert repaired(head + body, size=size) == head + body
    repaired(body, size=size)
