"""Read broken feeds through feedparser, which copes with nearly anything but is ten times slower than `xml_feed`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import feedparser

from digest.models import is_web_address
from digest.sources.feeds.feed_items import MAX_ITEMS, FeedBody, FeedChannel, FeedItem, FeedPicture, is_picture
from digest.sources.html_text import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read_broken_feed"]

_HTML = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)

_Entry = Mapping[str, Any]


def read_broken_feed(data: bytes) -> FeedChannel | None:
    """Read what feedparser can make of a document in UTF-8; None if it finds no feed in it."""
    # A stream, because feedparser opens a string or bytes that name a file or an address. Its docstring warns of this:
    # https://github.com/kurtmckee/feedparser/blob/develop/feedparser/api.py
    # Links and markup are handled later, in the same way for all feeds.
    parsed = feedparser.parse(
        BytesIO(data),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not parsed.version and (not parsed.entries or _HTML.search(data[:2048])):
        return None
    channel = parsed.feed
    return FeedChannel(
        atom=parsed.version.startswith("atom"),
        title=_text(channel, "title"),
        link=_text(channel, "link"),
        language=_text(channel, "language"),
        authors=tuple(_name(author) for author in channel.get("authors") or ()),
        items=tuple(map(_item, parsed.entries[:MAX_ITEMS])),
    )


def _item(entry: _Entry) -> FeedItem:
    return FeedItem(
        links=tuple(_links(entry)),
        identity=_text(entry, "id"),
        title=_text(entry, "title"),
        contents=tuple(_body(part) for part in entry.get("content") or ()),
        summaries=(_body(entry.get("summary_detail") or {"value": _text(entry, "summary")}),),
        authors=tuple(_authors(entry)),
        dates=tuple(_text(entry, field) for field in ("published", "updated", "created") if field in entry),
        pictures=tuple(_pictures(entry)),
        language=next(_languages(entry), ""),
        publisher=_text(entry.get("source") or {}, "title"),
        draft=any(_text(entry, key).strip().lower() in {"yes", "true"} for key in ("draft", "app_draft")),
    )


def _links(entry: _Entry) -> Iterator[str]:
    link, identity = _text(entry, "link"), _text(entry, "id")
    # feedparser turns a guid that is not an address into a link.
    if not (entry.get("guidislink") and link == identity and not is_web_address(link)):
        yield link
    if is_web_address(identity):
        yield identity
    for part in entry.get("links") or ():
        if part.get("rel") == "enclosure":
            yield str(part.get("href") or "")


def _body(part: _Entry) -> FeedBody:
    return FeedBody(html=_text(part, "value"), base=_text(part, "base"))


def _authors(entry: _Entry) -> Iterator[str]:
    byline = _text(entry, "author")
    if re.fullmatch(r"\s*\S+@\S+\s*", byline):  # feedparser makes a name out of a part of the address
        return
    names = [name for author in entry.get("authors") or [entry.get("author_detail")] if (name := _name(author))]
    yield from names or [byline]


def _name(author: Any) -> str:
    return str(author.get("name") or "") if isinstance(author, dict) else ""


def _languages(entry: _Entry) -> Iterator[str]:
    for detail in (entry.get("title_detail"), entry.get("summary_detail"), *(entry.get("content") or ())):
        if detail and (language := detail.get("language")):
            yield str(language)


def _pictures(entry: _Entry) -> Iterator[FeedPicture]:
    attached = entry.get("media_content") or ()
    media = [p for p in attached if is_picture(_text(p, "url"), medium=_text(p, "medium"), kind=_text(p, "type"))]
    for parts in (media, entry.get("media_thumbnail") or ()):
        pictures = [FeedPicture(link=_text(part, "url"), width=_width(part)) for part in parts]
        yield from sorted(pictures, key=lambda picture: picture.width, reverse=True)
    for part in entry.get("links") or ():
        if part.get("rel") == "enclosure" and is_picture(_text(part, "href"), kind=_text(part, "type") or "?"):
            yield FeedPicture(link=_text(part, "href"))
    image = entry.get("image")
    yield FeedPicture(
        link=str((image.get("href") or image.get("url") or "") if isinstance(image, dict) else image or "")
    )


def _width(part: _Entry) -> int:
    width = _text(part, "width")
    return int(width) if width.isdecimal() and len(width) < 6 else 0


def _text(owner: _Entry, key: str) -> str:
    return without_controls(str(owner.get(key) or ""))
