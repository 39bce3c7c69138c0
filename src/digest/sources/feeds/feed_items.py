"""The data of a feed and its items, in one form for every kind of feed, and the pictures in items."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

from digest.sources.source_links import join_link

__all__ = [
    "MAX_ITEMS",
    "MAX_REPEATS",
    "FeedBody",
    "FeedChannel",
    "FeedItem",
    "FeedPicture",
    "FeedTranscript",
    "first_picture",
    "is_picture",
    "picture_in_source",
    "picture_in_tree",
]

#: The most items of a feed that are read: ten times as many as the largest feeds of publishers have.
MAX_ITEMS = 5000
#: The most links, authors, pictures and the like of one item that are read.
MAX_REPEATS = 100

_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.IGNORECASE)
_OTHER_FILE = re.compile(r"\.(?:mp[34]|m4[av]|mpe?g|mov|webm|ogg|opus|wav|m3u8|pdf|swf|html?)(?:[?#]|$)", re.IGNORECASE)
_SMALLEST = 50  # pixels; smaller ones are counters, icons and emoji
_TRIED = 100  # images; an article does not begin with more emoji
_IMAGE = re.compile(r"<img(?=[\s/])[^>]*>")
#: An image without a size, or with one of at least three digits, so not an icon. Its address needs no decoding.
_PLAIN_IMAGE = re.compile(
    r"""<img(?:\s+(?!src|width|height)[a-z-]+="[^"&]*"|\s+(?:width|height)="\d{3,4}")*\s+src="(https?://[!#-%'-;=?-~]+)\""""
    r"""(?:\s+(?!width|height)[a-z-]+="[^"]*"|\s+(?:width|height)="\d{3,4}")*\s*/?>"""
)
_COUNTER = re.compile(
    r"pixel|tracker|tracking|/count(?:er)?\b|beacon|feedburner|1x1|spacer|gravatar|emoji", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedBody:
    """The HTML or plain text of an item.

    Attributes:
        html: The text.
        base: The address that its links are relative to, which may be relative to the feed's; "" for the feed's own.
        plain: The text is certainly not HTML. Other texts are checked for markup.
    """

    html: str
    base: str = ""
    plain: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPicture:
    """A picture that an item names. ``width`` is in pixels, or 0 if unknown."""

    link: str
    width: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedTranscript:
    """A link to a transcript, its media type and its language, as written; the last two may be empty."""

    link: str
    kind: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedItem:
    """The data of one item, as written in the feed.

    Attributes:
        links: Candidates for its address, the best first. Relative ones are relative to the feed's base.
        identity: Its guid or id, which need not be an address.
        title: Plain text or HTML.
        contents: The whole article, perhaps in several forms.
        summaries: Shorter texts that stand in for it.
        authors: Bylines.
        dates: When it was published, then when it was changed, then when it was created.
        pictures: The most reliable first.
        transcripts: Transcripts of what is heard, each perhaps in several forms.
        language: As written.
        publisher: The outlet or feed that it was taken from, if it is named.
        draft: It is marked as not for print.
    """

    links: tuple[str, ...] = ()
    identity: str = ""
    title: str = ""
    contents: tuple[FeedBody, ...] = ()
    summaries: tuple[FeedBody, ...] = ()
    authors: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    pictures: tuple[FeedPicture, ...] = ()
    transcripts: tuple[FeedTranscript, ...] = ()
    language: str = ""
    publisher: str = ""
    draft: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedChannel:
    """A parsed feed.

    With ``atom``, relative links are relative to the feed's own address (https://www.rfc-editor.org/rfc/rfc4287#section-2).
    """

    atom: bool
    title: str = ""
    link: str = ""
    language: str = ""
    authors: tuple[str, ...] = ()
    items: tuple[FeedItem, ...] = ()


def is_picture(link: str, *, medium: str | None = None, kind: str | None = None) -> bool:
    """Return whether an attachment is a picture, by its medium, its media type, or else its file name."""
    if medium or (kind and "/" in kind and "octet-stream" not in kind):
        return medium == "image" or (kind or "").startswith("image/")
    return _IMAGE_FILE.search(link) is not None if kind else _OTHER_FILE.search(link) is None


def first_picture(html: str, base: str) -> str | None:
    """Return the absolute address of the first picture in an HTML fragment, or None.

    Tracking pixels, icons and emoji do not count.
    """
    return picture_in_tree(LexborHTMLParser(html), base) if "<img" in html.lower() else None


def picture_in_source(html: str, base: str) -> str | None:
    """Return what `first_picture` does, for a fragment with nothing but plain tags in lower case."""
    if "<img" not in html:
        return None
    for image in islice(_IMAGE.finditer(html), _TRIED):
        if (plain := _PLAIN_IMAGE.fullmatch(image[0])) and not _COUNTER.search(plain[1]):
            return join_link(base, plain[1])
        if picture := picture_in_tree(LexborHTMLParser(image[0]), base):
            return picture
    return None


def picture_in_tree(tree: LexborHTMLParser, base: str) -> str | None:
    """Return what `first_picture` does, from a tree."""
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
