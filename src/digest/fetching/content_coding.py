"""Decodes the Content-Encoding of a response in small steps, by what the content is rather than by its label."""

from __future__ import annotations

import itertools
import zlib
from typing import TYPE_CHECKING

from digest.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CodingError", "decode_chunks"]

_OWN = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
#: Registered codings that are never requested: the standard library of Python 3.11 to 3.13 has no decoder for them.
#: https://www.iana.org/assignments/http-parameters/http-parameters.xhtml#content-coding
_FOREIGN = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip"})
_STEP = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_SAMPLE = 64  # bytes that are enough to tell text from compressed data
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")


class CodingError(FetchError):
    """The content is in a Content-Encoding that was not requested."""


def decode_chunks(pieces: Iterable[bytes], label: str) -> Iterator[bytes]:
    """Decode content (RFC 9110, section 8.4.1) in steps of 64 KiB.

    The HTTP client would decode in steps of 1 MiB and more, which is too late to notice a decompression bomb.

    Servers write charsets ("utf-8"), "none" and the like into the header, and label plain content as gzip. Browsers
    read all of these, so an unknown label means nothing, and plain text is left as it is whatever its label.

    Args:
        pieces: The content as it arrives.
        label: The value of the Content-Encoding header; "" without one.

    Raises:
        zlib.error: The content is neither text nor in the coding of its label.
        CodingError: It is in a coding that was not requested, or in several. Stacked codings are used for decompression
            bombs. Its message follows the address.
    """
    names = [part.partition(";")[0].strip(" \t\"'").lower() for part in label.split(",")]
    codings = [_OWN.get(name, name) for name in names if name in _OWN or name in _FOREIGN]
    start, rest = _beginning(pieces) if any(names) else (b"", iter(pieces))
    pieces = itertools.chain([start], rest)
    if names in ([""], ["identity"]) or _is_text(start):
        return pieces
    if start.startswith(_GZIP_MAGIC):
        decoded = _decoded(pieces, "gzip")
        # A header that is sent twice does not mean that the content was compressed twice.
        return _unstacked(decoded, label) if len(codings) > 1 else decoded
    if len(set(codings)) > 1 or _FOREIGN.intersection(codings):
        raise _unrequested(label)
    return _decoded(pieces, "deflate" if _is_zlib(start) else codings[0]) if codings else pieces


def _beginning(pieces: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return at least the first 64 bytes, and the rest."""
    rest = iter(pieces)
    start = b""
    for piece in rest:
        start += piece
        if len(start) >= _SAMPLE:
            break
    return start, rest


def _is_text(start: bytes) -> bool:
    """Return whether content begins like text. Compressed data has control characters among its first bytes."""
    sample = start[:_SAMPLE]
    return (
        bool(sample) and not sample.startswith(_GZIP_MAGIC) and not _CONTROLS.intersection(sample) and _is_utf_8(sample)
    )


def _is_utf_8(sample: bytes) -> bool:
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        # The sample may end inside a character, and other encodings begin with markup.
        return error.start > _SAMPLE - 4 or sample.lstrip()[:1] == b"<"
    return True


def _is_zlib(start: bytes) -> bool:
    """Return whether content begins with the header of RFC 1950, section 2.2."""
    return len(start) > 1 and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0


def _unrequested(label: str) -> CodingError:
    return CodingError(f"was sent with Content-Encoding {label.strip()!r}, which was not requested")


def _unstacked(pieces: Iterator[bytes], label: str) -> Iterator[bytes]:
    start, rest = _beginning(pieces)
    if start.startswith(_GZIP_MAGIC):
        raise _unrequested(label)
    yield start
    yield from rest


def _decoded(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    decoder, waiting, members = None, b"", 0
    for piece in pieces:
        rest, waiting = waiting + piece, b""
        while rest:
            if decoder is None:
                if len(rest) < 2:
                    waiting = rest
                    break
                if members and not (rest.startswith(_GZIP_MAGIC) and coding == "gzip"):
                    return  # some servers append padding
                decoder, members = _new_decoder(coding, rest), members + 1
            yield decoder.decompress(rest, _STEP)
            rest = decoder.unconsumed_tail
            if decoder.eof:
                rest, decoder = decoder.unused_data, None  # another gzip member may follow (RFC 1952, section 2.2)
    if decoder is not None:
        yield decoder.flush()


def _new_decoder(coding: str, start: bytes) -> zlib._Decompress:
    if coding != "deflate":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    # "deflate" means zlib-wrapped data, but some servers send it without the zlib header (RFC 9110, section 8.4.1.2).
    return zlib.decompressobj(zlib.MAX_WBITS if _is_zlib(start) else -zlib.MAX_WBITS)
