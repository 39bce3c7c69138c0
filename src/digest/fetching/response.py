"""What a fetch gives, and how much of it is taken at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FEED_BYTES", "PAGE_BYTES", "PAGE_WIRE_BYTES", "Response"]

_MIB = 2**20

#: A page after decoding, in bytes, and before it.
PAGE_BYTES = 15 * _MIB
PAGE_WIRE_BYTES = 5 * _MIB
#: A feed or a sitemap, before and after decoding.
FEED_BYTES = 20 * _MIB


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """A successful answer.

    Attributes:
        url: Where it came from in the end, after redirects.
        headers: By lower-case name.
        content: Decoded from its Content-Encoding, never from its charset.
        from_cache: The content is the kept one: the server said 304, or was not asked.
        moved_to: The address in the end, when it is another one and every redirect on the way was permanent (301, 308).
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(hash=False)
    content: bytes
    from_cache: bool = False
    moved_to: str = ""
