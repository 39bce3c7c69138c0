"""The first picture of a fragment that is a picture and no counter."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from digest.sources.links import join_link

__all__ = ["first_picture"]

_SMALLEST = 50  # pixels; smaller ones are counters, icons and emoji
_COUNTER = re.compile(
    r"pixel|tracker|tracking|/count(?:er)?\b|beacon|feedburner|1x1|spacer|gravatar|emoji", re.IGNORECASE
)


def first_picture(html: str, base: str) -> str | None:
    """The address of the first picture in an HTML fragment, absolute; None where there is none."""
    if "<img" not in html.lower():
        return None
    for image in LexborHTMLParser(html).css("img"):
        attributes = image.attributes
        link = attributes.get("src") or attributes.get("data-src") or ""
        sizes = [attributes.get(side) or "" for side in ("width", "height")]
        small = any(size.isdecimal() and int(size) < _SMALLEST for size in sizes)
        address = "" if link.startswith("data:") else join_link(base, link)
        if address and not small and not _COUNTER.search(address):
            return address
    return None
