"""The first picture of a fragment that is a picture and no counter."""

from __future__ import annotations

import re
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

from digest.sources.links import join_link

__all__ = ["first_picture", "picture_in_source", "picture_in_tree"]

_SMALLEST = 50  # pixels; smaller ones are counters, icons and emoji
_TRIED = 100  # more emoji and the like in front of a picture are no article's
_IMAGE = re.compile(r"<img(?=[\s/])[^>]*>")
#: One whose size is not said, or three digits and so no icon's, and whose address needs no decoding.
_PLAIN_IMAGE = re.compile(
    r"""<img(?:\s+(?!src|width|height)[a-z-]+="[^"&]*"|\s+(?:width|height)="\d{3,4}")*\s+src="(https?://[!#-%'-;=?-~]+)\""""
    r"""(?:\s+(?!width|height)[a-z-]+="[^"]*"|\s+(?:width|height)="\d{3,4}")*\s*/?>"""
)
_COUNTER = re.compile(
    r"pixel|tracker|tracking|/count(?:er)?\b|beacon|feedburner|1x1|spacer|gravatar|emoji", re.IGNORECASE
)


def first_picture(html: str, base: str) -> str | None:
    """The address of the first picture in an HTML fragment, absolute; None where there is none."""
    return picture_in_tree(LexborHTMLParser(html), base) if "<img" in html.lower() else None


def picture_in_source(html: str, base: str) -> str | None:
    """What `first_picture` gives, for a fragment that has nothing but plain tags of elements in lower case."""
    if "<img" not in html:
        return None
    for image in islice(_IMAGE.finditer(html), _TRIED):
        if (plain := _PLAIN_IMAGE.fullmatch(image[0])) and not _COUNTER.search(plain[1]):
            return join_link(base, plain[1])
        if picture := picture_in_tree(LexborHTMLParser(image[0]), base):
            return picture
    return None


def picture_in_tree(tree: LexborHTMLParser, base: str) -> str | None:
    """What `first_picture` gives, from a tree."""
    for image in tree.css("img"):
        attributes = image.attributes
        links = (attributes.get(name) or "" for name in ("src", "data-src", "data-lazy-src"))
        link = next((link for link in links if link and not link.startswith("data:")), "")
        sizes = [attributes.get(side) or "" for side in ("width", "height")]
        small = any(size.isdecimal() and int(size) < _SMALLEST for size in sizes)
        address = join_link(base, link)
        if address and not small and not _COUNTER.search(address):
            return address
    return None
